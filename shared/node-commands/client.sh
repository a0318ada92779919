# The client: what state it is in. Nothing here changes it.

CLIENT=unknown # running | stopped | failed | unknown: about to change, or not to be known
TARGET= # what a start would start
NOTE=   # why it is unknown
CLIENT_STATUS= # of its last end: the exit status, or 128 and the number of the signal; empty while it runs, and where nobody knows
CLIENT_ASKED= # true: it ended because somebody told its runtime to end it; false: it did not; empty where nobody knows
CLIENT_RESULT= # success, unless its runtime says otherwise
CLIENT_RUN=    # another one after each start
CONTAINER= # its container, where it has one
CLIENT_IMAGE= # what that was made of, as its owner has written it
IS_REMOVED= # false: the container stays when it is stopped
# While it is there, no client starts.
readonly MASK_FILE=/etc/chainmend/client-masked
STOPPED_AT=0   # a unit's, in microseconds since boot; 0 where it never ran, as of its last start (BEGAN)

find_client() {
  CLIENT=unknown TARGET='' NOTE='' CLIENT_STATUS='' CLIENT_ASKED='' CLIENT_RESULT=success CLIENT_RUN='' CLIENT_IMAGE=''
  case $SSM_Runtime in
    systemd) find_unit ;;
    docker) find_container "$SSM_Unit" ;;
    compose) find_service "${SSM_Unit%%#*}" "${SSM_Unit#*#}" ;;
    commands) find_by_command ;;
    none) NOTE='this fleet names no runtime' ;;
  esac
}

find_unit() {
  local unit best='' latest=-1 running=0 doubt='' tied='' noted='' noted_at='' at='' names=()
  if [[ $SSM_Unit != *'*'* ]]; then read_unit "$SSM_Unit"; return; fi
  # A template: the instance that runs; else the one that ran last, which systemd remembers; else the only one that is enabled.
  # (Enabled alone can be old: people upgrade by starting another instance.)
  mapfile -t -n 50 names < <(ctl list-units --all --plain --no-legend --no-pager -- "$SSM_Unit" 2>/dev/null | awk '{ print $1 }')
  [ "${#names[@]}" -gt 0 ] || mapfile -t -n 50 names < <(enabled_instances)
  for unit in ${names[@]+"${names[@]}"}; do
    read_unit "$unit"
    case $CLIENT in
      running) running=$((running + 1)) best=$unit ;;
      unknown) doubt=$unit ;;
      *)
        if [ "$running" -gt 0 ] || [ "$STOPPED_AT" -lt "$latest" ]; then continue; fi
        tied=
        [ "$STOPPED_AT" -ne "$latest" ] || tied="nothing tells whether $best or $unit ran last"
        latest=$STOPPED_AT best=$unit
        ;;
    esac
  done
  if [ -r "$(instance_note)" ]; then read -r noted at <"$(instance_note)"; fi
  if [ "$running" -eq 0 ]; then
    if [ -n "$doubt" ]; then
      best=$doubt tied=
    elif [[ $noted == "${SSM_Unit%%\**}"?*.service ]] && whole noted_at "$at" && [ "$latest" -le "$noted_at" ]; then
      best=$noted tied=
    fi
  elif [ "$running" -gt 1 ]; then
    tied="$running instances of $SSM_Unit run"
  fi
  if [ -z "$best" ]; then CLIENT=unknown NOTE="no instance of $SSM_Unit is loaded or enabled"; return; fi
  read_unit "$best"
  if [ -n "$tied" ]; then CLIENT=unknown NOTE=$tied; fi
}

# instance_note: the file that tells which instance of a template we have stopped, and when, in microseconds since boot, until it runs
# again: systemd forgets one that has ended with success and that nothing enables.
instance_note() { printf '/run/chainmend/stopped-%s' "${SSM_Unit//\//_}"; }

enabled_instances() {
  local link prefix=${SSM_Unit%%\**}
  for link in /etc/systemd/system/*.wants/"$prefix"?*.service; do
    [ ! -L "$link" ] || printf '%s\n' "${link##*/}"
  done | sort -u
}

