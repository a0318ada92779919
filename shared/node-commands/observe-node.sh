# The operation: look, and nothing else. The fence was raised when the command was noted.

perform() {
  observe || return
  AFTER=$OBSERVATION
  right_volume
}
