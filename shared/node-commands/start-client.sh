# The operation: volumes are mounted at their places, for this boot and the next; what makes another node itself is taken from them,
# where asked; the clients are unmasked, where asked, and those that do not run are started.

RAN_SINCE= # in more of the answer

perform() {
  local status
  start_clients
  status=$?
  if [ "$BEFORE" != null ]; then AFTER=$(node_state ${PLACES[@]+"${PLACES[@]}"}); fi
  more
  MORE=$MORE$RAN_SINCE
  return "$status"
}

start_clients() {
  local index path scrub=()
  FAULT=node
  read_clients && read_paths Scrub || return
  scrub=(${LINES[@]+"${LINES[@]}"})
  read_places Places || return
  take_places
  BEFORE=$(node_state ${PLACES[@]+"${PLACES[@]}"})
  clear_aside
  keep_ticket
  RAN_SINCE=$(ran_since)
  if [ "$SSM_Unmask" = no ] && are_masked; then return 1; fi
  # With docker kept back, a container cannot be looked at before it is unmasked.
  [ "$SSM_Unmask" = yes ] && are_masked || know_clients || return
  WHY=
  ended_by_nobody && well_placed || return
  if [ "${#scrub[@]}" -gt 0 ] && ! { may_scrub "${scrub[@]}" && unmount_all && scrub "${scrub[@]}"; }; then return 1; fi
  for index in "${!PLACES[@]}"; do
    path=${PLACES[index]}
    [ -n "$(mounts_at "$path")" ] || make_place "$path" || return
    mount_at "${VOLUMES[index]}" "$path" || return
  done
  for index in "${!PLACES[@]}"; do
    path=${PLACES[index]}
    if leads_to "$path" "${VOLUMES[index]}"; then continue; fi
    boot_with '' "$path" "${VOLUMES[index]}" || return
  done
  reload_units
  if [ "$SSM_Unmask" = yes ] && ! { unmask_clients && know_clients; }; then FAULT=node; return 1; fi
  start_all && rm -f -- "$BACK/armed"
}

# may_scrub PATH...: only from places of this command, and never while a client runs.
may_scrub() {
  local path index
  for path in "$@"; do
    [ -n "$(place_of "$path")" ] || { untouched "$path lies on none of the volumes"; return; }
  done
  for index in "${!CLIENT_UNITS[@]}"; do
    pick "$index"
    [ "$CLIENT" != running ] || { refuse 'the client is running: what makes another node itself cannot be taken from it; nothing was changed'; return; }
  done
}

# scrub PATH...: while nobody else gets to the volumes.
scrub() {
  local index path
  for index in "${!PLACES[@]}"; do mount_aside "${VOLUMES[index]}" "to$index" written || return; done
  for path in "$@"; do
    whole index "$(index_of "$path")" || return
    take_away "$ASIDE/to$index" "${path#"$(place_of "$path")"/}" || return
  done
  for index in "${!PLACES[@]}"; do sync_filesystem "$ASIDE/to$index"; done
  clear_aside
}

# make_place PATH: the folder and those above it, where they are not there; each in the one above it and not by its name, which somebody
# may make a link meanwhile.
make_place() {
  local left=${1#/} part path=
  (
    umask 022
    cd /
    while [ -n "$left" ]; do
      part=${left%%/*}
      left=${left#"$part"} left=${left#/}
      path=$path/$part
      [ -e "./$part" ] || mkdir -- "./$part" || exit 1
      cd -- "./$part" && is_here "$path" || exit 1
    done
  ) || refuse "$1 cannot be made, or is not a directory of its own name"
}
