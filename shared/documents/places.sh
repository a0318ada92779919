# Volumes with their mount points, as a command names them.

PLACE_PATHS=() PLACE_VOLUMES=()

# take_places: PLACE_PATHS and PLACE_VOLUMES of LINES.
take_places() {
  local line
  for line in "${LINES[@]+"${LINES[@]}"}"; do PLACE_PATHS+=("${line% *}") PLACE_VOLUMES+=("${line##* }"); done
}

# well_placed: each volume is attached, and mounted at its place or nowhere, and nothing else is there. False, with WHY and FAULT.
well_placed() {
  local index path volume mounted
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    path=${PLACE_PATHS[index]} volume=${PLACE_VOLUMES[index]}
    at "$path"
    FAULT=node
    if [ -n "$MOUNTED" ] && [ "$MOUNTED" != "$volume" ]; then WHY="$path is on $MOUNTED, not on $volume: nothing was changed"; return 1; fi
    find_volume "$volume" || return 1
    mounted=$(mounts_of "$DEVICE" | tr '\n' ' ')
    FAULT=node
    if [ "$mounted" != "${MOUNTED:+$path }" ]; then WHY="$volume is mounted at ${mounted% }, not at $path alone: nothing was changed"; return 1; fi
  done
  mounted=$(beneath "${PLACE_PATHS[@]+"${PLACE_PATHS[@]}"}" | tr '\n' ' ')
  if [ -n "$mounted" ]; then FAULT=node WHY="${mounted% } lies below, and is none of these places: nothing was changed"; return 1; fi
  FAULT=none
}

# unmount_all: what lies below another first. False, with WHY.
unmount_all() {
  local index
  for ((index = ${#PLACE_PATHS[@]} - 1; index >= 0; index--)); do
    unmount "${PLACE_PATHS[index]}" || { FAULT=node; return 1; }
  done
}
