# EBS volumes and mount points: a volume is known by its id alone, nothing is mounted over anything, and nothing is unmounted by force.

KIND= # of the filesystem on a volume
SPEC= # its name in /dev/disk/by-id
readonly ASIDE=/run/chainmend/aside

# find_volume VOLUME: DISK, DEVICE (the disk or its one partition), KIND and SPEC; false, with WHY and FAULT.
find_volume() {
  local link block partitions=()
  DISK='' DEVICE='' KIND='' SPEC='' FAULT=node
  [[ $1 =~ $VOLUME_PATTERN && -n $1 ]] || { WHY="\"$1\" is not an EBS volume: nothing was changed"; return 1; }
  link=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${1/-/}
  # Its link first: the client is down while this looks.
  for block in "$(readlink -f -- "$link")" /sys/class/block/*; do
    block=${block##*/}
    if [ -e "/sys/class/block/$block/partition" ] || ! [ -b "/dev/$block" ] || [ "$(volume_of "$block")" != "$1" ]; then continue; fi
    DISK=$block
    break
  done
  [ -n "$DISK" ] || { WHY="$1 is not attached to this node: nothing was changed"; return 1; }
  for block in "/sys/class/block/$DISK/$DISK"*/partition; do
    if [ -r "$block" ]; then block=${block%/partition}; partitions+=("${block##*/}"); fi
  done
  DEVICE=$DISK SPEC=$link
  case ${#partitions[@]} in
    0) ;;
    1)
      DEVICE=${partitions[0]}
      SPEC=$link-part$(<"/sys/class/block/$DEVICE/partition")
      ;;
    *) WHY="$1 has ${#partitions[@]} partitions: which of them is meant is for a person to say; nothing was changed"; return 1 ;;
  esac
  # By its own bytes, and not by what blkid has noted of it.
  KIND=$(blkid -p -s TYPE -o value "/dev/$DEVICE" 2>/dev/null)
  FAULT=none
}

# fit VOLUME KIND: it is there, mounted nowhere, and has such a filesystem. False, with WHY and FAULT.
fit() {
  local mounted
  find_volume "$1" || return 1
  mounted=$(mounts_of "$DEVICE" | tr '\n' ' ')
  if [ -n "$mounted" ]; then
    FAULT=node WHY="$1 is mounted at ${mounted% }: nothing was changed"
    return 1
  fi
  FAULT=data
  if [ -z "$KIND" ]; then WHY="$1 has no filesystem: nothing was changed"; return 1; fi
  if [ "$KIND" != "$2" ]; then WHY="$1 has $KIND, expected $2: nothing was changed"; return 1; fi
  case $KIND in
    xfs | ext4) FAULT=none ;;
    # btrfs takes two copies of one filesystem on one machine for one, and destroys both.
    *) FAULT=node WHY="$1 has $KIND, expected xfs or ext4: nothing was changed"; return 1 ;;
  esac
}

# mounts_of DEVICE: where it is mounted, as this script sees it; a part of it with the name of the part, which no path has.
mounts_of() {
  local number
  number=$(<"/sys/class/block/$1/dev") && awk -v number="$number" '$3 == number { print $5 ($4 == "/" ? "" : "[" $4 "]") }' /proc/self/mountinfo
}

# at PATH: MOUNTED is the volume there, "" where nothing is mounted, or a device that is no EBS volume.
at() {
  local SSM_Path=$1 DEVICE DISK PARTITION FILESYSTEM why=$WHY count
  MOUNTED=
  count=$(findmnt -n -M "$1" -o TARGET | wc -l)
  [ "$count" -gt 0 ] || return 0
  MOUNTED='something that is no EBS volume'
  if [ "$count" -gt 1 ]; then MOUNTED="$count filesystems, one over the other"; return 0; fi
  if find_device; then
    MOUNTED=$(volume_of "$DISK")
    MOUNTED=${MOUNTED:-$DEVICE, which does not tell its EBS volume}
  fi
  WHY=$why
}

# plain PATH: a directory by this very name, to which no link leads.
plain() {
  if [ -d "$1" ] && [ "$(readlink -f -- "$1")" = "$1" ]; then return 0; fi
  FAULT=node WHY="$1 is not a directory of its own name: nothing was changed"
  return 1
}

# beneath PATH...: what is mounted below these paths and is none of them.
beneath() {
  local path mounted
  for path in "$@"; do
    while read -r mounted; do
      case " $* " in *" $mounted "*) ;; *) printf '%s\n' "$mounted" ;; esac
    done < <(awk -v path="$path/" 'index($5, path) == 1 { print $5 }' /proc/self/mountinfo)
  done
}

# fstab_field PATH NUMBER: of the line that names it, with a slash at its end or without.
fstab_field() {
  awk -v path="$1" -v number="$2" '$1 !~ /^#/ { place = $2; sub(/\/+$/, "", place); if (place == path) { print $number; exit } }' /etc/fstab 2>/dev/null
}

