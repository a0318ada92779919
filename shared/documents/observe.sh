# What this node says of the filesystem at Path, the device below it and the client: facts, and nothing changed.

OBSERVATION=null
WHY=
DEVICE='' DISK='' PARTITION='' VOLUME='' FILESYSTEM='' SIZE_BYTES=0

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

# find_device: from the mount at Path to the kernel's device, its partition number and its disk.
find_device() {
  local number type source block
  # The topmost of several mounts is the last line.
  if ! read -r number type source < <(findmnt -n -v -M "$SSM_Path" -o MAJ:MIN,FSTYPE,SOURCE | tail -n 1); then
    WHY="$SSM_Path is not a mount point"
    return 1
  fi
  case $type in
    xfs | ext4 | btrfs) FILESYSTEM=$type ;;
    *) FILESYSTEM=other ;;
  esac
  # The number of a btrfs mount is not that of a device.
  if [ "$type" = btrfs ]; then
    source=$(readlink -f "$source")
    block=$(readlink -f "/sys/class/block/${source##*/}")
  else
    block=$(readlink -f "/sys/dev/block/$number")
  fi
  if ! [ -e "$block/size" ]; then
    WHY="$SSM_Path ($type) is not on a block device"
    return 1
  fi
  DEVICE=${block##*/} DISK=${block##*/} PARTITION=''
  if [ -r "$block/partition" ]; then
    PARTITION=$(<"$block/partition")
    block=${block%/*}
    DISK=${block##*/}
  fi
}

# volume_of DISK: the EBS volume id, which an NVMe device tells as its serial number, without the dash ("Map Amazon EBS volumes to
# NVMe device names", EC2 user guide). Empty for anything else: Xen's xvd devices, LVM, RAID and encryption do not tell.
volume_of() {
  local link serial=
  for link in /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol*; do
    [[ $link =~ _(vol[0-9a-f]{8,17})(_[0-9]+)?$ ]] || continue
    if [ "$(readlink -f "$link")" = "/dev/$1" ]; then
      serial=${BASH_REMATCH[1]}
      break
    fi
  done
  if [ -z "$serial" ] && [ -r "/sys/class/block/$1/device/serial" ]; then
    read -r serial <"/sys/class/block/$1/device/serial"
  fi
  [[ $serial =~ ^vol-?([0-9a-f]{8,17})$ ]] && printf 'vol-%s' "${BASH_REMATCH[1]}"
}

# own_size: bytes by the filesystem's own account; nothing where its tool is missing.
own_size() {
  local block_size='' blocks=''
  case $FILESYSTEM in
    xfs) read -r block_size blocks < <(xfs_growfs -n "$SSM_Path" 2>/dev/null | sed -n 's/^data .*bsize=\([0-9]*\) *blocks=\([0-9]*\),.*/\1 \2/p') ;;
    ext4) read -r blocks block_size < <(dumpe2fs -h "/dev/$DEVICE" 2>/dev/null | awk '/^Block count:/ { n = $3 } /^Block size:/ { print n, $3 }') ;;
  esac
  [ -z "$blocks" ] || printf '%s' "$((block_size * blocks))"
}

# root_used_percent: as df counts, of what a process without privileges could use; one decimal.
root_used_percent() {
  local blocks free available tenths
  read -r blocks free available < <(stat -f -c '%b %f %a' /)
  if [ $((blocks - free + available)) -le 0 ]; then printf '0.0'; return; fi
  tenths=$((1000 * (blocks - free) / (blocks - free + available)))
  printf '%s.%s' "$((tenths / 10))" "$((tenths % 10))"
}

# right_volume: the mounted device tells that it is VolumeId, wherever one is given.
right_volume() {
  [ -n "$SSM_VolumeId" ] && [ "$VOLUME" != "$SSM_VolumeId" ] || return 0
  WHY="$SSM_Path is on $DISK, which is $VOLUME, not $SSM_VolumeId"
  [ -n "$VOLUME" ] || WHY="$SSM_Path is on $DISK, which does not tell its EBS volume (Xen, LVM, RAID or encryption): expected $SSM_VolumeId"
  return 1
}
