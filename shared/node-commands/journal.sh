# What a client said last, in its own log, after `find_client` has found it.

# last_lines COUNT [SINCE]: of the client and of nobody else, since an epoch second; nothing where its log is not there.
last_lines() {
  local count
  [ -n "$TARGET" ] && whole count "$1" || return 0
  # A client can write lines that do not end.
  log_of_client "$count" "${2:-}" | tail -c "$((65536 + 320 * count))" | tail -n "$count" | tr -d '\0'
  return 0
}

# last_words SINCE|"": of a client that has ended: its reason, after which it writes how it shuts down, or a trace; else its last line.
last_words() {
  last_lines 40 "$1" | grep -aE 'rror|atal|panic: |orrupt|ou need to ' | tail -n 1 | grep -a . || last_lines 1
}

log_of_client() {
  local since=()
  case $SSM_Runtime in
    systemd)
      # With --since, the lines that -n asks for are the first ones after it and not the last (systemd 252): tail takes those.
      if [ -n "$2" ]; then since=(--since "@$2"); else since=(-n "$1"); fi
      # By _SYSTEMD_UNIT and not with -u, which adds what systemd itself says of the unit.
      timeout 10 journalctl --quiet --no-pager --output=cat "${since[@]}" "_SYSTEMD_UNIT=${TARGET%.service}.service" 2>/dev/null
      ;;
    docker | compose)
      [ -z "$2" ] || since=(--since "$2")
      timeout 10 docker logs --tail "$1" ${since[@]+"${since[@]}"} "$CONTAINER" 2>&1
      ;;
  esac
}
