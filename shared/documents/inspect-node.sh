# The operation: look, and nothing else. The fence was raised when the command was noted.

perform() {
  read_clients && read_paths Paths || return 1
  AFTER=$(node_state "${LINES[@]+"${LINES[@]}"}")
  more
}
