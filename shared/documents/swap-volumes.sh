# The operation: the volumes of To in the place of those of From, in one go with the client's stop and start; or, where anything fails,
# those of From again. By state: the same command again goes on where it was cut off, and the one with From and To exchanged goes back.
# Until it is carried over, the next boot mounts what was found; from then on what comes.

FROM_VOLUMES=() TO_VOLUMES=() IDENTITY=() NEWEST=()

perform() {
  local status=0
  swap || status=1
  clear_aside
  if [ "$BEFORE" != null ]; then AFTER=$(node_state "${PLACE_PATHS[@]+"${PLACE_PATHS[@]}"}"); fi
  more
  return "$status"
}

swap() {
  local why fault
  FAULT=node
  read_swap || return 1
  BEFORE=$(node_state "${PLACE_PATHS[@]}")
  clear_aside
  if ! know_clients || are_masked; then return 1; fi
  judge_places || return 1
  FAULT=node
  if ! is_carried; then
    may_stop && pin_places || return 1
    FAULT=node
    if stop_all && exchange && boot_into_new && start_all; then FAULT=none; return 0; fi
  elif boot_into_new && start_all; then
    FAULT=none
    return 0
  fi
  why=$WHY fault=$FAULT
  if [ "$fault" = client ] && [ "$SSM_Carry" = theirs ]; then
    # On the way back a client that ends on what was found ended on it before: the copy is not brought again.
    FAULT=none
    return 1
  fi
  say "swap: $why: the volumes found are put back"
  WHY=
  if ! put_back_found; then
    FAULT=node WHY="$why; $WHY"
    return 1
  fi
  PUT_BACK=true FAULT=$fault
  if start_all; then
    # It does not come up on the new data and does on the old ones: it lies in the data.
    [ "$fault" != client ] || FAULT=data
    WHY="$why; the volumes found are mounted again"
  else
    [ "$fault" != client ] || FAULT=none
    WHY="$why; the volumes found are mounted again; $WHY"
  fi
  return 1
}

