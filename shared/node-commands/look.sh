# One command that only looks, within its run limit: no lock is taken, nothing is remembered and nothing is written to a disk, so that it
# may be sent in every mode, at any time, and as often as one likes.

SEEN_FENCE=0
BEFORE=null
AFTER=null
WHY=
readonly UNTOLD='nothing was changed'

recall() { :; }

main() {
  local result='done'
  if is_late; then end late "$(lateness)"; fi
  perform 3>&- || result=failed
  reply "$(answer_line "$result" "$BEFORE" "$AFTER" "$WHY")"
}
