# What of a configuration is told to nobody.

# hide_secrets: standard input with stars in the place of passwords, keys and seeds, so that these never leave the node. Not a byte
# more or less, so that every other byte keeps its place: edits name bytes.
hide_secrets() {
  awk '
    function stars(count,   text) { for (text = ""; count > 0; count--) text = text "*"; return text }
    # hidden(line, from): the value that begins there, hidden; quotes and brackets are left where they are. inside: what a value that
    # goes on in the next line ends with.
    function hidden(line, from,   head, tail, mark, at) {
      head = substr(line, 1, from - 1); tail = substr(line, from); mark = substr(tail, 1, 3)
      if (mark == "\"\"\"" || mark == "\047\047\047") return head mark text_hidden(substr(tail, 4), mark)
      if (tail ~ /^\[[ \t]*(["\047#\]\r]|$)/) { depth = 0; return head list_hidden(tail) }
      if (tail ~ /^(true|false)[ \t]*([,}#\r].*)?$/) return line
      mark = substr(tail, 1, 1)
      if (mark == "\"" || mark == "\047") {
        # Behind a backslash a quote ends nothing.
        for (at = 2; at <= length(tail) && substr(tail, at, 1) != mark; at++) if (mark == "\"" && substr(tail, at, 1) == "\\") at++
        if (at > length(tail)) return head stars(length(tail))
        return head mark stars(at - 2) substr(tail, at)
      }
      sub(/[ \t\r]+$/, "", tail)
      return head stars(length(tail)) substr(line, from + length(tail))
    }
    function text_hidden(text, mark,   at) {
      for (at = 1; at <= length(text) && substr(text, at, 3) != mark; at++) if (mark == "\"\"\"" && substr(text, at, 1) == "\\") at++
      if (at > length(text)) { inside = mark; return stars(length(text)) }
      inside = ""
      return stars(at - 1) substr(text, at)
    }
    function list_hidden(text,   at, char, quote, told) {
      inside = "]"
      for (at = 1; at <= length(text); at++) {
        char = substr(text, at, 1)
        if (quote == "" && char == "#") return told "#" stars(length(text) - at)
        if (quote == "" && char == "[") depth++
        if (quote == "" && char == "]" && --depth == 0) { inside = ""; return told substr(text, at) }
        if (quote == "\"" && char == "\\") { told = told stars(at < length(text) ? 2 : 1); at++; continue }
        if (quote == "" ? char ~ /[][, \t\r]/ : char == quote) { told = told char; quote = ""; continue }
        if (quote == "" && (char == "\"" || char == "\047")) { told = told char; quote = char; continue }
        told = told "*"
      }
      return told
    }
    {
      line = $0; done = 0
      if (inside == "]") line = list_hidden(line)
      else if (inside != "") line = text_hidden(line, inside)
      # A key whose value is a secret, wherever it stands in the line.
      while (inside == "" && match(tolower(substr(line, done + 1)), /(password|passwd|passphrase|secret|token|mnemonic|credential|priv_?key|private_?key|(api|access|auth|signing)[_-]?key|mining_key|rpcauth|(^|[^a-z0-9])(local_peer_|miner_)?seed)[a-z0-9_-]*["\047]?[ \t]*=[ \t]*/)) {
        key = substr(tolower(substr(line, done + 1)), RSTART, RLENGTH)
        from = done + RSTART + RLENGTH
        done = from - 1
        # CometBFT calls its first contacts seeds, and a mode so; files of keys are no keys.
        if (key ~ /seeds|seed_mode|_file|key_path/) continue
        line = hidden(line, from)
      }
      # user:password@host
      done = 0
      while (match(substr(line, done + 1), /[A-Za-z0-9_.-]+:[^]@:\/", \t]+@[A-Za-z0-9]/)) {
        start = done + RSTART; colon = start + index(substr(line, start), ":") - 1
        at = start + index(substr(line, start), "@") - 1
        line = substr(line, 1, colon) stars(at - colon - 1) substr(line, at)
        done = at
      }
      print line
    }'
}
