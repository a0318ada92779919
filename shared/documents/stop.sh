# Stopping the client, with its grace.

# may_restart: false, with WHY, where a stop could do harm, or a start is not ours to make.
may_restart() {
  if [ "$CLIENT" != running ]; then
    WHY="the client is $CLIENT${CLIENT_NOTE:+ ($CLIENT_NOTE)}: it is not restarted, and nothing was changed"
    return 1
  fi
  if [ "$SSM_Runtime" = commands ]; then return 0; fi
  if [ "$SSM_Runtime" != systemd ]; then
    ! is_gone_when_stopped && return 0
    WHY="$CLIENT_TARGET was made with --rm: a stop removes it, and nothing could start it again; nothing was changed"
    return 1
  fi
  read_stop_limit
  if [ "$STOP_LIMIT" -lt "$SSM_StopGraceSeconds" ]; then
    WHY="$CLIENT_TARGET would be killed $STOP_LIMIT s after it is told to stop, its client may need $SSM_StopGraceSeconds s: set TimeoutStopSec in the unit; nothing was changed"
    return 1
  fi
}

# A service of compose is made from its file, which has no such thing. Whoever does not say for sure is not stopped.
is_gone_when_stopped() {
  local o='{' c='}'
  [ "$SSM_Runtime" = docker ] || return 1
  # SSM would take two braces in a row for one of its own parameters.
  o=$o$o c=$c$c
  [ "$(ask_docker inspect --type container --format "$o.HostConfig.AutoRemove$c" "$CLIENT_TARGET")" != false ]
}

STOP_LIMIT=0 # after so many seconds systemd kills what it has told to stop

# read_stop_limit: from "1min 30s", as systemctl writes it; much for "infinity", 0 for what is not understood.
read_stop_limit() {
  local part parts=() count
  read -r -a parts < <(unit_property TimeoutStopUSec)
  STOP_LIMIT=0
  for part in "${parts[@]+"${parts[@]}"}"; do
    if [ "$part" = infinity ]; then STOP_LIMIT=999999; return; fi
    if ! [[ $part =~ ^([0-9]{1,9})(\.[0-9]+)?(d|h|min|s|ms|us)$ ]]; then STOP_LIMIT=0; return; fi
    whole count "${BASH_REMATCH[1]}"
    case ${BASH_REMATCH[3]} in
      d) STOP_LIMIT=$((STOP_LIMIT + count * 86400)) ;;
      h) STOP_LIMIT=$((STOP_LIMIT + count * 3600)) ;;
      min) STOP_LIMIT=$((STOP_LIMIT + count * 60)) ;;
      s) STOP_LIMIT=$((STOP_LIMIT + count)) ;;
    esac
  done
}

STOP_EXIT=0 # of what tells the client to stop; 124: the client did not heed it within its grace

# stop_client: false, with WHY, where it could not be told to stop.
stop_client() {
  local output
  STOP_EXIT=0
  if ! note_instance; then STOP_EXIT=1 WHY="/run cannot be written: $CLIENT_TARGET was not stopped"; return 1; fi
  output=$(run_stop 2>&1 9>&- | tail -c 1000) || STOP_EXIT=$?
  [ "$STOP_EXIT" -ne 0 ] || return 0
  WHY="$SSM_Runtime could not stop $CLIENT_TARGET: $output"
  return 1
}

note_instance() {
  local note up rest
  [[ $SSM_Runtime == systemd && $SSM_Unit == *'*'* ]] || return 0
  note=$(instance_note)
  read -r up rest </proc/uptime
  mkdir -p "${note%/*}" && printf '%s %s000000\n' "$CLIENT_TARGET" "${up%%.*}" >"$note.new" && mv -fT -- "$note.new" "$note"
}

# docker would kill after 10 s unless it is told otherwise; a unit's own limit was looked at before.
run_stop() {
  local limit=$((SSM_StopGraceSeconds + 15)) rest
  case $SSM_Runtime in
    systemd) timeout "$limit" systemctl stop -- "$CLIENT_TARGET" ;;
    docker) timeout "$limit" docker stop -t "$SSM_StopGraceSeconds" "$CLIENT_TARGET" ;;
    compose) compose "$limit" -f "${SSM_Unit%%#*}" stop -t "$SSM_StopGraceSeconds" "$CLIENT_TARGET" ;;
    commands)
      rest=${SSM_Unit#*#}
      own_command "${rest%%#*}" "$limit"
      ;;
    *) return 1 ;;
  esac
}
