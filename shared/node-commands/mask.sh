# Keeping clients from starting, on disk and over every boot: a file, and a condition on it in their units. Containers come up with
# docker, so that is kept back as a whole. The same as shared/node-commands/masked-user-data.ts writes.

readonly DROP_IN=chainmend-masked.conf

# can_mask: false, with WHY, where nothing on disk could keep a client from starting.
can_mask() {
  local runtime
  for runtime in ${CLIENT_RUNTIMES[@]+"${CLIENT_RUNTIMES[@]}"}; do
    [ "$runtime" = commands ] || continue
    untouched 'a client that its owner starts with commands cannot be masked'
    return
  done
}

# masked_units: whose start is kept back: that of all instances of a template.
masked_units() {
  local index unit
  for index in "${!CLIENT_UNITS[@]}"; do
    unit=docker
    if [ "${CLIENT_RUNTIMES[index]}" = systemd ]; then unit=${CLIENT_UNITS[index]%.service}; fi
    case $unit in *@*) unit=${unit%%@*}@ ;; esac
    printf '%s.service\n' "$unit"
  done | sort -u
}

mask_clients() {
  local unit directory
  mkdir -p "${MASK_FILE%/*}" || { WHY="${MASK_FILE%/*} cannot be written"; return 1; }
  while read -r unit; do
    directory=/etc/systemd/system/$unit.d
    if mkdir -p "$directory" && chmod 0755 "$directory" && printf '[Unit]\nConditionPathExists=!%s\n' "$MASK_FILE" >"$directory/$DROP_IN.new" &&
      chmod 0644 "$directory/$DROP_IN.new" && sync "$directory/$DROP_IN.new" && mv -fT "$directory/$DROP_IN.new" "$directory/$DROP_IN" &&
      sync "$directory"; then continue; fi
    rm -f -- "$directory/$DROP_IN.new"
    WHY="$directory/$DROP_IN could not be written"
    return 1
  done < <(masked_units)
  if ! { : >"$MASK_FILE" && sync "$MASK_FILE" "${MASK_FILE%/*}"; }; then fail "$MASK_FILE could not be written"; return; fi
  reload_masks
}

unmask_clients() {
  local unit
  rm -f -- "$MASK_FILE" || { WHY="$MASK_FILE could not be removed"; return 1; }
  while read -r unit; do
    rm -f -- "/etc/systemd/system/$unit.d/$DROP_IN"
    rmdir --ignore-fail-on-non-empty -- "/etc/systemd/system/$unit.d" 2>/dev/null
  done < <(masked_units)
  sync "${MASK_FILE%/*}"
  reload_masks
  case " ${CLIENT_RUNTIMES[*]-} " in
    *' docker '* | *' compose '*)
      if [ -d /run/systemd/system ]; then timeout 120 systemctl start docker.service || say 'mask: docker could not be started'; fi
      ;;
  esac
}

reload_masks() {
  [ -d /run/systemd/system ] || return 0
  ctl daemon-reload && return 0
  fail 'systemctl daemon-reload failed'
}
