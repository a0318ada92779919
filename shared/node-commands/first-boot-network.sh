# What the first boot does besides where the node is one of a private network: its keys and the genesis come from Secrets Manager, once, and only to the
# empty volume that these keys are for. first-boot.sh calls load_identity behind the mounted volume and before the client is installed, and join_network
# behind that and before its first start; first-boot-cometbft.sh or first-boot-clique.sh has write_peers. first-boot.ts sets NETWORK_REGION to NETWORK_NEW:
# NETWORK_OWN and NETWORK_ALL are 'KEY PATH' of the files in the two secrets, NETWORK_NEW 'PATH TEXT' of those that begin alike everywhere.

readonly IDENTITY_MARK=$MOUNT_PATH/.chainmend-identity
readonly IDENTITY_NEW=$MOUNT_PATH/.chainmend-identity-new

# load_identity: what has keys is never given any again. Its signing state is on its volume and nowhere else.
load_identity() {
  local first
  # A heal has brought these data, and the identity with them.
  if is_pinned; then return 0; fi
  if [ -e "$IDENTITY_MARK" ]; then
    read -r first <"$IDENTITY_MARK"
    [ "$first" = "$VOLUME" ] || { refuse "$IDENTITY_MARK says that the keys there are for ${first//[^[:print:]]/ }, and this is $VOLUME: no client is started"; return; }
    rm -rf --one-file-system -- "$IDENTITY_NEW"
    return 0
  fi
  # Held first: nobody starts a client between the look and the keys.
  hold_for_identity && mkdir -p -- "$IDENTITY_NEW" && chmod 0700 -- "$IDENTITY_NEW" || { refuse "$IDENTITY_NEW cannot be made"; return; }
  if ! [ -e "$IDENTITY_NEW/whole" ]; then
    if [ -e "$STATE/identity" ]; then refuse "this node has had its keys, and $VOLUME has none: where its signing state is now is not known, and no second copy is written"; return; fi
    if holds_more; then rm -rf --one-file-system -- "$IDENTITY_NEW"; refuse "$MOUNT_PATH is not empty, and whose keys are there is not known: none are written, since a second copy of them could sign"; return; fi
    fetch_identity || return
  fi
  place_identity || return
  say "the keys of $NETWORK_NODE, a $NETWORK_ROLE, are on $VOLUME, for the first and the last time"
}

is_pinned() { awk -v path="$MOUNT_PATH" '$1 == "#chainmend" && $3 == path { found = 1 } END { exit !found }' /etc/fstab; }

hold_for_identity() {
  local directory=/etc/systemd/system/$UNIT.service.d
  case $UNIT in *@*) directory=/etc/systemd/system/${UNIT%%@*}@.service.d ;; esac
  printf '[Unit]\nAssertPathExists=!%s\n' "$IDENTITY_NEW" >"$directory/chainmend-identity.conf" && ctl daemon-reload
}

# holds_more: anything besides what this script and mkfs make. What cannot be told counts as data.
holds_more() {
  local left
  left=$(find "$MOUNT_PATH" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .chainmend-identity-new -print -quit) || return 0
  [ -n "$left" ]
}

# secret NAME: its value; a quarter of an hour. It is in no argument and in no log.
secret() {
  local second text
  [ -x "$(command -v aws)" ] || { refuse 'the AWS CLI (aws) is not on the image: a node of a network fetches its keys with it. Amazon Linux 2023 has it'; return; }
  for ((second = 0; second <= WAIT_SECONDS; second += 10)); do
    text=$(timeout 60 aws secretsmanager get-secret-value --region "$NETWORK_REGION" --secret-id "$1" --query SecretString --output text 2>"$STATE/secret-error")
    if [ -n "$text" ]; then SECRET=$text; return 0; fi
    sleep 10
  done
  refuse "the secret $1 could not be read: $(tail -n 1 -- "$STATE/secret-error" | head -c 300 | tr -cd '[:print:]')"
}

