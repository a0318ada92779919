# Since when each client runs, how often its runtime has started it again by itself, and what it would lack at a start, or at one after another version. Its port tells nothing of it.

# client_runs: more of the answer, in the order of the clients; null where nobody tells, as of systemd before 235, which counts no restarts,
# and where a unit lacks nothing.
client_runs() {
  local index why back list='' uptime='' began='' now='' ago='' restarts='' o='{' c='}'
  o=$o$o. c=$c$c
  for index in "${!CLIENT_UNITS[@]}"; do
    BEGAN='' ago='' restarts='' why='' back=
    pick "$index"
    case $SSM_Runtime in
      systemd)
        read -r uptime _ </proc/uptime
        # 0 is a unit that never ran.
        if whole now "${uptime%.*}" && [ "${BEGAN:-0}" -gt 0 ]; then whole ago "$((now - BEGAN / 1000000))"; fi
        whole restarts "$(unit_property NRestarts)"
        why=$(missing "$TARGET")
        ;;
      docker | compose)
        if [ -n "$CLIENT_RUN" ] && whole began "$(date -d "$CLIENT_RUN" +%s)" && whole now "$(date +%s)"; then whole ago "$((now - began))"; fi
        whole restarts "$(timeout 30 docker inspect --type container --format "${o}RestartCount$c" "$CONTAINER")"
        if [ "$SSM_Runtime" = compose ] && [ -n "$CLIENT_IMAGE" ]; then back=$(no_way_back); fi
        ;;
    esac
    case $why in '' | *'no answer)') why=null ;; *) why=$(json_string "$why") ;; esac
    if [ -n "$back" ]; then back=",\"noWayBack\":$(json_string "$back")"; fi
    list="$list${list:+,}{\"startedSecondsAgo\":${ago:-null},\"restarts\":${restarts:-null},\"lacks\":$why$back}"
  done
  printf ',"runs":[%s]' "$list"
}
