# What the next boot mounts: one line of /etc/fstab for each mount point, by the volume's id, with the line that stood there kept in a
# comment before it. By UUID a boot could take either of two copies of one filesystem.

# pinned PATH: the volume that a line of ours mounts there; nothing where there is none.
pinned() {
  awk -v path="$1" '$1 == "#chainmend" && $3 == path && $4 == "was" { print $2; exit }' /etc/fstab 2>/dev/null
}

# boot_with PIN [PATH VOLUME]...: the line of each is ours, or the one that was kept, where this is the volume that it was for. PIN is "pin":
# the line that stands there is taken in keeping, and leads to the volume that it led to; or empty. False, with WHY, and nothing was
# changed. All of these lines at once: a boot mounts no mixture of what belongs together.
boot_with() {
  local new=/etc/fstab.chainmend-new pin=$1 text unit
  shift
  [ "$#" -gt 0 ] || return 0
  if ! [ -f /etc/fstab ] || [ -L /etc/fstab ]; then refuse '/etc/fstab is not a file of its own'; return; fi
  text=$(cat /etc/fstab && echo .) || { refuse '/etc/fstab cannot be read'; return; }
  text=${text%.}
  while [ "$#" -gt 0 ]; do
    find_volume "$2" || return
    [ -e "$SPEC" ] || { refuse "$SPEC is not there: /etc/fstab could not name $2"; return; }
    unit=$(mount_unit "$1")
    [ -z "$unit" ] || { refuse "$1 is mounted by $unit: /etc/fstab does not change what a boot mounts"; return; }
    if ! text=$(printf '%s' "$text" | fstab_with "$1" "$2" "$pin" && echo .); then refuse "/etc/fstab has several lines for $1"; return; fi
    text=${text%.}
    shift 2
  done
  if cp -p --preserve=all --remove-destination -- /etc/fstab "$new" && printf '%s' "$text" >"$new" && sync "$new" &&
    mv -fT -- "$new" /etc/fstab && sync /etc; then return 0; fi
  rm -f -- "$new"
  refuse '/etc/fstab could not be written'
}

# fstab_with PATH VOLUME PIN: standard input with that change; false where the path has several lines. A slash at the end of a path is
# allowed there. The original may be attached yet, with the same UUID: nouuid.
fstab_with() {
  awk -v place="$1" -v volume="$2" -v pin="$3" -v spec="$SPEC" -v type="$KIND" '
function is_active(line, field) {
  split(line, field)
  if (field[2] ~ /[^\/]/) sub(/\/+$/, "", field[2])
  return field[1] !~ /^#/ && field[2] == place
}
function pair(was, original, field, count) {
  count = original == "-" ? 0 : split(original, field)
  if (count < 3) field[3] = type
  if (count < 4) field[4] = "defaults,nofail"
  if (count < 5) field[5] = 0
  if (count < 6) field[6] = 2
  field[4] = field[4] ",nosuid,nodev" (type != "xfs" || ("," field[4] ",") ~ /,nouuid,/ ? "" : ",nouuid")
  print "#chainmend", volume, place, "was", was ":", original
  print spec, place, field[3], field[4], field[5], field[6]
}
{ line[NR] = $0 }
$1 == "#chainmend" && $3 == place && $4 == "was" && !kept {
  kept = NR; was = substr($5, 1, length($5) - 1); original = substr($0, index($0, " was ") + 5 + length($5) + 1)
}
is_active($0) { actives++; at = NR }
END {
  if (actives > 1) exit 1
  for (n = 1; n <= NR; n++) {
    if (kept ? n == kept : n == at) {
      if (kept && was == volume && pin == "") { if (original != "-") print original }
      else if (kept) pair(was, original)
      else pair(volume, line[n])
      done = 1
    } else if (!(kept && n == kept + 1)) print line[n]
  }
  if (!done) pair(volume, "-")
}'
}

# leads_to PATH VOLUME: the line that stands there leads to this volume already.
leads_to() {
  local spec
  find_volume "$2" || return
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
  ctl daemon-reload || say 'fstab: systemctl daemon-reload failed'
}
