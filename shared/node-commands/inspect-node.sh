# The operation: look, and nothing else. The fence was raised when the command was noted.

perform() {
  read_clients && read_paths Paths || return
  AFTER=$(node_state ${LINES[@]+"${LINES[@]}"})
  more
}
