# Stopping all clients of a node, the last one first, each with its grace and with evidence of how it ended; and starting them again.

STOP_CLEAN=true STOP_STATUS='' STOP_LINE=''
STOPPED_SECONDS=0

# know_clients: false, with WHY, where one of them cannot be followed, or somebody has stopped it since; nothing is changed then.
know_clients() {
  local index
  for index in "${!CLIENT_UNITS[@]}"; do
    pick "$index"
    if [[ ${RAN[index]}$CLIENT$CLIENT_ASKED$NOTE =~ ^ran(stopped|failedtrue|.*is\ (deactivating|paused)) ]]; then
      untouched "somebody has stopped $TARGET, which ran"
      FAULT=person
      return 1
    fi
    if is_known; then continue; fi
    untouched "client ${CLIENT_UNITS[index]} is unknown${NOTE:+ ($NOTE)}"
    return
  done
}

# is_known: one that is between two states is, and is stopped like one that runs.
is_known() {
  [ "$CLIENT" = unknown ] || return 0
  case $NOTE in
    *' is activating' | *' is deactivating' | 'container '*' is restarting' | 'container '*' is paused') return 0 ;;
  esac
  return 1
}

are_masked() {
  [ -e "$MASK_FILE" ] || return
  WHY="the clients are masked ($MASK_FILE): nothing was changed; start-client unmasks them"
}

# may_stop: false, with WHY, where a stop of any of them could do harm. Nothing is stopped yet.
may_stop() {
  local index
  for index in "${!CLIENT_UNITS[@]}"; do
    pick "$index"
    if is_down; then continue; fi
    [ "$SSM_Runtime" != systemd ] || [ -z "$TARGET" ] || grant_time
    CLIENT=running
    may_restart || return
  done
}

is_down() {
  # systemd starts one that is between two tries of its own again.
  if [ "$SSM_Runtime" = systemd ] && [ "$CLIENT" = failed ]; then return 1; fi
  [ "$CLIENT" = stopped ] || [ "$CLIENT" = failed ]
}

# grant_time: systemd kills what does not stop in TimeoutStopSec, 90 s for most. Until the next boot it gives the client its grace.
grant_time() {
  local directory=/run/systemd/system/${TARGET%.service}.service.d
  read_stop_limit
  [ "$STOP_LIMIT" -lt "$SSM_StopGraceSeconds" ] || return 0
  say "stop: $TARGET would be killed after $STOP_LIMIT s: until the next boot after $SSM_StopGraceSeconds s"
  if ! { mkdir -p "$directory" && printf '[Service]\nTimeoutStopSec=%s\n' "$SSM_StopGraceSeconds" >"$directory/zz-chainmend.conf" &&
    ctl daemon-reload; }; then say "stop: $directory/zz-chainmend.conf could not be made"; fi
}

