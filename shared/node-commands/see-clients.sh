# The operation: tell whether the clients run, since when, and whether they could be started again, and nothing else. No fence, no lock and no memory: it may be sent at any time.

perform() {
  local index clients=''
  read_clients || return
  for index in "${!CLIENT_UNITS[@]}"; do
    pick "$index"
    clients="$clients${clients:+,}$(client_state)"
  done
  AFTER="{\"clients\":[$clients],\"volumes\":[],\"devices\":[],\"rootUsedPercent\":$(root_used_percent)$(client_runs)}"
}
