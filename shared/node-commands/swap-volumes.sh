# The operation: the volumes of To in the place of those of From, in one go with the client's stop and start; or, where anything fails,
# those of From again. By state: the same command again goes on where it was cut off, and the one with From and To exchanged goes back.
# Until it is carried over, the next boot mounts what was found; from then on what comes.

FROM=() TO=() IDENTITY=() NEWEST=()
EMPTY=' '   # places where nothing was mounted before
LACKS=' '   # places of what goes and does not mount, so that nothing of it can be carried over
BACK=       # yes: what was found is put back
LEFT_EMPTY= # yes: what was found was not mounted and does not mount, and its place stays empty

perform() {
  local status=0
  swap || status=1
  clear_aside
  if [ "$BEFORE" != null ]; then AFTER=$(node_state ${PLACES[@]+"${PLACES[@]}"}); fi
  more
  return "$status"
}

swap() {
  local why fault
  FAULT=node
  read_swap || return
  BEFORE=$(node_state "${PLACES[@]}")
  clear_aside
  if ! know_clients || are_masked; then return 1; fi
  judge_places || return
  FAULT=node
  if ! is_carried; then
    may_stop && pin_places || return
    FAULT=node
    if stop_all && exchange && boot_into_new; then
      if [ -n "$LEFT_EMPTY" ]; then stay_empty 'there was nothing'; return; fi
      if start_all; then FAULT=none; return 0; fi
    fi
  elif boot_into_new && start_all; then
    FAULT=none
    return 0
  fi
  why=$WHY fault=$FAULT
  if [ "$fault" = client ] && is_way_back; then
    # On the way back a client that ends on what was found ended on it before: the copy is not brought again.
    FAULT=none
    return 1
  fi
  say "swap: $why: the volumes found are put back"
  WHY=
  if ! put_back_found; then
    refuse "$why; $WHY"
    return
  fi
  PUT_BACK=true FAULT=$fault
  if [ -n "$LEFT_EMPTY" ]; then stay_empty "$why"; return; fi
  why="$why; the volumes found are mounted again"
  if start_all; then
    # It does not come up on the new data and does on the old ones: it lies in the data.
    [ "$fault" != client ] || FAULT=data
    WHY=$why
  else
    [ "$fault" != client ] || FAULT=none
    WHY="$why; $WHY"
  fi
  return 1
}

# is_way_back: the identity of what comes stays.
is_way_back() {
  case $SSM_Carry in theirs | unmounted) ;; *) return 1 ;; esac
}

# stay_empty REASON: as it was found; no client is started where its data are missing.
stay_empty() {
  [ "$FAULT" = data ] || FAULT=none
  PUT_BACK=true WHY="$1; what was found does not mount: its place stays empty"
  return 1
}

# read_swap: PLACES with FROM and TO.
read_swap() {
  local path
  read_clients && read_places From || return
  take_places
  FROM=(${VOLUMES[@]+"${VOLUMES[@]}"})
  read_places To || return
  if [ "${#LINES[@]}" -eq 0 ] || [ "${LINES[*]% *}" != "${PLACES[*]-}" ]; then
    untouched 'From and To name other mount points, or none'
    return
  fi
  TO=("${LINES[@]##* }")
  if [ -n "$(printf '%s\n' "${FROM[@]}" "${TO[@]}" | sort | uniq -d)" ]; then
    untouched 'From and To name a volume twice'
    return
  fi
  read_paths Identity || return
  IDENTITY=(${LINES[@]+"${LINES[@]}"})
  read_paths KeepNewest || return
  NEWEST=(${LINES[@]+"${LINES[@]}"})
  for path in ${IDENTITY[@]+"${IDENTITY[@]}"} ${NEWEST[@]+"${NEWEST[@]}"}; do
    [ -n "$(place_of "$path")" ] || { untouched "$path lies on none of the volumes"; return; }
  done
  for path in ${NEWEST[@]+"${NEWEST[@]}"}; do
    if is_way_back || ! is_below_any "$path" ${IDENTITY[@]+"${IDENTITY[@]}"}; then continue; fi
    untouched "$path lies in a directory of the identity, which would be carried over it"
    return
  done
}

