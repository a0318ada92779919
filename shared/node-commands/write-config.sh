# The operation: the file File is edited, if it is still the one with the sum Sha256; then the client takes it, if asked. A client that
# does not come up with it gets the old file again, and is started with that, before anything else is sent.

perform() {
  read_file || return
  find_client
  [ -z "$NOTE" ] || say "client: $NOTE"
  BEFORE=$(state) AFTER=$BEFORE
  if [ "$SHA256" != "$SSM_Sha256" ]; then fail "$SSM_File is not the one that was read any more: somebody has changed it, and it is left as it is"; return; fi
  if [ "$SSM_Restart" = yes ] && ! may_restart; then return 1; fi
  replace_file || return
  AFTER=$(state)
  [ "$SSM_Restart" = yes ] || return 0
  if restart_client; then
    AFTER=$(state)
    return 0
  fi
  go_back
  AFTER=$(state)
  return 1
}

go_back() {
  local why=$WHY
  say "restart: $why: the old file is put back"
  if ! put_back; then
    WHY="$why; the old file could not be put back from $SSM_File.chainmend-before"
  else
    PUT_BACK=true
    WHY="$why; the old file was put back"
  fi
  why=$WHY
  # Between two tries of its own it is neither running nor stopped; nor is it while a stop takes longer than it was given.
  find_client
  if [ "$CLIENT" = unknown ]; then
    stop_client || say "restart: it does not stop: $WHY"
    find_client
  fi
  start_client
  find_client
  WHY="$why, and the client is $CLIENT"
}

# state: what the answer tells of file, client and stop.
state() {
  printf '{"sha256":"%s","client":"%s","stopSeconds":%s,"clean":%s,"putBack":%s}' "$SHA256" "$CLIENT" "$STOP_SECONDS" "$CLEAN" "$PUT_BACK"
}
