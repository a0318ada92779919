# What the first boot does besides where the fleet file names servers of CometBFT's state sync: the client takes the state of a block that several
# others agree about, in the place of all blocks before it. first-boot.sh calls trust_state behind the installed client and before it starts; first-boot.ts
# sets SYNC_SERVERS to SYNC_CONFIG.

# trust_state: once for a volume, and for none that came as a copy. CometBFT looks at it only where its own state is at height 0 ("Found local state with
# non-zero height, skipping state sync"): another root disk may do it again.
trust_state() {
  local height trusted='' hash server
  if marked state-sync || ! is_own; then return 0; fi
  [ -f "$SYNC_CONFIG" ] || { refuse "$SYNC_CONFIG is not there: let deploy.install make it (cometbft init)"; return; }
  height=$(trust_height) || { refuse "${SYNC_SERVERS[0]} does not tell its height"; return; }
  for server in "${SYNC_SERVERS[@]}"; do
    hash=$(hash_at "$server" "$height") || { refuse "$server does not tell its block $height"; return; }
    [ -z "$trusted" ] || [ "$trusted" = "$hash" ] ||
      { refuse "the servers of state sync do not agree about block $height: ${SYNC_SERVERS[0]} says $trusted, $server says $hash"; return; }
    trusted=$hash
  done
  write_trust "$height" "$trusted" || return
  mark state-sync "$height $trusted"$'\n' || return
  say "state sync: block $height, $trusted, as ${#SYNC_SERVERS[@]} servers say"
}

# told SERVER PATH: what it answers, on one line; 30 tries.
told() {
  local try text
  for ((try = 1; try <= 30; try++)); do
    text=$(curl --fail --silent --location --proto '=https' --connect-timeout 10 --max-time 30 --max-filesize 4194304 -- "$1$2" | head -c 4194304 | tr -d ' \r\n\t')
    if [ -n "$text" ]; then printf '%s' "$text"; return; fi
    sleep 10
  done
  return 1
}

# trust_height: so far below the first server's newest block that the peers' snapshots lie above it.
trust_height() {
  local text latest
  text=$(told "${SYNC_SERVERS[0]}" /status) && [[ $text =~ \"latest_block_height\":\"?([0-9]{1,15})\"? ]] && whole latest "${BASH_REMATCH[1]}" &&
    printf '%d' "$((latest > SYNC_BEHIND ? latest - SYNC_BEHIND : 1))"
}

# hash_at SERVER HEIGHT
hash_at() {
  local text
  text=$(told "$1" "/blockchain?minHeight=$2&maxHeight=$2") && [[ $text =~ \"block_id\":\{\"hash\":\"([0-9A-F]{64})\" ]] && printf '%s' "${BASH_REMATCH[1]}"
}

# write_trust HEIGHT HASH: each key in its section [statesync], which has it already; nothing else of the file is touched.
write_trust() {
  local servers
  servers=$(IFS=,; printf '%s' "${SYNC_SERVERS[*]}")
  edit "$SYNC_CONFIG" trusting "$servers" "$1" "$2" "${SYNC_TRUST_HOURS}h0m0s" ||
    refuse "$SYNC_CONFIG has no section [statesync] with enable, rpc_servers, trust_height, trust_hash and trust_period, or could not be written"
}

# trusting FILE SERVERS HEIGHT HASH PERIOD
trusting() {
  awk -v servers="$2" -v height="$3" -v hash="$4" -v period="$5" '
    BEGIN {
      value["enable"] = "true"; value["rpc_servers"] = "\"" servers "\""; value["trust_height"] = height
      value["trust_hash"] = "\"" hash "\""; value["trust_period"] = "\"" period "\""
    }
    /^[[:space:]]*\[/ { inside = ($0 ~ /^[[:space:]]*\[statesync\][[:space:]]*(#.*)?$/) }
    inside && match($0, /^[[:space:]]*[a-z_]+[[:space:]]*=/) {
      key = $0; sub(/[[:space:]]*=.*/, "", key); sub(/^[[:space:]]*/, "", key)
      if (key in value) { print key " = " value[key]; delete value[key]; next }
    }
    { print }
    END { for (key in value) exit 1 }
  ' "$1"
}