fetch_identity() {
  local ids='' rest file
  umask 077
  secret "$NETWORK_SECRET" || return
  [[ $SECRET =~ \"volume\":\"(vol-[0-9a-f]{8,17})\" ]] || { refuse "the secret $NETWORK_SECRET says no volume"; return; }
  [ "${BASH_REMATCH[1]}" = "$VOLUME" ] || { refuse "the keys of $NETWORK_NODE are for ${BASH_REMATCH[1]}, and this volume is $VOLUME: they are not written"; return; }
  unpacked_all "$NETWORK_SECRET" "${NETWORK_OWN[@]}" || return
  for file in "${NETWORK_NEW[@]}"; do printf '%s\n' "${file#* }" >"$IDENTITY_NEW/$(staged "${file%% *}")" || { refuse "$IDENTITY_NEW cannot be written"; return; }; done
  secret "$NETWORK_RECORD" || return
  unpacked_all "$NETWORK_RECORD" "${NETWORK_ALL[@]}" || return
  rest=$SECRET
  while [[ $rest =~ \"([a-z][a-z0-9-]{0,31})\":\"([0-9a-f]{40}([0-9a-f]{88})?)\" ]]; do
    ids+="${BASH_REMATCH[2]} ${BASH_REMATCH[1]}"$'\n'
    rest=${rest#*"${BASH_REMATCH[0]}"}
  done
  SECRET=
  umask 022
  printf '%s\n%s' "$VOLUME" "$ids" >"$IDENTITY_NEW/mark" && sync -f "$IDENTITY_NEW" && : >"$IDENTITY_NEW/whole" && sync -f "$IDENTITY_NEW" ||
    refuse "$IDENTITY_NEW cannot be written"
}

# staged PATH: how a file is called until it is in its place.
staged() { printf '%s' "${1//\//%}"; }

# unpacked_all NAME 'KEY PATH'...: what the secret of that name has, as files.
unpacked_all() {
  local name=$1 file
  shift
  for file in "$@"; do
    unpacked "${file%% *}" "$(staged "${file#* }")" || { refuse "the secret $name has no ${file%% *}"; return; }
  done
}

# unpacked KEY FILE: what SECRET has under that, as a file.
unpacked() { [[ $SECRET =~ \"$1\":\"([A-Za-z0-9+/=]+)\" ]] && base64 -d <<<"${BASH_REMATCH[1]}" >"$IDENTITY_NEW/$2" && [ -s "$IDENTITY_NEW/$2" ]; }

# place_identity: each file to where no other is; what has died in between goes on. The mark comes last.
place_identity() {
  local path file folder
  for path in "${NETWORK_OWN[@]#* }" "${NETWORK_ALL[@]#* }" "${NETWORK_NEW[@]%% *}"; do
    file=$IDENTITY_NEW/$(staged "$path")
    if ! [ -e "$file" ]; then continue; fi
    path=$NETWORK_HOME/$path
    folder=${path%/*}
    make_folder "$folder" && ! [ -e "$path" ] && mv -nT -- "$file" "$path" && ! [ -e "$file" ] ||
      { refuse "$path is there already, or cannot be made: nothing is written over it"; return; }
  done
  printf '%s\n' "$VOLUME" >"$STATE/identity" && sync "$STATE/identity" || { refuse "$STATE cannot be written"; return; }
  chmod 0644 -- "${NETWORK_ALL[@]/#* /$NETWORK_HOME/}" && sync -f "$MOUNT_PATH" && cp -- "$IDENTITY_NEW/mark" "$IDENTITY_MARK.new" && sync "$IDENTITY_MARK.new" &&
    mv -fT -- "$IDENTITY_MARK.new" "$IDENTITY_MARK" && sync -f "$MOUNT_PATH" && rm -rf --one-file-system -- "$IDENTITY_NEW" || refuse "$IDENTITY_MARK cannot be written"
}

make_folder() { mkdir -p -- "$1" && [ "$(readlink -f -- "$1")" = "$1" ]; }

# join_network: once for a volume, behind the owner's lines, which have made config.toml: whom the client dials, by id and name.
join_network() {
  local mark=$MOUNT_PATH/.chainmend-network
  if [ -e "$mark" ] || is_pinned; then return 0; fi
  [ -f "$NETWORK_CONFIG" ] || { refuse "$NETWORK_CONFIG is not there: let deploy.install make it (cometbft init, geth dumpconfig)"; return; }
  await_names
  write_peers && : >"$mark" && sync -f "$MOUNT_PATH"
}

# await_names: a client looks a name up once at most, and never again.
await_names() {
  local name second=0
  for name in "${NETWORK_PEERS[@]}"; do
    until getent hosts "$name.$NETWORK_ZONE" >/dev/null; do
      if [ "$second" -ge "$WAIT_SECONDS" ]; then say "$name.$NETWORK_ZONE has no address yet: the client does without it"; break; fi
      second=$((second + 5))
      sleep 5
    done
  done
}

# id_of NAME: of those of the network when it was made.
id_of() { awk -v name="$1" 'NR > 1 && $2 == name { print $1 }' "$IDENTITY_MARK"; }

# edit_config SECTION KEY=VALUE...: each of these keys stands in that section, in a line of its own, and gets that value.
edit_config() {
  local new keys=("${@%%=*}")
  new=$(mktemp -p "${NETWORK_CONFIG%/*}" .chainmend.XXXXXXXX) && cp -p -- "$NETWORK_CONFIG" "$new" || { refuse "${NETWORK_CONFIG%/*} cannot be written"; return; }
  awk '
    BEGIN {
      section = ARGV[2]; gsub(/[.]/, "[.]", section)
      for (at = 3; at < ARGC; at++) { key = ARGV[at]; sub(/=.*/, "", key); value[key] = substr(ARGV[at], length(key) + 2); ARGV[at] = "" }
      ARGV[2] = ""
    }
    /^[[:space:]]*\[/ { inside = ($0 ~ ("^[[:space:]]*\\[" section "\\][[:space:]]*(#.*)?$")) }
    inside && match($0, /^[[:space:]]*[A-Za-z0-9_]+[[:space:]]*=/) {
      key = $0; sub(/[[:space:]]*=.*/, "", key); sub(/^[[:space:]]*/, "", key)
      # A list that goes on in the next line would be cut in two.
      if (key in value && $0 !~ /=[[:space:]]*\[[^]]*(#.*)?$/) { print key " = " value[key]; delete value[key]; next }
    }
    { print }
    END { for (key in value) exit 1 }
  ' "$NETWORK_CONFIG" "$@" >"$new" && sync "$new" && mv -fT -- "$new" "$NETWORK_CONFIG" ||
    { rm -f -- "$new"; refuse "$NETWORK_CONFIG has no section [$1] with ${keys[*]:1}, each in a line of its own"; }
}
