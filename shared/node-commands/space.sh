# Mounts and their space, as the kernel tells it. The path itself is looked at last: a process may serve what is mounted there (FUSE), and
# need never answer.

# mounts_at PATH: "<device's number> <type> <source> <options>" of each mount at PATH, the topmost last.
mounts_at() {
  # The environment and not -v, which would interpret backslashes.
  PLACE=$1 awk '$5 == ENVIRON["PLACE"] { for (n = 7; n < NF && $n != "-"; n++); print $3, $(n + 1), $(n + 2), $6 "," $(n + 3) }' /proc/self/mountinfo
}

# mount_point PATH: where that is, with links on the way or without; nothing where nothing is mounted.
mount_point() {
  local path=$1
  [ -n "$(mounts_at "$path")" ] || path=$(timeout 5 readlink -f -- "$1")
  [ -z "$(mounts_at "$path")" ] || printf '%s' "$path"
}

BLOCK='' BLOCKS='' FREE='' AVAILABLE='' INODES='' INODES_FREE='' # in blocks of BLOCK bytes

# read_space PATH: all of these, of what is mounted there; AVAILABLE to a process without privileges, as df counts. False where none is told.
read_space() {
  local block blocks free available inodes inodes_free
  case $(mounts_at "$(mount_point "$1")" | tail -n 1) in
    '' | *' fuse'*) return 1 ;;
  esac
  read -r block blocks free available inodes inodes_free < <(timeout 10 stat -f -c '%S %b %f %a %c %d' -- "$1")
  whole BLOCK "$block" && whole BLOCKS "$blocks" && whole FREE "$free" && whole AVAILABLE "$available" && whole INODES "$inodes" &&
    whole INODES_FREE "$inodes_free"
}
