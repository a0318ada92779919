# The answer: one line of JSON on descriptor 3, the standard output that the script was given. Everything else is log.

say() { printf '%s %s\n' "$(date -u +%H:%M:%SZ)" "$*" >&2; }

# fail REASON: false, with that as WHY.
fail() {
  WHY=$1
  return 1
}

# whole NAME TEXT: the variable NAME becomes the whole number that TEXT is; false, and NAME is empty, where TEXT is none. What a tool, a
# file or a parameter says goes through here before it is reckoned with: arithmetic runs a command that stands in a subscript.
whole() {
  printf -v "$1" '%s' ''
  # No more than 15 digits, so that nothing overflows; and no regular expression, whose caller's own matches would be lost.
  case $2 in
    '' | *[!0-9]* | ????????????????*) return 1 ;;
  esac
  printf -v "$1" '%d' "$((10#$2))"
}

# json_string TEXT: a JSON string; what is not printable ASCII becomes a space (the locale is C), so that any tool's message fits.
json_string() {
  local text=$1
  text=${text//[^[:print:]]/ }
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "$text"
}

MORE= # members of its own that an operation adds, each with a comma before it

# answer_line RESULT BEFORE AFTER REASON: the line of shared/node-commands/answer.ts; the fence is the highest that this node has seen.
answer_line() {
  local line
  line="{\"operationId\":\"$SSM_OperationId\",\"fence\":$SEEN_FENCE,\"result\":\"$1\",\"before\":$2,\"after\":$3$MORE"
  [ -z "$4" ] || line="$line,\"reason\":$(json_string "${4:0:900}")"
  printf '%s}\n' "$line"
}

# reply LINE: the last thing that a command does.
reply() {
  printf '%s\n' "$1" >&3
  exit 0
}

# end RESULT REASON: the same, where nothing is known of before and after.
end() { reply "$(answer_line "$1" null null "$2")"; }