# judge_places: at each place is the volume that goes, the one that comes, or none; both are attached and nowhere else. Nothing was changed.
judge_places() {
  local index path from to kind
  for index in "${!PLACES[@]}"; do
    path=${PLACES[index]} from=${FROM[index]} to=${TO[index]}
    at "$path"
    # What is mounted has no link before it; and a filesystem that has shut down does not even tell that it is a directory.
    [ -n "$MOUNTED" ] || plain "$path" || return
    case $MOUNTED in
      '' | "$from" | "$to") ;;
      *) untouched "$path is on $MOUNTED, neither $from nor $to"; return ;;
    esac
    find_volume "$from" || return
    kind=$KIND
    case $MOUNTED in
      "$from") is_only_at "$from" "$path" && may_come "$to" "$kind" ;;
      "$to") may_go "$from" "$kind" && find_volume "$to" && is_only_at "$to" "$path" ;;
      *) EMPTY="$EMPTY$path " && may_go "$from" "$kind" && may_come "$to" "$kind" ;;
    esac || return
  done
  nothing_beneath
}

# may_go VOLUME KIND: after find_volume. What is mounted nowhere may be broken, and tell no filesystem.
may_go() {
  if [ -n "$2" ]; then fit "$1" "$2"; else is_only_at "$1" ''; fi
}

# may_come VOLUME KIND: KIND is empty where what goes tells none. What was found broken comes back as it was.
may_come() {
  find_volume "$1" || return
  if [ "$SSM_Carry" = unmounted ]; then is_only_at "$1" ''; else fit "$1" "${2:-${KIND:-xfs}}"; fi
}

# are_mounted VOLUME...: at their places, all of them.
are_mounted() {
  local path
  for path in "${PLACES[@]}"; do
    at "$path"
    [ "$MOUNTED" = "$1" ] || return
    shift
  done
}

# is_carried: all that comes is mounted, and what was to be carried has been: the line in /etc/fstab is written after that. Where there
# is none of ours, no swap has begun: on the way back that is all there is to it.
is_carried() {
  local index line
  are_mounted "${TO[@]}" || return
  for index in "${!PLACES[@]}"; do
    line=$(pinned "${PLACES[index]}")
    if [ "$line" = "${TO[index]}" ]; then continue; fi
    [ -z "$line" ] && is_way_back || return
  done
}

# pin_places: with two copies attached, the next boot mounts the one that is mounted now, or that was to be.
pin_places() {
  local index path
  for index in "${!PLACES[@]}"; do
    path=${PLACES[index]}
    at "$path"
    if [ "${MOUNTED:-${FROM[index]}}" != "${FROM[index]}" ] || [ "$(pinned "$path")" = "${FROM[index]}" ]; then continue; fi
    boot_with pin "$path" "${FROM[index]}" || { WHY="$WHY: nothing was stopped"; return 1; }
  done
  reload_units
}

# exchange: the clients are down.
exchange() {
  unmount_all && carry_over && mount_all "${TO[@]}"
}

# mount_all VOLUME...: at their places.
mount_all() {
  local path
  for path in "${PLACES[@]}"; do
    mount_at "$1" "$path" || stays_empty "$path" || return
    shift
  done
}

# stays_empty PATH: of what was found and does not mount, where nothing was mounted before.
stays_empty() {
  if [ "$SSM_Carry" != unmounted ]; then case $BACK$EMPTY in yes*" $1 "*) ;; *) return 1 ;; esac; fi
  say "swap: $WHY"
  LEFT_EMPTY=yes FAULT=node WHY=
}

