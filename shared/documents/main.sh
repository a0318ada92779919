# One command, from its check to its recorded result, under the node's one lock and within its own run limit.

BEFORE=null
AFTER=null
WHY=

main() {
  local fence=${SSM_OperationId%.*} ordinal=${SSM_OperationId#*.} line result='done'
  if ! take_lock; then
    recall
    reply "$(answer_line late null null "another command held this node's lock until the start-by")"
  fi
  recall
  if below "$fence" "$ordinal" "$SEEN_FENCE" "$SEEN_ORDINAL"; then
    reply "$(answer_line stale null null "this node has seen $SEEN_FENCE.$SEEN_ORDINAL")"
  fi
  if [ "$SSM_OperationId" = "$SEEN_FENCE.$SEEN_ORDINAL" ] && [ -n "$RECORDED" ]; then
    say "already done: answering what was recorded"
    reply "$RECORDED"
  fi
  if [ "$(date +%s)" -gt "$SSM_StartBy" ]; then
    reply "$(answer_line late null null "the start-by has passed: $SSM_StartBy, now $(date +%s)")"
  fi
  if ! remember "$SSM_OperationId"; then
    reply "$(answer_line failed null null "this node cannot note the command in ${MEMORIES[*]}: nothing was done")"
  fi
  SEEN_FENCE=$fence SEEN_ORDINAL=$ordinal
  perform || result=failed
  line=$(answer_line "$result" "$BEFORE" "$AFTER" "$WHY")
  # SSM cuts off what is longer than 24,000 characters, and half a line says nothing.
  [ "${#line}" -le 23000 ] || line=$(answer_line "$result" null "$AFTER" "$WHY")
  [ "${#line}" -le 23000 ] || line=$(answer_line "$result" null null "$WHY")
  remember "$SSM_OperationId" "$line" || say 'the answer could not be recorded: the same command would be done again, by state'
  reply "$line"
}

# The limit is kept by timeout(1), which ends this script and all that it started. What is half-way then is done again, by state.
limited() {
  local status=0
  CHAINMEND_LIMITED=yes timeout --kill-after=5 "$SSM_RunLimitSeconds" "$BASH" "$0" >&3 3>&- || status=$?
  if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
    recall
    reply "$(answer_line failed null null "stopped at its run limit of $SSM_RunLimitSeconds s, or killed: what was done is not known")"
  fi
  case $status in 0 | 2) exit "$status" ;; esac
  recall
  reply "$(answer_line failed null null "ended with status $status: what was done is not known")"
}

check_parameters
if [ "${CHAINMEND_LIMITED:-no}" = yes ]; then main; else limited; fi
