# Growing: partition, then filesystem, while mounted and however full. Each step leaves alone what has its size already.

# grow: false, with WHY, where a step failed.
grow() {
  [ -z "$PARTITION" ] || grow_partition || return 1
  local output devices
  case $FILESYSTEM in
    xfs) output=$(xfs_growfs -d "$SSM_Path" 2>&1) ;;
    ext4) output=$(resize2fs "/dev/$DEVICE" 2>&1) ;;
    btrfs)
      mapfile -t devices < <(btrfs filesystem show "$SSM_Path" | awk '$1 == "devid" { print $2 }')
      if [ "${#devices[@]}" -ne 1 ]; then
        WHY="btrfs at $SSM_Path spans ${#devices[@]} devices: which of them to grow is for a person to say"
        return 1
      fi
      output=$(btrfs filesystem resize "${devices[0]}:max" "$SSM_Path" 2>&1)
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

grow_partition() {
  if command -v growpart >/dev/null; then grow_with_growpart; else grow_with_sfdisk; fi
}

# growpart exits with 1 for "no change", and needs a writable temporary directory, which a full root disk does not have.
grow_with_growpart() {
  local output status=0
  output=$(TMPDIR=/dev/shm growpart "/dev/$DISK" "$PARTITION" 2>&1) || status=$?
  say "grow: growpart $DISK $PARTITION: $output"
  if [ "$status" -eq 0 ] || { [ "$status" -eq 1 ] && [[ $output == *NOCHANGE* ]]; }; then return 0; fi
  WHY="growpart $DISK $PARTITION failed with $status: $output"
  return 1
}

grow_with_sfdisk() {
  local block=/sys/class/block/$DEVICE output left
  # In sectors of 512 bytes; the last MiB belongs to the partition table's copy and to alignment.
  left=$(($(<"/sys/class/block/$DISK/size") - $(<"$block/start") - $(<"$block/size")))
  if [ "$left" -le 2048 ]; then return 0; fi
  if ! command -v sfdisk >/dev/null || ! command -v partx >/dev/null; then
    WHY="neither growpart nor sfdisk with partx is installed: partition $PARTITION of $DISK cannot be grown"
    return 1
  fi
  if ! output=$(printf ', +\n' | sfdisk --force --no-reread --no-tell-kernel -N "$PARTITION" "/dev/$DISK" 2>&1) ||
    ! output=$(partx --update --nr "$PARTITION" "/dev/$DISK" 2>&1); then
    WHY="growing partition $PARTITION of $DISK failed: $output"
    return 1
  fi
  say "grow: sfdisk grew partition $PARTITION of $DISK"
}
