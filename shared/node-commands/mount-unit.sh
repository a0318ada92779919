# Who decides what a boot mounts at a path, where that is not /etc/fstab.

# mount_unit PATH: the unit that somebody has written for it, which has the last word; nothing where there is none.
mount_unit() {
  local unit directory
  command -v systemd-escape >/dev/null && unit=$(systemd-escape --path --suffix=mount -- "$1") || return 0
  for directory in /{etc,run,usr/local/lib,usr/lib,lib}/systemd/system; do
    [ ! -e "$directory/$unit" ] || { printf %s "$directory/$unit"; return; }
  done
}
