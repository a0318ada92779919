# What this node says of the filesystem at Path, the device below it and the client: facts, and nothing changed.

OBSERVATION=null
VOLUME=''
DEVICES=''

# observe: sets OBSERVATION (JSON) and the facts above; false, with WHY, where there is nothing to observe.
observe() {
  local sectors available partitioned=false
  OBSERVATION=null
  find_device || return
  VOLUME=$(volume_of "$DISK")
  [ -z "$PARTITION" ] || partitioned=true
  if ! read_size || ! whole sectors "$(<"$SYS/$DISK/size")"; then fail "the filesystem at $SSM_Path does not tell its size"; return; fi
  available=$((BLOCK * AVAILABLE))
  find_client
  [ -z "$NOTE" ] || say "client: $NOTE"
  OBSERVATION=$(printf '{"volumeId":"%s","device":%s,"partitioned":%s,"filesystem":"%s","path":%s,"deviceBytes":%s,"sizeBytes":%s,"usedBytes":%s,"availableBytes":%s,"inodesTotal":%s,"inodesUsed":%s,"rootUsedPercent":%s,"growthLimit":%s,"obstacle":"%s","client":"%s","clientStatus":%s}' \
    "$VOLUME" "$(json_string "$DEVICE")" "$partitioned" "$FILESYSTEM" "$(json_string "$SSM_Path")" "$((sectors * 512))" "$SIZE_BYTES" \
    "$USED_BYTES" "$available" "$INODES" "$((INODES - INODES_FREE))" "$(root_used_percent)" "$(growth_limit)" "$(obstacle)" "$CLIENT" \
    "${CLIENT_STATUS:-null}")
}

# obstacle: what keeps the partition or the filesystem from following a larger device, in one word that OBSTACLES of answer.ts explains; none where
# nothing is known to. All of it can be seen before a larger volume is bought.
obstacle() {
  local start theirs other status=0 options state=''
  read -r _ _ _ options < <(mounts_at "$MOUNT" | tail -n 1)
  case ,$options, in *,ro,*) printf read-only; return ;; esac
  # A filesystem that has shut itself down reads no folder.
  if command -v find >/dev/null; then timeout 10 find "$MOUNT/." -maxdepth 0 -empty >/dev/null 2>&1 || status=$?; fi
  if [ "$status" = 1 ]; then printf shut-down; return; fi
  # Where somebody holds its writes back (fsfreeze), what grows it would sleep until that ends, and nothing could kill it. With errors ext4 is not resized
  # online (ext4_resize_begin, linux/fs/ext4/resize.c). A frozen XFS keeps no blocks in reserve (xfs_save_resvblks, linux/fs/xfs/xfs_super.c).
  case $FILESYSTEM in
    ext4) state=$(ext_state) ;;
    xfs) state=$(timeout 20 xfs_io -rxc resblks "$MOUNT/." 2>/dev/null | awk '/^reserved blocks = 0$/ { print "frozen" }') ;;
    btrfs) if btrfs_devices && [ "$DEVICES" -gt 1 ]; then state=several-devices; fi ;;
  esac
  if [ -n "$state" ]; then printf %s "$state"; return; fi
  if [ -n "$PARTITION" ]; then
    if [ "$PARTITION" -gt 4 ] && is_mbr; then printf logical-partition; return; fi
    whole start "$(<"$SYS/$DEVICE/start")" || return
    for other in "$SYS/$DISK/$DISK"*/start; do
      if whole theirs "$(<"$other")" && [ "$theirs" -gt "$start" ]; then printf partition-behind; return; fi
    done
    if ! grows_partitions; then printf no-partition-tool; return; fi
  fi
  case $FILESYSTEM in
    xfs) command -v xfs_growfs ;;
    ext4) command -v resize2fs ;;
    btrfs) command -v btrfs ;;
  esac >/dev/null || { printf 'no-filesystem-tool'; return; }
  printf none
}

# ext_state: frozen, errors, or nothing: bit 4 of s_feature_compat and of s_feature_incompat, and EXT4_ERROR_FS, 2, of s_state (ext4_super_block,
# linux/fs/ext4/ext4.h), 92, 96 and 58 bytes into the superblock. A frozen one with a journal needs no recovery (ext4_freeze, linux/fs/ext4/super.c).
ext_state() {
  timeout 20 od -An -v -w42 -tu2 -j1082 -N42 "/dev/$DEVICE" 2>/dev/null |
    awk 'int($18 / 4) % 2 > int($20 / 4) % 2 { print "frozen"; exit } int($1 / 2) % 2 { print "errors" }'
}

# grows_partitions: growpart with the program that it calls, or what we use in its place.
grows_partitions() {
  if command -v sfdisk >/dev/null; then command -v growpart >/dev/null || command -v partx >/dev/null; return; fi
  command -v growpart >/dev/null && command -v sgdisk >/dev/null
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

# btrfs_devices: DEVICES, on how many the btrfs on DEVICE is. The kernel tells; the label, which btrfs(8) prints above them, may look like one.
btrfs_devices() {
  local folder devices=()
  for folder in /sys/fs/btrfs/*/devices; do
    if [ -e "$folder/$DEVICE" ]; then devices=("$folder"/*); fi
  done
  whole DEVICES "${#devices[@]}"
}
