# EBS volumes and mount points: a volume is known by its id alone, nothing is mounted over anything, and nothing is unmounted by force.

KIND= # of the filesystem on a volume
SPEC= # its name in /dev/disk/by-id
# Where only root gets to.
readonly ASIDE=/run/chainmend/aside

# find_volume VOLUME: DISK, DEVICE (the disk or its one partition), KIND and SPEC; false, with WHY and FAULT.
find_volume() {
  local link block partitions=()
  DISK='' DEVICE='' KIND='' SPEC=''
  [ -n "$1" ] || { untouched 'no EBS volume is named'; return; }
  link=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${1/-/}
  # Its link first: the client is down while this looks.
  for block in "$(readlink -f -- "$link")" "$SYS"/*; do
    block=${block##*/}
    if ! [ -e "$SYS/$block/partition" ] && [ -b "/dev/$block" ] && [ "$(volume_of "$block")" = "$1" ]; then DISK=$block; break; fi
  done
  [ -n "$DISK" ] || { untouched "$1 is not attached to this node"; return; }
  for block in "$SYS/$DISK/$DISK"*/partition; do
    [ ! -r "$block" ] || partitions+=("$block")
  done
  DEVICE=$DISK SPEC=$link
  case ${#partitions[@]} in
    0) ;;
    1) block=${partitions[0]} DEVICE=${block%/partition} DEVICE=${DEVICE##*/} SPEC=$link-part$(<"$block") ;;
    *) untouched "$1 has ${#partitions[@]} partitions: which is meant is for a person to say"; return ;;
  esac
  # By its own bytes, and not by what blkid has noted of it.
  KIND=$(timeout 60 blkid -p -s TYPE -o value "/dev/$DEVICE" 2>/dev/null)
  FAULT=none
}

# fit VOLUME KIND: it is there, mounted nowhere, and has such a filesystem. False, with WHY and FAULT.
fit() {
  find_volume "$1" && is_only_at "$1" '' || return
  case $2/$KIND in
    xfs/xfs | ext4/ext4) ;;
    # btrfs takes two copies of one filesystem on one machine for one, and destroys both.
    "$KIND"/*) untouched "$1 has $KIND, expected xfs or ext4" ;;
    *)
      untouched "$1 has ${KIND:-no filesystem}, expected $2"
      FAULT=data
      return 1
      ;;
  esac
}

# is_only_at VOLUME PATH: after find_volume; an empty PATH is nowhere.
is_only_at() {
  local mounted
  mounted=$(mounts_of "$DEVICE" | tr '\n' ' ')
  mounted=${mounted% }
  [ "$mounted" = "$2" ] || untouched "$1 is mounted at ${mounted:-no place}, not at ${2:-no place} alone"
}

# mounts_of DEVICE: where it is mounted, as this script sees it; a part of it with the name of the part, which no path has.
mounts_of() {
  local number
  number=$(<"$SYS/$1/dev") && awk -v number="$number" '$3 == number { print $5 ($4 == "/" ? "" : "[" $4 "]") }' /proc/self/mountinfo
}

# at PATH: MOUNTED is the volume there, "" where nothing is mounted, or a device that is no EBS volume.
at() {
  local SSM_Path=$1 DEVICE DISK PARTITION FILESYSTEM MOUNT why=$WHY count
  MOUNTED=
  whole count "$(mounts_at "$(mount_point "$1")" | wc -l)"
  [ "$count" -gt 0 ] || return 0
  MOUNTED='something that is no EBS volume'
  if [ "$count" -gt 1 ]; then MOUNTED="$count filesystems, one over the other"; return 0; fi
  if find_device; then
    MOUNTED=$(volume_of "$DISK")
    MOUNTED=${MOUNTED:-$DEVICE, which does not tell its EBS volume}
  fi
  WHY=$why
}

# is_there PATH: and be it a link that leads nowhere.
is_there() { [ -L "$1" ] || [ -e "$1" ]; }

# plain PATH: a directory by this very name, to which no link leads.
plain() {
  if [ -d "$1" ] && [ "$(readlink -f -- "$1")" = "$1" ]; then return 0; fi
  untouched "$1 is not a directory of its own name"
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

# options_of PATH KIND: what a mount there is to be made with: as /etc/fstab says it, but no program of the data is root's, and no file a
# device. A copy of an XFS filesystem has the UUID of its original, and the kernel mounts one UUID once unless it may do more (nouuid).
options_of() {
  local options
  options=$(fstab_field "$1" 4)
  [[ $options =~ ^[A-Za-z0-9_.,:=@/-]+$ ]] || options=defaults
  [ "$2" != xfs ] || options=$options,nouuid
  printf '%s,nosuid,nodev' "$options"
}

# mount_at VOLUME PATH: true when it is mounted there, and it alone. False, with WHY and FAULT.
mount_at() {
  at "$2"
  if [ "$MOUNTED" = "$1" ]; then return 0; fi
  if [ -n "$MOUNTED" ]; then refuse "$2 is on $MOUNTED: $1 is not mounted over it"; return; fi
  find_volume "$1" || return
  if [ -n "$(mounts_of "$DEVICE")" ]; then refuse "$1 is mounted elsewhere: it is not mounted at $2 too"; return; fi
  plain "$2" && mount_device "$1" "$2" "$(options_of "$2" "$KIND")" || return
  at "$2"
  # systemd takes away what is mounted where its own unit's device is gone.
  [ "$MOUNTED" = "$1" ] || refuse "$1 was mounted at $2, and there is ${MOUNTED:-nothing}"
}

# mount_device VOLUME PATH OPTIONS: after find_volume. At the folder itself, and not at what another has its name now: who owns a folder
# above it can change that at any moment.
mount_device() {
  local output
  case $KIND in
    xfs | ext4 | btrfs)
      if output=$(cd -- "$2" && is_here "$2" && timeout 600 mount -c -n -t "$KIND" -o "$3" "/dev/$DEVICE" . 2>&1 | tail -c 1000); then return 0; fi
      refuse "$1 could not be mounted at $2: $output"
      ;;
    *) refuse "$1 has ${KIND:-no filesystem}, expected xfs, ext4 or btrfs" ;;
  esac
  FAULT=data
  return 1
}

# unmount PATH: true when its filesystem is mounted nowhere any more, in whose view ever, and so is all written. False, with WHY.
unmount() {
  local SSM_Path=$1 DEVICE DISK PARTITION FILESYSTEM MOUNT number try parent=${1%/*} output='' holders
  [ -n "$(mounts_at "$1")" ] || return 0
  FAULT=node
  find_device || return
  number=$(<"$SYS/$DEVICE/dev")
  sync_filesystem "$1"
  parent=${parent:-/}
  for ((try = 0; try < 10; try++)); do
    if output=$(cd -- "$parent" && is_here "$parent" && umount -c -n -- "./${1##*/}" 2>&1 | tail -c 1000); then break; fi
    sleep 0.5
  done
  if [ -n "$(mounts_at "$1")" ]; then
    refuse "$1 could not be unmounted: $output; in use by: $(users_of "$1")"
    return
  fi
  # A mount that another namespace keeps, as containers with a view of the host do, keeps the filesystem open.
  holders=$(grep -l -s -E "^[0-9]+ [0-9]+ $number " /proc/[0-9]*/mountinfo | head -n 5 | tr '\n' ' ')
  FAULT=none
  [ -z "$holders" ] || refuse "$1 was unmounted, and its device is mounted yet, as ${holders% } tells"
}

