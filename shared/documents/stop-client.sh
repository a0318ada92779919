# The operation, to come: until then it is refused, with nothing changed.

perform() {
  WHY='stop-client is not there yet'
  return 1
}