# read_swap: PLACE_PATHS with FROM_VOLUMES and TO_VOLUMES.
read_swap() {
  local index line path
  read_clients && read_places From || return 1
  take_places
  FROM_VOLUMES=("${PLACE_VOLUMES[@]+"${PLACE_VOLUMES[@]}"}")
  read_places To || return 1
  if [ "${#LINES[@]}" -eq 0 ] || [ "${#LINES[@]}" -ne "${#PLACE_PATHS[@]}" ]; then
    WHY='From and To name other mount points, or none: nothing was changed'
    return 1
  fi
  for ((index = 0; index < ${#LINES[@]}; index++)); do
    line=${LINES[index]}
    if [ "${line% *}" != "${PLACE_PATHS[index]}" ]; then WHY='From and To name other mount points: nothing was changed'; return 1; fi
    TO_VOLUMES+=("${line##* }")
  done
  if [ "$(printf '%s\n' "${FROM_VOLUMES[@]}" "${TO_VOLUMES[@]}" | sort -u | wc -l)" -ne $((2 * ${#PLACE_PATHS[@]})) ]; then
    WHY='From and To name a volume twice: nothing was changed'
    return 1
  fi
  read_paths Identity || return 1
  IDENTITY=("${LINES[@]+"${LINES[@]}"}")
  read_paths KeepNewest || return 1
  NEWEST=("${LINES[@]+"${LINES[@]}"}")
  for path in "${IDENTITY[@]+"${IDENTITY[@]}"}" "${NEWEST[@]+"${NEWEST[@]}"}"; do
    [ -z "$(place_of "$path")" ] || continue
    WHY="$path lies on none of the volumes: nothing was changed"
    return 1
  done
  for path in "${NEWEST[@]+"${NEWEST[@]}"}"; do
    if [ "$SSM_Carry" = theirs ] || ! is_below_any "$path" "${IDENTITY[@]+"${IDENTITY[@]}"}"; then continue; fi
    WHY="$path lies in a directory of the identity, which would be carried over it: nothing was changed"
    return 1
  done
}

# judge_places: at each place is the volume that goes, the one that comes, or none; both are attached and nowhere else. Nothing was changed.
judge_places() {
  local index path from to kind mounted
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    path=${PLACE_PATHS[index]} from=${FROM_VOLUMES[index]} to=${TO_VOLUMES[index]}
    at "$path"
    # What is mounted has no link before it; and a filesystem that has shut down does not even tell that it is a directory.
    [ -n "$MOUNTED" ] || plain "$path" || return 1
    FAULT=node
    case $MOUNTED in
      '' | "$from" | "$to") ;;
      *) WHY="$path is on $MOUNTED, neither $from nor $to: nothing was changed"; return 1 ;;
    esac
    find_volume "$from" || return 1
    kind=$KIND
    if [ "$MOUNTED" = "$from" ]; then
      is_only_at "$from" "$path" && fit "$to" "$kind" || return 1
    elif [ "$MOUNTED" = "$to" ]; then
      fit "$from" "$kind" && find_volume "$to" && is_only_at "$to" "$path" || return 1
    else
      fit "$from" "$kind" && fit "$to" "$kind" || return 1
    fi
  done
  mounted=$(beneath "${PLACE_PATHS[@]}" | tr '\n' ' ')
  [ -n "$mounted" ] || return 0
  FAULT=node WHY="${mounted% } lies below, and is none of these places: nothing was changed"
  return 1
}

# is_only_at VOLUME PATH: after find_volume.
is_only_at() {
  local mounted
  mounted=$(mounts_of "$DEVICE" | tr '\n' ' ')
  [ "$mounted" != "$2 " ] || return 0
  FAULT=node WHY="$1 is mounted at ${mounted% }, not at $2 alone: nothing was changed"
  return 1
}

# is_carried: all that comes is mounted, and what was to be carried has been: the line in /etc/fstab is written after that. Where there
# is none of ours, no swap has begun: on the way back that is all there is to it.
is_carried() {
  local index line
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    at "${PLACE_PATHS[index]}"
    [ "$MOUNTED" = "${TO_VOLUMES[index]}" ] || return 1
    line=$(pinned "${PLACE_PATHS[index]}")
    if [ "$line" = "$MOUNTED" ]; then continue; fi
    [ -z "$line" ] && [ "$SSM_Carry" = theirs ] || return 1
  done
}

# pin_places: with two copies attached, the next boot mounts the one that is mounted now.
pin_places() {
  local index path
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    path=${PLACE_PATHS[index]}
    at "$path"
    if [ "$MOUNTED" != "${FROM_VOLUMES[index]}" ] || [ "$(pinned "$path")" = "$MOUNTED" ]; then continue; fi
    boot_with "$path" "$MOUNTED" pin || { WHY="$WHY: nothing was stopped"; return 1; }
  done
  reload_units
}

# exchange: the clients are down.
exchange() {
  local index
  unmount_all || return 1
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    mount_at "${TO_VOLUMES[index]}" "${PLACE_PATHS[index]}" || return 1
  done
  carry_over || return 1
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do sync_filesystem "${PLACE_PATHS[index]}"; done
}

carry_over() {
  local index path place
  if [ "${#NEWEST[@]}" -eq 0 ] && { [ "$SSM_Carry" = theirs ] || [ "${#IDENTITY[@]}" -eq 0 ]; }; then return 0; fi
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    # Its own log first, where it has one that was not written back: what was signed last may stand there. A key does not.
    if mount_aside "${FROM_VOLUMES[index]}" "$index" replayed; then continue; fi
    if [ "${#NEWEST[@]}" -eq 0 ] && mount_aside "${FROM_VOLUMES[index]}" "$index"; then continue; fi
    FAULT=node
    return 1
  done
  for path in "${NEWEST[@]+"${NEWEST[@]}"}"; do
    place=$(place_of "$path")
    keep_newest "$(aside_of "$place")" "$place" "$path" || return 1
  done
  if [ "$SSM_Carry" = ours ]; then
    for path in "${IDENTITY[@]+"${IDENTITY[@]}"}"; do
      case " ${NEWEST[*]-} " in *" $path "*) continue ;; esac
      place=$(place_of "$path")
      carry "$(aside_of "$place")" "$place" "$path" || return 1
    done
  fi
  clear_aside
}

# aside_of PLACE: where the volume that goes from there is mounted meanwhile.
aside_of() {
  local index
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    if [ "${PLACE_PATHS[index]}" = "$1" ]; then printf '%s/%s' "$ASIDE" "$index"; fi
  done
}

# boot_into_new: from now on a boot mounts what comes, as it is now. What no swap has changed is left as it is.
boot_into_new() {
  local index lines=()
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    [ -z "$(pinned "${PLACE_PATHS[index]}")" ] || lines+=("${PLACE_PATHS[index]}" "${TO_VOLUMES[index]}")
  done
  boot_with_all '' "${lines[@]+"${lines[@]}"}" || return 1
  reload_units
  # What fails from here on is the client.
  FAULT=client
}

# put_back_found: what was found is mounted, now and at the next boot, whatever is there.
put_back_found() {
  local index lines=()
  clear_aside
  # Where nothing has been unmounted, a client that does not stop holds up nobody.
  is_found || { stop_all && unmount_others; } || return 1
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    mount_at "${FROM_VOLUMES[index]}" "${PLACE_PATHS[index]}" || return 1
  done
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    [ -z "$(pinned "${PLACE_PATHS[index]}")" ] || lines+=("${PLACE_PATHS[index]}" "${FROM_VOLUMES[index]}")
  done
  if ! boot_with_all '' "${lines[@]+"${lines[@]}"}"; then
    # Lines of ours that lead to what was found are as good: no reason to leave the client down.
    for ((index = 0; index < ${#lines[@]}; index += 2)); do
      [ "$(pinned "${lines[index]}")" = "${lines[index + 1]}" ] || return 1
    done
    say "swap: $WHY"
    WHY=
  fi
  reload_units
}

# is_found: what was found is mounted, all of it.
is_found() {
  local index
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    at "${PLACE_PATHS[index]}"
    [ "$MOUNTED" = "${FROM_VOLUMES[index]}" ] || return 1
  done
}

# unmount_others: what was found and is mounted yet stays so, but for what lies below one of the others.
unmount_others() {
  local index path others=()
  for ((index = 0; index < ${#PLACE_PATHS[@]}; index++)); do
    path=${PLACE_PATHS[index]}
    at "$path"
    if [ "$MOUNTED" != "${FROM_VOLUMES[index]}" ] || is_below_any "$path" "${others[@]+"${others[@]}"}"; then others+=("$path"); fi
  done
  for ((index = ${#others[@]} - 1; index >= 0; index--)); do
    unmount "${others[index]}" || { FAULT=node; return 1; }
  done
}

# is_below_any PATH OTHER...
is_below_any() {
  local path=$1 other
  shift
  for other in "$@"; do
    case $path in "$other"/*) return 0 ;; esac
  done
  return 1
}
