# Stopping the client, with its grace.

# may_restart: false, with WHY, where a stop could do harm, or a start is not ours to make.
may_restart() {
  if [ "$CLIENT" != running ]; then fail "the client is $CLIENT${NOTE:+ ($NOTE)}: nothing was changed"; return; fi
  case $SSM_Runtime/$IS_REMOVED in
    # A service of compose is made from its file, which has no such thing. What does not say for sure that it stays is not stopped.
    commands/* | compose/* | docker/false) return 0 ;;
    docker/*) fail "$TARGET was made with --rm: a stop would remove it; nothing was changed"; return ;;
  esac
  read_stop_limit
  if [ "$STOP_LIMIT" -lt "$SSM_StopGraceSeconds" ]; then fail "$TARGET would be killed $STOP_LIMIT s after it is told to stop, its client may need $SSM_StopGraceSeconds s: set TimeoutStopSec in the unit; nothing was changed"; return; fi
}

STOP_LIMIT=0 # after so many seconds systemd kills what it has told to stop

# read_stop_limit: from "1min 30s", as systemctl writes it; much for "infinity", 0 for what is not understood.
read_stop_limit() {
  whole STOP_LIMIT "$(unit_property TimeoutStopUSec | awk '
BEGIN { unit["d"] = 86400; unit["h"] = 3600; unit["min"] = 60; unit["s"] = 1; unit["ms"] = unit["us"] = 0 }
$0 == "infinity" { sum = 999999; exit }
{ for (n = 1; n <= NF; n++) { word = $n; sub(/^[0-9.]+/, "", word); if (!(word in unit)) { sum = 0; exit }; sum += int($n) * unit[word] } }
END { printf "%d", sum }')" || STOP_LIMIT=0
}

STOP_EXIT=0 # of what tells the client to stop; 124: the client did not heed it within its grace

# stop_client: false, with WHY, where it could not be told to stop.
stop_client() {
  local output
  STOP_EXIT=0
  if ! note_instance; then STOP_EXIT=1 WHY="/run cannot be written: $TARGET was not stopped"; return 1; fi
  output=$(run_stop 2>&1 9>&- | tail -c 1000) || STOP_EXIT=$?
  [ "$STOP_EXIT" -ne 0 ] || return 0
  fail "$SSM_Runtime could not stop $TARGET: $output"
}

note_instance() {
  local note up rest
  [[ $SSM_Runtime == systemd && $SSM_Unit == *'*'* ]] || return 0
  note=$(instance_note)
  read -r up rest </proc/uptime
  mkdir -p "${note%/*}" && printf '%s %s000000\n' "$TARGET" "${up%%.*}" >"$note.new" && mv -fT -- "$note.new" "$note"
}

# docker would kill after 10 s unless it is told otherwise; a unit's own limit was looked at before.
run_stop() {
  local limit=$((SSM_StopGraceSeconds + 15)) rest
  case $SSM_Runtime in
    systemd) timeout "$limit" systemctl stop -- "$TARGET" ;;
    docker) timeout "$limit" docker stop -t "$SSM_StopGraceSeconds" "$TARGET" ;;
    compose) compose "$limit" -f "${SSM_Unit%%#*}" stop -t "$SSM_StopGraceSeconds" "$TARGET" ;;
    commands)
      rest=${SSM_Unit#*#}
      own_command "${rest%%#*}" "$limit"
      ;;
    *) return 1 ;;
  esac
}
