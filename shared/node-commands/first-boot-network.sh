# What the first boot does besides where the node is one of a private network: its keys and the genesis come from Secrets Manager, once, and only to the
# empty volume that these keys are for. prepare calls load_identity while the volume is mounted aside; first-boot.sh calls keeps_identity behind that and before
# the client is installed, and join_network before its first start; first-boot-cometbft.sh or first-boot-clique.sh has write_peers. first-boot.ts sets NETWORK_REGION to NETWORK_NEW:
# NETWORK_OWN and NETWORK_ALL are 'KEY PATH' of the files in the two secrets, NETWORK_NEW 'PATH TEXT' of those that begin alike everywhere.

# In memory: no disk but the node's own volume gets a key.
readonly KEYS=/run/chainmend/first-boot-keys

# load_identity: what has keys is never given any again. Its signing state is on its volume and nowhere else.
load_identity() {
  local status=0
  rm -rf -- "$KEYS" && (umask 077 && mkdir -p -- "$KEYS") || { refuse "$KEYS cannot be made"; return; }
  fetch_identity && give_identity || status=1
  rm -rf -- "$KEYS"
  return "$status"
}

# keeps_identity: a client that finds no keys makes itself some.
keeps_identity() {
  local path
  if is_pinned; then return 0; fi
  for path in "${NETWORK_OWN[@]#* }" "${NETWORK_NEW[@]%% *}"; do
    [ -e "$NETWORK_HOME/$path" ] ||
      { refuse "this node has had its keys, and $VOLUME has no $path: where its signing state is now is not known, and no second copy is written"; return; }
  done
}

is_pinned() { awk -v path="$MOUNT_PATH" '$1 == "#chainmend" && $3 == path { found = 1 } END { exit !found }' /etc/fstab; }

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
  for file in "${NETWORK_NEW[@]}"; do printf '%s\n' "${file#* }" >"$KEYS/$(staged "${file%% *}")" || { refuse "$KEYS cannot be written"; return; }; done
  secret "$NETWORK_RECORD" || return
  unpacked_all "$NETWORK_RECORD" "${NETWORK_ALL[@]}" || return
  rest=$SECRET
  while [[ $rest =~ \"([a-z][a-z0-9-]{0,31})\":\"([0-9a-f]{40}([0-9a-f]{88})?)\" ]]; do
    ids+="${BASH_REMATCH[2]} ${BASH_REMATCH[1]}"$'\n'
    rest=${rest#*"${BASH_REMATCH[0]}"}
  done
  SECRET=
  umask 022
  mark ids "$ids"
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
unpacked() { [[ $SECRET =~ \"$1\":\"([A-Za-z0-9+/=]+)\" ]] && base64 -d <<<"${BASH_REMATCH[1]}" >"$KEYS/$2" && [ -s "$KEYS/$2" ]; }

# give_identity: to an empty volume. One that is not is another machine's, and has the very keys that this node is to have, or it is refused.
give_identity() {
  local path
  if ! marked identity-begun; then
    if has_entries lost+found; then
      for path in "${NETWORK_OWN[@]#* }"; do has_same "$path" || break; done
      has_same "$path" && keeps_state ||
        { refuse "$MOUNT_PATH is not empty, and whose keys are there is not known: none are written, since a second copy of them could sign"; return; }
      return 0
    fi
    if [ -e "$STATE/identity" ]; then refuse "this node has had its keys, and $VOLUME has none: where its signing state is now is not known, and no second copy is written"; return; fi
    mark identity-begun || return
  fi
  for path in "${NETWORK_OWN[@]#* }" "${NETWORK_ALL[@]#* }" "${NETWORK_NEW[@]%% *}"; do place_identity "$path" || return; done
  (cd -- "$ASIDE${NETWORK_HOME#"$MOUNT_PATH"}" && chmod 0644 -- "${NETWORK_ALL[@]#* }") && sync -f "$ASIDE" && printf '%s\n' "$VOLUME" >"$STATE/identity" &&
    sync "$STATE/identity" || { refuse "$STATE cannot be written"; return; }
  say "the keys of $NETWORK_NODE, a $NETWORK_ROLE, are on $VOLUME, for the first and the last time"
}

# keeps_state: what signs knows what it has signed.
keeps_state() {
  local path
  for path in "${NETWORK_NEW[@]%% *}"; do is_file "$ASIDE${NETWORK_HOME#"$MOUNT_PATH"}/$path" || return; done
}

# place_identity PATH: to where no other file is; what has died in between goes on.
place_identity() {
  local path=$ASIDE${NETWORK_HOME#"$MOUNT_PATH"}/$1 new=$ASIDE/.chainmend-new
  if has_same "$1"; then return 0; fi
  make_folder "${path%/*}" && ! [ -e "$path" ] && rm -f -- "$new" && cp -- "$KEYS/$(staged "$1")" "$new" && sync "$new" && mv -nT -- "$new" "$path" && ! [ -e "$new" ] ||
    refuse "$NETWORK_HOME/$1 is there already, or cannot be made: nothing is written over it"
}

# has_same PATH: the volume has that file, as it is to be.
has_same() {
  local path=$ASIDE${NETWORK_HOME#"$MOUNT_PATH"}/$1
  is_file "$path" && cmp -s -- "$path" "$KEYS/$(staged "$1")"
}

# is_file PATH: and no link leads to it.
is_file() { [ -f "$1" ] && [ "$(readlink -f -- "$1")" = "$1" ]; }

make_folder() { mkdir -p -- "$1" && [ "$(readlink -f -- "$1")" = "$1" ]; }

# join_network: once for a volume, behind the owner's lines, which have made config.toml: whom the client dials, by id and name.
join_network() {
  if marked joined || is_pinned; then return 0; fi
  [ -f "$NETWORK_CONFIG" ] || { refuse "$NETWORK_CONFIG is not there: let deploy.install make it (cometbft init, geth dumpconfig)"; return; }
  await_names
  write_peers && mark joined
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
id_of() { awk -v name="$1" '$2 == name { print $1 }' "$MARKS/$VOLUME.ids"; }

# edit_config SECTION KEY=VALUE...: each of these keys stands in that section, in a line of its own, and gets that value.
edit_config() {
  local keys=("${@%%=*}")
  edit "$NETWORK_CONFIG" configured "$@" || refuse "$NETWORK_CONFIG has no section [$1] with ${keys[*]:1}, each in a line of its own, or could not be written"
}

# configured FILE SECTION KEY=VALUE...
configured() {
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
  ' "$@"
}
