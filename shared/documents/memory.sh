# What this node remembers of commands: the highest (fence, ordinal) that it has noted and, once that command is done, its answer.
# Two lines in one file (MEMORY, by the kind of operation), replaced as a whole. On the root volume; in /run where the root volume cannot be written.

# Not in /run/lock, where on some distributions everybody may write, and hold it.
readonly LOCK=/run/chainmend/lock
readonly MEMORIES=(/var/lib/chainmend /run/chainmend)
SEEN_FENCE=0
SEEN_ORDINAL=0
RECORDED=

# below FENCE ORDINAL FENCE ORDINAL: whether the first pair is lower. Numbers, never text: 9 is below 10.
below() { [ "$1" -lt "$3" ] || { [ "$1" -eq "$3" ] && [ "$2" -lt "$4" ]; }; }

# recall: the highest of what both memories hold; of two equals the one that knows the answer.
recall() {
  local directory noted answer fence ordinal
  for directory in "${MEMORIES[@]}"; do
    [ -r "$directory/$MEMORY" ] || continue
    noted='' answer=''
    { read -r noted && read -r answer; } <"$directory/$MEMORY" || true
    if ! [[ $noted =~ $OPERATION_ID_PATTERN ]]; then
      say "memory: $directory/$MEMORY is not readable and counts as lost"
      continue
    fi
    fence=${noted%.*} ordinal=${noted#*.}
    if below "$fence" "$ordinal" "$SEEN_FENCE" "$SEEN_ORDINAL"; then continue; fi
    if [ "$fence.$ordinal" != "$SEEN_FENCE.$SEEN_ORDINAL" ]; then RECORDED=; fi
    SEEN_FENCE=$fence SEEN_ORDINAL=$ordinal
    [ -z "$answer" ] || RECORDED=$answer
  done
}

# remember LINE...: on disk before it returns, or false. Only under the lock.
remember() {
  local directory
  for directory in "${MEMORIES[@]}"; do
    if write_memory "$directory" "$@"; then return 0; fi
    say "memory: $directory cannot be written"
  done
  return 1
}

# The file is synced before it takes the old one's place, then the directory. `sync` of coreutils before 8.24 (Amazon Linux 2)
# takes no operand and syncs everything: slower, and as safe.
write_memory() {
  local directory=$1 new=$1/$MEMORY.new
  shift
  mkdir -p "$directory" &&
    printf '%s\n' "$@" | dd of="$new" conv=fsync status=none &&
    mv -fT "$new" "$directory/$MEMORY" &&
    sync "$directory" && return 0
  rm -f "$new"
  return 1
}

# take_lock: waits for another command of ours until this one's start-by; false if that was in vain. Held on descriptor 9 until the script and all that it
# started have ended, so that a tool which outlives a killed script keeps the next command out.
take_lock() {
  local patience=$((SSM_StartBy - $(date +%s)))
  mkdir -p "${LOCK%/*}"
  exec 9>"$LOCK" || reply "$(answer_line failed null null "$LOCK cannot be opened: nothing was done")"
  if [ "$patience" -gt 0 ]; then flock -w "$patience" 9; else flock -n 9; fi
}
