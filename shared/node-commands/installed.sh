# What a unit, or another container, needs to be started, looked at before anything is stopped.

# missing UNIT: prints why it could not be started, "no answer" in it where systemd gives none; nothing where it could.
missing() {
  local key value load='' file='' executable=''
  while IFS='=' read -r key value; do
    case $key in
      LoadState) load=$value ;;
      FragmentPath) file=$value ;;
      ExecStart) if [[ $value =~ path=([^\ \;]*) ]]; then executable=${BASH_REMATCH[1]}; fi ;;
    esac
  done < <(ctl show -p LoadState,FragmentPath,ExecStart -- "$1" 2>/dev/null)
  if [ "$load" != loaded ]; then
    printf 'systemd knows no unit %s (%s)' "$1" "${load:-no answer}"
  elif [[ $file == /run/systemd/transient/* ]]; then
    printf '%s was made by systemd-run and goes with its end' "$1"
  elif [ -n "$file" ] && [ ! -e "$file" ]; then
    printf '%s, the file of %s, is gone' "$file" "$1"
  elif [ -n "$executable" ] && [ ! -x "$executable" ]; then
    printf '%s, which %s executes, is not there' "$executable" "$1"
  fi
}

# image_id IMAGE: nothing where Docker has none; false where it does not answer.
image_id() {
  local o='{' c='}'
  o=$o$o. c=$c$c
  timeout 30 docker image inspect --format "${o}Id$c" "$1" 2>/dev/null | head -c 200 | head -n 1
  [ "${PIPESTATUS[0]}" != 124 ]
}

# no_way_back: prints why the client's container, of a service of Compose, could not be made again of its image; nothing where it could.
no_way_back() {
  local is image o='{' c='}'
  o=$o$o. c=$c$c
  is=$(timeout 30 docker inspect --type container --format "${o}Image$c" "$CONTAINER" 2>/dev/null | head -c 200 | head -n 1)
  if [ -z "$is" ] || ! image=$(image_id "$CLIENT_IMAGE") || [ "$image" = "$is" ]; then return; fi
  printf 'docker has no image %s of which %s was made: there is no way back' "$CLIENT_IMAGE" "$TARGET"
}
