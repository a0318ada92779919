# Growing: partition, then filesystem, while mounted and however full. Each step leaves alone what has its size already.

# grow: false, with WHY, where a step failed.
grow() {
  local output
  [ -z "$PARTITION" ] || grow_partition || return
  case $FILESYSTEM in
    # In the folder itself: its name could be made another's meanwhile.
    xfs) output=$(cd -- "$MOUNT" && is_here "$MOUNT" && xfs_growfs -d . 2>&1 | tail -c 1000) ;;
    ext4) output=$(resize2fs "/dev/$DEVICE" 2>&1 | tail -c 1000) ;;
    btrfs)
      if ! btrfs_devices || [ "$DEVICES" -ne 1 ]; then fail "btrfs at $SSM_Path spans $DEVICES devices: which of them to grow is for a person to say"; return; fi
      output=$(cd -- "$MOUNT" && is_here "$MOUNT" && btrfs filesystem resize "$(devid):max" . 2>&1 | tail -c 1000)
      ;;
    *)
      WHY="the filesystem at $SSM_Path is none of xfs, ext4, btrfs"
      return 1
      ;;
  esac || {
    WHY="growing $FILESYSTEM at $SSM_Path failed: $output"
    return 1
  }
  say "grow: $FILESYSTEM at $SSM_Path: ${output##*$'\n'}"
}

# devid: the number by which btrfs calls its one device.
devid() {
  btrfs filesystem show "$MOUNT" 2>/dev/null | sed -n 's/^[ \t]*devid *\([0-9]\{1,6\}\) size .* path .*/\1/p' | tail -n 1
}

grow_partition() {
  if command -v growpart >/dev/null; then grow_with_growpart; else grow_with_sfdisk; fi
}

# growpart exits with 1 for "no change", and needs a writable temporary directory, which a full root disk does not have.
grow_with_growpart() {
  local output status=0
  output=$(TMPDIR=/run growpart "/dev/$DISK" "$PARTITION" 2>&1 | tail -c 1000) || status=$?
  say "grow: growpart $DISK $PARTITION: $output"
  if [ "$status" -eq 0 ] || { [ "$status" -eq 1 ] && [[ $output == *NOCHANGE* ]]; }; then return 0; fi
  fail "growpart $DISK $PARTITION failed with $status: $output"
}

grow_with_sfdisk() {
  local block=$SYS/$DEVICE output disk start size
  # In sectors of 512 bytes; the last MiB belongs to the partition table's copy and to alignment.
  if whole disk "$(<"$SYS/$DISK/size")" && whole start "$(<"$block/start")" && whole size "$(<"$block/size")" &&
    [ "$((disk - start - size))" -le 2048 ]; then return 0; fi
  if ! command -v sfdisk >/dev/null || ! command -v partx >/dev/null; then fail "neither growpart nor sfdisk with partx is installed: partition $PARTITION of $DISK cannot be grown"; return; fi
  if ! output=$(printf ', +\n' | sfdisk --force --no-reread --no-tell-kernel -N "$PARTITION" "/dev/$DISK" 2>&1 | tail -c 1000) ||
    ! output=$(partx --update --nr "$PARTITION" "/dev/$DISK" 2>&1 | tail -c 1000); then
    WHY="growing partition $PARTITION of $DISK failed: $output"
    return 1
  fi
  say "grow: sfdisk grew partition $PARTITION of $DISK"
}
