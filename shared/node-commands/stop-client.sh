# The operation: the clients are stopped, with evidence of how they ended; then, where asked, masked, and the volumes unmounted.

perform() {
  local status
  stop_clients
  status=$?
  if [ "$BEFORE" != null ]; then AFTER=$(node_state ${PLACES[@]+"${PLACES[@]}"}); fi
  more
  return "$status"
}

stop_clients() {
  local index ran=
  FAULT=node
  read_clients && read_places Places || return
  take_places
  BEFORE=$(node_state ${PLACES[@]+"${PLACES[@]}"})
  clear_aside
  know_clients && well_placed || return
  FAULT=node
  if [ "$SSM_Mask" = yes ] && ! can_mask; then return 1; fi
  may_stop && arm_back || return
  FAULT=none
  stop_all || { FAULT=node; return 1; }
  if [ "$STOP" = null ]; then
    # They had ended before: how, is told all the same.
    for ((index = ${#CLIENT_UNITS[@]} - 1; index >= 0; index--)); do pick "$index"; judge_end "$index"; done
    [ "${#CLIENT_UNITS[@]}" -eq 0 ] || tell_stop
  else
    ran=yes
  fi
  if [ "$SSM_RequireClean" = yes ] && [ "$STOP_CLEAN" != true ]; then
    local why="the client did not end cleanly (exit status ${STOP_STATUS:-unknown}, last line \"${STOP_LINE:0:200}\")"
    if [ -z "$ran" ]; then WHY=$why; return 1; fi
    start_all && WHY='it was started again'
    WHY="$why; $WHY"
    return 1
  fi
  if [ "$SSM_Mask" = yes ] && ! mask_clients; then FAULT=node; return 1; fi
  [ "$SSM_Unmount" = no ] || unmount_all || return
  due_back
}
