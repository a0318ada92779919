# What first boots that write to a data volume share. A client's user, a member of a group, or whoever has packed a bundle may have put anything there: no
# file of it is a mark, and root follows no link of it. What was done with a volume stands on the root disk, by the volume's id; on another root disk that is
# unknown. What has to be done before a client starts is done while the volume is mounted aside, where nobody but root gets to.

readonly MARKS=/var/lib/chainmend/volumes
readonly ASIDE=/run/chainmend/first-boot
readonly EDIT_SECONDS=20

# mark NAME [TEXT]: of this volume, on disk before it returns.
mark() {
  local file=$MARKS/$VOLUME.$1
  mkdir -p -- "$MARKS" && printf '%s' "${2-}" >"$file.new" && sync "$file.new" && mv -fT -- "$file.new" "$file" && sync "$MARKS" || refuse "$MARKS cannot be written"
}

marked() { [ -e "$MARKS/$VOLUME.$1" ]; }

# is_own: this script has made the filesystem on this very volume, which its UUID tells. That of a copy is another one, and what a heal has brought has none here.
is_own() { [ -n "$UUID" ] && [ "$UUID" = "$(own_uuid)" ]; }

# prepare: once, before the volume is mounted at its place. What it begins the next run goes on with.
prepare() {
  local status=0 options=nosuid,nodev,noexec
  if marked prepared; then return 0; fi
  [ "$FOUND" != xfs ] || options=$options,nouuid
  (umask 077 && mkdir -p -- "$ASIDE") && timeout 600 mount -t "$FOUND" -o "$options" -- "/dev/$DISK" "$ASIDE" ||
    { refuse "$VOLUME could not be mounted aside"; return; }
  prepare_aside || status=1
  clear_aside && [ "$status" -eq 0 ] && mark prepared
}

prepare_aside() {
  #copy take_copy || return
  #bundle load_bundle || return
  #network load_identity || return
  sync -f "$ASIDE"
}

# clear_aside: what a run that was cut off has left there, too.
clear_aside() {
  while awk -v path="$ASIDE" '$5 == path { found = 1 } END { exit !found }' /proc/self/mountinfo; do
    umount -- "$ASIDE" || { refuse "$ASIDE could not be unmounted"; return; }
  done
}

# without FOLDER NAME WHAT: there is nothing by that name there. A link on the way could lead out of it, or to another place once it is mounted elsewhere.
without() {
  local parent=$1/$2
  parent=${parent%/*}
  while ! [ -e "$parent" ] && ! [ -L "$parent" ]; do parent=${parent%/*}; done
  [ "$(readlink -f -- "$parent")" = "$parent" ] && rm -rf --one-file-system -- "${1:?}/$2" || refuse "$MOUNT_PATH/$2 could not be removed from $3"
}

# below PATH: its name on the volume; false where it lies elsewhere.
below() { case $1 in "$MOUNT_PATH"/?*) printf '%s' "${1#"$MOUNT_PATH"/}" ;; *) return 1 ;; esac; }

# has_entries NAME: the volume has anything besides what mkfs makes, and that. What cannot be told counts as such.
has_entries() {
  local left
  left=$(find "$ASIDE" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name "$1" -print -quit) || return 0
  [ -n "$left" ]
}

# edit FILE FUNCTION ARGUMENT...: what the function, which reads the file NAME, prints takes its place. It runs as the user whose folder that is, in the
# folder, so that no link of that user leads root anywhere; root does it where nobody else can change the folder.
edit() (
  local file=$1 folder=${1%/*} owner mode run=()
  shift
  cd -- "$folder" && [ "$(readlink /proc/self/cwd)" = "$folder" ] || { say "$folder is not a folder of its own name"; return 1; }
  read -r owner mode < <(stat -c '%u:%g %A' .)
  case $owner/$mode in
    0:*/d????-??-*) ;;
    0:*) say "others than root can change $folder, which is root's"; return 1 ;;
    *) run=(setpriv --reuid "${owner%:*}" --regid "${owner#*:}" --clear-groups --no-new-privs --inh-caps=-all) ;;
  esac
  env -i LC_ALL=C PATH="$PATH" ${run[@]+"${run[@]}"} timeout --kill-after=2 "$EDIT_SECONDS" bash -u -o pipefail -c "$(declare -f edit_here "$1")
    edit_here \"\$@\"" chainmend "${file##*/}" "$@" 9>&-
)

# edit_here NAME FUNCTION ARGUMENT...
edit_here() {
  local name=$1 new
  shift
  [ -f "./$name" ] && ! [ -L "./$name" ] && new=$(mktemp -p . .chainmend.XXXXXXXX) || return
  if cp --preserve=mode,ownership -- "./$name" "$new" && "$1" "./$name" "${@:2}" >"$new" && sync "$new" && mv -fT -- "$new" "./$name"; then return 0; fi
  rm -f -- "$new"
  return 1
}
