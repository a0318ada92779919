# Files in folders that a client's user can change. The owner of the file reads and writes it, never root, so that links, pipes and
# races harm nobody but that user. Root does it where root alone can change every folder on the way.

FOLDER='' NAME='' # where the file lies, without links
OWNER='' GROUP='' # whose it is
WORKER=           # who reads and writes it
WORK_SECONDS=20 # what an owner's process and the pipe behind it may take

# locate PATH: all of the above; false, with WHY, where another user than root and the owner can change the way to the file.
locate() {
  local step user rights path shared='' sticky='' last
  walk "$1" || return
  FOLDER=${REAL%/*} NAME=${REAL##*/} WORKER=0
  FOLDER=${FOLDER:-/}
  last=$((${#STEPS[@]} - 1))
  if [ "$last" -lt 0 ] || ! [[ ${STEPS[last]} =~ ^([0-9]+)\ ([0-9]+)\ - ]]; then fail "$1 is not a file"; return; fi
  OWNER=${BASH_REMATCH[1]} GROUP=${BASH_REMATCH[2]}
  for step in "${STEPS[@]}"; do
    [[ $step =~ ^([0-9]+)\ [0-9]+\ ([^ ]+)\ (.*)$ ]] || return
    user=${BASH_REMATCH[1]} rights=${BASH_REMATCH[2]} path=${BASH_REMATCH[3]}
    case $user/$rights in
      0/-* | 0/l* | 0/d????-??-? | "$OWNER"/-*) continue ;;
      # Nobody changes what is another's there. Whose a file is can put something else in its place.
      0/d*[tT]) sticky=$path; continue ;;
      0/*) ;;
      "$OWNER"/*) ;;
      */l*) WHY="$path is a link of another user than whose the file is that it leads to"; return 1 ;;
      *) WHY="$path belongs to user $user, and the file $1 to user $OWNER"; return 1 ;;
    esac
    shared=$path
  done
  if [ "$OWNER" != 0 ] && [ "$sticky" = "$FOLDER" ]; then shared=$sticky; fi
  if [ -z "$shared" ]; then stays_on_volume; return; fi
  WORKER=$OWNER
  if [ "$OWNER" = 0 ]; then fail "$1 is root's, and others can change $shared, through which it is reached"; return; fi
  if [ "$EUID" != 0 ] || command -v setpriv >/dev/null; then return 0; fi
  fail "setpriv (util-linux) is not installed: root does not touch $1, a file of user $OWNER"
}

# stays_on_volume: false, with WHY, where a link of a volume led to another filesystem. A container's root is root on what it has mounted,
# and could make root read or write anything so.
stays_on_volume() {
  local step mount
  for step in "${STEPS[@]}"; do
    if [[ $step != *' l'* ]]; then continue; fi
    mount=$(mount_above "${step#* * * }")
    if [ "$mount" = / ] || [ "$mount" = "$(mount_above "$REAL")" ]; then continue; fi
    WHY="${step#* * * } leads from one filesystem to another"
    return 1
  done
}

# mount_above PATH: the mount point that PATH lies on.
mount_above() {
  PLACE=$1/ awk '
    { place = $5 == "/" ? "/" : $5 "/" }
    index(ENVIRON["PLACE"], place) == 1 && length($5) >= length(at) { at = $5 }
    END { print at }' /proc/self/mountinfo
}

# as_owner FUNCTION [ARGUMENT...]: one of the functions that end with _here, in FOLDER and as WORKER: with nothing of ours but standard
# output. Other processes of that user can look into this one and change it.
as_owner() (
  cd -- "$FOLDER" && is_here "$FOLDER" || exit 1
  exec 3>&- 9>&- 2>/dev/null
  run=(env -i LC_ALL=C PATH="$PATH" timeout --kill-after=2 "$WORK_SECONDS")
  if [ "$EUID" = 0 ] && [ "$WORKER" != 0 ]; then
    run+=(setpriv --reuid "$WORKER" --no-new-privs --inh-caps=-all)
    # The owner's own groups. Of a user that this node does not know, as in a container, the file's, if the node does not know that either.
    IFS=: read -r name _ _ group _ < <(timeout 5 getent passwd "$WORKER")
    if [[ ${name:-} =~ ^[A-Za-z0-9_][A-Za-z0-9_.@-]*$ && $group =~ ^[0-9]+$ ]]; then
      run+=(--regid "$group" --groups "$(timeout 5 id -G -- "$name" | tr ' ' ,)")
    else
      status=0
      timeout 5 getent group "$GROUP" >/dev/null || status=$?
      [ "$status" = 2 ] || GROUP=65534
      run+=(--regid "$GROUP" --clear-groups)
    fi
  fi
  run+=("$BASH" -u -o pipefail -c "umask 077; $(declare -f whole is_open open_here tell_here edited put_here edit_here back_here 2>/dev/null)
    \"\$@\"" chainmend)
  exec "${run[@]}" "$@"
)

# is_open DESCRIPTOR NAME: it is a file of this folder by that very name, so that no link has led to it.
is_open() {
  local here
  here=$(readlink /proc/self/cwd)
  [ -f "/proc/self/fd/$1" ] && [ "$(readlink "/proc/self/fd/$1")" = "${here%/}/$2" ]
}

# open_here NAME: on descriptor 5.
open_here() { [ -f "./$1" ] && ! [ -L "./$1" ] && exec 5<"./$1" && is_open 5 "$1"; }

tell_here() { open_here "$1" && cat <&5; }
