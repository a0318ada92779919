# The files that make a node itself: carried from the volume that goes, or taken from one that comes; and a signing state, which never
# goes back. What is not where it is said to be, or leads elsewhere, ends the command.

readonly IDENTITY_FILES_MAX=10000
readonly IDENTITY_KIB_MAX=262144

# below MOUNT PATH: the path is no other than that below the mount point, on its very filesystem; false, with WHY.
below_mount() {
  local parent=${2%/*} real device
  FAULT=node
  case $2 in "$1"/?*) ;; *) WHY="$2 does not lie below $1"; return 1 ;; esac
  if ! findmnt -n -M "$1" >/dev/null; then WHY="$1 is not a mount point"; return 1; fi
  # Of a directory that is not there the nearest one above it.
  while ! [ -e "$parent" ] && ! [ -L "$parent" ]; do parent=${parent%/*}; done
  real=$(readlink -f -- "$parent") device=$(stat -c %d -- "$parent")
  if [ "$real" != "$parent" ] || [ "$device" != "$(stat -c %d -- "$1")" ]; then WHY="$2 leads elsewhere, to $real"; return 1; fi
  if findmnt -n -M "$2" >/dev/null; then WHY="$2 is a mount point of its own"; return 1; fi
  FAULT=none
}

# modest PATH: it is what an identity can be; a chain's data are not.
modest() {
  local files kib rest
  files=$(find "$1" -xdev | head -n $((IDENTITY_FILES_MAX + 1)) | wc -l)
  read -r kib rest < <(du -skx -- "$1")
  if [ "$files" -le "$IDENTITY_FILES_MAX" ] && [ "${kib:-$((IDENTITY_KIB_MAX + 1))}" -le "$IDENTITY_KIB_MAX" ]; then return 0; fi
  FAULT=node WHY="$1 has $files files and ${kib:-?} KiB: that is no identity ($IDENTITY_FILES_MAX files, $IDENTITY_KIB_MAX KiB)"
  return 1
}

# take_away MOUNT PATH: identity of another node, one file after the other, on a copy that was made for this node.
take_away() {
  below_mount "$1" "$2" || return 1
  if ! [ -e "$2" ] && ! [ -L "$2" ]; then return 0; fi
  if [ -L "$2" ] || [ -f "$2" ]; then rm -f -- "$2" && return 0; fi
  if [ -d "$2" ] && ! [ -L "$2" ]; then
    modest "$2" || return 1
    find "$2" -xdev -depth \( -type f -o -type l -o -type d -o -type s -o -type p \) -delete && return 0
  fi
  FAULT=node WHY="$2 could not be taken away"
  return 1
}

# carry OURS MOUNT PATH: what lies below OURS by that name stands at PATH; what does not is taken from there.
carry() {
  local from=$1${3#"$2"}
  take_away "$2" "$3" || return 1
  if ! [ -e "$from" ] && ! [ -L "$from" ]; then return 0; fi
  below_mount "$1" "$from" && modest "$from" || return 1
  copy_below "$1" "$2" "$3" && return 0
  FAULT=node WHY="$3 could not be carried over"
  return 1
}

# copy_below OURS MOUNT PATH: with the directories above it that are not there, and whose they are.
copy_below() { (cd -- "$1" && cp -a --parents --remove-destination -- ".${3#"$2"}" "$2/"); }

# keep_newest OURS MOUNT PATH: the signing state with the greater height stays at PATH. One that cannot be read could be the highest.
keep_newest() {
  local from=$1${3#"$2"} old now
  below_mount "$2" "$3" && below_mount "$1" "$from" || return 1
  if ! [ -e "$from" ] && ! [ -L "$from" ]; then return 0; fi
  if ! { old=$(signed "$from") && now=$(signed "$3"); }; then
    FAULT=node WHY="$3 cannot be read: nobody knows what was signed"
    return 1
  fi
  if [[ ! $old > $now ]]; then return 0; fi
  copy_below "$1" "$2" "$3" && return 0
  FAULT=node WHY="$3 could not be carried over"
  return 1
}

# signed FILE: height, round and step, so that a later one sorts after an earlier one; nothing where there is no such file, which sorts
# before all. CometBFT, types/priv_validator.go, has no order of members.
signed() {
  local text height round step
  if ! [ -e "$1" ] && ! [ -L "$1" ]; then return 0; fi
  # A link could lead from the volume that goes to the one that comes.
  [ -f "$1" ] && ! [ -L "$1" ] && text=$(head -c 65536 -- "$1" | tr '\n\t\r' '   ') || return 1
  [[ $text =~ \"height\"\ *:\ *\"?([0-9]{1,18})\"?[\ ,}] ]] || return 1
  height=${BASH_REMATCH[1]} round=0 step=0
  if [[ $text =~ \"round\"\ *:\ *\"?([0-9]{1,9})\"?[\ ,}] ]]; then round=${BASH_REMATCH[1]}; fi
  if [[ $text =~ \"step\"\ *:\ *\"?([0-9]{1,3})\"?[\ ,}] ]]; then step=${BASH_REMATCH[1]}; fi
  printf '%018d %09d %03d' "$((10#$height))" "$((10#$round))" "$((10#$step))"
}

# place_of PATH: the mount point among PLACE_PATHS that it lies below, the nearest one.
place_of() {
  local path nearest=
  for path in "${PLACE_PATHS[@]}"; do
    case $1 in "$path"/?*) nearest=$path ;; esac
  done
  printf '%s' "$nearest"
}
