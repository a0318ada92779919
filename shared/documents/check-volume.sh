# The operation: the volume VolumeId, looked at read-only and aside, whether it can stand in for what is mounted at Like. The client runs on.

perform() {
  FAULT=node
  BEFORE=$(node_state "$SSM_Like") AFTER=$BEFORE
  clear_aside
  check_volume
  local status=$?
  clear_aside
  [ "$status" -ne 0 ] || FAULT=none
  more
  return "$status"
}

check_volume() {
  local like
  at "$SSM_Like"
  if ! [[ $MOUNTED =~ ^vol- ]]; then
    WHY="$SSM_Like is ${MOUNTED:-not a mount point}: nothing to compare $SSM_VolumeId with"
    return 1
  fi
  if [ "$MOUNTED" = "$SSM_VolumeId" ]; then
    WHY="$SSM_VolumeId is mounted at $SSM_Like: it cannot stand in for itself"
    return 1
  fi
  like=$(findmnt -n -M "$SSM_Like" -o FSTYPE)
  fit "$SSM_VolumeId" "$like" && mount_aside "$SSM_VolumeId" check && has_the_data "$ASIDE/check"
}

# has_the_data DIRECTORY: it is not empty, and most of what stands at the top of Like stands there.
has_the_data() {
  local name expected=0 there=0 any=
  FAULT=data
  for name in "$1"/* "$1"/.[!.]*; do
    if { [ -e "$name" ] || [ -L "$name" ]; } && [ "${name##*/}" != lost+found ]; then any=yes; break; fi
  done
  if [ -z "$any" ]; then WHY="$SSM_VolumeId is empty"; return 1; fi
  for name in "$SSM_Like"/* "$SSM_Like"/.[!.]*; do
    if ! { [ -e "$name" ] || [ -L "$name" ]; } || [ "${name##*/}" = lost+found ]; then continue; fi
    expected=$((expected + 1))
    if [ -e "$1/${name##*/}" ] || [ -L "$1/${name##*/}" ]; then there=$((there + 1)); fi
    if [ "$expected" -ge 10000 ]; then break; fi
  done
  if [ $((2 * there)) -ge "$expected" ]; then return 0; fi
  WHY="$SSM_VolumeId has $there of the $expected entries of $SSM_Like: it is not for $SSM_Path"
  return 1
}
