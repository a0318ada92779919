# Devices and mounts of this node: which device is mounted where, and which EBS volume it is. Facts, and nothing changed.

readonly SYS=/sys/class/block
WHY=
DEVICE='' DISK='' PARTITION='' FILESYSTEM='' MOUNT=''
SIZE_BYTES='' USED_BYTES=''

# find_device: from the mount at Path, MOUNT, to the kernel's device, its partition number and its disk.
find_device() {
  local number='' type='' source='' rest block
  MOUNT=$(mount_point "$SSM_Path")
  # The topmost of several mounts is the last line.
  read -r number type source rest < <(mounts_at "$MOUNT" | tail -n 1)
  if ! [[ $number =~ ^[0-9]+:[0-9]+$ ]]; then fail "$SSM_Path is not a mount point"; return; fi
  case $type in
    xfs | ext4 | btrfs) FILESYSTEM=$type ;;
    *) FILESYSTEM=other ;;
  esac
  # The number of a btrfs mount is not that of a device.
  if [ "$type" = btrfs ]; then
    source=$(readlink -f -- "$source")
    block=$(readlink -f "$SYS/${source##*/}")
  else
    block=$(readlink -f "/sys/dev/block/$number")
  fi
  if ! [ -e "$block/size" ]; then fail "$SSM_Path ($type) is not on a block device"; return; fi
  DEVICE=${block##*/} DISK=${block##*/} PARTITION=''
  if [ -r "$block/partition" ]; then
    whole PARTITION "$(<"$block/partition")"
    block=${block%/*}
    DISK=${block##*/}
  fi
}

# volume_of DISK: the EBS volume id, which an NVMe device tells as its serial number, without the dash ("Map Amazon EBS volumes to
# NVMe device names", EC2 user guide). Empty for anything else: Xen's xvd devices, LVM, RAID and encryption do not tell.
volume_of() {
  local link serial=
  if [ -r "$SYS/$1/device/serial" ]; then read -r serial <"$SYS/$1/device/serial"; fi
  if ! [[ $serial =~ ^vol ]]; then
    for link in /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol*; do
      if [ "$link" -ef "/dev/$1" ] && [[ $link =~ _(vol[0-9a-f]{8,17})(_[0-9]+)?$ ]]; then serial=${BASH_REMATCH[1]}; break; fi
    done
  fi
  [[ $serial =~ ^vol-?([0-9a-f]{8,17})$ ]] && printf 'vol-%s' "${BASH_REMATCH[1]}"
}

# read_size: SIZE_BYTES and USED_BYTES of what find_device has found; false where it does not tell. The filesystem's own account where
# there is one, as statfs leaves out the log (XFS) and the tables (ext4); but never more than the device has: an account can be forged.
read_size() {
  local sectors own
  read_space "$MOUNT" && whole sectors "$(<"$SYS/$DEVICE/size")" || return
  SIZE_BYTES=$((BLOCK * BLOCKS))
  if whole own "$(own_size)" && [ "$own" -ge "$SIZE_BYTES" ] && [ "$own" -le "$((sectors * 512))" ]; then SIZE_BYTES=$own; fi
  USED_BYTES=$((SIZE_BYTES - BLOCK * FREE))
  [ "$USED_BYTES" -ge 0 ] || USED_BYTES=0
}

# own_size: bytes, by what prints numbers and no text of the volume's own; nothing where that is not told.
own_size() {
  local each many first second
  case $FILESYSTEM in
    # Of the kernel's geometry. Beside it stand the names that root has mounted by, and nothing else.
    xfs) timeout 20 xfs_growfs -n "$MOUNT" 2>/dev/null | sed -n 's/^data  *= *bsize=\([0-9]*\)  *blocks=\([0-9]*\),.*/\1 \2/p' ;;
    ext4) superblock ;;
  esac | {
    read -r first second _ && whole each "$first" && whole many "$second" && [ "$each" -le 65536 ] && [ "$many" -le 100000000000000 ] &&
      printf '%s' "$((each * many))"
  }
}

# superblock: of ext4, the bytes of a block, the number of blocks, and 1 where that number may have 64 bits. Of the superblock (ext4_super_block,
# linux/fs/ext4/ext4.h), in words of 4 bytes: s_blocks_count_lo, s_log_block_size, s_feature_incompat (0x80: 64bit) and s_blocks_count_hi. It
# is little-endian, as EC2's processors are.
superblock() {
  timeout 20 od -An -v -w4 -tu4 -j1024 -N344 "/dev/$DEVICE" 2>/dev/null |
    awk '{ word[NR] = $1 } END {
      wide = int(word[25] / 128) % 2
      printf "%d %.0f %d\n", 1024 * 2 ^ word[7], word[2] + (wide ? word[85] * 4294967296 : 0), wide
    }'
}

# root_used_percent: as df counts, of what a process without privileges could use; one decimal.
root_used_percent() {
  local tenths
  if ! read_space / || [ "$((BLOCKS - FREE + AVAILABLE))" -le 0 ]; then printf '0.0'; return; fi
  tenths=$((1000 * (BLOCKS - FREE) / (BLOCKS - FREE + AVAILABLE)))
  printf '%s.%s' "$((tenths / 10))" "$((tenths % 10))"
}
