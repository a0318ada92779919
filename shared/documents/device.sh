# Devices and mounts of this node: which device is mounted where, and which EBS volume it is. Facts, and nothing changed.

WHY=
DEVICE='' DISK='' PARTITION='' FILESYSTEM=''

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
  if [ -r "/sys/class/block/$1/device/serial" ]; then read -r serial <"/sys/class/block/$1/device/serial"; fi
  if ! [[ $serial =~ ^vol ]]; then
    for link in /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol*; do
      [[ $link =~ _(vol[0-9a-f]{8,17})(_[0-9]+)?$ ]] || continue
      serial=${BASH_REMATCH[1]}
      if [ "$link" -ef "/dev/$1" ]; then break; fi
      serial=
    done
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
