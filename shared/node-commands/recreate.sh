# Another version of a container: the same container, of another tag or digest of its image. Docker's own word of the one before says how it is
# made. Nothing is pulled. The one before is kept, stopped, for the way back: <name>-chainmend-<version>. See ContainerInspect, ImageInspect and
# ContainerCreate in the Docker Engine API: its command line cannot make a container as another one was made.

readonly DOCKER_SOCKET=/var/run/docker.sock
readonly DOCKER_BYTES_MAX=1000000
DOCKER_SAYS= # the last answer of docker_api

# docker_api METHOD PATH [BODY]: false where Docker does not do it, or tells nothing.
docker_api() {
  local code='' options=(-q --silent --globoff --unix-socket "$DOCKER_SOCKET" --max-time 60 --max-filesize "$DOCKER_BYTES_MAX" -X "$1")
  DOCKER_SAYS=$(
    [ -z "${3:-}" ] || options+=(-H 'content-type: application/json' --data-binary @-)
    printf '%s' "${3:-}" | curl "${options[@]}" -w '\n%{http_code}' "http://localhost$2" 2>/dev/null | tr -d '\000' | head -c "$DOCKER_BYTES_MAX"
  )
  code=${DOCKER_SAYS##*$'\n'} DOCKER_SAYS=${DOCKER_SAYS%$'\n'*}
  [[ $code == 2?? ]]
}

# members JSON: of an object or a list in one line, each on a line; nothing of anything else.
members() {
  printf '%s\n' "$1" | awk '/^[{[]/ {
    first = 2; end = length($0)
    for (i = 2; i < end; i++) {
      c = substr($0, i, 1)
      if (quoted) {
        if (c == "\\") i++
        else if (c == "\"") quoted = 0
      } else if (c == "\"") quoted = 1
      else if (c ~ /[{[]/) depth++
      else if (c ~ /[]}]/) depth--
      else if (c == "," && !depth) { print substr($0, first, i - first); first = i + 1 }
    }
    if (first < end) print substr($0, first, end - first)
  }'
}

# member JSON KEY: its value; nothing where the object has no such member.
member() { members "$1" | sed -n "s/^\"$2\"://p" | head -n 1; }

# word JSON: of a JSON string of plain letters its text; nothing of any other.
word() { if [[ $1 =~ ^\"([A-Za-z0-9_.:/@+-]{1,400})\"$ ]]; then printf '%s' "${BASH_REMATCH[1]}"; fi; }

# joined LINE...: with commas.
joined() { local IFS=,; printf '%s' "$*"; }

# own_members KEY CONFIG DEFAULTS: those that do not come from its image.
own_members() {
  local lines=()
  mapfile -t lines < <(members "$(member "$2" "$1")" | grep -vxF -f <(members "$(member "$3" "$1")"))
  joined ${lines[@]+"${lines[@]}"}
}

# made_like CONTAINER IMAGE TO: the body of ContainerCreate for one of the image TO. What came from the image before comes from that one.
made_like() {
  local config defaults id entry line host mode network lines=() networks=() given=() o='{' c='}'
  config=$(member "$1" Config) defaults=$(member "$2" Config) id=$(member "$1" Id) host=$(member "$1" HostConfig)
  entry=$(member "$config" Entrypoint)
  while read -r line; do
    case $line in
      '"Image":'*) line="\"Image\":\"$3\"" ;;
      '"Hostname":'*) [ "$line" != "\"Hostname\":\"${id:1:12}\"" ] || continue ;;
      '"Env":['*) line="\"Env\":[$(own_members Env "$config" "$defaults")]" ;;
      '"Labels":{'*) line="\"Labels\":$o$(own_members Labels "$config" "$defaults")$c" ;;
      # Without its own entry point an image has its own words for it.
      '"Cmd":'*) if [ "$entry" = "$(member "$defaults" Entrypoint)" ] && grep -qxF -- "$line" <(members "$defaults"); then continue; fi ;;
      '"Entrypoint":'* | '"WorkingDir":'* | '"User":'* | '"Healthcheck":'* | '"StopSignal":'* | '"Shell":'* | '"OnBuild":'*)
        if grep -qxF -- "$line" <(members "$defaults"); then continue; fi
        ;;
    esac
    lines+=("$line")
  done < <(members "$config")
  # podman, where it stands in for Docker, takes its own names of limits in small letters only.
  host=$(printf '%s' "$host" | sed 's/"Name":"RLIMIT_\([A-Z]*\)"/"Name":"\L\1"/g')
  lines+=("\"HostConfig\":$host")
  mode=$(word "$(member "$host" NetworkMode)")
  case $mode in
    '' | default | bridge | host | none | container:*) ;;
    *)
      # What Docker has given it (addresses, identifiers) it gives to the next one, too.
      while read -r network; do
        mapfile -t given < <(members "${network#*:}" | grep -E '^"(IPAMConfig|Links|Aliases|DriverOpts|GwPriority)":')
        networks+=("${network%%:*}:$o$(joined ${given[@]+"${given[@]}"})$c")
      done < <(members "$(member "$(member "$1" NetworkSettings)" Networks)")
      lines+=("\"NetworkingConfig\":$o\"EndpointsConfig\":$o$(joined ${networks[@]+"${networks[@]}"})$c$c")
      ;;
  esac
  printf '%s%s%s' "$o" "$(joined "${lines[@]}")" "$c"
}

