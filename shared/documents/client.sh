# The client: what state it is in. Nothing here changes it.

CLIENT=unknown # running | stopped | failed | unknown: about to change, or not to be known
CLIENT_TARGET= # what a start would start
CLIENT_NOTE=   # why it is unknown

find_client() {
  CLIENT=unknown CLIENT_TARGET='' CLIENT_NOTE=''
  case $SSM_Runtime in
    systemd) find_unit ;;
    docker) find_container "$SSM_Unit" ;;
    compose) find_service "${SSM_Unit%%#*}" "${SSM_Unit#*#}" ;;
    none) CLIENT_NOTE='this fleet names no runtime' ;;
  esac
}

find_unit() {
  local unit latest=-1 running=0 doubt='' tied='' names=()
  if [[ $SSM_Unit != *'*'* ]]; then
    CLIENT_TARGET=$SSM_Unit
    read_unit "$SSM_Unit"
    CLIENT=$UNIT_STATE CLIENT_NOTE=$UNIT_NOTE
    return
  fi
  # A template: the instance that runs; else the one that ran last, which systemd remembers; else the only one that is enabled.
  # (Enabled alone can be old: people upgrade by starting another instance.)
  mapfile -t -n 50 names < <(systemctl list-units --all --plain --no-legend --no-pager -- "$SSM_Unit" 2>/dev/null | awk '{ print $1 }')
  [ "${#names[@]}" -gt 0 ] || mapfile -t -n 50 names < <(enabled_instances)
  if [ "${#names[@]}" -eq 0 ]; then
    CLIENT_NOTE="no instance of $SSM_Unit is loaded or enabled"
    return
  fi
  for unit in "${names[@]}"; do
    read_unit "$unit"
    case $UNIT_STATE in
      running) running=$((running + 1)) CLIENT_TARGET=$unit ;;
      unknown) doubt=$UNIT_NOTE ;;
      *)
        if [ "$running" -gt 0 ] || [ "$UNIT_STOPPED_AT" -lt "$latest" ]; then continue; fi
        tied=
        if [ "$UNIT_STOPPED_AT" -eq "$latest" ]; then tied="nothing tells whether $CLIENT_TARGET or $unit ran last"; fi
        latest=$UNIT_STOPPED_AT CLIENT=$UNIT_STATE CLIENT_TARGET=$unit
        ;;
    esac
  done
  if [ "$running" -eq 1 ]; then CLIENT=running; return; fi
  if [ "$running" -gt 1 ]; then doubt="$running instances of $SSM_Unit run"; fi
  doubt=${doubt:-$tied}
  if [ -n "$doubt" ]; then CLIENT=unknown CLIENT_NOTE=$doubt; fi
}

enabled_instances() {
  local link prefix=${SSM_Unit%%\**}
  for link in /etc/systemd/system/*.wants/"$prefix"?*.service; do
    [ ! -L "$link" ] || printf '%s\n' "${link##*/}"
  done | sort -u
}

# read_unit UNIT: UNIT_STATE, UNIT_NOTE, and UNIT_STOPPED_AT in microseconds since boot, 0 where it never ran.
read_unit() {
  local key value load='' active='' sub=''
  UNIT_STATE=unknown UNIT_NOTE='' UNIT_STOPPED_AT=0
  while IFS='=' read -r key value; do
    case $key in
      LoadState) load=$value ;;
      ActiveState) active=$value ;;
      SubState) sub=$value ;;
      InactiveEnterTimestampMonotonic) [[ ! $value =~ ^[1-9][0-9]*$ ]] || UNIT_STOPPED_AT=$value ;;
    esac
  done < <(systemctl show -p LoadState -p ActiveState -p SubState -p InactiveEnterTimestampMonotonic -- "$1")
  case $load/$active/$sub in
    loaded/active/exited) UNIT_NOTE="$1 has run and left nothing running" ;;
    loaded/active/* | loaded/reloading/*) UNIT_STATE=running ;;
    loaded/failed/* | loaded/activating/auto-restart*) UNIT_STATE=failed ;;
    loaded/inactive/*) UNIT_STATE=stopped ;;
    loaded/*) UNIT_NOTE="$1 is $active" ;;
    *) UNIT_NOTE="systemd knows no unit $1 (${load:-no answer})" ;;
  esac
}

# find_container NAME-OR-ID
find_container() {
  local o='{' c='}' status='' code=''
  CLIENT_TARGET=$1
  # SSM would take two braces in a row for one of its own parameters.
  o=$o$o c=$c$c
  read -r status code < <(docker inspect --type container --format "$o.State.Status$c $o.State.ExitCode$c" "$1" 2>/dev/null)
  case $status in
    running) CLIENT=running ;;
    exited) if [ "$code" = 0 ]; then CLIENT=stopped; else CLIENT=failed; fi ;;
    created) CLIENT=stopped ;;
    '') CLIENT_NOTE="docker knows no container $1" ;;
    *) CLIENT_NOTE="container $1 is $status" ;;
  esac
}

# find_service FILE SERVICE
find_service() {
  local ids=()
  mapfile -t -n 2 ids < <(compose -f "$1" ps -a -q "$2" 2>/dev/null)
  if [ "${#ids[@]}" -ne 1 ]; then
    CLIENT_NOTE="compose file $1 has ${#ids[@]} containers of service $2, expected 1"
    return
  fi
  find_container "${ids[0]}"
  CLIENT_TARGET=$2
}

compose() {
  if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}
