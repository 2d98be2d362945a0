# shellcheck shell=bash
# Functions to measure a running server: cores, CPU time, memory, metrics, and the machine. Source
# it after scripts/serve.sh, in a script that runs under `set -euo pipefail` in the root of the
# project.

say() { printf '%5d s  %s\n' "$SECONDS" "$*" >&2; }

# With other locales awk may write a decimal comma, which JSON does not allow.
export LC_ALL=C

# The cores that this script may use. In a container they may not begin with 0.
mapfile -t CORES < <(
  awk '/^Cpus_allowed_list/ {print $2}' /proc/self/status | tr ',' '\n' |
    while IFS=- read -r first last; do seq "$first" "${last:-$first}"; done
)

can_pin() { command -v taskset >/dev/null && ((${#CORES[@]} >= 2)); }

# pin NTH COMMAND...: replaces the shell with the command, on the NTH of the cores if possible.
pin() {
  local nth=$1
  shift
  if can_pin; then exec taskset -c "${CORES[nth]}" "$@"; else exec "$@"; fi
}

# serve_pinned BINARY LOG [ARGUMENT...]: starts a server on the first core.
serve_pinned() {
  start_server "$@"
  if can_pin; then taskset -a -p -c "${CORES[0]}" "$SERVER_PID" >/dev/null; fi
}

# Nanoseconds since 1970.
now_ns() {
  local now=${EPOCHREALTIME/[.,]/}
  echo "${now}000"
}

# CPU time of the server so far in nanoseconds, over all its threads. Without the scheduler's
# statistics it has steps of 10 ms (fields 14 and 15 of the stat line).
server_cpu_ns() {
  if [ -r "/proc/$SERVER_PID/schedstat" ]; then
    awk '{sum += $1} END {printf "%.0f", sum}' "/proc/$SERVER_PID"/task/*/schedstat
  else
    sed 's/.*) //' "/proc/$SERVER_PID/stat" | awk '{printf "%.0f", ($12 + $13) * 1e7}'
  fi
}

server_memory_kb() { # server_memory_kb VmRSS
  awk -v key="$1:" '$1 == key {print $2}' "/proc/$SERVER_PID/status"
}

server_descriptors() { find "/proc/$SERVER_PID/fd" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }

# Prints all metrics of the admin port. Prints nothing if the server does not answer, which
# bench-report detects.
metrics() {
  local line
  {
    exec 3<>"/dev/tcp/127.0.0.1/$ADMIN_PORT" || return 0
    printf 'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
    while read -r -t 5 line <&3; do [ "$line" = $'\r' ] && break; done
    timeout 5 cat <&3 || true
    exec 3>&-
  } 2>/dev/null
}

# metric NAME FILE: prints one value from the output of `metrics`, or 0 if it is missing.
metric() {
  awk -v name="$1" '$1 == name {value = $2} END {print value + 0}' "$2"
}

load_average() { cut -d' ' -f1-3 /proc/loadavg; }

# note_later_steps STEPS: notes the commit at which these steps were measured again.
note_later_steps() {
  sed -i "s|\"commit\": \"\([^\"]*\)\"|\"commit\": \"\1; $1 at $(commit)\"|" "$ran/machine.json"
}

commit() { git describe --always --dirty --exclude='*' 2>/dev/null || echo 'no commit'; }

# machine_json LOAD_BEFORE: prints the machine and the commit as JSON.
machine_json() {
  local pinned=false processor commit
  if can_pin; then pinned=true; fi
  processor=$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1 | tr -d '"\\')
  commit=$(commit)
  printf '{"processor": "%s", "cores": %s, "memory_gib": %s, "kernel": "%s", "rustc": "%s", "pinned": %s, ' \
    "${processor:-unknown processor}" "$(nproc)" "$(awk '/MemTotal/ {printf "%.0f", $2 / 1048576}' /proc/meminfo)" \
    "$(uname -r | cut -d- -f1)" "$(rustc --version)" "$pinned"
  printf '"load_before": "%s", "load_after": "%s", "date": "%s", "commit": "%s"}\n' \
    "$1" "$(load_average)" "$(date -u +%F)" "$commit"
}