# kept_name VERSION: of the container of that version that is not the client.
kept_name() {
  local version=${1#sha256:}
  [ "$version" = "$1" ] || version=${version:0:12}
  printf '%s-chainmend-%s' "${CLIENT_UNITS[0]}" "$version"
}

# find_name: after a power cut between two names nothing has the client's own: the one that was to get it does.
find_name() {
  local kept
  kept=$(kept_name "$SSM_Version")
  pick 0
  [[ $CLIENT/$NOTE == 'unknown/docker knows no container '* ]] || return 0
  ! docker_api GET "/containers/$kept/json" || timeout 30 docker rename "$kept" "${CLIENT_UNITS[0]}" 2>/dev/null
}

# switch_container: true when the container of Version runs under the name of the one before, and goes on running.
switch_container() {
  local name=${CLIENT_UNITS[0]} old from to kept
  if ! docker_api GET "/containers/$name/json"; then untouched "docker does not tell how $name is made${DOCKER_SAYS:+: ${DOCKER_SAYS:0:200}}"; return; fi
  old=$DOCKER_SAYS
  to=$(word "$(member "$(member "$old" Config)" Image)")
  from=$(image_version "$to")
  if [ -z "$from" ]; then untouched "$name was made of an image without a name"; return; fi
  if [ "$from" != "$SSM_Version" ]; then
    to=$(image_at "$to")
    kept=$(kept_name "$SSM_Version")
    can_be_made "$old" "$to" "$kept" "$(kept_name "$from")" && may_stop || return
    FAULT=none
    stop_all || { FAULT=node; return 1; }
    exchange_names "$name" "$(kept_name "$from")" "$kept" || { FAULT=node; return 1; }
  fi
  FAULT=none
  give_policy "$name" && start_all
}

# image_at IMAGE: the same of the tag or digest Version.
image_at() {
  local name=${1%@*}
  case ${name##*/} in *:*) name=${name%:*} ;; esac
  case $SSM_Version in sha256:*) printf '%s@%s' "$name" "$SSM_Version" ;; *) printf '%s:%s' "$name" "$SSM_Version" ;; esac
}

