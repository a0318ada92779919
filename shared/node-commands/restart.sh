# Stopping the client with its grace and starting it again: one after the other, under the node's lock, with evidence of how it ended.

STOP_SECONDS=null # how long it took
CLEAN=null        # whether it ended by itself, with success
PUT_BACK=false

# restart_client: true when the same client runs again and goes on running.
restart_client() {
  local target=$TARGET began=$SECONDS
  say "restart: $target is stopped, within $SSM_StopGraceSeconds s"
  if ! stop_client; then return 1; fi
  STOP_SECONDS=$((SECONDS - began))
  find_client
  case $CLIENT in
    stopped) CLEAN=true ;;
    failed) CLEAN=false ;;
    *)
      WHY="the client is $CLIENT after it was stopped${NOTE:+ ($NOTE)}"
      return 1
      ;;
  esac
  if [ "$TARGET" != "$target" ]; then
    WHY="$target was stopped, and nothing tells that it is the one to start: $TARGET may be"
    TARGET=$target
  fi
  say "restart: $target has stopped after $STOP_SECONDS s, cleanly: $CLEAN"
  start_client
  [ "$CLIENT" = running ] || return
  # A configuration that it does not like ends a client within seconds.
  sleep 5
  find_client
  if [ "$CLIENT" = running ]; then rm -f -- "$(instance_note)"; return 0; fi
  fail "the client was started and is $CLIENT 5 s later${NOTE:+ ($NOTE)}"
}
