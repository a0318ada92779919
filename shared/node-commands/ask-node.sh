# Asks the client of this node where it stands, on the node's own loopback, and tells how full its volumes are. Nothing is changed
# and nothing is written: no fence, no lock, no memory. The answer is one line: base64 of gzip of frames (shared/probe/frames.ts).

# ListCommandInvocations shows 2,500 characters of what a command prints.
readonly ROOM=2400
readonly QUESTIONS_MAX=16
readonly SECONDS_A_QUESTION=4
# Of what takes an answer apart, while it comes.
readonly PATIENCE=6
readonly TRAILER='chainmend-status '
# In the place of curl's exit status: the file of the credentials is not read, and the frame's bytes say why.
readonly NO_CREDENTIALS=99
WHY=
WORK_SECONDS=4
FRAMES=()
RPC_PORT=

# check NAME PATTERN: as SSM hands it over, in the environment ("interpolationType"; SSM Agent 3.3.2746.0 and later).
check() {
  local name=SSM_$1
  # Whether the agent hands over what is empty, nobody says. RunLimitSeconds never is: where it came, what may be empty is.
  if [ -z "${!name+given}" ] && [ -n "${SSM_RunLimitSeconds-}" ] && [[ '' =~ $2 ]]; then printf -v "$name" %s ''; fi
  if [ -z "${!name+given}" ]; then
    say "parameter $1 did not arrive in the environment: SSM Agent 3.3.2746.0 or later is needed"
    exit 2
  fi
  if [[ ${!name} =~ $2 ]]; then return 0; fi
  say "parameter $1: \"${!name:0:100}\" given, expected $2"
  exit 2
}

# ask_all: one frame for each line "<what is kept> <most bytes> <method> <scheme> <port> <path> <body in base64, or ->". The first
# line is the RPC's.
ask_all() {
  local line status=0
  read_secret || status=$?
  # Where the file is not there, the client is asked all the same, and says itself what it thinks of that.
  if [ "$status" -eq 2 ]; then WHY=; fi
  while IFS= read -r line; do
    if [ "${#FRAMES[@]}" -ge "$QUESTIONS_MAX" ]; then
      say "parameter Questions: more than $QUESTIONS_MAX lines given"
      exit 2
    fi
    if ! [[ $line =~ ^(facts|peers|spec|consensus|geth)\ ([1-9][0-9]{0,7})\ (GET|POST)\ (https?)\ ([1-9][0-9]{0,4})\ (/[A-Za-z0-9_.~:/?=\&%+,@-]*)\ (-|[A-Za-z0-9+/]+=?=?)$ ]]; then
      say "parameter Questions: line \"${line:0:100}\" is not of the expected form"
      exit 2
    fi
    RPC_PORT=${RPC_PORT:-${BASH_REMATCH[5]}}
    ask "${BASH_REMATCH[@]:1}"
  done < <(printf '%s' "$SSM_Questions" | base64 -d)
}

# ask KEEP MAXIMUM METHOD SCHEME PORT PATH BODY: adds a frame "a <curl's exit status> <HTTP status> <bytes>" with the body after it.
ask() {
  local answer most status=0 code=000 remaining=$((SSM_RunLimitSeconds - SECONDS - 2))
  whole most "$2"
  [ "$remaining" -lt "$SECONDS_A_QUESTION" ] || remaining=$SECONDS_A_QUESTION
  if [ -n "$WHY" ] && [ "$5" = "$RPC_PORT" ]; then
    answer=${WHY:0:300}
    FRAMES+=("a $NO_CREDENTIALS 000 ${#answer}"$'\n'"$answer")
    return
  fi
  if [ "$remaining" -le 0 ]; then
    FRAMES+=('a 28 000 0'$'\n')
    return
  fi
  # On the node's own loopback a certificate proves nothing. Redirections are not followed.
  answer=$(
    curl_config "$@" |
      curl --disable --silent --globoff --insecure --noproxy '*' --max-time "$remaining" --max-filesize "$most" --request "$3" \
        --write-out "\\n$TRAILER%{http_code}" --config - 2>/dev/null |
      head -c "$((most + 64))" | tr -c '[:print:]\n' ' ' | keep "$1"
  ) || status=$?
  if [[ ${answer: -20} =~ "$TRAILER"([0-9][0-9][0-9])$ ]]; then
    code=${BASH_REMATCH[1]}
    answer=${answer%"$TRAILER"*}
  else
    # No trailer: either curl failed, or what it got was cut off. The latter is too large, in curl's numbers.
    case $status in 0 | 23 | 124 | 141) status=63 ;; esac
  fi
  [ "$status" -eq 0 ] || answer=
  FRAMES+=("a $status $code ${#answer}"$'\n'"$answer")
}