# stop_all: false, with WHY, where one of them still runs. STOP tells the worst of those that were stopped.
stop_all() {
  local index ran=no
  for ((index = ${#CLIENT_UNITS[@]} - 1; index >= 0; index--)); do
    pick "$index"
    if is_down; then continue; fi
    [ "$CLIENT" = failed ] || ran=yes
    stop_one "$index" || return
  done
  [ "$ran" = no ] || tell_stop
}

stop_one() {
  local began=$SECONDS since target=$TARGET was=$CLIENT
  whole since "$(date +%s)"
  say "stop: $target, within $SSM_StopGraceSeconds s"
  if ! stop_client; then
    say "stop: $WHY"
    # Its grace is over, and its unit would let it go on. Where systemctl itself failed, it is not over.
    if [ "$SSM_Runtime" = systemd ] && [ "$STOP_EXIT" -eq 124 ]; then ctl kill --signal=SIGKILL -- "$target"; fi
    sleep 2
  fi
  find_client
  while [[ $NOTE == *' is deactivating' ]] && [ "$((SECONDS - began))" -lt "$((SSM_StopGraceSeconds + 15))" ]; do
    sleep 1
    find_client
  done
  if [ "$CLIENT" != stopped ] && [ "$CLIENT" != failed ]; then fail "$target is $CLIENT after it was stopped${NOTE:+ ($NOTE)}; ${WHY:-}"; return; fi
  WHY=
  STOPPED_SECONDS=$((STOPPED_SECONDS + SECONDS - began))
  [ "$was" = failed ] || judge_end "$1" "$since"
}

# judge_end INDEX [SINCE]: whether the client ended by itself, with success, and said so; the worst of all goes into the answer.
judge_end() {
  local clean=false line last='' said='' pattern lines=() index
  whole index "$1" || return
  pattern=${CLEAN_LINES[index]}
  mapfile -t -n 10 lines < <(last_lines 10 "${2:-}")
  for line in ${lines[@]+"${lines[@]}"}; do
    [ -z "$line" ] || last=$line
    line=${line:0:2000}
    if [ -n "$pattern" ] && [[ $line =~ $pattern ]]; then said=$line; fi
  done
  case $SSM_Runtime/$CLIENT/$CLIENT_STATUS in
    # Its stop has exited with success, and its status says that it does not run.
    commands/stopped/* | docker/*/0 | compose/*/0 | systemd/*/0) clean=true ;;
    # systemd has forgotten it, which it does to what has ended with success.
    systemd/stopped/) [ -z "$said" ] || [ -z "${2:-}" ] || clean=true ;;
    # 128 and SIGINT or SIGTERM: what a process ends with that did as it was told, and one that did not listen. Its words tell.
    */130 | */143) [ -z "$said" ] || clean=true ;;
  esac
  # One that logs elsewhere says nothing here; what is said must be the end.
  if [ "$CLIENT_RESULT" != success ] || { [ -n "$pattern" ] && [ -n "$last" ] && [ -z "$said" ]; }; then clean=false; fi
  if [ "$STOP_CLEAN" = true ] || [ "$clean" = false ]; then STOP_STATUS=$CLIENT_STATUS STOP_LINE=${said:-$last}; fi
  [ "$clean" = true ] || STOP_CLEAN=false
}

tell_stop() {
  STOP=$(printf '{"seconds":%s,"clean":%s,"exitStatus":%s,"lastLine":%s}' \
    "$STOPPED_SECONDS" "$STOP_CLEAN" "${STOP_STATUS:-null}" "$(json_string "${STOP_LINE:0:300}")")
}

# start_all: true when all of them run, and go on running. What runs is left alone.
start_all() {
  local index began=$SECONDS started=() runs=() which since
  since=$(date +%s)
  for index in "${!CLIENT_UNITS[@]}"; do
    pick "$index"
    if [ "$CLIENT" = running ]; then rm -f -- "$(instance_note)"; continue; fi
    # Between two tries of its own it is about to run; systemd takes a start for one more.
    [ "$CLIENT" != unknown ] || CLIENT=failed
    start_client || return
    find_client
    if [ "$CLIENT" != running ]; then why_down; return; fi
    WHY=
    started+=("$index") runs+=("$CLIENT_RUN")
  done
  [ "${#started[@]}" -gt 0 ] || return 0
  START_SECONDS=$((SECONDS - began))
  # Data that it does not like end a client within seconds.
  sleep 5
  for which in "${!started[@]}"; do
    pick "${started[which]}"
    if [ "$CLIENT" = running ] && [ "$CLIENT_RUN" = "${runs[which]}" ]; then rm -f -- "$(instance_note)"; continue; fi
    why_down
    return
  done
}

why_down() {
  local line
  line=$(last_words "$since")
  fail "$TARGET was started and is $CLIENT or was restarted${NOTE:+ ($NOTE)}, and its last line is \"${line:0:300}\"${WHY:+; $WHY}"
}
