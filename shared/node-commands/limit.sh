# When a command may begin, and what is answered where its run limit has ended it.

# is_late: the start-by has passed; NOW is what time it is.
is_late() {
  whole NOW "$(date +%s)"
  [ "$NOW" -gt "$SSM_StartBy" ]
}

# ended STATUS: of the part that does the work.
ended() {
  local why="ended with status $1: $UNTOLD"
  case $1 in
    0 | 2) exit "$1" ;;
    124 | 137) why="stopped at its run limit of $SSM_RunLimitSeconds s, or killed: $UNTOLD" ;;
  esac
  recall
  end failed "$why"
}