# carry_over: what makes this node itself, while nobody else gets to either volume.
carry_over() {
  local index path
  if [ "${#NEWEST[@]}" -eq 0 ] && { is_way_back || [ "${#IDENTITY[@]}" -eq 0 ]; }; then return 0; fi
  for index in "${!PLACES[@]}"; do
    # Its own log first, where it has one that was not written back: what was signed last may stand there. A key does not.
    mount_aside "${FROM[index]}" "from$index" replayed ||
      { [ "${#NEWEST[@]}" -eq 0 ] && mount_aside "${FROM[index]}" "from$index" found; } ||
      lacks "${PLACES[index]}" || { FAULT=node; return 1; }
    mount_aside "${TO[index]}" "to$index" written || return
  done
  for path in ${NEWEST[@]+"${NEWEST[@]}"}; do
    is_way_back || carry_one not_lost "$path" || return
    carry_one keep_newest "$path" || return
  done
  if ! is_way_back; then
    for path in ${IDENTITY[@]+"${IDENTITY[@]}"}; do
      case " ${NEWEST[*]-} " in *" $path "*) continue ;; esac
      # A copy of this very node keeps what it has; another node's identity is taken away, and nothing comes in its place.
      case $SSM_Carry$LACKS in own*" $(place_of "$path") "*) continue ;; esac
      carry_one carry "$path" || return
    done
  fi
  for index in "${!PLACES[@]}"; do sync_filesystem "$ASIDE/to$index"; done
  clear_aside
}

# lacks PLACE: nothing was mounted there, and it does not mount. Of a signing state there nobody knows what was signed last.
lacks() {
  case ${#NEWEST[@]}$EMPTY in 0*" $1 "*) ;; *) return 1 ;; esac
  LACKS="$LACKS$1 " FAULT=none WHY=
}

# carry_one HOW PATH
carry_one() {
  local index
  whole index "$(index_of "$2")" || return
  "$1" "$ASIDE/from$index" "$ASIDE/to$index" "${2#"$(place_of "$2")"/}"
}

# boot_into_new: from now on a boot mounts what comes, as it is now. What no swap has changed is left as it is.
boot_into_new() {
  boot_with_pinned "${TO[@]}" || return
  reload_units
  # What fails from here on is the client.
  FAULT=client
}

# boot_with_pinned VOLUME...: at those places where a line of ours is.
boot_with_pinned() {
  local path lines=()
  for path in "${PLACES[@]}"; do
    [ -z "$(pinned "$path")" ] || lines+=("$path" "$1")
    shift
  done
  boot_with '' ${lines[@]+"${lines[@]}"}
}

# put_back_found: what was found is mounted, now and at the next boot, whatever is there.
put_back_found() {
  local index line
  clear_aside
  # Where nothing has been unmounted, a client that does not stop holds up nobody.
  are_mounted "${FROM[@]}" || { stop_all && unmount_others; } || return
  BACK=yes
  mount_all "${FROM[@]}" || return
  if ! boot_with_pinned "${FROM[@]}"; then
    # Lines of ours that lead to what was found are as good: no reason to leave the client down.
    for index in "${!PLACES[@]}"; do
      line=$(pinned "${PLACES[index]}")
      [ "${line:-${FROM[index]}}" = "${FROM[index]}" ] || return
    done
    say "swap: $WHY"
    WHY=
  fi
  reload_units
}

# unmount_others: what was found and is mounted yet stays so, but for what lies below one of the others.
unmount_others() {
  local index path others=()
  for index in "${!PLACES[@]}"; do
    path=${PLACES[index]}
    at "$path"
    if [ "$MOUNTED" != "${FROM[index]}" ] || is_below_any "$path" ${others[@]+"${others[@]}"}; then others=("$path" ${others[@]+"${others[@]}"}); fi
  done
  for path in ${others[@]+"${others[@]}"}; do unmount "$path" || return; done
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
