# Volumes with their mount points, as a command names them.

PLACE_PATHS=() PLACE_VOLUMES=()

# take_places: PLACE_PATHS and PLACE_VOLUMES of LINES.
take_places() {
  local line
  for line in "${LINES[@]+"${LINES[@]}"}"; do PLACE_PATHS+=("${line% *}") PLACE_VOLUMES+=("${line##* }"); done
}

# well_placed: each volume is attached, and mounted at its place or nowhere, and nothing else is there. False, with WHY and FAULT.
well_placed() {
  local index path volume
  for index in "${!PLACE_PATHS[@]}"; do
    path=${PLACE_PATHS[index]} volume=${PLACE_VOLUMES[index]}
    at "$path"
    if [ -n "$MOUNTED" ] && [ "$MOUNTED" != "$volume" ]; then refuse "$path is on $MOUNTED, not on $volume: nothing was changed"; return; fi
    find_volume "$volume" && is_only_at "$volume" "${MOUNTED:+$path}" || return 1
  done
  nothing_beneath
}

# nothing_beneath: nothing is mounted below these places that is none of them.
nothing_beneath() {
  local mounted
  mounted=$(beneath "${PLACE_PATHS[@]+"${PLACE_PATHS[@]}"}" | tr '\n' ' ')
  [ -z "$mounted" ] || refuse "${mounted% } lies below, and is none of these places: nothing was changed"
}

# unmount_all: what lies below another first. False, with WHY.
unmount_all() {
  local index
  for ((index = ${#PLACE_PATHS[@]} - 1; index >= 0; index--)); do unmount "${PLACE_PATHS[index]}" || return 1; done
}
