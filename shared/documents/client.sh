# The client: what state it is in. Nothing here changes it.

CLIENT=unknown # running | stopped | failed | unknown: about to change, or not to be known
CLIENT_TARGET= # what a start would start
CLIENT_NOTE=   # why it is unknown
CLIENT_STATUS= # of its last end: the exit status, or 128 and the number of the signal; empty while it runs, and where nobody knows
CLIENT_RESULT= # success, unless its runtime says otherwise
CLIENT_RUN=    # another one after each start
CLIENT_CONTAINER= # its container, where it has one

find_client() {
  CLIENT=unknown CLIENT_TARGET='' CLIENT_NOTE='' CLIENT_STATUS='' CLIENT_RESULT=success CLIENT_RUN=''
  case $SSM_Runtime in
    systemd) find_unit ;;
    docker) find_container "$SSM_Unit" ;;
    compose) find_service "${SSM_Unit%%#*}" "${SSM_Unit#*#}" ;;
    commands) find_by_command ;;
    none) CLIENT_NOTE='this fleet names no runtime' ;;
  esac
}

find_unit() {
  local unit latest=-1 running=0 doubt='' doubted='' tied='' noted='' noted_at='' at='' names=()
  if [[ $SSM_Unit != *'*'* ]]; then
    CLIENT_TARGET=$SSM_Unit
    read_unit "$SSM_Unit"
    take_unit
    return
  fi
  # A template: the instance that runs; else the one that ran last, which systemd remembers; else the only one that is enabled.
  # (Enabled alone can be old: people upgrade by starting another instance.)
  mapfile -t -n 50 names < <(timeout 30 systemctl list-units --all --plain --no-legend --no-pager -- "$SSM_Unit" 2>/dev/null | awk '{ print $1 }')
  [ "${#names[@]}" -gt 0 ] || mapfile -t -n 50 names < <(enabled_instances)
  if [ -r "$(instance_note)" ]; then read -r noted at <"$(instance_note)"; fi
  if ! whole noted_at "$at" || [[ $noted != "${SSM_Unit%%\**}"?*.service ]]; then noted=''; fi
  if [ "${#names[@]}" -eq 0 ] && [ -z "$noted" ]; then
    CLIENT_NOTE="no instance of $SSM_Unit is loaded or enabled"
    return
  fi
  for unit in "${names[@]+"${names[@]}"}"; do
    read_unit "$unit"
    case $UNIT_STATE in
      running) running=$((running + 1)) CLIENT_TARGET=$unit; take_unit ;;
      unknown) doubt=$UNIT_NOTE doubted=$unit ;;
      *)
        if [ "$running" -gt 0 ] || [ "$UNIT_STOPPED_AT" -lt "$latest" ]; then continue; fi
        tied=
        if [ "$UNIT_STOPPED_AT" -eq "$latest" ]; then tied="nothing tells whether $CLIENT_TARGET or $unit ran last"; fi
        latest=$UNIT_STOPPED_AT CLIENT_TARGET=$unit
        take_unit
        ;;
    esac
  done
  if [ "$running" -eq 1 ]; then CLIENT=running; return; fi
  if [ "$running" -gt 1 ]; then doubt="$running instances of $SSM_Unit run"; elif [ -n "$doubt" ]; then CLIENT_TARGET=$doubted; fi
  if [ -z "$doubt" ] && [ -n "$noted" ] && [ "$latest" -le "$noted_at" ]; then
    CLIENT_TARGET=$noted
    read_unit "$noted"
    take_unit
    return
  fi
  doubt=${doubt:-$tied}
  if [ -n "$doubt" ]; then CLIENT=unknown CLIENT_NOTE=$doubt; fi
}

# instance_note: the file that tells which instance of a template we have stopped, and when, in microseconds since boot, until it runs
# again: systemd forgets one that has ended with success and that nothing enables.
instance_note() { printf '/run/chainmend/stopped-%s' "${SSM_Unit//\//_}"; }

take_unit() {
  CLIENT=$UNIT_STATE CLIENT_NOTE=$UNIT_NOTE CLIENT_STATUS=$UNIT_STATUS CLIENT_RESULT=$UNIT_RESULT CLIENT_RUN=$UNIT_RUN
}

enabled_instances() {
  local link prefix=${SSM_Unit%%\**}
  for link in /etc/systemd/system/*.wants/"$prefix"?*.service; do
    [ ! -L "$link" ] || printf '%s\n' "${link##*/}"
  done | sort -u
}

