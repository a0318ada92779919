# What the first boot does besides where the fleet file names a bundle: chain data that somebody has packed, for a volume that has none. first-boot.sh
# calls load_bundle behind the mounted volume and before the client is installed; first-boot.ts sets BUNDLE_URL to BUNDLE_IDENTITY.

readonly BUNDLE=$MOUNT_PATH/.chainmend-bundle
readonly LOADED=$MOUNT_PATH/.chainmend-loaded
# cloud-init runs a first boot once, whether it has ended or not, and what is here at each boot ("Scripts Per Boot", cloud-init): a download of hours goes on.
readonly AT_BOOT=/var/lib/cloud/scripts/per-boot/chainmend-first-boot

# load_bundle: once for a volume. Where a client has written anything, nothing is loaded.
load_bundle() {
  if [ -e "$LOADED" ]; then rm -rf --one-file-system -- "$BUNDLE"; rm -f -- "$AT_BOOT"; return 0; fi
  if ! [ -e "$BUNDLE/whole" ]; then
    # Held first: nobody starts a client between the look and the load.
    hold_for_bundle || return
    mkdir -p -- "$BUNDLE" || { refuse "$BUNDLE cannot be made"; return; }
    if holds_data; then
      say "$MOUNT_PATH has data: the bundle is not loaded"
      rm -rf --one-file-system -- "$BUNDLE"
      rm -f -- "$AT_BOOT"
      return 0
    fi
    ! [ -d "${AT_BOOT%/*}" ] || ln -sfT -- "$(readlink -f -- "$0")" "$AT_BOOT" || { refuse "$AT_BOOT cannot be made"; return; }
    fetch_bundle && check_bundle && unpack_bundle || return
  fi
  place_bundle || return
  rm -f -- "$AT_BOOT"
  say "the bundle is loaded: $BUNDLE_URL"
}

# hold_for_bundle: an image may bring the client's unit, and a person or a heal may start it; not beside data that are still to come.
hold_for_bundle() {
  local directory=/etc/systemd/system/$UNIT.service.d
  case $UNIT in *@*) directory=/etc/systemd/system/${UNIT%%@*}@.service.d ;; esac
  printf '[Unit]\nAssertPathExists=!%s\n' "$BUNDLE" >"$directory/chainmend-bundle.conf" && ctl daemon-reload || refuse "$directory could not be written"
}

# holds_data: anything besides what this script and mkfs make. What cannot be told counts as data.
holds_data() {
  local left
  left=$(find "$MOUNT_PATH" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .chainmend-bundle ! -name .chainmend-volume -print -quit) || return 0
  [ -n "$left" ]
}

# fetch_bundle: to the volume itself, which has the room; what broke off goes on where it was.
fetch_bundle() {
  local try code status=1
  if [ -e "$BUNDLE/fetched" ]; then return 0; fi
  say "the bundle is fetched: $BUNDLE_URL"
  for ((try = 1; try <= 30; try++)); do
    code=$(curl --fail --silent --show-error --location --proto '=https' --connect-timeout 60 --speed-limit 10240 --speed-time 300 --max-time 86400 \
      --continue-at - --output "$BUNDLE/file" --write-out '%{http_code}' -- "$BUNDLE_URL")
    status=$?
    # 416: there is no more than what is here already.
    if [ "$status" -eq 0 ] || [ "$code" = 416 ]; then : >"$BUNDLE/fetched"; return; fi
    case $status in
      # It does not go on in the middle of a file.
      33 | 36) rm -f -- "$BUNDLE/file" ;;
      # The volume is full.
      23) break ;;
    esac
    sleep "$BUNDLE_WAIT_SECONDS"
  done
  refuse "$BUNDLE_URL could not be fetched to $MOUNT_PATH (HTTP status ${code:-none}, curl ended with $status)"
}

# check_bundle: nothing of it is opened before its digest is right.
check_bundle() {
  local digest
  digest=$(sha256sum <"$BUNDLE/file") || { refuse "the bundle at $MOUNT_PATH cannot be read"; return; }
  digest=${digest%% *}
  [ "$digest" = "$BUNDLE_SHA256" ] && return
  rm -f -- "$BUNDLE/file" "$BUNDLE/fetched"
  refuse "$BUNDLE_URL has the SHA-256 $digest, expected $BUNDLE_SHA256: it is not opened"
}

# unpack_bundle: aside, and without what would make this node another one. Only what is whole is put in its place.
unpack_bundle() {
  local path
  rm -rf --one-file-system -- "$BUNDLE/data" && mkdir -- "$BUNDLE/data" &&
    timeout 86400 tar -x --no-same-owner --delay-directory-restore -f "$BUNDLE/file" -C "$BUNDLE/data" ||
    { refuse "the bundle could not be unpacked: $MOUNT_PATH needs room for the archive and for what is in it"; return; }
  # Whoever made the bundle is no root here: no program of it becomes another user's, and no file of it is a device.
  find "$BUNDLE/data" -xdev \( -type b -o -type c \) -delete && find "$BUNDLE/data" -xdev -type f -perm /6000 -exec chmod ug-s -- {} + ||
    { refuse 'what the bundle holds could not be made plain'; return; }
  for path in "${BUNDLE_IDENTITY[@]}"; do
    case $path in "$BUNDLE_INTO"/*) path=$BUNDLE/data/${path#"$BUNDLE_INTO"/} ;; *) continue ;; esac
    if ! [ -e "${path%/*}" ]; then continue; fi
    # A link in the bundle could lead out of it.
    [ "$(readlink -f -- "${path%/*}")" = "${path%/*}" ] && rm -rf --one-file-system -- "$path" || { refuse "$path could not be removed from the bundle"; return; }
  done
  sync -f "$BUNDLE" && rm -f -- "$BUNDLE/file" "$BUNDLE/fetched" && : >"$BUNDLE/whole" && sync -f "$BUNDLE" || refuse "$BUNDLE cannot be written"
}

# place_bundle: by renaming, which a later run goes on with.
place_bundle() {
  local new
  mkdir -p -- "$BUNDLE_INTO" && [ "$(readlink -f -- "$BUNDLE_INTO")" = "$BUNDLE_INTO" ] || { refuse "$BUNDLE_INTO cannot be made"; return; }
  find "$BUNDLE/data" -mindepth 1 -maxdepth 1 -exec mv -f -t "$BUNDLE_INTO" -- {} + && [ -z "$(ls -A -- "$BUNDLE/data")" ] ||
    { refuse "what the bundle holds could not be put at $BUNDLE_INTO"; return; }
  # The bundle may have had a file, or a link, of that name.
  new=$(mktemp -p "$BUNDLE" loaded.XXXXXXXX) && printf '%s %s\n' "$BUNDLE_SHA256" "$BUNDLE_URL" >"$new" && mv -fT -- "$new" "$LOADED" && sync -f "$MOUNT_PATH" ||
    { refuse "$LOADED cannot be written"; return; }
  rm -rf --one-file-system -- "$BUNDLE"
}
