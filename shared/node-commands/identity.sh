# The files that make a node itself: carried from the volume that goes, or taken from one that comes; and a signing state, which never
# goes back. Both volumes are mounted aside meanwhile, where no user but root gets to. What leads elsewhere there ends the command.

readonly IDENTITY_FILES_MAX=10000
readonly IDENTITY_KIB_MAX=262144

# below_mount MOUNT NAME: MOUNT/NAME is no other than that, on its very filesystem; false, with WHY.
below_mount() {
  local parent=$1/$2 real
  parent=${parent%/*}
  # Of a directory that is not there the nearest one above it.
  while ! [ -e "$parent" ] && ! [ -L "$parent" ]; do parent=${parent%/*}; done
  real=$(readlink -f -- "$parent")
  if [ "$real" != "$parent" ] || [ "$(stat -c %d -- "$parent")" != "$(stat -c %d -- "$1")" ]; then refuse "$1/$2 leads elsewhere, to $real"; fi
}

# modest PATH: it is what an identity can be; a chain's data are not, and no device is.
modest() {
  local files kib odd
  whole files "$(timeout 60 find "$1" -xdev -printf '.\n' | head -n "$((IDENTITY_FILES_MAX + 1))" | wc -l)"
  whole kib "$(timeout 60 du -skx --apparent-size -- "$1" | cut -f 1)"
  odd=$(timeout 60 find "$1" -xdev \( -type b -o -type c \) -print -quit)
  if [ -n "$odd" ]; then refuse "$odd is a device: that is no identity"; return; fi
  if [ "$files" -le "$IDENTITY_FILES_MAX" ] && [ -n "$kib" ] && [ "$kib" -le "$IDENTITY_KIB_MAX" ]; then return 0; fi
  refuse "$1 has $files files and ${kib:-?} KiB: that is no identity ($IDENTITY_FILES_MAX files, $IDENTITY_KIB_MAX KiB)"
}

# take_away MOUNT NAME: identity of another node, one file after the other, on a copy that was made for this node.
take_away() {
  local path=$1/$2
  below_mount "$1" "$2" || return
  if ! is_there "$path"; then return 0; fi
  if [ -L "$path" ] || [ -f "$path" ]; then rm -f -- "$path" && return 0; fi
  if [ -d "$path" ] && ! [ -L "$path" ]; then
    modest "$path" || return
    find "$path" -xdev -depth \( -type f -o -type l -o -type d -o -type s -o -type p \) -delete && return 0
  fi
  refuse "$path could not be taken away"
}

# carry OURS THEIRS NAME: what lies below OURS by that name stands below THEIRS; what does not is taken from there.
carry() {
  take_away "$2" "$3" || return
  if ! is_there "$1/$3"; then return 0; fi
  below_mount "$1" "$3" && modest "$1/$3" && copy_below "$@"
}

# copy_below OURS THEIRS NAME: with the directories above it that are not there, and whose they are.
copy_below() {
  (cd -- "$1" && cp -a --parents --remove-destination -- "./$3" "$2/") || refuse "$3 could not be carried over"
}

# not_lost OURS THEIRS NAME: where a signing state is missing and the copy's has signed, what was signed after the copy is forgotten. That of
# a node that never signed has height 0. One that signs has its state where its owner says: elsewhere nobody would keep it.
not_lost() {
  below_mount "$1" "$3" && below_mount "$2" "$3" || return
  if is_there "$1/$3"; then return 0; fi
  if ! is_there "$2/$3"; then
    case ${SSM_Carry-} in *-signed) ;; *) return 0 ;; esac
  elif [[ $(signed "$2/$3") = ' 000000000000000 '* ]]; then return 0; fi
  refuse "$3 is not there: nobody knows what was signed"
}

# keep_newest OURS THEIRS NAME: the signing state with the greater height stays below THEIRS. One that cannot be read could be the highest.
keep_newest() {
  local ours theirs
  below_mount "$2" "$3" && below_mount "$1" "$3" || return
  if ! is_there "$1/$3"; then return 0; fi
  if ! { ours=$(signed "$1/$3") && theirs=$(signed "$2/$3"); }; then refuse "$3 cannot be read: nobody knows what was signed"; return; fi
  [[ ! $ours > $theirs ]] || copy_below "$@"
}

# signed FILE: height, round and step, so that a later one sorts after an earlier one; nothing where there is no such file, which sorts
# before all. CometBFT, types/priv_validator.go, has no order of members. What could be read in two ways is not read.
signed() {
  local text key number told=
  if ! is_there "$1"; then return 0; fi
  # A link could lead from the volume that goes to the one that comes.
  [ -f "$1" ] && ! [ -L "$1" ] && text=$(head -c 65536 -- "$1" | tr -c '[:print:]' ' ') || return
  for key in height round step; do
    number=0
    case $text in
      *\\* | *"\"$key\""*"\"$key\""*) return 1 ;;
      *"\"$key\""*) [[ $text =~ \"$key\"\ *:\ *\"?([0-9]{1,15})\"?[\ ,}] ]] && whole number "${BASH_REMATCH[1]}" || return 1 ;;
      *) [ "$key" != height ] || return 1 ;;
    esac
    printf -v told '%s %015d' "$told" "$number"
  done
  printf '%s' "$told"
}

# place_of PATH: the mount point among PLACES that it lies below, the nearest one.
place_of() {
  local path nearest=
  for path in "${PLACES[@]}"; do
    case $1 in "$path"/?*) nearest=$path ;; esac
  done
  printf '%s' "$nearest"
}

# index_of PATH: of that mount point, which is its volume's name aside.
index_of() {
  local index place
  place=$(place_of "$1")
  for index in "${!PLACES[@]}"; do
    if [ "${PLACES[index]}" = "$place" ]; then printf '%s' "$index"; fi
  done
}
