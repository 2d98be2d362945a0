# shellcheck shell=bash
# The steps of scripts/plaza: one run, the ladder of a load, the raw floor, twice the load, the
# soak. Source it after scripts/measure.sh. It needs the variables ran (folder of the results),
# release (folder of the binaries), settle, duration, runs, ramp, floor_settle, floor_duration,
# floor_seconds, overload_seconds and left_s, and the functions say_left and spend.

# Bytes of a movement command (8 or 9) with its WebSocket header (6).
INPUT_BYTES=15

# Processes besides the server, to be ended with the script.
STARTED=()

kill_started() {
  kill_server
  for pid in "${STARTED[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  STARTED=()
}

# in_background CORE SECONDS COMMAND...: starts it and ends it after this time; sets STARTED_PID.
# The caller redirects its output.
in_background() {
  local core=$1 limit=$2
  shift 2
  (pin "$core" timeout --kill-after 10 "$limit" "$@") &
  STARTED_PID=$!
  STARTED+=("$STARTED_PID")
}

bots_in_background() { # bots_in_background SECONDS ARGUMENT...
  local limit=$1
  shift
  in_background 1 "$limit" "$release/parlour-bots" --url "ws://127.0.0.1:$SERVER_PORT/ws" --quiet "$@"
}

# sleep_until NANOSECONDS
sleep_until() {
  local left=$(($1 - $(now_ns)))
  if ((left > 0)); then sleep "$((left / 1000000000)).$(printf '%09d' $((left % 1000000000)))"; fi
}

# column LOAD NUMBER: prints a cell of benches/plaza-loads. The first column is 1.
column() {
  awk -F ' *[|] *' -v name="$1" -v number="$2" '!/^#/ && $1 == name {print $number}' benches/plaza-loads
}

# ladder LOAD: prints its numbers of clients, or the one that the named other load was measured at.
ladder() {
  local cell
  cell=$(column "$1" 5)
  if [[ $cell =~ ^[0-9\ ]+$ ]]; then echo "$cell"; else cat "$ran/runs/$cell/done" 2>/dev/null || column "$cell" 6; fi
}

loads() { awk -F ' *[|] *' '!/^#/ {print $1}' benches/plaza-loads; }

run_seconds() { echo $((2 * $1 / ramp + settle + duration + 4)); } # run_seconds CLIENTS

serve_for() { # serve_for LOG ARGUMENT...: starts a server that admits all clients
  local log=$1
  shift
  # All clients have the same address, and the ramp limits their rate.
  serve_pinned "$release/parlour" "$log" --max-unauthenticated-per-address 20000 --max-connections 20000 \
    --history 0s "$@"
}

# one_run LOAD CLIENTS RUN: writes $ran/runs/LOAD/CLIENTS-RUN. CPU time and metrics cover the
# measured window without half a second at either end.
one_run() {
  local load=$1 clients=$2 run=$3 folder server_args bots_args start from to cpu empty rss status=0 exited_cleanly=true ramp_ns
  folder=$ran/runs/$load/$clients-$run
  rm -rf "$folder"
  mkdir -p "$folder"
  read -ra server_args <<<"$(column "$load" 3) ${PLAZA_SERVER_ARGS-}"
  read -ra bots_args <<<"$(column "$load" 4) ${PLAZA_BOTS_ARGS-}"
  serve_for "$folder/server.log" "${server_args[@]}" || exit 1
  empty=$(server_memory_kb VmRSS)
  start=$(now_ns)
  bots_in_background $(($(run_seconds "$clients") + 60)) --count "$clients" --ramp "$ramp/s" --settle "${settle}s" \
    --duration "${duration}s" --json "$folder/bots.json" "${bots_args[@]}" >"$folder/bots.log" 2>&1
  ramp_ns=$((clients * 1000000000 / ramp))
  sleep_until $((start + ramp_ns + settle * 1000000000 + 500000000))
  from=$(now_ns)
  cpu=$(server_cpu_ns)
  metrics >"$folder/before.prom"
  sleep_until $((from + duration * 1000000000 - 1000000000))
  cpu=$(awk -v from="$cpu" -v to="$(server_cpu_ns)" 'BEGIN {printf "%.0f", to - from}')
  to=$(now_ns)
  metrics >"$folder/after.prom"
  rss=$(server_memory_kb VmRSS)
  wait "$STARTED_PID" || status=$?
  STARTED=()
  # If the server fails, the run is not held and still has a row in the page.
  stop_server || { exited_cleanly=false && kill_server; }
  awk -v ns=$((to - from)) -v load="$load" -v clients="$clients" -v run="$run" -v duration="$duration" -v cpu="$cpu" \
    -v empty="${empty:-0}" -v rss="${rss:-0}" -v status="$status" -v exited_cleanly="$exited_cleanly" 'BEGIN {
      printf "{\"load\": \"%s\", \"clients\": %d, \"run\": \"%s\", \"duration_s\": %d, ", load, clients, run, duration
      printf "\"window_s\": %.6f, \"cpu_ns\": %.0f, \"empty_rss_kb\": %d, \"rss_kb\": %d, ", ns / 1e9, cpu, empty, rss
      printf "\"bots_status\": %d, \"server_exited_cleanly\": %s}\n", status, exited_cleanly
    }' >"$folder/about"
  # This file marks the run as complete.
  mv "$folder/about" "$folder/about.json"
}

