# The operation, to come: until then it is refused, with nothing changed.

perform() {
  WHY='restart-client is not there yet'
  return 1
}
