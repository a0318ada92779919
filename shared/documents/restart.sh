# Stopping the client with its grace and starting it again: one after the other, under the node's lock, with evidence of how it ended.

STOP_SECONDS=null # how long it took
CLEAN=null        # whether it ended by itself, with success
PUT_BACK=false

# restart_client: true when the same client runs again and goes on running.
restart_client() {
  local target=$CLIENT_TARGET began=$SECONDS
  say "restart: $target is stopped, within $SSM_StopGraceSeconds s"
  if ! stop_client; then return 1; fi
  STOP_SECONDS=$((SECONDS - began))
  find_client
  case $CLIENT in
    stopped) CLEAN=true ;;
    failed) CLEAN=false ;;
    *)
      WHY="the client is $CLIENT after it was stopped${CLIENT_NOTE:+ ($CLIENT_NOTE)}"
      return 1
      ;;
  esac
  if [ "$CLIENT_TARGET" != "$target" ]; then
    WHY="$target was stopped, and nothing tells that it is the one to start: $CLIENT_TARGET may be"
    CLIENT_TARGET=$target
  fi
  say "restart: $target has stopped after $STOP_SECONDS s, cleanly: $CLEAN"
  start_client
  [ "$CLIENT" = running ] || return 1
  # A configuration that it does not like ends a client within seconds.
  sleep 5
  find_client
  if [ "$CLIENT" = running ]; then rm -f -- "$(instance_note)"; return 0; fi
  WHY="the client was started and is $CLIENT 5 s later${CLIENT_NOTE:+ ($CLIENT_NOTE)}"
  return 1
}
