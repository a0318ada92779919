# The operation: the client is asked, and told to dial peers or to leave them, in its own words.

perform() {
  ask_client || return
  AFTER="{\"answers\":\"$ANSWERS\"}"
}