# users_of PATH: by the filesystem and not by the path, which in a container is another one, or that of another filesystem.
users_of() {
  local pid told='' device
  device=$(stat -c %d -- "$1")
  while read -r pid; do
    told="$told${told:+, }$pid $(tr -dc '[:print:]' 2>/dev/null <"/proc/$pid/comm")"
  done < <(timeout 10 find -L /proc/[0-9]*/{cwd,root,exe} /proc/[0-9]*/fd/* -maxdepth 0 -printf '%D %p\n' 2>/dev/null |
    awk -v device="$device" '$1 == device { split($2, part, "/"); print part[3] }' | sort -nu | head -n 8)
  printf '%s' "${told:-unknown}"
}

# `sync` of coreutils before 8.24 (Amazon Linux 2) knows no -f and syncs everything: slower, and as safe.
sync_filesystem() { sync -f "$1" 2>/dev/null || sync; }

# mount_aside VOLUME NAME HOW: at ASIDE/NAME, where only root gets to. found: as it is, and nothing is written to it, not even its own
# log; replayed: as its last writer left it; written: to be changed.
mount_aside() {
  local options=nosuid,nodev,noexec
  find_volume "$1" || return
  [ "$3" = written ] || options=$options,ro
  case $KIND/$3 in
    xfs/found) options=$options,norecovery,nouuid ;;
    xfs/*) options=$options,nouuid ;;
    ext4/found) options=$options,noload ;;
  esac
  mkdir -p "$ASIDE/$2" || { refuse "$ASIDE cannot be written"; return; }
  mount_device "$1" "$ASIDE/$2" "$options"
}

# idly COMMAND...: the client goes first.
idly() { ionice -c 3 nice -n 19 "$@"; }

# clear_aside: what a command that was cut off has left there, too.
clear_aside() {
  local mounted
  while read -r mounted; do
    umount -- "$mounted" || say "volumes: $mounted could not be unmounted"
  done < <(awk -v path="$ASIDE/" 'index($5, path) == 1 { print $5 }' /proc/self/mountinfo)
}
