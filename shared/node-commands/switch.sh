# Another version of the client in its place, an instance of its template unit, a container or a service of Compose: what it would run is looked for before anything is
# stopped. Nothing is downloaded.

# switch_client: true when Version runs, and goes on running. The only client of the command is meant.
switch_client() {
  local to
  if is_container; then switch_container; return; fi
  if is_service; then switch_service; return; fi
  is_template || return
  to=${CLIENT_UNITS[0]%'*'}$SSM_Version.service
  is_installed "$to" || return
  pick 0
  if [ "$TARGET" != "$to" ]; then
    may_stop || return
    FAULT=none
    stop_all || { FAULT=node; return 1; }
    pick 0
    choose "$to" || { FAULT=node; return 1; }
  fi
  FAULT=none
  start_all
}

# enable_version: true when the instance Version alone is enabled, on a node whose client is masked and does not run. What an image or user
# data have enabled would start at a boot after the mask is gone.
enable_version() {
  local to unit
  is_template || return
  to=${CLIENT_UNITS[0]%'*'}$SSM_Version.service
  [ -e "$MASK_FILE" ] || { untouched 'the client is not masked, and another version of it could start'; return; }
  is_installed "$to" || return
  pick 0
  [ "$CLIENT" != running ] || { untouched "$TARGET runs"; return; }
  while read -r unit; do
    [ "$unit" = "$to" ] || ctl disable -- "$unit" || { refuse "systemctl could not disable $unit"; return; }
  done < <(enabled_instances)
  ctl enable -- "$to" || { refuse "systemctl could not enable $to, and nothing starts at a boot"; return; }
  TARGET=$to
  note_instance || refuse "/run cannot be written: which version starts nobody knows"
}

is_container() {
  [[ ${#CLIENT_UNITS[@]}/${CLIENT_RUNTIMES[0]-}/${CLIENT_UNITS[0]-} =~ ^1/docker/[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$ ]] && [ "$SSM_Version" != _ ]
}

is_service() { [ "${#CLIENT_UNITS[@]}/${CLIENT_RUNTIMES[0]-}" = 1/compose ] && [ "$SSM_Version" != _ ]; }

# is_template: false, with WHY, where the command is about no template unit, or names no version.
is_template() {
  if [ "${#CLIENT_UNITS[@]}" -eq 1 ] && [ "${CLIENT_RUNTIMES[0]}" = systemd ] && [[ ${CLIENT_UNITS[0]} == *'@*' ]] && [ "$SSM_Version" != _ ]; then
    return
  fi
  untouched 'the client is no template unit of systemd, of which another instance could run'
}

# is_installed UNIT: false, with WHY, where systemd could not start it.
is_installed() {
  local why
  why=$(missing "$1")
  [ -z "$why" ] || untouched "$why"
}

# choose UNIT: what runs no more is never started beside it. The one before is disabled first: after a power cut between the two nothing
# starts, and never both.
choose() {
  local to=$1 before=$TARGET note
  note=/run/chainmend/enabled-${SSM_Unit//\//_}
  if [ "$(ctl is-enabled -- "$before" 2>/dev/null)" = enabled ]; then
    if ! { mkdir -p "${note%/*}" && : >"$note"; }; then refuse "/run cannot be written: $before is still the client"; return; fi
    ctl disable -- "$before" || { refuse "systemctl could not disable $before"; return; }
  fi
  if [ -e "$note" ]; then
    ctl enable -- "$to" || { refuse "systemctl could not enable $to, and nothing starts at a boot"; return; }
    rm -f -- "$note"
  fi
  TARGET=$to
  note_instance || refuse "/run cannot be written: $before is still the client"
}
