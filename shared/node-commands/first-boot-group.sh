# What the first boot does besides where the node is a member of a group: its launch template makes the volume, empty or from a snapshot of another
# member, so its id is not known before; and a load balancer asks whether the node has caught up. first-boot.sh calls these; first-boot.ts sets
# HEALTH_PORT to MOST.

# own_volume: VOLUME is the one EBS volume that the launch has brought besides the root's. From then on it is known by its id alone.
own_volume() {
  local second found
  if [ -e "$STATE/volume" ]; then
    VOLUME=$(<"$STATE/volume")
    [[ $VOLUME =~ ^vol-[0-9a-f]{8,17}$ ]] || refuse "$STATE/volume does not tell a volume"
    return
  fi
  for ((second = 0; second <= WAIT_SECONDS; second++)); do
    found=$(launched)
    case $found in
      '') sleep 1 ;;
      *$'\n'*) refuse "several volumes are attached besides the root's, and which one the launch has made is not known: ${found//$'\n'/ }"; return ;;
      *)
        printf '%s\n' "$found" >"$STATE/volume.new" && sync "$STATE/volume.new" && mv -fT -- "$STATE/volume.new" "$STATE/volume" || { refuse "$STATE cannot be written"; return; }
        VOLUME=$found
        say "$VOLUME is the volume of this launch"
        return 0
        ;;
    esac
  done
  refuse "no volume is attached besides the root's after $WAIT_SECONDS s"
}

# launched: the EBS volumes of whole disks that the root filesystem is not on.
launched() {
  local block part root
  root=$(awk '$5 == "/" { number = $3 } END { print number }' /proc/self/mountinfo)
  for block in "$SYS"/*; do
    block=${block##*/}
    if [ -e "$SYS/$block/partition" ] || ! [ -b "/dev/$block" ]; then continue; fi
    for part in "$SYS/$block/dev" "$SYS/$block/$block"*/dev; do
      if [ -e "$part" ] && [ "$(<"$part")" = "$root" ]; then continue 2; fi
    done
    ! volume_of "$block" || echo
  done
}

# serve_synced: systemd answers at HEALTH_PORT, for each connection by tell_synced, as the client's own user.
serve_synced() {
  local user library=/usr/local/lib/chainmend units=/etc/systemd/system
  user=$(ctl show --property User --value -- "$UNIT.service") || { refuse "the user of $UNIT is not known"; return; }
  mkdir -p "$library" && {
    declare -p URL_SYNCED BODY_SYNCED SYNCED MOST CREDENTIALS
    declare -f tell_synced ask_client has_caught_up
    echo tell_synced
  } >"$library/synced" &&
    printf '[Socket]\nListenStream=%s\nAccept=yes\nMaxConnections=32\n[Install]\nWantedBy=sockets.target\n' "$HEALTH_PORT" >"$units/chainmend-synced.socket" &&
    printf '[Service]\nExecStart=/bin/bash %s\nUser=%s\nStandardInput=socket\nStandardError=journal\nRuntimeMaxSec=20\nNoNewPrivileges=yes\nProtectSystem=strict\nProtectHome=yes\n' "$library/synced" "$user" >"$units/chainmend-synced@.service" &&
    ctl daemon-reload && ctl enable --now chainmend-synced.socket || refuse "nothing answers at port $HEALTH_PORT"
}

# tell_synced: the answer to one request.
tell_synced() {
  local line status='503 Service Unavailable'
  while IFS= read -r -t 5 -n 4096 line && [ -n "${line%$'\r'}" ]; do :; done
  if has_caught_up "$(ask_client)"; then status='200 OK'; fi
  printf 'HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' "$status"
}

ask_client() {
  local secret=
  if [ -n "$CREDENTIALS" ]; then IFS= read -r -n 4096 secret <"$CREDENTIALS"; fi
  secret=${secret//\\/\\\\}
  {
    printf 'url = "%s"\n' "$URL_SYNCED"
    [ -z "$BODY_SYNCED" ] || printf 'header = "Content-Type: application/json"\ndata-raw = "%s"\n' "${BODY_SYNCED//\"/\\\"}"
    [ -z "$secret" ] || printf 'user = "%s"\n' "${secret//\"/\\\"}"
  } | curl --disable --silent --fail --insecure --noproxy '*' --max-time 5 --config - 2>/dev/null | head -c 1000000 | tr '\r\n' '  '
}

# has_caught_up ANSWER: as the client itself says, and by a block that is new enough.
has_caught_up() {
  local newest most=$MOST
  [[ $1 =~ $SYNCED ]] || return
  newest=${BASH_REMATCH[1]-}
  if [ -n "${BASH_REMATCH[2]-}" ]; then
    [ "$((10#${BASH_REMATCH[2]} - 10#${BASH_REMATCH[1]}))" -le "$MOST" ] || return
    newest=${BASH_REMATCH[3]-} most=86400
  fi
  case $newest in
    '') return 0 ;;
    0x*) newest=$((newest)) ;;
    *[!0-9]*) newest=$(date -d "$newest" +%s 2>/dev/null) || return ;;
  esac
  [ "$(($(date +%s) - 10#$newest))" -le "$most" ]
}
