# What this node remembers of commands: the highest (fence, ordinal) that it has noted and, once that command is done, its answer.
# Two lines in one file (MEMORY, by the kind of operation), replaced as a whole. On the root volume; in /run where the root volume cannot be written.

# Not in /run/lock, where on some distributions everybody may write, and hold it.
readonly LOCK=/run/chainmend/lock
readonly MEMORIES=(/var/lib/chainmend /run/chainmend)
SEEN_FENCE=0
SEEN_ORDINAL=0
RECORDED=

# below_seen FENCE ORDINAL: whether a higher pair has been seen. Numbers, never text: 9 is below 10.
below_seen() {
  local fence ordinal
  whole fence "$1" && whole ordinal "$2" || return 0
  [ "$fence" -lt "$SEEN_FENCE" ] || { [ "$fence" -eq "$SEEN_FENCE" ] && [ "$ordinal" -lt "$SEEN_ORDINAL" ]; }
}

# recall: the highest of what both memories hold; of two equals the one that knows the answer.
recall() {
  local directory noted answer
  for directory in "${MEMORIES[@]}"; do
    [ -r "$directory/$MEMORY" ] || continue
    noted='' answer=''
    { read -r noted && IFS= read -r answer; } <"$directory/$MEMORY" || true
    if ! [[ $noted =~ ^[0-9]{1,12}\.[0-9]{1,6}$ && $answer =~ ^[[:print:]]*$ ]]; then
      say "memory: $directory/$MEMORY is not readable and counts as lost"
      continue
    fi
    if below_seen "${noted%.*}" "${noted#*.}"; then continue; fi
    if [ "$noted" != "$SEEN_FENCE.$SEEN_ORDINAL" ]; then RECORDED=; fi
    whole SEEN_FENCE "${noted%.*}" && whole SEEN_ORDINAL "${noted#*.}"
    [ -z "$answer" ] || RECORDED=$answer
  done
}

# remember LINE...: on disk before it returns, or false. Only under the lock. The file is synced before it takes the old one's place, then
# the directory. `sync` of coreutils before 8.24 (Amazon Linux 2) takes no operand and syncs everything: slower, and as safe.
remember() {
  local directory new
  for directory in "${MEMORIES[@]}"; do
    new=$directory/$MEMORY.new
    if mkdir -p "$directory" &&
      printf '%s\n' "$@" | dd of="$new" conv=fsync status=none &&
      mv -fT "$new" "$directory/$MEMORY" && sync "$directory"; then return 0; fi
    rm -f "$new"
    say "memory: $directory cannot be written"
  done
  return 1
}

# take_lock: waits for another command of ours until this one's start-by; false if that was in vain. Held on descriptor 9 until the script and all that it
# started have ended, so that a tool which outlives a killed script keeps the next command out.
take_lock() {
  local now patience
  whole now "$(date +%s)"
  patience=$((SSM_StartBy - now))
  mkdir -p "${LOCK%/*}"
  exec 9>"$LOCK" || end failed "$LOCK cannot be opened: nothing was done"
  if [ "$patience" -gt 0 ]; then flock -w "$patience" 9; else flock -n 9; fi
}
