# shellcheck shell=bash
# For scripts that need a running server: source it, then call start_server and stop_server. Needs
# only bash. The sourcing script runs under `set -euo pipefail` in the root of the project.

SERVER_PID=
SERVER_LOG=
SERVER_PORT=
ADMIN_PORT=

# Time in which a server must become ready, and must stop after SIGTERM.
READY_SECONDS=20
STOP_SECONDS=25

# Prints a free port below 32768. From there on Linux assigns ports to outgoing connections.
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

print_server_log() {
  echo "--- the end of the server's log ($SERVER_LOG):" >&2
  tail -n 40 "$SERVER_LOG" >&2
}

# start_server BINARY LOG [ARGUMENT...]: starts it on free ports and waits until it is ready; sets
# SERVER_PORT and ADMIN_PORT. A script that starts more processes sets ON_EXIT to the function that
# ends all of them.
start_server() {
  local binary=$1 deadline
  SERVER_LOG=$2
  shift 2
  SERVER_PORT=$(free_port)
  ADMIN_PORT=$(free_port)
  while [ "$ADMIN_PORT" = "$SERVER_PORT" ]; do ADMIN_PORT=$(free_port); done
  # The server ends with the script.
  # shellcheck disable=SC2064 # expand the name now
  trap "${ON_EXIT:-kill_server}" EXIT
  "$binary" serve --listen "127.0.0.1:$SERVER_PORT" --admin "127.0.0.1:$ADMIN_PORT" "$@" >"$SERVER_LOG" 2>&1 &
  SERVER_PID=$!
  deadline=$((SECONDS + READY_SECONDS))
  until answers_200 /readyz; do
    if ! kill -0 "$SERVER_PID" 2>/dev/null; then
      SERVER_PID=
      echo "the server ended before it was ready" >&2
      print_server_log
      return 1
    fi
    if ((SECONDS >= deadline)); then
      echo "the server was not ready after $READY_SECONDS s" >&2
      print_server_log
      return 1
    fi
    sleep 0.1
  done
}

# Stops the server. Fails unless it stops in time with exit code 0.
stop_server() {
  local pid=$SERVER_PID status=0 deadline=$((SECONDS + STOP_SECONDS))
  if ! kill -TERM "$pid" 2>/dev/null; then
    echo "the server ended before SIGTERM" >&2
    print_server_log
    return 1
  fi
  while kill -0 "$pid" 2>/dev/null; do
    if ((SECONDS >= deadline)); then
      echo "the server still runs $STOP_SECONDS s after SIGTERM" >&2
      print_server_log
      return 1
    fi
    sleep 0.1
  done
  SERVER_PID=
  wait "$pid" || status=$?
  if [ "$status" != 0 ]; then
    echo "the server ended with exit code $status after SIGTERM, not with 0" >&2
    print_server_log
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
