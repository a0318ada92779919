# Requests to the client, on this node's own loopback and nowhere else: what is unsafe over a network is asked and told here.

ANSWERS= # base64 of gzip of, for each request: a line "<HTTP status, 000 for none> <curl's exit status> <bytes>", then the bytes
DIRECTORY=

readonly REQUESTS_MAX=64
readonly REQUEST_SECONDS_MAX=5
# Of each answer; of all of them; and of all of them packed, of SSM's 24,000 characters.
readonly ANSWER_BYTES_MAX=2000000
readonly ANSWERS_BYTES_MAX=4000000
readonly ANSWERS_CHARACTERS_MAX=20000

# ask_client: false, with WHY, where nothing could be asked at all. That the client does not answer is an answer.
ask_client() {
  local method path body count=0 size status
  if ! command -v curl >/dev/null; then fail 'curl is not installed: the client cannot be asked'; return; fi
  read_secret || { WHY="the file of the credentials cannot be read: $WHY"; return 1; }
  DIRECTORY=$(mktemp -d -p /run chainmend.XXXXXXXX) || { WHY='/run cannot be written'; return 1; }
  trap 'rm -rf -- "$DIRECTORY"' EXIT
  # Secrets are handed over by a file, where no list of processes shows them.
  [ -z "$SECRET" ] || printf 'user = %s\n' "$(quoted "$SECRET")" >"$DIRECTORY/curl"
  while read -r method path body || [ -n "$method" ]; do
    count=$((count + 1))
    if [ "$count" -gt "$REQUESTS_MAX" ] || ! [[ "$method $path $body" =~ ^(GET|POST)\ (/[!-~]*|-)\ ([A-Za-z0-9+/=]+|-)$ ]]; then fail "request $count is not one of at most $REQUESTS_MAX, or not well formed"; return; fi
    ask_once "$method" "${path#-}" "${body#-}"
    whole size "$(stat -c %s -- "$DIRECTORY/answers")"
    if [ "$size" -gt "$ANSWERS_BYTES_MAX" ]; then fail "the client answers with more than $ANSWERS_BYTES_MAX bytes"; return; fi
  done < <(printf '%s' "$SSM_Requests" | base64 -d)
  ANSWERS=$(gzip -9 -n <"$DIRECTORY/answers" | base64 -w 0)
  status=$?
  if [ "$status" -ne 0 ] || [ "${#ANSWERS}" -gt "$ANSWERS_CHARACTERS_MAX" ]; then fail "the answers are ${#ANSWERS} characters long when packed, expected at most $ANSWERS_CHARACTERS_MAX"; return; fi
}

# ask_once METHOD PATH BODY: appends to the answers. A client's control characters go no further.
ask_once() {
  local code status=0 size options=()
  [ ! -e "$DIRECTORY/curl" ] || options+=(--config "$DIRECTORY/curl")
  [ "$1" = GET ] || { printf '%s' "$3" | base64 -d >"$DIRECTORY/body" && options+=(--data-binary "@$DIRECTORY/body" -H 'content-type: application/json'); }
  # Nothing is followed, and no proxy is asked. Some versions of curl do not count what comes in pieces.
  curl -q --silent --globoff --insecure --noproxy '*' --max-time "$REQUEST_SECONDS_MAX" --max-filesize "$ANSWER_BYTES_MAX" \
    ${options[@]+"${options[@]}"} --request "$1" --write-out '\n%{http_code}' -- "$SSM_Endpoint$2" 2>/dev/null |
    head -c "$((ANSWER_BYTES_MAX + 4))" >"$DIRECTORY/answer" || status=$?
  code=$(tail -c 4 -- "$DIRECTORY/answer")
  if ! [[ $code =~ ^$'\n'[0-9]{3}$ ]]; then
    # It was cut off.
    code=$'\n000' status=63
    : >"$DIRECTORY/answer"
  fi
  # What came before an error is no answer.
  [ "$status" -eq 0 ] || printf '%s' "$code" >"$DIRECTORY/answer"
  whole size "$(stat -c %s -- "$DIRECTORY/answer")" || size=4
  printf '%s %s %s\n' "${code:1}" "$status" "$((size - 4))" >>"$DIRECTORY/answers"
  head -c "$((size - 4))" -- "$DIRECTORY/answer" | tr -c '[:print:]\n\t' ' ' >>"$DIRECTORY/answers"
}
