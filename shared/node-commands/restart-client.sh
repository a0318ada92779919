# The operation: what runs is stopped with its grace, where asked; then what does not run is started, or another version of it. Or a version is
# enabled, where nothing can start. Or the owner's own executable takes the data back, rebuilds or prunes them, in between.

perform() {
  local paths done=yes why
  read_clients && read_paths Paths || return
  paths=(${LINES[@]+"${LINES[@]}"})
  if [ "$SSM_Only" = switch ] && is_container; then find_name; fi
  if [ "$SSM_Only" = switch ] && is_service; then settle_service; fi
  BEFORE=$(node_state ${paths[@]+"${paths[@]}"}) AFTER=$BEFORE
  FAULT=node
  more
  if [ "$SSM_Only" = enable ]; then
    enable_version || done=
    AFTER=$(node_state ${paths[@]+"${paths[@]}"})
    more
    [ -n "$done" ]
    return
  fi
  if ! know_clients || are_masked; then more; return 1; fi
  if [ "$SSM_Only" = switch ]; then
    switch_client || done=
    AFTER=$(node_state ${paths[@]+"${paths[@]}"})
    more
    [ -n "$done" ]
    return
  fi
  if [[ $SSM_Only =~ ^(roll-back|reindex|prune)$ ]]; then
    with_own || done=
    AFTER=$(node_state ${paths[@]+"${paths[@]}"})
    more
    [ -n "$done" ]
    return
  fi
  if [ "$SSM_Only" = restart ] && ! may_stop; then return 1; fi
  FAULT=none
  if [ "$SSM_Only" = restart ]; then stop_all || done=; fi
  if [ -n "$done" ]; then
    start_all || done=
  else
    # One does not stop; those that did run again.
    why=$WHY WHY=
    start_all
    WHY="$why${WHY:+; $WHY}"
  fi
  AFTER=$(node_state ${paths[@]+"${paths[@]}"})
  more
  [ -n "$done" ]
}
