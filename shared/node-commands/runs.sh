# Since when each client runs, and how often its runtime has started it again by itself. Its port tells neither before it answers.

# client_runs: more of the answer, in the order of the clients; null where nobody tells, as of systemd before 235, which counts no restarts.
client_runs() {
  local index list='' now='' at='' ago='' count='' o='{' c='}'
  o=$o$o. c=$c$c
  for index in "${!CLIENT_UNITS[@]}"; do
    BEGAN='' ago=-1 count=
    pick "$index"
    case $SSM_Runtime in
      systemd)
        read -r at _ </proc/uptime
        # 0 is a unit that never ran.
        whole at "${at%.*}"
        [ "${BEGAN:-0}" -eq 0 ] || ago=$((at - BEGAN / 1000000))
        count=$(ctl show -p NRestarts -- "$TARGET")
        ;;
      docker | compose)
        if [ -n "$CLIENT_RUN" ] && whole at "$(date -d "$CLIENT_RUN" +%s)" && whole now "$(date +%s)"; then ago=$((now - at)); fi
        count=$(timeout 30 docker inspect --type container --format "${o}RestartCount$c" "$CONTAINER")
        ;;
    esac
    whole count "${count#NRestarts=}"
    [ "$ago" -ge 0 ] || ago=null
    list="$list${list:+,}{\"startedSecondsAgo\":$ago,\"restarts\":${count:-null}}"
  done
  printf ',"runs":[%s]' "$list"
}
