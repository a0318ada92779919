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
  OBSERVATION=$(printf '{"volumeId":"%s","device":%s,"partitioned":%s,"filesystem":"%s","path":%s,"deviceBytes":%s,"sizeBytes":%s,"usedBytes":%s,"inodesTotal":%s,"inodesUsed":%s,"rootUsedPercent":%s,"growthLimit":%s,"client":"%s","clientStatus":%s}' \
    "$VOLUME" "$(json_string "$DEVICE")" "$partitioned" "$FILESYSTEM" "$(json_string "$SSM_Path")" "$((sectors * 512))" "$SIZE_BYTES" \
    "$USED_BYTES" "$INODES" "$((INODES - INODES_FREE))" "$(root_used_percent)" "$(growth_limit)" "$CLIENT" "${CLIENT_STATUS:-null}")
}

# growth_limit: JSON of the largest size that the device may have before its partition table or its filesystem cannot follow; null where no
# such limit is known.
growth_limit() {
  local each unchecked wide
  # An MBR counts sectors of 512 bytes in 4 bytes, so that it ends at 2 TiB.
  if [ -n "$PARTITION" ] && is_mbr; then printf '{"bytes":%s,"by":"partition-table"}' "$((2 ** 32 * 512))"; return; fi
  # Without the feature 64bit, ext4 counts blocks in 4 bytes: 16 TiB of blocks of 4 KiB.
  if [ "$FILESYSTEM" = ext4 ] && read -r unchecked _ wide < <(superblock) && whole each "$unchecked" && [ "$each" -le 65536 ] && [ "$wide" = 0 ]; then
    printf '{"bytes":%s,"by":"filesystem"}' "$((2 ** 32 * each))"
    return
  fi
  printf null
}

# is_mbr: the first sector of the disk is an MBR, and not the protective one of a GPT: the types of its four partitions, the fifth byte of 16
# each, and the signature 85 170 (UEFI Specification, 5.2).
is_mbr() {
  timeout 20 od -An -v -w66 -tu1 -j446 -N66 "/dev/$DISK" 2>/dev/null |
    awk 'NR == 1 { mbr = NF == 66 && $65 == 85 && $66 == 170 && $5 != 238 && $21 != 238 && $37 != 238 && $53 != 238 } END { exit !mbr }'
}

# right_volume: the mounted device tells that it is VolumeId, wherever one is given.
right_volume() {
  [ -n "$SSM_VolumeId" ] && [ "$VOLUME" != "$SSM_VolumeId" ] || return 0
  WHY="$SSM_Path is on $DISK, which is $VOLUME, not $SSM_VolumeId"
  [ -n "$VOLUME" ] || WHY="$SSM_Path is on $DISK, which does not tell its EBS volume (Xen, LVM, RAID or encryption): expected $SSM_VolumeId"
  return 1
}
