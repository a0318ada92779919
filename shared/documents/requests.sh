# Requests to the client, on this node's own loopback and nowhere else: what is unsafe over a network is asked and told here.

ANSWERS= # base64 of gzip of, for each request: a line "<HTTP status, 000 for none> <curl's exit status> <bytes>", then the bytes

readonly REQUESTS_MAX=64
readonly REQUEST_SECONDS_MAX=5
# Of each answer; and of all of them packed, of SSM's 24,000 characters.
readonly ANSWER_BYTES_MAX=2000000
readonly ANSWERS_CHARACTERS_MAX=20000

# ask_client: false, with WHY, where nothing could be asked at all. That the client does not answer is an answer.
ask_client() {
  local directory method path body count=0 status
  if ! command -v curl >/dev/null; then
    WHY='curl is not installed: the client cannot be asked'
    return 1
  fi
  directory=$(mktemp -d -p /run chainmend.XXXXXXXX) || { WHY='/run cannot be written'; return 1; }
  # shellcheck disable=SC2064 # the directory is known now
  trap "rm -rf -- '$directory'" EXIT
  while read -r method path body || [ -n "$method" ]; do
    count=$((count + 1))
    if [ "$count" -gt "$REQUESTS_MAX" ] || ! [[ "$method $path $body" =~ ^(GET|POST)\ (/[!-~]*|-)\ ([A-Za-z0-9+/=]+|-)$ ]]; then
      WHY="request $count is not one of at most $REQUESTS_MAX, or not well formed"
      return 1
    fi
    ask_once "$directory" "$method" "${path#-}" "${body#-}" || { WHY='the file of the credentials cannot be read'; return 1; }
  done < <(printf '%s' "$SSM_Requests" | base64 -d)
  ANSWERS=$(gzip -9 -n <"$directory/answers" | base64 -w 0)
  status=$?
  if [ "$status" -ne 0 ] || [ "${#ANSWERS}" -gt "$ANSWERS_CHARACTERS_MAX" ]; then
    WHY="the answers are ${#ANSWERS} characters long when packed, expected at most $ANSWERS_CHARACTERS_MAX"
    return 1
  fi
}

# ask_once DIRECTORY METHOD PATH BODY: appends to DIRECTORY/answers.
ask_once() {
  local code exit_status=0 options=()
  : >"$1/answer"
  [ "$2" = GET ] || { printf '%s' "$4" | base64 -d >"$1/body" && options=(--data-binary "@$1/body" -H 'content-type: application/json'); }
  # Secrets are handed over by a file, where no list of processes shows them. Nothing is followed, and no proxy is asked.
  credentials >"$1/curl" || return 1
  code=$(curl -q --silent --globoff --insecure --noproxy '*' --max-time "$REQUEST_SECONDS_MAX" --max-filesize "$ANSWER_BYTES_MAX" \
    --config "$1/curl" --request "$2" "${options[@]+"${options[@]}"}" --output "$1/answer" --write-out '%{http_code}' -- "$SSM_Endpoint$3" 2>/dev/null) ||
    exit_status=$?
  printf '%s %s %s\n' "${code:-000}" "$exit_status" "$(stat -c %s -- "$1/answer")" >>"$1/answers"
  cat -- "$1/answer" >>"$1/answers"
}

credentials() {
  local secret
  [ -n "$SSM_CredentialsFile" ] || return 0
  [ -r "$SSM_CredentialsFile" ] && IFS= read -r secret <"$SSM_CredentialsFile" || [ -n "${secret:-}" ] || return 1
  secret=${secret//\\/\\\\}
  printf 'user = "%s"\n' "${secret//\"/\\\"}"
}
