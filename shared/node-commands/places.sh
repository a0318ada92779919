# Volumes with their mount points, as a command names them.

PLACES=() VOLUMES=()

# take_places: PLACES and VOLUMES of LINES.
take_places() {
  local line
  for line in ${LINES[@]+"${LINES[@]}"}; do PLACES+=("${line% *}") VOLUMES+=("${line##* }"); done
}

# well_placed: each volume is attached, and mounted at its place or nowhere, and nothing else is there. False, with WHY and FAULT.
well_placed() {
  local index path volume
  for index in "${!PLACES[@]}"; do
    path=${PLACES[index]} volume=${VOLUMES[index]}
    at "$path"
    if [ -n "$MOUNTED" ] && [ "$MOUNTED" != "$volume" ]; then untouched "$path is on $MOUNTED, not on $volume"; return; fi
    find_volume "$volume" && is_only_at "$volume" "${MOUNTED:+$path}" || return
  done
  nothing_beneath
}

# nothing_beneath: nothing is mounted below these places that is none of them.
nothing_beneath() {
  local mounted
  mounted=$(beneath ${PLACES[@]+"${PLACES[@]}"} | tr '\n' ' ')
  [ -z "$mounted" ] || untouched "${mounted% } lies below, and is none of these places"
}

# unmount_all: what lies below another first. False, with WHY.
unmount_all() {
  local index
  for ((index = ${#PLACES[@]} - 1; index >= 0; index--)); do unmount "${PLACES[index]}" || return; done
}
