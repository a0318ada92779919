# Who can change what a path leads to. A path is walked here part by part, and nothing is opened: a link, a pipe or a device that
# somebody has put in the place of a file does no harm.

STEPS=() # "<owner> <group> <rights> <path>" of each folder and link on the way, and of what the path leads to
REAL=    # the path without links

# walk PATH: STEPS and REAL; false, with WHY, where it leads nowhere: 2 where there is nothing.
walk() {
  local left=$1/ part step target served
  STEPS=() REAL=
  case $1 in /*) ;; *) WHY="$1 is not an absolute path"; return 1 ;; esac
  # A filesystem that somebody's process serves (FUSE) need never answer.
  served=" $(awk '{ for (n = 7; n < NF && $n != "-"; n++); if ($(n + 1) ~ /^fuse/) printf "%s ", $5 }' /proc/self/mountinfo)"
  while [ -n "$left" ]; do
    part=${left%%/*} left=${left#*/}
    case $part in
      '' | .) continue ;;
      ..) REAL=${REAL%/*}; continue ;;
    esac
    case $served in *" $REAL/$part "*) WHY="$1 lies on $REAL/$part, which a process serves (FUSE)"; return 1 ;; esac
    if ! step=$(stat -c '%u %g %A' -- "$REAL/$part" 2>/dev/null); then WHY="$1 is not a file"; return 2; fi
    STEPS+=("$step $REAL/$part")
    case $step in
      *' l'*)
        target=$(readlink -- "$REAL/$part")
        if [ "${#STEPS[@]}" -gt 100 ] || ! [[ $target =~ ^[!-~]+$ ]]; then fail "$REAL/$part leads in a circle, or to a name that is not plain ASCII"; return; fi
        case $target in /*) REAL= ;; esac
        left=$target/$left
        ;;
      *) REAL=$REAL/$part ;;
    esac
  done
}

# only_root PATH: root alone can change what PATH leads to, and what leads there; false, with WHY.
only_root() {
  local step
  walk "$1" || return
  for step in "${STEPS[@]}"; do
    if [[ $step =~ ^0\ [0-9]+\ (l|[-d]....-..-) ]]; then continue; fi
    WHY="root does not use $1: others can change ${step#* * * }"
    return 1
  done
}

# is_here FOLDER: the working directory is that one. From then on it stays the same, whatever becomes of the names that led to it.
is_here() { [ "$(readlink /proc/self/cwd; echo .)" = "$1"$'\n.' ]; }
