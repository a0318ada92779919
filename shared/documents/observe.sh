# What this node says of the filesystem at Path, the device below it and the client: facts, and nothing changed.

OBSERVATION=null
VOLUME='' SIZE_BYTES=0

# observe: sets OBSERVATION (JSON) and the facts above; false, with WHY, where there is nothing to observe.
observe() {
  local used_bytes device_bytes block_size blocks free inodes inodes_free partitioned=false
  OBSERVATION=null
  find_device || return 1
  VOLUME=$(volume_of "$DISK")
  device_bytes=$(($(<"/sys/class/block/$DISK/size") * 512))
  [ -z "$PARTITION" ] || partitioned=true
  if ! read -r block_size blocks free inodes inodes_free < <(stat -f -c '%S %b %f %c %d' "$SSM_Path"); then
    WHY="the filesystem at $SSM_Path does not tell its size"
    return 1
  fi
  # Not statfs's total where the filesystem itself tells more: that one leaves out the log (XFS) and the tables (ext4).
  SIZE_BYTES=$(own_size)
  [ -n "$SIZE_BYTES" ] || SIZE_BYTES=$((blocks * block_size))
  used_bytes=$((SIZE_BYTES - free * block_size))
  [ "$used_bytes" -ge 0 ] || used_bytes=0
  find_client
  [ -z "$CLIENT_NOTE" ] || say "client: $CLIENT_NOTE"
  OBSERVATION=$(printf '{"volumeId":"%s","device":%s,"partitioned":%s,"filesystem":"%s","path":%s,"deviceBytes":%s,"sizeBytes":%s,"usedBytes":%s,"inodesTotal":%s,"inodesUsed":%s,"rootUsedPercent":%s,"client":"%s"}' \
    "$VOLUME" "$(json_string "$DEVICE")" "$partitioned" "$FILESYSTEM" "$(json_string "$SSM_Path")" "$device_bytes" "$SIZE_BYTES" \
    "$used_bytes" "$inodes" "$((inodes - inodes_free))" "$(root_used_percent)" "$CLIENT")
}

# right_volume: the mounted device tells that it is VolumeId, wherever one is given.
right_volume() {
  [ -n "$SSM_VolumeId" ] && [ "$VOLUME" != "$SSM_VolumeId" ] || return 0
  WHY="$SSM_Path is on $DISK, which is $VOLUME, not $SSM_VolumeId"
  [ -n "$VOLUME" ] || WHY="$SSM_Path is on $DISK, which does not tell its EBS volume (Xen, LVM, RAID or encryption): expected $SSM_VolumeId"
  return 1
}
