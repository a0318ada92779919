# What a client said last, in its own log, after `find_client` has found it.

# last_lines COUNT [SINCE]: of the client and of nobody else, since an epoch second; nothing where its log is not there.
last_lines() {
  local unit=$CLIENT_TARGET since=()
  [ -n "$CLIENT_TARGET" ] || return 0
  case $SSM_Runtime in
    systemd)
      case $unit in *.service) ;; *) unit=$unit.service ;; esac
      # With --since, the lines that -n asks for are the first ones after it and not the last (systemd 252): tail takes those.
      if [ -n "${2:-}" ]; then since=(--since "@$2"); else since=(-n "$1"); fi
      # By _SYSTEMD_UNIT and not with -u, which adds what systemd itself says of the unit.
      timeout 10 journalctl --quiet --no-pager --output=cat "${since[@]}" "_SYSTEMD_UNIT=$unit" 2>/dev/null | tail -n "$1"
      ;;
    docker | compose)
      [ -z "${2:-}" ] || since=(--since "$2")
      timeout 10 docker logs --tail "$1" "${since[@]+"${since[@]}"}" "$CLIENT_CONTAINER" 2>&1
      ;;
  esac
  return 0
}