# can_be_made CONTAINER TO KEPT BEFORE: true when the container KEPT of the image TO is there, and the name BEFORE is free. What could not be done is told before anything is stopped.
can_be_made() {
  local image source policy found=''
  case $1 in *'"com.docker.compose.project":'*) untouched "${CLIENT_UNITS[0]} was made by Compose, which would make it again as its file says"; return ;; esac
  while read -r source; do
    if [[ $source =~ \"Name\":\"[0-9a-f]{64}\" ]]; then untouched "${CLIENT_UNITS[0]} has a volume without a name, which another container would not get"; return; fi
    if is_on_volume "$(word "$(member "$source" Source)")"; then found=yes; fi
  done < <(members "$(member "$1" Mounts)")
  if [ -z "$found" ]; then untouched "no mount of ${CLIENT_UNITS[0]} is on a volume of the node: another container would not get its data"; return; fi
  policy=$(policy_of "${CLIENT_UNITS[0]}")
  if [ -z "$policy" ]; then untouched "docker does not tell the restart policy of ${CLIENT_UNITS[0]}"; return; fi
  # The same again, since it is taken from it after the stop.
  if [ "$policy" != no ] && ! timeout 30 docker update --restart "$policy" "${CLIENT_UNITS[0]}" >/dev/null 2>&1; then
    untouched "docker cannot set the restart policy of ${CLIENT_UNITS[0]}"
    return
  fi
  if docker_api GET "/containers/$4/json"; then untouched "container $4 is there already: remove it with docker rm"; return; fi
  # One that never ran is of another try: how the client is made, and what the tag means, may have changed since.
  if docker_api GET "/containers/$3/json" && [ "$(word "$(member "$(member "$DOCKER_SAYS" State)" Status)")" = created ]; then
    timeout 30 docker rm "$3" >/dev/null 2>&1 || { untouched "docker cannot remove $3, which never ran"; return; }
  fi
  if docker_api GET "/containers/$3/json"; then
    [ "$(word "$(member "$(member "$DOCKER_SAYS" Config)" Image)")" = "$2" ] || untouched "container $3 is there, and not of $2"
    return
  fi
  if ! docker_api GET "/images/$2/json"; then untouched "docker has no image $2, and nothing is pulled${DOCKER_SAYS:+: ${DOCKER_SAYS:0:200}}"; return; fi
  image=$(word "$(member "$1" Image)")
  if ! docker_api GET "/images/$image/json"; then untouched "docker does not tell of the image of ${CLIENT_UNITS[0]}"; return; fi
  docker_api POST "/containers/create?name=$3" "$(made_like "$1" "$DOCKER_SAYS" "$2")" || untouched "docker cannot make $3: ${DOCKER_SAYS:0:300}"
}

# is_on_volume PATH: it lies at one of the node's paths, or below it.
is_on_volume() {
  local path source
  source=$(readlink -f -- "$1")
  for path in ${paths[@]+"${paths[@]}"}; do
    case $source/ in "$path"/*) return 0 ;; esac
  done
  return 1
}

# exchange_names NAME BEFORE KEPT: what runs no more is never started beside what runs: the one before does not start with Docker, whose policy goes
# to the one after it. After a power cut between any two of these nothing starts, and never both.
exchange_names() {
  local policy note=/etc/chainmend/restart-$1
  if [ ! -e "$note" ]; then
    policy=$(policy_of "$1")
    if [ -z "$policy" ] || ! { mkdir -p "${note%/*}" && printf '%s\n' "$policy" >"$note.new" && sync "$note.new" && mv -fT -- "$note.new" "$note"; }; then
      refuse "the restart policy of $1 cannot be read and written to $note: $1 is still the client"
      return
    fi
  fi
  set_policy "$1" no && give_name "$1" "$2" && give_name "$3" "$1"
}

give_name() { timeout 30 docker rename "$1" "$2" >/dev/null 2>&1 || refuse "docker could not give $1 the name $2"; }

# give_policy NAME: what the one before had, where an exchange has taken it.
give_policy() {
  local policy='' note=/etc/chainmend/restart-$1
  [ -e "$note" ] || return 0
  read -r policy <"$note"
  set_policy "$1" "$policy" && rm -f -- "$note"
}

# policy_of NAME: when Docker starts a container by itself; nothing where it does not tell.
policy_of() {
  local policy o='{' c='}'
  o=$o$o.HostConfig.RestartPolicy. c=$c$c
  policy=$(timeout 30 docker inspect --type container --format "=${o}Name$c:${o}MaximumRetryCount$c" "$1" 2>/dev/null)
  policy=${policy%:0}
  # Without a policy it does not start by itself.
  [ "$policy" != = ] || policy='=no'
  policy=${policy#=}
  if [[ $policy =~ ^(no|always|unless-stopped|on-failure(:[0-9]{1,6})?)$ ]]; then printf '%s' "$policy"; fi
}

# set_policy NAME POLICY
set_policy() {
  [ "$(policy_of "$1")" != "$2" ] || return 0
  timeout 30 docker update --restart "$2" "$1" >/dev/null 2>&1 || refuse "docker could not set the restart policy of $1 to $2"
}
