# When a command may begin, and what is answered where its run limit has ended it.

# is_late: the start-by has passed; NOW is what time it is.
is_late() {
  whole NOW "$(date +%s)"
  [ "$NOW" -gt "$SSM_StartBy" ]
}

# lateness: both moments as a person reads them. Whether the command was slow or the clock is ahead, nobody on this machine knows.
lateness() {
  printf 'this was to begin by %s, and the clock here says %s: the command came late, or that clock is ahead' \
    "$(date -u -d "@$SSM_StartBy" +%H:%M:%SZ)" "$(date -u -d "@$NOW" +%H:%M:%SZ)"
}

# ended STATUS: of the part that does the work.
ended() {
  local why="ended with status $1: $UNTOLD"
  case $1 in
    0 | 2) exit "$1" ;;
    124 | 137) why="stopped at its run limit of $SSM_RunLimitSeconds s, or killed: $UNTOLD$REST" ;;
  esac
  recall
  end failed "$why"
}
