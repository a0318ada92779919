# What the next boot mounts: one line of /etc/fstab for each mount point, by the volume's id, with the line that stood there kept in a
# comment before it. By UUID a boot could take either of two copies of one filesystem.

# pinned PATH: the volume that a line of ours mounts there; nothing where there is none.
pinned() {
  awk -v path="$1" '$1 == "#chainmend" && $3 == path && $4 == "was" { print $2; exit }' /etc/fstab 2>/dev/null
}

# boot_with PATH VOLUME [pin]: its line is ours, or the one that was kept, where this is the volume that it was for. pin: the line that
# stands there is taken in keeping, and leads to the volume that it led to. False, with WHY, and nothing was changed.
boot_with() { boot_with_all "${3:-}" "$1" "$2"; }

# boot_with_all PIN [PATH VOLUME]...: all of these lines at once: a boot mounts no mixture of what belongs together.
boot_with_all() {
  local new=/etc/fstab.chainmend-new pin=$1 text
  shift
  [ "$#" -gt 0 ] || return 0
  if ! [ -f /etc/fstab ] || [ -L /etc/fstab ]; then refuse '/etc/fstab is not a file of its own'; return; fi
  text=$(cat /etc/fstab && echo .) || { refuse '/etc/fstab cannot be read'; return; }
  text=${text%.}
  while [ "$#" -gt 0 ]; do
    find_volume "$2" || return 1
    if ! [ -e "$SPEC" ]; then refuse "$SPEC is not there: /etc/fstab could not name $2"; return; fi
    if own_mount_unit "$1"; then return 1; fi
    if ! text=$(printf '%s' "$text" | fstab_with "$1" "$2" "$pin" && echo .); then refuse "/etc/fstab has several lines for $1"; return; fi
    text=${text%.}
    shift 2
  done
  if cp -p --preserve=all --remove-destination -- /etc/fstab "$new" && printf '%s' "$text" >"$new" && sync "$new" &&
    mv -fT -- "$new" /etc/fstab && sync /etc; then return 0; fi
  rm -f -- "$new"
  refuse '/etc/fstab could not be written'
}

# own_mount_unit PATH: a unit that somebody has written for it has the last word, and /etc/fstab none.
own_mount_unit() {
  local unit directory
  command -v systemd-escape >/dev/null || return 1
  unit=$(systemd-escape --path --suffix=mount -- "$1") || return 1
  for directory in /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
    [ -e "$directory/$unit" ] || continue
    FAULT=node WHY="$1 is mounted by $directory/$unit: what a boot mounts there cannot be changed in /etc/fstab"
    return 0
  done
  return 1
}

# fstab_with PATH VOLUME PIN: standard input with that change; false where the path has several lines.
fstab_with() {
  # The environment and not -v, which would interpret backslashes.
  SPEC=$SPEC KIND=$KIND PLACE=$1 VOLUME=$2 PIN=$3 awk '
    function active(line,   field) {
      split(line, field)
      # A slash at its end is allowed there.
      if (field[2] ~ /[^\/]/) sub(/\/+$/, "", field[2])
      return field[1] !~ /^#/ && field[2] == ENVIRON["PLACE"]
    }
    function pair(was, original,   field, kind, options, dump, pass, count) {
      count = original == "-" ? 0 : split(original, field)
      kind = count >= 3 ? field[3] : ENVIRON["KIND"]
      options = count >= 4 ? field[4] : "defaults,nofail"
      dump = count >= 5 ? field[5] : "0"
      pass = count >= 6 ? field[6] : "2"
      # The original may be attached yet, with the same UUID.
      if (ENVIRON["KIND"] == "xfs" && ("," options ",") !~ /,nouuid,/) options = options ",nouuid"
      print "#chainmend " ENVIRON["VOLUME"] " " ENVIRON["PLACE"] " was " was ": " original
      print ENVIRON["SPEC"] " " ENVIRON["PLACE"] " " kind " " options " " dump " " pass
    }
    { line[NR] = $0 }
    $1 == "#chainmend" && $3 == ENVIRON["PLACE"] && $4 == "was" && !kept {
      kept = NR; was = substr($5, 1, length($5) - 1); original = substr($0, index($0, " was ") + 5 + length($5) + 1)
    }
    active($0) { actives++; at = NR }
    END {
      if (actives > 1) exit 1
      for (n = 1; n <= NR; n++) {
        if (kept ? n == kept : n == at) {
          if (kept && was == ENVIRON["VOLUME"] && ENVIRON["PIN"] == "") { if (original != "-") print original }
          else if (kept) pair(was, original)
          else pair(ENVIRON["VOLUME"], line[n])
          done = 1
        } else if (!(kept && n == kept + 1)) print line[n]
      }
      if (!done) pair(ENVIRON["VOLUME"], "-")
    }'
}

# leads_to PATH VOLUME: the line that stands there leads to this volume already.
leads_to() {
  local spec
  find_volume "$2" || return 1
  spec=$(fstab_field "$1" 1)
  case $spec in
    '') return 1 ;;
    UUID=*) [ "${spec#UUID=}" = "$(blkid -p -s UUID -o value "/dev/$DEVICE" 2>/dev/null)" ] ;;
    LABEL=*) [ "${spec#LABEL=}" = "$(blkid -p -s LABEL -o value "/dev/$DEVICE" 2>/dev/null)" ] ;;
    /*) [ "$(readlink -f -- "$spec")" = "/dev/$DEVICE" ] ;;
    *) return 1 ;;
  esac
}

# systemd makes its mount units of /etc/fstab, and unmounts what hangs on a device of an old one that goes.
reload_units() {
  [ -d /run/systemd/system ] || return 0
  timeout 60 systemctl daemon-reload || say 'fstab: systemctl daemon-reload failed'
}