# options_of PATH KIND: what a mount there is to be made with: as /etc/fstab says it. A copy of an XFS filesystem has the UUID of its
# original, and the kernel mounts one UUID once unless it is told that it may (nouuid).
options_of() {
  local options
  options=$(fstab_field "$1" 4)
  [[ $options =~ ^[A-Za-z0-9_.,:=@/-]+$ ]] || options=defaults
  if [ "$2" = xfs ]; then case ,$options, in *,nouuid,*) ;; *) options=$options,nouuid ;; esac; fi
  printf '%s' "$options"
}

# mount_at VOLUME PATH: true when it is mounted there, and it alone. False, with WHY and FAULT.
mount_at() {
  local output
  at "$2"
  if [ "$MOUNTED" = "$1" ]; then return 0; fi
  if [ -n "$MOUNTED" ]; then FAULT=node WHY="$2 is on $MOUNTED: $1 is not mounted over it"; return 1; fi
  find_volume "$1" || return 1
  if [ -n "$(mounts_of "$DEVICE")" ]; then FAULT=node WHY="$1 is mounted elsewhere: it is not mounted at $2 too"; return 1; fi
  plain "$2" || return 1
  if ! output=$(timeout 600 mount -t "$KIND" -o "$(options_of "$2" "$KIND")" "/dev/$DEVICE" "$2" 2>&1); then
    FAULT=data WHY="$1 could not be mounted at $2: $output"
    return 1
  fi
  at "$2"
  if [ "$MOUNTED" = "$1" ]; then return 0; fi
  # systemd takes away what is mounted where its own unit's device is gone.
  FAULT=node WHY="$1 was mounted at $2, and there is ${MOUNTED:-nothing}"
  return 1
}

# unmount PATH: true when its filesystem is mounted nowhere any more, in whose view ever, and so is all written. False, with WHY.
unmount() {
  local SSM_Path=$1 DEVICE DISK PARTITION FILESYSTEM number try output='' holders
  findmnt -n -M "$1" >/dev/null || return 0
  find_device || return 1
  number=$(<"/sys/class/block/$DEVICE/dev")
  sync_filesystem "$1"
  for ((try = 0; try < 10; try++)); do
    if output=$(umount -- "$1" 2>&1); then break; fi
    sleep 0.5
  done
  if findmnt -n -M "$1" >/dev/null; then
    WHY="$1 could not be unmounted: $output; in use by: $(users_of "$1")"
    return 1
  fi
  # A mount that another namespace keeps, as containers with a view of the host do, keeps the filesystem open.
  holders=$(grep -l -s -E "^[0-9]+ [0-9]+ $number " /proc/[0-9]*/mountinfo | head -n 5 | tr '\n' ' ')
  [ -n "$holders" ] || return 0
  WHY="$1 was unmounted, and its device is mounted yet, as ${holders% } tells"
  return 1
}

# users_of PATH: by the filesystem and not by the path, which in a container is another one, or that of another filesystem.
users_of() {
  local pid told='' device
  device=$(stat -c %d -- "$1")
  while read -r pid; do
    told="$told${told:+, }$pid $(cat "/proc/$pid/comm" 2>/dev/null)"
  done < <(timeout 10 find -L /proc/[0-9]*/{cwd,root,exe} /proc/[0-9]*/fd/* -maxdepth 0 -printf '%D %p\n' 2>/dev/null |
    awk -v device="$device" '$1 == device { split($2, part, "/"); print part[3] }' | sort -nu | head -n 8)
  printf '%s' "${told:-unknown}"
}

# `sync` of coreutils before 8.24 (Amazon Linux 2) knows no -f and syncs everything: slower, and as safe.
sync_filesystem() { sync -f "$1" 2>/dev/null || sync; }

# mount_aside VOLUME NAME [replayed]: read-only, where only root gets to; ASIDE/NAME. Nothing is written to it, not even its own log, but
# where it is to be read as its last writer left it.
mount_aside() {
  local options=ro output
  find_volume "$1" || return 1
  case $KIND/${3:-} in
    xfs/) options=ro,norecovery,nouuid ;;
    xfs/*) options=ro,nouuid ;;
    ext4/) options=ro,noload ;;
  esac
  mkdir -p "$ASIDE/$2" || { FAULT=node WHY="$ASIDE cannot be written"; return 1; }
  if output=$(timeout 120 mount -t "$KIND" -o "$options" "/dev/$DEVICE" "$ASIDE/$2" 2>&1); then return 0; fi
  FAULT=data WHY="$1 could not be mounted: $output"
  return 1
}

# clear_aside: what a command that was cut off has left there, too.
clear_aside() {
  local mounted
  while read -r mounted; do
    umount -- "$mounted" || say "volumes: $mounted could not be unmounted"
  done < <(awk -v path="$ASIDE/" 'index($5, path) == 1 { print $5 }' /proc/self/mountinfo)
}
