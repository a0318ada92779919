# What this node says of the filesystem at Path, the device below it and the client: facts, and nothing changed.

OBSERVATION=null
VOLUME=''

# observe: sets OBSERVATION (JSON) and the facts above; false, with WHY, where there is nothing to observe.
observe() {
  local sectors partitioned=false
  OBSERVATION=null
  find_device || return
  VOLUME=$(volume_of "$DISK")
  [ -z "$PARTITION" ] || partitioned=true
  if ! read_size || ! whole sectors "$(<"$SYS/$DISK/size")"; then fail "the filesystem at $SSM_Path does not tell its size"; return; fi
  find_client
  [ -z "$NOTE" ] || say "client: $NOTE"
  OBSERVATION=$(printf '{"volumeId":"%s","device":%s,"partitioned":%s,"filesystem":"%s","path":%s,"deviceBytes":%s,"sizeBytes":%s,"usedBytes":%s,"inodesTotal":%s,"inodesUsed":%s,"rootUsedPercent":%s,"client":"%s"}' \
    "$VOLUME" "$(json_string "$DEVICE")" "$partitioned" "$FILESYSTEM" "$(json_string "$SSM_Path")" "$((sectors * 512))" "$SIZE_BYTES" \
    "$USED_BYTES" "$INODES" "$((INODES - INODES_FREE))" "$(root_used_percent)" "$CLIENT")
}

# right_volume: the mounted device tells that it is VolumeId, wherever one is given.
right_volume() {
  [ -n "$SSM_VolumeId" ] && [ "$VOLUME" != "$SSM_VolumeId" ] || return 0
  WHY="$SSM_Path is on $DISK, which is $VOLUME, not $SSM_VolumeId"
  [ -n "$VOLUME" ] || WHY="$SSM_Path is on $DISK, which does not tell its EBS volume (Xen, LVM, RAID or encryption): expected $SSM_VolumeId"
  return 1
}
