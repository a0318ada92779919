# One command, from its check to its recorded result, under the node's one lock and within its own run limit.

BEFORE=null
AFTER=null
WHY=
readonly UNTOLD='what was done is not known'

main() {
  local line result='done'
  if ! take_lock; then recall; end late "another command held this node's lock until the start-by"; fi
  recall
  if below_seen "${SSM_OperationId%.*}" "${SSM_OperationId#*.}"; then end stale "this node has seen $SEEN_FENCE.$SEEN_ORDINAL"; fi
  if [ "$SSM_OperationId" = "$SEEN_FENCE.$SEEN_ORDINAL" ] && [ -n "$RECORDED" ]; then
    say "already done: answering what was recorded"
    reply "$RECORDED"
  fi
  if is_late; then end late "$(lateness)"; fi
  if ! remember "$SSM_OperationId"; then end failed "this node cannot note the command in ${MEMORIES[*]}: nothing was done"; fi
  whole SEEN_FENCE "${SSM_OperationId%.*}"
  # No tool holds our output open, however long it lives.
  perform 3>&- || result=failed
  line=$(answer_line "$result" "$BEFORE" "$AFTER" "$WHY")
  # SSM cuts off what is longer than 24,000 characters, and half a line says nothing.
  [ "${#line}" -le 23000 ] || line=$(answer_line "$result" null "$AFTER" "$WHY")
  [ "${#line}" -le 23000 ] || line=$(answer_line "$result" null null "$WHY")
  remember "$SSM_OperationId" "$line" || say 'the answer could not be recorded: the same command would be done again, by state'
  reply "$line"
}
