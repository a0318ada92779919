# The operation: volumes are mounted at their places, for this boot and the next; what makes another node itself is taken from them,
# where asked; the clients are unmasked, where asked, and those that do not run are started.

perform() {
  local status
  start_clients
  status=$?
  if [ "$BEFORE" != null ]; then AFTER=$(node_state "${PLACE_PATHS[@]+"${PLACE_PATHS[@]}"}"); fi
  more
  return "$status"
}

start_clients() {
  local index scrub path place
  FAULT=node
  read_clients && read_paths Scrub || return 1
  scrub=("${LINES[@]+"${LINES[@]}"}")
  read_places Places || return 1
  take_places
  BEFORE=$(node_state "${PLACE_PATHS[@]+"${PLACE_PATHS[@]}"}")
  clear_aside
  if [ "$SSM_Unmask" = no ] && are_masked; then return 1; fi
  # With docker kept back, a container cannot be looked at before it is unmasked.
  [ "$SSM_Unmask" = yes ] && are_masked || know_clients || return 1
  WHY=
  well_placed && may_scrub "${scrub[@]+"${scrub[@]}"}" || return 1
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    path=${PLACE_PATHS[index]}
    [ -e "$path" ] || (umask 022 && mkdir -p -- "$path") || { FAULT=node WHY="$path cannot be made"; return 1; }
    mount_at "${PLACE_VOLUMES[index]}" "$path" || return 1
  done
  for path in "${scrub[@]+"${scrub[@]}"}"; do take_away "$(place_of "$path")" "$path" || return 1; done
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    path=${PLACE_PATHS[index]}
    sync_filesystem "$path"
    if leads_to "$path" "${PLACE_VOLUMES[index]}"; then continue; fi
    boot_with "$path" "${PLACE_VOLUMES[index]}" || return 1
  done
  reload_units
  if [ "$SSM_Unmask" = yes ] && ! { unmask_clients && know_clients; }; then FAULT=node; return 1; fi
  start_all
}

# may_scrub PATH...: only from places of this command, and never while a client runs.
may_scrub() {
  local path index
  [ "$#" -gt 0 ] || return 0
  FAULT=node
  for path in "$@"; do
    [ -z "$(place_of "$path")" ] || continue
    WHY="$path lies on none of the volumes: nothing was changed"
    return 1
  done
  for ((index = 0; index < ${#CLIENT_UNITS[@]}; index++)); do
    pick "$index"
    [ "$CLIENT" = running ] || continue
    WHY='the client is running: what makes another node itself cannot be taken from it; nothing was changed'
    return 1
  done
  FAULT=none
}
