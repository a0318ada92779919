# The operation: look, and nothing else. The fence was raised when the command was noted.

perform() {
  observe || return 1
  AFTER=$OBSERVATION
  right_volume
}