# try LOAD CLIENTS RUN: makes one run and prints the verdict. Fails if it is not held.
try() {
  local said status=0
  say_left "$1: $2 clients, run $3"
  one_run "$@"
  said=$("$release/bench-report" verdict "$ran/runs/$1/$2-$3") || status=$?
  say "$1: $2 clients, run $3: $said"
  spend "$(run_seconds "$2")"
  return "$status"
}

load_seconds() { # load_seconds LOAD: the time of its whole ladder and the runs after it
  local clients last=0 sum=0 rungs
  rungs=$(ladder "$1")
  for clients in $rungs; do
    sum=$((sum + $(run_seconds "$clients")))
    last=$clients
  done
  if [ "$rungs" = "$last" ]; then sum=0; fi
  echo $((sum + runs * $(run_seconds "$last") + floor_seconds + 5))
}

# measure_load LOAD: runs its ladder, the three runs, and the floor.
measure_load() {
  local load=$1 clients goal run held=() rungs good budget=$((left_s - $(load_seconds "$1")))
  read -ra rungs <<<"$(ladder "$load")"
  goal=$(column "$load" 6)
  rm -rf "$ran/runs/$load" "$ran/floor/$load"
  if ((${#rungs[@]} == 1)); then
    held=("${rungs[0]}")
  else
    for clients in "${rungs[@]}"; do
      if try "$load" "$clients" ladder || try "$load" "$clients" ladder-again; then held+=("$clients"); else break; fi
    done
  fi
  # A load that is never held still needs figures.
  if ((${#held[@]} == 0)); then held=("${rungs[0]}"); fi
  if [[ " ${held[*]} " == *" $goal "* ]]; then
    while [ "${held[-1]}" != "$goal" ]; do unset 'held[-1]'; done
  fi
  while :; do
    clients=${held[-1]}
    good=0
    for ((run = 1; run <= runs; run++)); do
      if try "$load" "$clients" "$run"; then good=$((good + 1)); fi
    done
    if ((good * 2 > runs || ${#held[@]} == 1)); then break; fi
    unset 'held[-1]'
  done
  measure_floor "$load" "$ran/runs/$load/$clients-1"
  echo "$clients" >"$ran/runs/$load/done"
  left_s=$((budget > 0 ? budget : 0))
}

# measure_floor LOAD RUN: moves the same messages as that run, without a game.
measure_floor() {
  local folder=$ran/floor/$1 figures clients frames bytes inputs port server
  figures=$("$release/bench-report" floor-work "$2") || {
    say "$1: no floor, because the run has no figures"
    return 0
  }
  read -r clients frames bytes inputs <<<"$figures"
  say "$1: raw floor: $clients clients, each receives $frames frames/s of $bytes bytes and sends $inputs inputs/s"
  rm -rf "$folder"
  mkdir -p "$folder"
  port=$(free_port)
  in_background 0 $((floor_seconds + 60)) "$release/floor" serve --listen "127.0.0.1:$port" --clients "$clients" \
    --frames-per-second "$frames" --frame-bytes "$bytes" --settle "${floor_settle}s" >"$folder/serve.log" 2>"$folder/serve.err"
  server=$STARTED_PID
  wait_for_listener "$port" || exit 1
  in_background 1 $((floor_seconds + 50)) "$release/floor" drive --connect "127.0.0.1:$port" --clients "$clients" \
    --inputs-per-second "$inputs" --input-bytes "$INPUT_BYTES" --settle "${floor_settle}s" --duration "${floor_duration}s" \
    --json "$folder/drive.json" >"$folder/drive.log" 2>&1
  if ! wait "$STARTED_PID" || ! wait "$server"; then
    kill_started
    say "$1: the floor failed, see $folder"
    return 0
  fi
  STARTED=()
  tail -n 1 "$folder/serve.log" >"$folder/serve.json"
  say "$1: floor: $(cat "$folder/serve.json")"
}

# Polls /proc, because a connection would count as a client.
wait_for_listener() {
  local port deadline=$((SECONDS + 20))
  port=$(printf ':%04X' "$1")
  until awk -v port="$port" '$4 == "0A" && substr($2, length($2) - 4) == port {found = 1} END {exit !found}' /proc/net/tcp; do
    if ((SECONDS >= deadline)); then
      say "no process listens on port $1 after 20 s"
      return 1
    fi
    sleep 0.1
  done
}

# Twice the load that fits, and back. Each group of bots has a separate map, so that no room gets
# fuller.
measure_overload() {
  local folder=$ran/overload clients base more start from to climb sampler bots=(--per-room 50)
  clients=${PLAZA_FITS:-$(cat "$ran/runs/walkers-60/done" 2>/dev/null || echo 2000)}
  climb=$((clients / ramp + 1))
  rm -rf "$folder"
  mkdir -p "$folder/samples"
  serve_for "$folder/server.log" --interest-radius all --cadence auto
  start=$(now_ns)
  sample_each_second "$folder/samples" "$start" &
  sampler=$!
  STARTED+=("$sampler")
  say_left "overload: $clients clients"
  bots_in_background 300 --count "$clients" --map plaza --ramp "$ramp/s" --settle 1s --witnesses 0.2 "${bots[@]}" \
    --duration $((climb + 45))s --json "$folder/base.json" >"$folder/base.log" 2>&1
  base=$STARTED_PID
  sleep $((climb + 3))
  probe before 5
  from=$(now_ns)
  say "overload: $clients more clients"
  bots_in_background 300 --count "$clients" --map garden --ramp "$ramp/s" --settle 1s --witnesses 0.2 "${bots[@]}" \
    --duration 15s --json "$folder/more.json" >"$folder/more.log" 2>&1
  more=$STARTED_PID
  sleep $((climb + 1))
  probe during 10
  wait "$more" || true
  to=$(now_ns)
  say "overload: back to $clients"
  sleep 3
  probe after 5
  wait "$base" || true
  stop_server
  wait "$sampler" || true
  STARTED=()
  awk -v clients="$clients" -v start="$start" -v from="$from" -v to="$to" 'BEGIN {
    printf "{\"clients\": %d, \"more\": %d, \"server_args\": \"--interest-radius all --cadence auto\", ", clients, clients
    printf "\"overload_from_s\": %.3f, \"overload_to_s\": %.3f}\n", (from - start) / 1e9, (to - start) / 1e9
  }' >"$folder/about.json"
  spend "$overload_seconds"
}

probe() { # probe PHASE SECONDS: one room that measures, 2 s after its first connect
  bots_in_background 120 --count 50 --map lobby --ramp 50/s --settle 1s --duration "$2s" "${bots[@]}" \
    --json "$folder/$1.json" >"$folder/$1.log" 2>&1
  wait "$STARTED_PID" || true
}

# sample_each_second FOLDER START: writes the metrics to files named by milliseconds, while the
# server runs.
sample_each_second() {
  local at next=$2
  while kill -0 "$SERVER_PID" 2>/dev/null; do
    at=$((($(now_ns) - $2) / 1000000))
    metrics >"$1/$(printf '%06d' "$at").prom"
    next=$((next + 1000000000))
    sleep_until "$next"
  done
}

# Clients that come and go, and samples of the server's memory, descriptors and threads.
measure_soak() {
  local folder=$ran/soak clients=${PLAZA_SOAK_CLIENTS:-2000} churn=5 start next every=${PLAZA_SOAK_EVERY:-10}
  local seconds=${PLAZA_SOAK_SECONDS:-600} status=0
  rm -rf "$folder"
  mkdir -p "$folder"
  serve_for "$folder/server.log" --interest-radius all --cadence 20
  say "soak: $clients clients for $seconds s, $churn % of them replaced each minute"
  bots_in_background $((seconds + 120)) --count "$clients" --per-room 50 --ramp "$ramp/s" --settle "${settle}s" \
    --duration "${seconds}s" --churn "$churn" --witnesses 0.2 --json "$folder/bots.json" >"$folder/bots.log" 2>&1
  sleep $((clients / ramp + settle))
  start=$(now_ns)
  next=$start
  while (($(now_ns) - start < (seconds - 1) * 1000000000)) && kill -0 "$STARTED_PID" 2>/dev/null; do
    metrics >"$folder/now.prom"
    awk -v ns=$(($(now_ns) - start)) -v clients="$clients" -v churn="$churn" -v rss="$(server_memory_kb VmRSS)" \
      -v fds="$(server_descriptors)" -v threads="$(server_memory_kb Threads)" \
      -v connections="$(metric parlour_connections "$folder/now.prom")" \
      -v websockets="$(metric parlour_websockets "$folder/now.prom")" 'BEGIN {
        printf "{\"s\": %.1f, \"clients\": %d, \"churn_percent\": %d, \"rss_kb\": %d, ", ns / 1e9, clients, churn, rss
        printf "\"fds\": %d, \"threads\": %d, \"connections\": %d, \"websockets\": %d}\n", fds, threads, connections, websockets
      }' | tee -a "$folder/samples.jsonl" >&2
    next=$((next + every * 1000000000))
    sleep_until "$next"
  done
  wait "$STARTED_PID" || status=$?
  STARTED=()
  say "soak: the bots ended with $status"
  stop_server
}