# curl_config: on curl's standard input, so that neither credentials nor bodies are seen in a list of processes. The credentials
# are the RPC's own.
curl_config() {
  printf 'url = "%s://127.0.0.1:%s%s"\n' "$4" "$5" "$6"
  if [ "$7" != - ]; then
    printf 'header = "Content-Type: application/json"\nheader = "Expect:"\n'
    printf 'data-raw = %s\n' "$(quoted "$(printf '%s' "$7" | base64 -d)")"
  fi
  [ -z "$SECRET" ] || [ "$5" != "$RPC_PORT" ] || printf 'user = %s\n' "$(quoted "$SECRET")"
}

# keep WHAT: of an answer only what is read of it, since there is so little room; the trailer always.
keep() {
  case $1 in
    facts)
      one_line | timeout "$PATIENCE" sed -E \
        -e 's/"(logsBloom|extraData|parentHash|mixHash|nonce|miner|stateRoot|transactionsRoot|receiptsRoot|sha3Uncles|withdrawalsRoot|parentBeaconBlockRoot|requestsHash)" *: *"[^"]*"/"\1":""/g' \
        -e 's/"(transactions|withdrawals|uncles)" *: *\[[^]]*\]/"\1":[]/g' \
        -e 's/"(gossip|signature|state_root|body_root|parent_root)" *: *"[^"]*"/"\1":""/g'
      ;;
    # A count stands beside the list.
    peers) one_line | timeout "$PATIENCE" sed -E 's/"peers" *: *\[.*\]/"peers":[]/' ;;
    spec) spec ;;
    consensus) lines '(cometbft|tendermint)_consensus_(rounds|latest_block_height|(validators|missing_validators|byzantine_validators)(_power)?)[ {]' ;;
    geth) lines '(chain_head_block|p2p_peers|chain_inserts_count)[ {]' ;;
  esac
}

# spec: the two values that are read of some hundred.
spec() {
  timeout "$PATIENCE" grep -a -o -E '"(SECONDS_PER_SLOT|DEPOSIT_CHAIN_ID)" *: *"[0-9]{1,20}"|^chainmend-status [0-9]*$' | awk '
    /^chainmend-status/ { trailer = $0; next }
    { told[substr($0, 2, 7)] = $0 }
    END { if (("SECONDS" in told) && ("DEPOSIT" in told)) printf "{\"data\":{%s,%s}} ", told["SECONDS"], told["DEPOSIT"]; print trailer }'
}

# In JSON a line's end is a blank.
one_line() { tr '\n' ' '; }

lines() { timeout "$PATIENCE" grep -a -E "^($1|$TRAILER)" || true; }

# volumes: for each volume "<role>:<path>" that is mounted a line "d <role> <tenths of a per cent>", as df counts, of what a process without
# privileges could use; and a line "i <role> <tenths of a per cent>" of its inodes, where the filesystem has a fixed number of them.
volumes() {
  local volume entries=()
  IFS='#' read -r -a entries < <(printf '%s\n' "$SSM_Volumes")
  for volume in ${entries[@]+"${entries[@]}"}; do
    if read_space "${volume#*:}" && [ "$((BLOCKS - FREE + AVAILABLE))" -gt 0 ]; then
      printf 'd %s %s\n' "${volume%%:*}" "$((1000 * (BLOCKS - FREE) / (BLOCKS - FREE + AVAILABLE)))"
      [ "$INODES" -eq 0 ] || printf 'i %s %s\n' "${volume%%:*}" "$((1000 * (INODES - INODES_FREE) / INODES))"
    fi
  done
}

# The last questions are the least: they are left out until the rest fits.
answer() {
  local disks line kept=${#FRAMES[@]}
  disks=$(volumes)
  while :; do
    line=$(
      {
        printf 'chainmend-node 1\n%s\n' "$disks"
        [ "$kept" -eq 0 ] || printf '%s\n' "${FRAMES[@]:0:kept}"
      } | gzip -9 -n | base64 -w 0
    )
    if [ "${#line}" -le "$ROOM" ] || [ "$kept" -eq 0 ]; then break; fi
    kept=$((kept - 1))
  done
  printf '%s\n' "$line" >&3
}

main() {
  ask_all 3>&-
  answer
}

ended() { exit "$1"; }