# read_unit UNIT: all of the above, of that unit.
read_unit() {
  local key value load='' active='' sub='' code='' status='' entered=''
  CLIENT=unknown TARGET=$1 NOTE='' CLIENT_STATUS='' CLIENT_ASKED='' STOPPED_AT=0 BEGAN=''
  while IFS='=' read -r key value; do
    case $key in
      LoadState) load=$value ;;
      ActiveState) active=$value ;;
      SubState) sub=$value ;;
      Result) CLIENT_RESULT=$value ;;
      ExecMainPID) CLIENT_RUN=$value ;;
      ExecMainCode) code=$value ;;
      ExecMainStatus) whole status "$value" ;;
      ActiveEnterTimestampMonotonic) whole entered "$value" ;;
      ExecMainStartTimestampMonotonic) whole BEGAN "$value" ;;
      InactiveEnterTimestampMonotonic) whole STOPPED_AT "$value" || STOPPED_AT=0 ;;
    esac
  done < <(ctl show \
    -p LoadState,ActiveState,SubState,Result,ExecMainPID,ExecMainCode,ExecMainStatus,InactiveEnterTimestampMonotonic,ActiveEnterTimestampMonotonic,ExecMainStartTimestampMonotonic -- "$1")
  case $load/$active/$sub in
    loaded/active/exited) NOTE="$1 has run and left nothing running" ;;
    # A client that tells systemd when it is ready is "activating" until it has loaded, which takes minutes.
    loaded/active/* | loaded/reloading/* | loaded/activating/start | loaded/activating/start-post) CLIENT=running ;;
    loaded/failed/* | loaded/activating/auto-restart*) CLIENT=failed ;;
    loaded/inactive/*) CLIENT=stopped ;;
    loaded/*) NOTE="$1 is $active" ;;
    *) NOTE="systemd knows no unit $1 (${load:-no answer})" ;;
  esac
  # CLD_EXITED is 1, CLD_KILLED 2, CLD_DUMPED 3 (waitid(2)); 0 is a unit that has not ended yet.
  case $CLIENT/$code/$status in
    running/*) ;;
    */1/*) CLIENT_STATUS=$status ;;
    */2/?* | */3/?*) CLIENT_STATUS=$((128 + status)) ;;
  esac
  case $CLIENT/$sub/$CLIENT_RESULT/$CLIENT_STATUS in
    running/* | unknown/*) ;;
    stopped/*) CLIENT_ASKED=true ;;
    # What heeds SIGTERM or SIGINT in its own way. systemd starts one again that it was not told to stop.
    failed/failed/exit-code/143 | failed/failed/exit-code/130) CLIENT_ASKED=true ;;
    # It was up, was told to stop, and did not end in time. One that never came up was ended by systemd itself.
    failed/failed/timeout/*) if [ "${BEGAN:-0}" -gt 0 ] && [ "${entered:-0}" -ge "$BEGAN" ]; then CLIENT_ASKED=true; fi ;;
    *) CLIENT_ASKED=false ;;
  esac
}

# ctl WORD...: systemd answers at once, if it does.
ctl() { timeout 60 systemctl "$@"; }

# unit_property NAME: of the unit that the client is.
unit_property() { ctl show -p "$1" -- "$TARGET" 2>/dev/null | sed -n "s/^$1=//p" | tail -n 1; }

# find_container NAME-OR-ID
find_container() {
  # SSM would take two braces in a row for one of its own parameters.
  local o='{' c='}' state='' code='' oom=''
  TARGET=$1 CONTAINER=$1
  o=$o$o. c=$c$c
  read -r state code IS_REMOVED oom CLIENT_IMAGE CLIENT_RUN < <(timeout 30 docker inspect --type container \
    --format "${o}State.Status$c ${o}State.ExitCode$c ${o}HostConfig.AutoRemove$c ${o}State.OOMKilled$c =${o}Config.Image$c ${o}State.StartedAt$c" "$1" 2>/dev/null | head -c 4096)
  CLIENT_IMAGE=${CLIENT_IMAGE#=}
  case $state in
    running) CLIENT=running ;;
    exited)
      CLIENT=failed
      if whole CLIENT_STATUS "$code" && [ "$CLIENT_STATUS" -eq 0 ]; then CLIENT=stopped; fi
      # 128 and SIGTERM, SIGINT or SIGKILL: `docker stop` ends one that does not heed it with the last of them, and so does the kernel where memory is short.
      case $CLIENT_STATUS/$oom in
        143/* | 130/* | 137/false) CLIENT_ASKED=true ;;
        0/*) ;;
        *) CLIENT_ASKED=false ;;
      esac
      ;;
    created) CLIENT=stopped ;;
    '') NOTE="docker knows no container $1, or does not answer" ;;
    *) NOTE="container $1 is $state" ;;
  esac
}

# image_version IMAGE: its tag or digest; nothing of one that has no name.
image_version() {
  local last=${1##*/}
  case $1 in
    '' | sha256:*) ;;
    *@*) printf '%s' "${1##*@}" ;;
    *) case $last in *:*) printf '%s' "${last##*:}" ;; *) printf latest ;; esac ;;
  esac
}

# find_service FILE SERVICE
find_service() {
  local ids=()
  # Compose does as root what stands in the file, and in .env beside it.
  if ! is_safe "$1" || { [ -e "${1%/*}/.env" ] && ! is_safe "${1%/*}/.env"; }; then return; fi
  mapfile -t -n 2 ids < <(compose 30 -f "$1" ps -a -q "$2" 2>/dev/null | head -c 4096)
  if [ "${#ids[@]}" -ne 1 ]; then
    NOTE="compose file $1 has ${#ids[@]} containers of service $2, expected 1"
    return
  fi
  find_container "${ids[0]}"
  TARGET=$2
}

# is_safe PATH: root may use it; false, with NOTE.
is_safe() {
  local WHY=
  only_root "$1" || { NOTE=$WHY; return 1; }
}

# find_by_command: the owner's own executables, "<start>#<stop>#<status>"; status exits with 0 where it runs and with 3 where it does not.
find_by_command() {
  local status=0 stop=${SSM_Unit#*#} told=${SSM_Unit##*#}
  TARGET=${SSM_Unit%%#*}
  if ! { is_safe "$TARGET" && is_safe "${stop%%#*}" && is_safe "$told"; }; then return; fi
  run_own "$told" 30 >/dev/null 2>&1 || status=$?
  case $status in
    0) CLIENT=running ;;
    3) CLIENT=stopped ;;
    *) NOTE="$told exits with $status, expected 0 for running and 3 for stopped" ;;
  esac
}

# run_own EXECUTABLE SECONDS: by its absolute path, without arguments; what it leaves running is not ended with this script, and holds
# neither its lock nor its answer.
run_own() {
  local limit
  whole limit "$2" && setsid --wait timeout --kill-after=5 "$limit" "$1" 3>&- 9>&- </dev/null
}

# compose SECONDS WORD...
compose() {
  local limit
  whole limit "$1" && shift || return
  if timeout 30 docker compose version >/dev/null 2>&1; then timeout "$limit" docker compose "$@"; else timeout "$limit" docker-compose "$@"; fi
}
