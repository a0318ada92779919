# What of a configuration is told to nobody.

# hide_secrets: standard input with stars in the place of passwords, keys and seeds, so that these never leave the node. Not a byte
# more or less, so that every other byte keeps its place: edits name bytes.
hide_secrets() {
  awk '
    function stars(count,   text) { for (text = ""; count > 0; count--) text = text "*"; return text }
    # hidden(line, from): the value that begins there, hidden; quotes are left where they are.
    function hidden(line, from,   head, tail, mark, at) {
      head = substr(line, 1, from - 1); tail = substr(line, from); mark = substr(tail, 1, 1)
      if (mark == "\"" || mark == "\047") {
        # Behind a backslash a quote ends nothing.
        for (at = 2; at <= length(tail) && substr(tail, at, 1) != mark; at++) if (mark == "\"" && substr(tail, at, 1) == "\\") at++
        if (at > length(tail)) return head stars(length(tail))
        return head mark stars(at - 2) substr(tail, at)
      }
      sub(/[ \t\r]+$/, "", tail)
      return head stars(length(tail)) substr(line, from + length(tail))
    }
    {
      line = $0; done = 0
      # A key whose value is a secret, wherever it stands in the line.
      while (match(tolower(substr(line, done + 1)), /(password|passwd|passphrase|secret|token|mnemonic|priv_?key|private_?key|mining_key|rpcauth|(^|[^a-z0-9])(local_peer_|miner_)?seed)[a-z0-9_]*"?[ \t]*=[ \t]*/)) {
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
