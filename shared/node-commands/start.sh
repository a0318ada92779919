# Starting the client: one start, if it is not running. Nothing here stops, restarts or recreates anything.

# start_client: true unless the start itself failed (WHY). A client that runs, or is about to, is left alone.
start_client() {
  local seconds running=0 output
  case $CLIENT in
    running) return 0 ;;
    unknown) WHY="the client was not started: ${NOTE:-it is unknown}"; return 0 ;;
  esac
  if [ -e "$MASK_FILE" ]; then
    WHY="the client was not started: it is masked ($MASK_FILE)"
    return 0
  fi
  say "client: $TARGET is $CLIENT: starting it"
  if ! output=$(run_start 2>&1 9>&- | tail -c 1000); then fail "$SSM_Runtime could not start $TARGET: $output"; return; fi
  # A client that cannot live dies at once: it counts as running when it was seen running twice, a second apart.
  for ((seconds = 0; seconds < 10 && running < 2; seconds++)); do
    sleep 1
    find_client
    if [ "$CLIENT" = running ]; then running=$((running + 1)); else running=0; fi
  done
  [ "$running" -ge 2 ] || WHY="the client was started and is $CLIENT after $seconds s${NOTE:+ ($NOTE)}"
}

run_start() {
  case $SSM_Runtime in
    systemd)
      # After too many failures in a row systemd refuses to start a unit until they are forgotten.
      ctl reset-failed -- "$TARGET" || say "client: systemctl reset-failed $TARGET failed"
      ctl start --no-block -- "$TARGET"
      ;;
    docker) timeout 300 docker start "$TARGET" ;;
    # To a file: what it leaves running would keep a pipe open for ever.
    commands) own_command "${SSM_Unit%%#*}" 300 ;;
    compose) compose 300 -f "${SSM_Unit%%#*}" start "$TARGET" ;;
  esac
}

# own_command EXECUTABLE SECONDS: one of the owner's, with what it prints.
own_command() {
  local output status=0
  output=$(mktemp -p /run chainmend.XXXXXXXX) || return
  run_own "$1" "$2" >"$output" 2>&1 || status=$?
  tail -c 1000 -- "$output"
  rm -f -- "$output"
  return "$status"
}
