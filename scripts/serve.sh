# shellcheck shell=bash
# For scripts that need a running server: source it, then start_server … stop_server. No tool but bash and the
# server itself. The sourcing script runs under `set -euo pipefail` in the root of the project.

SERVER_PID=
SERVER_LOG=
SERVER_PORT=
ADMIN_PORT=

# Longest a server may take to become ready, and to stop (SIGTERM: exit 0 within 25 s).
READY_SECONDS=20
STOP_SECONDS=25

# A port nobody listens on. Below 32768, where Linux begins to hand out ports for outgoing connections by itself.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

# Whether GET on the admin port answers 200.
answers_200() {
  local status=
  {
    exec 3<>"/dev/tcp/127.0.0.1/$ADMIN_PORT" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' "$1" >&3
    read -r -t 2 status <&3 || true
    exec 3>&-
  } 2>/dev/null
  [[ $status == 'HTTP/1.1 200'* ]]
}

server_says() {
  echo "--- the server said ($SERVER_LOG):" >&2
  tail -n 40 "$SERVER_LOG" >&2
}

# start_server BINARY LOG [ARGUMENT...]: starts it on free ports, waits until it is ready; sets SERVER_PORT and
# ADMIN_PORT. A script that starts more than a server names in ON_EXIT what ends all of it.
start_server() {
  local binary=$1 deadline
  SERVER_LOG=$2
  shift 2
  SERVER_PORT=$(free_port)
  ADMIN_PORT=$(free_port)
  while [ "$ADMIN_PORT" = "$SERVER_PORT" ]; do ADMIN_PORT=$(free_port); done
  # Whatever ends the script ends the server.
  # shellcheck disable=SC2064 # the name is what is wanted, now
  trap "${ON_EXIT:-kill_server}" EXIT
  "$binary" serve --listen "127.0.0.1:$SERVER_PORT" --admin "127.0.0.1:$ADMIN_PORT" "$@" >"$SERVER_LOG" 2>&1 &
  SERVER_PID=$!
  deadline=$((SECONDS + READY_SECONDS))
  until answers_200 /readyz; do
    if ! kill -0 "$SERVER_PID" 2>/dev/null; then
      SERVER_PID=
      echo "the server ended before it was ready" >&2
      server_says
      return 1
    fi
    if ((SECONDS >= deadline)); then
      echo "the server was not ready after $READY_SECONDS s" >&2
      server_says
      return 1
    fi
    sleep 0.1
  done
}

# Asks the server to stop; fails unless it does so in time and with exit code 0.
stop_server() {
  local pid=$SERVER_PID status=0 deadline=$((SECONDS + STOP_SECONDS))
  if ! kill -TERM "$pid" 2>/dev/null; then
    echo "the server had ended before it was asked to" >&2
    server_says
    return 1
  fi
  while kill -0 "$pid" 2>/dev/null; do
    if ((SECONDS >= deadline)); then
      echo "the server still ran $STOP_SECONDS s after SIGTERM" >&2
      server_says
      return 1
    fi
    sleep 0.1
  done
  SERVER_PID=
  wait "$pid" || status=$?
  if [ "$status" != 0 ]; then
    echo "the server ended with exit code $status after SIGTERM, not with 0" >&2
    server_says
    return 1
  fi
}

kill_server() {
  if [ -n "$SERVER_PID" ]; then
    kill -KILL "$SERVER_PID" 2>/dev/null || true
    wait "$SERVER_PID" 2>/dev/null || true
    SERVER_PID=
  fi
}
