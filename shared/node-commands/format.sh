# A filesystem on a volume that is empty to the byte, and on no other. It has a UUID of this very volume: a later run knows it as its own.

# own_uuid VOLUME
own_uuid() {
  local digits
  digits=$(printf 'chainmend %s' "$1" | sha256sum) || return
  printf '%s-%s-4%s-8%s-%s' "${digits:0:8}" "${digits:8:4}" "${digits:13:3}" "${digits:17:3}" "${digits:20:12}"
}

# format VOLUME KIND: true where it has that filesystem, and this script has made it.
format() {
  local uuid output
  find_volume "$1" && is_only_at "$1" '' && uuid=$(own_uuid "$1") || return
  FAULT=node
  [ "$DEVICE" = "$DISK" ] || { refuse "$1 has a partition, expected an empty volume"; return; }
  if [ -z "$KIND" ]; then
    is_bare "$1" && is_empty "$1" || return
    say "format: $1 is empty: $2 is made on it"
    # Neither is told to overwrite anything. Inodes of 256 bytes keep a time to the nanosecond, also on a small volume.
    case $2 in
      xfs) output=$(timeout 600 mkfs.xfs -q -m "uuid=$uuid" "/dev/$DISK" 2>&1 | tail -c 1000) ;;
      ext4) output=$(timeout 600 mkfs.ext4 -q -I 256 -U "$uuid" "/dev/$DISK" 2>&1 | tail -c 1000) ;;
      *) output="of $2 none is made" && false ;;
    esac || { refuse "$2 could not be made on $1: $output"; return; }
    sync
    find_volume "$1" || return
    FAULT=node
  fi
  if [ "$KIND" = "$2" ] && [ "$(timeout 60 blkid -p -s UUID -o value "/dev/$DISK" 2>/dev/null)" = "$uuid" ]; then return 0; fi
  refuse "$1 has ${KIND:-no filesystem}, which this script has not made there: it is not touched"
}

# is_bare VOLUME: after find_volume. blkid and wipefs both know of nothing on it, and nothing else uses it.
is_bare() {
  local status=0 holder listed
  timeout 60 blkid -p "/dev/$DISK" >/dev/null 2>&1 || status=$?
  listed=$(timeout 60 wipefs --no-act "/dev/$DISK" 2>/dev/null) || status=1
  if [ "$status" -ne 2 ] || [ -n "$listed" ]; then refuse "what is on $1 cannot be told, or is no filesystem: it is not touched"; return; fi
  for holder in "$SYS/$DISK/holders"/*; do
    [ ! -e "$holder" ] || { refuse "something else uses $1: ${holder##*/}"; return; }
  done
  ! awk -v name="/dev/$DISK" '$1 == name { found = 1 } END { exit !found }' /proc/swaps || refuse "$1 is in use as swap"
}

# is_empty VOLUME: zeros where filesystems, tables and labels keep what tells them: at the first and the last MiB, and 64 places in between.
is_empty() {
  local sectors parts part
  if ! whole sectors "$(<"$SYS/$DISK/size")" || [ "$sectors" -lt 32768 ]; then refuse "the size of $1 cannot be told"; return; fi
  # Of 64 KiB.
  parts=$((sectors / 128))
  for ((part = 0; part < 16; part++)); do is_zero "$1" "$part" && is_zero "$1" "$((parts - 1 - part))" || return; done
  for ((part = 1; part < 64; part++)); do is_zero "$1" "$((parts * part / 64))" || return; done
}

# is_zero VOLUME PART: false as well where less can be read.
is_zero() {
  timeout 60 dd if="/dev/$DISK" bs=65536 skip="$2" count=1 iflag=fullblock status=none | cmp -s -n 65536 - /dev/zero ||
    refuse "$1 has no filesystem that is known, and is not empty either: it is not touched"
}
