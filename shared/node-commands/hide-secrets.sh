# What of a configuration is told to nobody: TOML, INI, YAML, JSON and a client's own lines.

# hide_secrets: standard input with stars in the place of passwords, keys and seeds, so that these never leave the node; a number stays one.
# Not a byte more or less, so that every other byte keeps its place: edits name bytes. Brackets and quotes stay, so that what was TOML is
# TOML. Lists of peers stay as they are: they are read back. Each line is walked through from its beginning to its end, and never back: it
# may be long. In the program:
#
# is_secret    whether a key is that of a secret, in whatever style it is written: by what it contains, by one of its words, by its end; a list
#              of peers is none, nor what names a file
# hide, spare  a range of the line that is hidden; one that is a list of peers
# end_of_text  where a text that has begun before n ends (two single quotes are one, in YAML), or the place behind the line
# text, list   hide what begins at n, and give the place behind it; `inside` is the mark that ends one which goes on in the next line
# bare         hides what stands without quotes
# value        hides the value of a key that stands in quotes or brackets or not. A comment behind a number or a word is one, as in TOML; in
#              other lines it is part of the value
# word         a key, an option of a command line, or neither: the place to go on at
#
# Then each line: what goes on from the one before, headers of tables, blocks of YAML, words. A list of peers that is not closed ends where
# none of them stands. Then user:password@host, wherever that is and whatever is in the password; without a name it is a token. What is hidden
# twice is hidden once.
hide_secrets() {
  awk '
function is_secret(key, flat, words, count, n, c, before, last) {
  if (key in known) return known[key]
  if (length(key) > 200) return 0
  for (n = 1; n <= length(key); n++) {
    c = substr(key, n, 1)
    if (c ~ /[A-Z]/ && before ~ /[a-z0-9]/) flat = flat "_"
    flat = flat tolower(c)
    before = c
  }
  count = split(flat, words, /[_.-]+/)
  if (count > 1 && words[count] == "") count--
  last = words[count]
  gsub(/[_.-]/, "", flat)
  known[key] = 0
  if (is_peers(key) || flat ~ /(file|path|dir|mode|pubkey|publickey|pubkeys|publickeys|bypass|compass)$/) return 0
  if (flat ~ /passw|passphrase|passcode|secret|token|mnemonic|credential|cookie|rpcauth|authorization|bearer|jwt|hmac|connectionstring/ ||
    flat ~ /(private|priv|api|access|auth|signing|sign|mining|master|encryption|session|ssh|account|wallet|validator|node)keys?|(pass|pwd)$/ ||
    last ~ /^(seed|keys?|auth)$/) known[key] = 1
  for (n = 1; n <= count; n++) if (words[n] ~ /^(pass|pwd|pw|psk|pin|otp|dsn|salt)$/) known[key] = 1
  return known[key]
}
function is_peers(key) {
  return tolower(key) ~ /^(.*\.)?(persistent_peers|seeds|private_peer_ids|unconditional_peer_ids|addnode|connect|seednode|bootstrap_node|staticnodes|trustednodes|bootstrapnodes(v5)?)$/
}
function at(n) { return substr(line, n, 1) }
function hide(from, to) { if (to >= from) { first[++ranges] = from; final[ranges] = to } }
function spare(from, to) { spare_from[++spares] = from; spare_to[spares] = to; return to + 1 }
function after_blanks(n) { while (n <= size && (at(n) == " " || at(n) == "\t")) n++; return n }
function end_of_text(n, mark) {
  for (; n <= size; n++) {
    if (substr(mark, 1, 1) == "\"" && at(n) == "\\") n++
    else if (substr(line, n, length(mark)) == mark) {
      if (mark != "\047" || at(n + 1) != "\047") return n
      n++
    }
  }
  return size + 1
}
function text(n, mark, end) {
  end = end_of_text(n, mark)
  hide(n, end > size ? size : end - 1)
  inside = end > size && length(mark) == 3 ? mark : ""
  return end > size ? end : end + length(mark)
}
function list(n, c, quote, from) {
  inside = "]"
  for (; n <= size; n++) {
    c = at(n)
    if (quote == "" && c == "#") { hide(n + 1, size); return size + 1 }
    if (quote == "" && c == "[") depth++
    if (quote == "" && c == "]" && --depth == 0) { inside = ""; return n + 1 }
    if (quote == "" && c ~ /[][{}:, \t\r]/) continue
    if (c == quote) quote = ""
    else if (quote == "" && (c == "\"" || c == "\047")) quote = c
    else if (quote == "\"" && c == "\\") { hide(n, n + 1 > size ? size : n + 1); n++ }
    else hide(n, n)
  }
  return n
}
function bare(n, behind, value) {
  while (behind > n && at(behind - 1) ~ /[ \t\r]/) behind--
  value = substr(line, n, behind - n)
  if (value ~ /^(true|false|null)$/) return
  hide(n, behind - 1)
  if (value ~ /^[+-]?[0-9][0-9A-Za-z_.:+-]*$/) number[ranges] = 1
}
function value(n, quoted, c, end, rest) {
  n = after_blanks(n)
  if (quote != "") { end = end_of_text(n, quote); hide(n, end - 1); return end }
  rest = substr(line, n, 80)
  c = substr(rest, 1, 3)
  if (c == "\"\"\"" || c == "\047\047\047") return text(n + 3, c)
  c = at(n)
  if (n > size || c == "\r" || rest ~ /^[|>][+-]?[0-9]*[ \t\r]*(#.*)?$/) { if (separator == ":") block = indent; return size + 1 }
  if (c == "\"" || c == "\047") return text(n + 1, c)
  if (c == "[" && (rest ~ /^\[[ \t]*(["\047#\]\r]|$)/ || last_bracket() > n)) { depth = 0; return list(n) }
  if (c == "{") { braces = 0; return n }
  if (quoted || curly > 0 || braces >= 0) {
    for (end = n; end <= size && at(end) !~ /[],}]/; end++);
    bare(n, end)
    return end
  }
  if (rest ~ /^[+-]?[0-9A-Za-z_.:+-]+[ \t]+#/) {
    end = n + index(rest, "#") - 1
    bare(n, end)
    hide(end + 1, size)
  } else bare(n, size + 1)
  return size + 1
}
function last_bracket() {
  if (!bracket) for (bracket = size; bracket > 1 && at(bracket) != "]"; bracket--);
  return bracket
}
function word(n, behind, key, next_, quoted) {
  key = substr(line, n, behind - n)
  quoted = n > 1 && at(n - 1) ~ /["\047]/ && at(behind) == at(n - 1)
  next_ = after_blanks(quoted ? behind + 1 : behind)
  separator = at(next_)
  if ((separator == "=" || separator == ":") && substr(line, next_, 3) != "://") {
    if (quoted) quote = ""
    if (quote == "" && is_peers(key)) {
      n = after_blanks(next_ + 1)
      if (at(n) == "[") { is_list_of_peers = n; return n + 1 }
      key = substr(line, n, 3)
      if (key != "\"\"\"" && key != "\047\047\047") key = at(n)
      if (key !~ /["\047]/) return spare(n, size)
      behind = end_of_text(n + length(key), key)
      if (behind > size && length(key) == 3) { quote = key; is_text_of_peers = 1 }
      return spare(n, behind > size ? size : behind)
    }
    if (is_secret(key) || is_forced) return value(next_ + 1, quoted)
    return next_ + 1
  }
  if (!is_secret(key)) return behind
  if (substr(key, 1, 1) == "-") {
    if (quote != "" && at(behind) == quote) wanted = 1
    else if (at(behind) == " " && at(next_) != "-") { separator = ""; return value(next_, 0) }
  } else if (quote == "" && !in_comment && n == start && next_ > behind && next_ <= size) { separator = ""; return value(next_, 0) }
  return behind
}
BEGIN { ORS = ""; block = braces = -1; letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-" }
{
  line = $0; size = length(line); ranges = spares = bracket = 0; split("", number)
  n = 1; in_comment = curly = 0; quote = still_open
  start = match(line, /[^ \t]/)
  indent = start ? start - 1 : size
  if (inside == "]") n = list(1)
  else if (inside != "") n = text(1, inside)
  else if (is_key_block) { if (line ~ /-----END/) is_key_block = 0; else { hide(start, size); n = size + 1 } }
  else if (line ~ /-----BEGIN [A-Z ]*PRIVATE KEY/) is_key_block = 1
  else if (quote == "" && line ~ /^[ \t]*\[+[ \t]*["\047]?[A-Za-z0-9_.-]+["\047]?[ \t]*\]+[ \t\r]*(#.*)?$/) {
    key = line; gsub(/[^A-Za-z0-9_.-]|#.*/, "", key)
    is_secret_table = is_secret(key); braces = block = -1; n = size + 1
  }
  if (block >= 0 && start && indent <= block) block = -1
  is_forced = is_secret_table || block >= 0 || braces > 0
  if (is_list_of_peers) is_list_of_peers = !start || index("\"\047#]", at(start)) > 0
  if (is_text_of_peers && line ~ /^[ \t]*["\047]?[A-Za-z0-9_.-]+["\047]?[ \t]*(=|:[ \t])/) { is_text_of_peers = 0; quote = "" }
  if (n == 1 && block >= 0 && line !~ /^[ \t]*(- +)?["\047]?[A-Za-z0-9_.-]+["\047]?[ \t]*:([ \t]|$)/) {
    n = start + (substr(line, start, 2) == "- " ? 2 : 0)
    bare(n, size + 1); n = size + 1
  }
  while (n <= size) {
    c = at(n)
    if (!is_list_of_peers && !is_text_of_peers && index(letters, c)) {
      for (end = n; end <= size && index(letters, at(end)); end++);
      n = word(n, end)
      continue
    }
    if (quote != "") {
      if (c == "\\" && quote != "\047" && quote != "\047\047\047") n++
      else if (substr(line, n, length(quote)) == quote) {
        n += length(quote) - 1; quote = ""
        if (is_text_of_peers) { spare(1, n); is_text_of_peers = 0 }
      }
    } else if (in_comment) {
    } else if (c == "#" && (n == 1 || at(n - 1) ~ /[ \t]/)) in_comment = 1
    else if (c == "\"" || c == "\047") {
      quote = substr(line, n, 3) == c c c ? c c c : c
      if (wanted) { wanted = 0; separator = quote; quote = ""; n = text(n + length(separator), separator); continue }
      n += length(quote) - 1
    } else if (c == "{") { curly++; if (braces >= 0) { braces++; is_forced = 1 } }
    else if (c == "}") { curly--; if (braces > 0 && --braces == 0) { braces = -1; is_forced = is_secret_table || block >= 0 } }
    else if (c == "]" && is_list_of_peers) { spare(is_list_of_peers, n); is_list_of_peers = 0 }
    else if (wanted && c !~ /[, \t\r]/) wanted = 0
    n++
  }
  still_open = length(quote) == 3 ? quote : ""
  if (is_list_of_peers) spare(is_list_of_peers, size)
  if (is_text_of_peers && n > size && spares == 0) spare(1, size)
  if (braces == 0) braces = -1
  count = 0; one = 1
  for (n = 1; n <= size; n = end + 1) {
    colon = sign = scheme = 0
    for (end = n; end <= size && (c = at(end)) !~ /[ \t"\047<>]/; end++) {
      if (c == ":" && !scheme && substr(line, end, 3) == "://") { scheme = end + 2; end += 2; continue }
      if (c == ":" && !colon) colon = end
      if (c == "@") sign = end
    }
    if (scheme && sign && (!colon || colon > sign) && substr(line, n, scheme - n) !~ /(enode|tcp|udp|ssh|git):/) colon = scheme
    while (one <= spares && spare_to[one] < n) one++
    if (colon && sign > colon + 1 && end > sign + 1 && !(one <= spares && spare_from[one] < end)) { from[++count] = colon + 1; to[count] = sign - 1 }
  }
  n = 1; one = two = 1
  while (one <= ranges || two <= count) {
    if (two > count || (one <= ranges && first[one] <= from[two])) { begin = first[one]; end = final[one]; digits = (one in number); one++ }
    else { begin = from[two]; end = to[two]; digits = 0; two++ }
    if (begin < n) begin = n
    if (end < begin) continue
    print substr(line, n, begin - n)
    if (digits) { piece = substr(line, begin, end - begin + 1); gsub(/[0-9A-Za-z_]/, "1", piece); print piece }
    else { while (length(stars) <= end - begin) stars = stars "*" stars; print substr(stars, 1, end - begin + 1) }
    n = end + 1
  }
  print substr(line, n) "\n"
}'
}
