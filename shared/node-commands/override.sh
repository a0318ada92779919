# Another version of a service of Compose: the same service, of the image that an override file of ours names. Compose itself tells whether its files
# still make the container that is there, which is the way back, and makes the next one. Nothing is pulled. It takes Compose 2 (`--dry-run`).

OVERRIDE= # our file
CHANGED=  # what Compose says that it would change

# of_container FORMAT: one line of what Docker tells of the client's container; SSM would take two braces in a row for one of its own parameters.
of_container() { timeout 30 docker inspect --type container --format "$1" "$CONTAINER" 2>/dev/null | head -c 4096 | head -n 1; }

# find_override: false, with WHY, where the container was made of other files than the fleet's one and ours.
find_override() {
  local project made o='{' c='}' label='index .Config.Labels "com.docker.compose.project'
  o=$o$o c=$c$c
  project=$(of_container "$o$label\"$c")
  made=$(of_container "$o$label.config_files\"$c")
  OVERRIDE=/etc/chainmend/compose-$project.$TARGET.yaml
  [[ $project =~ ^[a-z0-9][a-z0-9_-]{0,99}$ ]] || { untouched "docker does not tell the Compose project of $TARGET"; return; }
  case $made in "${SSM_Unit%%#*}" | "${SSM_Unit%%#*},$OVERRIDE") return 0 ;; esac
  untouched "$TARGET was made of ${made:-files that docker does not name}, and not of ${SSM_Unit%%#*} alone"
}

# write_override IMAGE: beside its place.
write_override() {
  if ! { mkdir -p "${OVERRIDE%/*}" && printf 'services:\n  "%s":\n    image: "%s"\n' "$TARGET" "$1" >"$OVERRIDE.new" && sync "$OVERRIDE.new"; }; then
    untouched "$OVERRIDE.new cannot be written"
  fi
}

# make_service OVERRIDE SECONDS [WORD]: the service's container of both files, not started, and nothing of other services.
make_service() {
  local override=$1 within=$2
  shift 2
  compose "$within" -f "${SSM_Unit%%#*}" -f "$override" "$@" up --no-start --no-deps --no-build --pull never "$TARGET" 2>&1 9>&- </dev/null | tail -c 1000
}

# would_change IMAGE: CHANGED; false, with WHY, where Compose would not make the service of it.
would_change() {
  write_override "$1" || return
  CHANGED=$(make_service "$OVERRIDE.new" 60 --dry-run) || untouched "Compose would not make $TARGET of $1: $CHANGED"
}

# can_be_service FROM TO: true when FROM makes the very container that is there, and TO another one. Nothing is stopped yet.
can_be_service() {
  local found='' source back o='{' c='}'
  o=$o$o c=$c$c
  while read -r source; do
    if [ -n "$source" ] && is_on_volume "$source"; then found=yes; fi
  done < <(timeout 30 docker inspect --type container --format "${o}range .Mounts$c${o}println .Source$c${o}end$c" "$CONTAINER" 2>/dev/null | head -c 65536)
  if [ -z "$found" ]; then untouched "no mount of $TARGET is on a volume of the node: another container would not get its data"; return; fi
  back=$(no_way_back)
  if [ -n "$back" ]; then untouched "$back"; return; fi
  if [ -z "$(image_id "$2")" ]; then untouched "docker has no image $2, and nothing is pulled"; return; fi
  would_change "$1" || return
  if [[ $CHANGED =~ Recreat|Creating ]]; then untouched "${SSM_Unit%%#*} does not make $TARGET as it runs: there is no way back. Run docker compose up for it first"; return; fi
  would_change "$2" || return
  if ! [[ $CHANGED == *Recreate* ]]; then untouched "$2 would change nothing for Compose: $CHANGED"; fi
}

# settle_service: after a power cut there are two containers, of which one has never run and was to take the place of the other: that one goes.
settle_service() {
  local ids=() o='{' c='}'
  o=$o$o c=$c$c
  pick 0
  [[ $NOTE == *' has 2 containers of service '* ]] || return 0
  mapfile -t -n 2 ids < <(compose 30 -f "${SSM_Unit%%#*}" ps -a -q "${SSM_Unit#*#}" 2>/dev/null | head -c 4096)
  for CONTAINER in ${ids[@]+"${ids[@]}"}; do
    [[ $(of_container "$o.State.Status$c $o""index .Config.Labels \"com.docker.compose.replace\"$c") =~ ^created\ [^\<] ]] || continue
    timeout 30 docker rm "$CONTAINER" >/dev/null 2>&1
    return
  done
}

# switch_service: true when the service runs the image of Version, and goes on running.
switch_service() {
  local from=$CLIENT_IMAGE to output
  if ! [[ $from =~ ^[A-Za-z0-9_.:/@+-]{1,400}$ ]] || [ -z "$(image_version "$from")" ]; then untouched "$TARGET was made of an image without a name"; return; fi
  if [ "$(image_version "$from")" != "$SSM_Version" ]; then
    to=$(image_at "$from")
    find_override && can_be_service "$from" "$to" && may_stop || return
    FAULT=none
    stop_all || { FAULT=node; return 1; }
    if ! { mv -fT -- "$OVERRIDE.new" "$OVERRIDE" && sync "${OVERRIDE%/*}"; }; then refuse "$OVERRIDE cannot be written: $TARGET is still of $from"; return; fi
    output=$(make_service "$OVERRIDE" 300) || { refuse "Compose could not make $TARGET of $to: $output"; return; }
  fi
  FAULT=none
  start_all
}
