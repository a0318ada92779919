# The operation: look, and nothing else. The fence was raised when the command was noted.

perform() {
  read_clients && read_paths Paths || return
  AFTER=$(node_state ${LINES[@]+"${LINES[@]}"})
  AFTER="${AFTER%\}}$(cloud_init)}"
  more
}

# cloud_init: how far it is with this boot, as more of the answer. It deletes its result at the start of a boot, and writes it at the very end, when the
# scripts of user data have run (cloudinit/cmd/main.py, status_wrapper). What went wrong is not told: it may quote user data.
cloud_init() {
  local result=${CLOUD_INIT:-/run/cloud-init}/result.json state='done'
  [ -d "${result%/*}" ] || return 0
  if ! [ -e "$result" ]; then
    state=running
  elif ! tr -d ' \n' <"$result" | grep -q '"errors":\[\]'; then state=error; fi
  printf ',"cloudInit":"%s"' "$state"
}
