# The operation, to come: until then it is refused, with nothing changed.

perform() {
  WHY='swap-volumes is not there yet'
  return 1
}
