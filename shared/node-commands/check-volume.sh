# The operation: the volume VolumeId, looked at read-only and aside, whether it can stand in for what is mounted at Like. The client runs on. Then the
# files that Warm names are read from it.

perform() {
  FAULT=node
  BEFORE=$(node_state "$SSM_Like") AFTER=$BEFORE
  clear_aside
  read_lines Warm 16 "$WARM_LINE" && check_volume
  local status=$?
  [ "$status" -ne 0 ] || FAULT=none
  more
  [ "$status" -ne 0 ] || warm "$ASIDE/check"
  clear_aside
  return "$status"
}

check_volume() {
  local type rest
  at "$SSM_Like"
  # What is broken, or was forgotten at a boot, is mounted nowhere: the volume has to be fit by itself.
  if [ -z "$MOUNTED" ]; then
    find_volume "$SSM_VolumeId" && fit "$SSM_VolumeId" "${KIND:-xfs}" && mount_aside "$SSM_VolumeId" check found && is_filled "$ASIDE/check"
    return
  fi
  if ! [[ $MOUNTED =~ ^vol- ]]; then refuse "$SSM_Like is ${MOUNTED:-not a mount point}: nothing to compare $SSM_VolumeId with"; return; fi
  if [ "$MOUNTED" = "$SSM_VolumeId" ]; then refuse "$SSM_VolumeId is mounted at $SSM_Like: it cannot stand in for itself"; return; fi
  read -r rest type rest < <(mounts_at "$(mount_point "$SSM_Like")")
  fit "$SSM_VolumeId" "$type" && mount_aside "$SSM_VolumeId" check found && has_the_data "$ASIDE/check"
}

# is_filled DIRECTORY
is_filled() {
  FAULT=data
  [ -n "$(timeout 60 find "$1" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ] || fail "$SSM_VolumeId is empty"
}

# has_the_data DIRECTORY: it is not empty, and most of what stands at the top of Like stands there.
has_the_data() {
  local name expected=0 there=0
  is_filled "$1" || return
  while [ "$expected" -lt 10000 ] && IFS= read -r -d '' name; do
    expected=$((expected + 1))
    if is_there "$1/$name"; then there=$((there + 1)); fi
  done < <(timeout 60 find "$SSM_Like" -mindepth 1 -maxdepth 1 ! -name lost+found -printf '%f\0')
  if [ "$((2 * there))" -ge "$expected" ]; then return 0; fi
  fail "$SSM_VolumeId has $there of the $expected entries of $SSM_Like: it is not for $SSM_Path"
}
