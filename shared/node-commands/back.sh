# What starts the clients again where nothing comes after our stop: a timer of systemd, which looks once a minute. A copy of this very script does it, in
# /run/chainmend, where only root gets to.

readonly TIMER=chainmend-back

# arm_back: the timer runs, and nothing is due yet. False, with WHY, where it cannot; nothing was stopped then.
arm_back() {
  local index after='' units=/run/systemd/system
  rm -rf -- "$BACK"
  [ "$SSM_Back" -gt 0 ] || return 0
  # systemd forgets nothing of a unit that another one names. What podman starts stays a child of the service.
  for index in "${!CLIENT_UNITS[@]}"; do
    pick "$index"
    [ "$SSM_Runtime" != systemd ] || after="$after $TARGET"
  done
  if [ -d "$units" ] && mkdir -p "$BACK" && cp -- "$0" "$BACK/script" && settings >"$BACK/settings" &&
    printf '[Unit]\nAfter=%s\n[Service]\nType=oneshot\nKillMode=process\nEnvironmentFile=%s\nExecStart=/bin/bash %s\n' "$after" "$BACK/settings" "$BACK/script" >"$units/$TIMER.service" &&
    printf '[Timer]\nOnActiveSec=60\nOnUnitInactiveSec=60\nAccuracySec=5\n' >"$units/$TIMER.timer" &&
    ctl daemon-reload && ctl restart "$TIMER.timer"; then return 0; fi
  untouched 'no timer can be made that would start the client again'
}

# settings: the parameters of this command, for the copy.
settings() {
  local name
  printf 'CHAINMEND_LIMITED=back\n'
  for name in OperationId StartBy RunLimitSeconds Clients Places Unmount Mask RequireClean Back; do
    name=SSM_$name
    printf '%s=%s\n' "$name" "${!name}"
  done
}

# due_back: so many seconds from now.
due_back() {
  local now
  [ "$SSM_Back" -gt 0 ] || return 0
  if whole now "$(seconds_up)" && marks >"$BACK/marks" && printf '%s %s\n' "$SSM_OperationId" "$((now + SSM_Back))" >"$BACK/armed"; then return 0; fi
  refuse "$BACK cannot be written"
}

# may_come_back ID: false, with WHY.
may_come_back() {
  recall
  if [ "$SEEN_FENCE.$SEEN_ORDINAL" != "$1" ]; then fail 'another command has come since'; return; fi
  if [ -e /etc/chainmend/paused ]; then fail '/etc/chainmend/paused is there'; return; fi
  if are_masked; then return 1; fi
  read_clients && read_places Places || return
  take_places
  if [ "$(marks)" != "$(<"$BACK/marks")" ]; then fail 'somebody has started, stopped, masked, enabled or disabled it since'; return; fi
  well_placed
}

# come_back: what the timer does once a minute.
come_back() {
  local id unchecked due now
  # A command is at work.
  exec 9>"$LOCK" && flock -n 9 || return 0
  if ! [ -r "$BACK/armed" ]; then ctl stop "$TIMER.timer"; return; fi
  read -r id unchecked <"$BACK/armed"
  whole due "$unchecked" && whole now "$(seconds_up)" || return
  [ "$now" -ge "$due" ] || return 0
  if may_come_back "$id"; then
    [ -r "$BACK/began" ] || printf '%s\n' "$now" >"$BACK/began"
    if mount_places && start_all; then WHY='the clients run again'; fi
    say "back: $WHY"
    # It looks again, for ten minutes, where they do not; what this try has left is nobody else's doing.
    if [ "$WHY" != 'the clients run again' ] && [ "$now" -lt "$((due + 600))" ] && marks >"$BACK/marks"; then return 0; fi
  else
    say "back: the clients are not started: $WHY"
  fi
  rm -f -- "$BACK/armed"
}

mount_places() {
  local index
  for index in "${!PLACES[@]}"; do mount_at "${VOLUMES[index]}" "${PLACES[index]}" || return; done
}

if [ "${CHAINMEND_LIMITED-}" = back ]; then
  check_parameters
  # Which of them ran was asked before the stop.
  SSM_Clients=$(printf '%s' "$SSM_Clients" | base64 -d | sed 's/ ran$//' | base64 -w 0)
  come_back
  exit
fi
