# What a client said last, in its own log, after `find_client` has found it.

# last_lines COUNT [SINCE]: of the client and of nobody else, since an epoch second; nothing where its log is not there.
last_lines() {
  local unit=$CLIENT_TARGET since=()
  [ -n "$CLIENT_TARGET" ] || return 0
  case $SSM_Runtime in
    systemd)
      case $unit in *.service) ;; *) unit=$unit.service ;; esac
      [ -z "${2:-}" ] || since=(--since "@$2")
      # By _SYSTEMD_UNIT and not with -u, which adds what systemd itself says of the unit.
      timeout 10 journalctl --quiet --no-pager --output=cat -n "$1" "${since[@]+"${since[@]}"}" "_SYSTEMD_UNIT=$unit" 2>/dev/null
      ;;
    docker | compose)
      [ -z "${2:-}" ] || since=(--since "$2")
      timeout 10 docker logs --tail "$1" "${since[@]+"${since[@]}"}" "$CLIENT_CONTAINER" 2>&1
      ;;
  esac
  return 0
}
