# A client that goes on running when what it is there for has ended. CometBFT's consensus does so on a full disk: it writes a line with
# the reason, closes its log and ends for good, while its process answers, is connected, and never signs again (receiveRoutine of
# consensus/state.go: "stop gracefully"). Only another start helps.

readonly ENDED_INSIDE='CONSENSUS FAILURE!!!.*no space left on device'
readonly ENDED_INSIDE_LINES_MAX=100000
# Its stores are all that is left to close. Less than systemd's own limit of 90 s, which would refuse a stop.
readonly SSM_StopGraceSeconds=60

# stop_ended_inside: stops such a client, so that it can be started; false, with WHY, where it does not stop. Any other is left alone.
stop_ended_inside() {
  local began count
  if [ "$CLIENT" != running ] || [ -e "$MASK_FILE" ]; then return 0; fi
  # What a client said before its last start is over.
  whole began "$(began_at)" || return 0
  whole count "$(last_lines "$ENDED_INSIDE_LINES_MAX" "$began" | grep -a -c -E "$ENDED_INSIDE")" && [ "$count" -gt 0 ] || return 0
  say "client: $TARGET runs, and its consensus has ended for lack of space: it is stopped, to be started again"
  may_restart && stop_client || return
  find_client
  if [ "$CLIENT" = stopped ] || [ "$CLIENT" = failed ]; then return 0; fi
  fail "$TARGET is $CLIENT after it was stopped${NOTE:+ ($NOTE)}"
}

# began_at: the epoch second of its last start; nothing where nobody knows.
began_at() {
  local told=
  case $SSM_Runtime in
    systemd) told=$(unit_property ExecMainStartTimestamp) ;;
    docker | compose) told=$CLIENT_RUN ;;
  esac
  # podman writes "2026-01-01 12:00:00.5 +0100 CET": the zone once is enough.
  [[ ! $told =~ ^([0-9].*\ [+-][0-9]{4})\ [A-Z]+$ ]] || told=${BASH_REMATCH[1]}
  [ -z "$told" ] || date -d "$told" +%s 2>/dev/null
}
