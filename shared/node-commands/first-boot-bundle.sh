# What the first boot does besides where the fleet file names a bundle: chain data that somebody has packed, for a volume that has none. prepare calls
# load_bundle while the volume is mounted aside, so that nobody starts a client beside data that are still to come; first-boot.ts sets BUNDLE_URL to
# BUNDLE_IDENTITY.

readonly BUNDLE=/run/chainmend/first-boot/.chainmend-bundle
# cloud-init runs a first boot once, whether it has ended or not, and what is here at each boot ("Scripts Per Boot", cloud-init): a download of hours goes on.
readonly AT_BOOT=/var/lib/cloud/scripts/per-boot/chainmend-first-boot

# load_bundle: on a filesystem that this script has made, and where no client has written anything.
load_bundle() {
  if ! marked bundle-whole; then
    if ! is_own || has_entries .chainmend-bundle; then
      say "$MOUNT_PATH has data: the bundle is not loaded"
      rm -f -- "$AT_BOOT"
      return 0
    fi
    # What another machine has left there, or anybody but root, is not known, and not taken.
    if ! marked bundle-begun || [ "$(stat -c '%F %u %a' -- "$BUNDLE")" != 'directory 0 700' ]; then
      rm -rf --one-file-system -- "$BUNDLE" && rm -f -- "$MARKS/$VOLUME.bundle-fetched" && mkdir -m 0700 -- "$BUNDLE" ||
        { refuse "a folder for the bundle cannot be made on $VOLUME"; return; }
      mark bundle-begun || return
    fi
    ! [ -d "${AT_BOOT%/*}" ] || ln -sfT -- "$(readlink -f -- "$0")" "$AT_BOOT" || { refuse "$AT_BOOT cannot be made"; return; }
    fetch_bundle && check_bundle && unpack_bundle || return
  fi
  place_bundle || return
  rm -f -- "$AT_BOOT"
  say "the bundle is loaded: $BUNDLE_URL"
}

# fetch_bundle: to the volume itself, which has the room; what broke off goes on where it was.
fetch_bundle() {
  local try code status=1
  if marked bundle-fetched; then return 0; fi
  say "the bundle is fetched: $BUNDLE_URL"
  for ((try = 1; try <= 30; try++)); do
    code=$(curl --fail --silent --show-error --location --proto '=https' --connect-timeout 60 --speed-limit 10240 --speed-time 300 --max-time 86400 \
      --continue-at - --output "$BUNDLE/file" --write-out '%{http_code}' -- "$BUNDLE_URL")
    status=$?
    # 416: there is no more than what is here already.
    if [ "$status" -eq 0 ] || [ "$code" = 416 ]; then mark bundle-fetched; return; fi
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
  digest=$(sha256sum <"$BUNDLE/file") || digest=
  digest=${digest%% *}
  [ "$digest" = "$BUNDLE_SHA256" ] && return
  rm -f -- "$BUNDLE/file" "$MARKS/$VOLUME.bundle-fetched"
  refuse "$BUNDLE_URL has the SHA-256 ${digest:-that nobody can read}, expected $BUNDLE_SHA256: it is not opened"
}

# unpack_bundle: aside, and without what would make this node another one. Only what is whole is put in its place.
unpack_bundle() {
  local path name
  rm -rf --one-file-system -- "$BUNDLE/data" && mkdir -- "$BUNDLE/data" &&
    timeout 86400 tar -x --no-same-owner -f "$BUNDLE/file" -C "$BUNDLE/data" ||
    { refuse "the bundle could not be unpacked: $MOUNT_PATH needs room for the archive and for what is in it"; return; }
  # Whoever made the bundle is no root here: no program of it becomes another user's, and no file of it is a device.
  find "$BUNDLE/data" -xdev \( -type b -o -type c \) -delete && find "$BUNDLE/data" -xdev -type f -perm /6000 -exec chmod ug-s -- {} + ||
    { refuse 'what the bundle holds could not be made plain'; return; }
  for path in "${BUNDLE_IDENTITY[@]}"; do
    case $path in "$BUNDLE_INTO"/*) name=${path#"$BUNDLE_INTO"/} ;; *) continue ;; esac
    without "$BUNDLE/data" "$name" 'the bundle' || return
  done
  sync -f "$BUNDLE" && rm -f -- "$BUNDLE/file" && mark bundle-whole
}

# place_bundle: by renaming, which a later run goes on with.
place_bundle() {
  local into=$ASIDE${BUNDLE_INTO#"$MOUNT_PATH"}
  mkdir -p -- "$into" && [ "$(readlink -f -- "$into")" = "$into" ] || { refuse "$BUNDLE_INTO cannot be made"; return; }
  if [ "$(stat -c '%F %u %a' -- "$BUNDLE")" = 'directory 0 700' ] && [ -d "$BUNDLE/data" ] && ! [ -L "$BUNDLE/data" ]; then
    find "$BUNDLE/data" -mindepth 1 -maxdepth 1 -exec mv -f -t "$into" -- {} + && [ -z "$(ls -A -- "$BUNDLE/data")" ] ||
      { refuse "what the bundle holds could not be put at $BUNDLE_INTO"; return; }
  fi
  rm -rf --one-file-system -- "$BUNDLE"
}
