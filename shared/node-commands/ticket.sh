# The ticket of a stop that a timer follows (back.sh): how it left the clients, and which command was the last to know of it. In /run, where it is over
# with the boot.

readonly BACK=/run/chainmend/back

# seconds_up: since the boot, whatever the clock says.
seconds_up() { cut -d . -f 1 /proc/uptime; }

# marks: of each client, what is different once anybody has started, stopped, masked, enabled or disabled it.
marks() {
  # SSM would take two braces in a row for one of its own parameters.
  local index more o='{' c='}'
  o=$o$o. c=$c$c
  for index in "${!CLIENT_UNITS[@]}"; do
    pick "$index"
    case $SSM_Runtime in
      systemd) more=$(unit_property UnitFileState) ;;
      *) more=$(timeout 30 docker inspect --format "${o}State.FinishedAt$c ${o}HostConfig.RestartPolicy.Name$c" "$CONTAINER") ;;
    esac
    printf '%s %s %s %s\n' "$CLIENT" "$TARGET" "$STOPPED_AT" "$more"
  done
}

# keep_ticket: this command knows of it, where the one right before did.
keep_ticket() {
  local id due
  [ -r "$BACK/armed" ] && read -r id due <"$BACK/armed" && [[ $RECORDED == "{\"operationId\":\"$id\""* ]] || return 0
  printf '%s %s\n' "$SSM_OperationId" "$due" >"$BACK/armed"
}

# ran_since: how many seconds ago a client was started again since that stop, as more of the answer; null where none was, and a word where nobody knows.
# From now on one may be.
ran_since() {
  local told='"unknown"' now begun
  [ -r "$BACK/marks" ] || return 0
  whole now "$(seconds_up)" || return
  if [ -r "$BACK/began" ]; then
    if whole begun "$(<"$BACK/began")"; then told=$((now - begun)); fi
  elif [ "$(marks)" = "$(<"$BACK/marks")" ]; then
    told=null
    printf '%s\n' "$now" >"$BACK/began"
  fi
  printf ',"ran":%s' "$told"
}

# ended_by_nobody: false, with WHY, where one of them ran again since that stop, and somebody has stopped it.
ended_by_nobody() {
  local index was=() is=()
  [ -r "$BACK/marks" ] || return 0
  mapfile -t was <"$BACK/marks" && mapfile -t is < <(marks)
  for index in "${!CLIENT_UNITS[@]}"; do
    pick "$index"
    if [ "$CLIENT" = running ] || [ "$CLIENT_ASKED" != true ] || [ "${is[index]-}" = "${was[index]-}" ]; then continue; fi
    untouched "somebody has stopped $TARGET, which ran again"
    FAULT=person
    return 1
  done
}
