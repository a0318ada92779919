# The owner's own executable takes the data back by some blocks, or prunes them. It is looked at before anything is stopped, run while no client of the
# node runs, and whatever it says, they are started again.

# with_own: true when it has ended with success, and the clients run and go on running.
with_own() {
  local command=${SSM_Own#*:} seconds why='' status=0
  if ! whole seconds "${SSM_Own%%:*}" || [[ $command != /* ]]; then untouched 'no executable is named'; return; fi
  is_safe "$command" || { untouched "$NOTE"; return; }
  may_stop || return
  FAULT=none
  if ! stop_all; then
    why=$WHY
  elif [ "$STOP_CLEAN" = false ]; then
    why="the client did not end cleanly, and $command was not run"
  else
    say "$SSM_Only: $command, within $seconds s"
    run_own "$command" "$seconds" >/dev/null 2>&1 || status=$?
    case $status in
      0) ;;
      124 | 137) why="$command has not ended within $seconds s" ;;
      *) why="$command exits with $status" ;;
    esac
  fi
  WHY=
  start_all
  status=$?
  [ -z "$why" ] || WHY="$why${WHY:+; $WHY}"
  [ -z "$why" ] && [ "$status" -eq 0 ]
}
