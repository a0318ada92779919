# One command that only looks, within its run limit: no lock is taken, nothing is remembered and nothing is written to a disk, so that it
# may be sent in every mode, at any time, and as often as one likes.

SEEN_FENCE=0
BEFORE=null
AFTER=null
WHY=

recall() { :; }

main() {
  local result='done'
  if [ "$(date +%s)" -gt "$SSM_StartBy" ]; then
    reply "$(answer_line late null null "the start-by has passed: $SSM_StartBy, now $(date +%s)")"
  fi
  perform || result=failed
  reply "$(answer_line "$result" "$BEFORE" "$AFTER" "$WHY")"
}

limited() {
  local status=0
  CHAINMEND_LIMITED=yes timeout --kill-after=5 "$SSM_RunLimitSeconds" "$BASH" "$0" >&3 3>&- || status=$?
  if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
    reply "$(answer_line failed null null "stopped at its run limit of $SSM_RunLimitSeconds s, or killed")"
  fi
  exit "$status"
}

check_parameters
if [ "${CHAINMEND_LIMITED:-no}" = yes ]; then main; else limited; fi