# read_unit UNIT: UNIT_STATE, UNIT_NOTE, how it ended (UNIT_STATUS, UNIT_RESULT), UNIT_RUN, and UNIT_STOPPED_AT in microseconds since
# boot, 0 where it never ran.
read_unit() {
  local key value load='' active='' sub='' code='' status=''
  UNIT_STATE=unknown UNIT_NOTE='' UNIT_STOPPED_AT=0 UNIT_STATUS='' UNIT_RESULT=success UNIT_RUN=''
  while IFS='=' read -r key value; do
    case $key in
      LoadState) load=$value ;;
      ActiveState) active=$value ;;
      SubState) sub=$value ;;
      Result) UNIT_RESULT=$value ;;
      ExecMainPID) UNIT_RUN=$value ;;
      ExecMainCode) code=$value ;;
      ExecMainStatus) whole status "$value" ;;
      InactiveEnterTimestampMonotonic) whole UNIT_STOPPED_AT "$value" || UNIT_STOPPED_AT=0 ;;
    esac
  done < <(timeout 30 systemctl show -p LoadState -p ActiveState -p SubState -p Result -p ExecMainPID -p ExecMainCode \
    -p ExecMainStatus -p InactiveEnterTimestampMonotonic -- "$1")
  case $load/$active/$sub in
    loaded/active/exited) UNIT_NOTE="$1 has run and left nothing running" ;;
    # A client that tells systemd when it is ready is "activating" until it has loaded, which takes minutes.
    loaded/active/* | loaded/reloading/* | loaded/activating/start | loaded/activating/start-post) UNIT_STATE=running ;;
    loaded/failed/* | loaded/activating/auto-restart*) UNIT_STATE=failed ;;
    loaded/inactive/*) UNIT_STATE=stopped ;;
    loaded/*) UNIT_NOTE="$1 is $active" ;;
    *) UNIT_NOTE="systemd knows no unit $1 (${load:-no answer})" ;;
  esac
  # CLD_EXITED is 1, CLD_KILLED 2, CLD_DUMPED 3 (waitid(2)); 0 is a unit that has not ended yet.
  case $UNIT_STATE/$code in
    running/*) ;;
    */1) UNIT_STATUS=$status ;;
    */2 | */3) [ -z "$status" ] || UNIT_STATUS=$((128 + status)) ;;
  esac
  if [ -n "$UNIT_STATUS" ] && [ "$UNIT_STATUS" -gt 255 ]; then UNIT_STATUS=; fi
}

# unit_property NAME: of the unit that the client is.
unit_property() { timeout 30 systemctl show -p "$1" -- "$CLIENT_TARGET" 2>/dev/null | sed -n "s/^$1=//p" | tail -n 1; }

# find_container NAME-OR-ID
find_container() {
  local o='{' c='}' status='' code=''
  CLIENT_TARGET=$1 CLIENT_CONTAINER=$1
  # SSM would take two braces in a row for one of its own parameters.
  o=$o$o c=$c$c
  read -r status code CLIENT_RUN < <(ask_docker inspect --type container --format "$o.State.Status$c $o.State.ExitCode$c $o.State.StartedAt$c" "$1")
  case $status in
    running) CLIENT=running ;;
    exited)
      if whole CLIENT_STATUS "$code" && [ "$CLIENT_STATUS" -gt 255 ]; then CLIENT_STATUS=; fi
      if [ "$CLIENT_STATUS" = 0 ]; then CLIENT=stopped; else CLIENT=failed; fi
      ;;
    created) CLIENT=stopped ;;
    '') CLIENT_NOTE="docker knows no container $1, or does not answer" ;;
    *) CLIENT_NOTE="container $1 is $status" ;;
  esac
}

# ask_docker WORD...: what it says, within 30 s.
ask_docker() { timeout 30 docker "$@" 2>/dev/null | head -c 4096; }

# find_service FILE SERVICE
find_service() {
  local ids=() why=$WHY
  # Compose acts as root on what stands in the file, and in .env beside it.
  if ! only_root "$1" || { [ -e "${1%/*}/.env" ] && ! only_root "${1%/*}/.env"; }; then
    CLIENT_NOTE=$WHY WHY=$why
    return
  fi
  WHY=$why
  mapfile -t -n 2 ids < <(compose 30 -f "$1" ps -a -q "$2" 2>/dev/null | head -c 4096)
  if [ "${#ids[@]}" -ne 1 ]; then
    CLIENT_NOTE="compose file $1 has ${#ids[@]} containers of service $2, expected 1"
    return
  fi
  find_container "${ids[0]}"
  CLIENT_TARGET=$2
}

# find_by_command: the owner's own executables, "<start>#<stop>#<status>"; status exits with 0 where it runs and with 3 where it does not.
find_by_command() {
  local status=0 command commands why=$WHY
  CLIENT_TARGET=${SSM_Unit%%#*}
  IFS='#' read -r -a commands < <(printf '%s\n' "$SSM_Unit")
  for command in "${commands[@]}"; do
    if only_root "$command"; then continue; fi
    CLIENT_NOTE=$WHY WHY=$why
    return
  done
  run_own "${SSM_Unit##*#}" 30 >/dev/null 2>&1 || status=$?
  case $status in
    0) CLIENT=running ;;
    3) CLIENT=stopped ;;
    *) CLIENT_NOTE="${SSM_Unit##*#} exits with $status, expected 0 for running and 3 for stopped" ;;
  esac
}

# run_own EXECUTABLE SECONDS: by its absolute path, without arguments; what it leaves running is not ended with this script, and holds
# neither its lock nor its answer.
run_own() {
  setsid --wait timeout --kill-after=5 "$2" "$1" 3>&- 9>&- </dev/null
}

# compose SECONDS WORD...
compose() {
  local seconds=$1
  shift
  if timeout 30 docker compose version >/dev/null 2>&1; then timeout "$seconds" docker compose "$@"; else timeout "$seconds" docker-compose "$@"; fi
}
