# What comes as lines in base64, taken apart: clients, mount points with their volumes, paths. Each piece is checked by its pattern.

LINES=()
# One for each client, in the order in which they are started.
CLIENT_RUNTIMES=() CLIENT_UNITS=() CLIENT_GRACES=() CLEAN_LINES=()

# read_lines PARAMETER MAXIMUM: LINES, or false with WHY.
read_lines() {
  local name=SSM_$1 line most
  LINES=()
  whole most "$2"
  if ! printf '%s' "${!name}" | base64 -d >/dev/null 2>&1; then
    WHY="parameter $1 is not base64: nothing was changed"
    return 1
  fi
  while IFS= read -r line || [ -n "$line" ]; do
    LINES+=("$line")
    if [ "${#LINES[@]}" -gt "$most" ]; then
      WHY="parameter $1 has more than $most lines: nothing was changed"
      return 1
    fi
  done < <(printf '%s' "${!name}" | base64 -d)
}

# not_a_line PARAMETER LINE
not_a_line() {
  WHY="parameter $1: line \"${2:0:100}\" is not of the expected form: nothing was changed"
  return 1
}

# read_paths PARAMETER: LINES are paths.
read_paths() {
  local line
  read_lines "$1" 32 || return 1
  for line in "${LINES[@]+"${LINES[@]}"}"; do
    [[ $line =~ $PLACE_PATTERN ]] || { not_a_line "$1" "$line"; return 1; }
  done
}

# read_places PARAMETER: LINES are "<path> <volume>", what is mounted inside of another after it.
read_places() {
  local line sorted
  read_lines "$1" 16 || return 1
  for line in "${LINES[@]+"${LINES[@]}"}"; do
    [[ ${line% *} =~ $PLACE_PATTERN && ${line##* } =~ $VOLUME_PATTERN && -n ${line##* } && $line == "${line% *} ${line##* }" ]] ||
      { not_a_line "$1" "$line"; return 1; }
  done
  [ "${#LINES[@]}" -gt 0 ] || return 0
  # A path sorts before all that lie below it.
  mapfile -t sorted < <(printf '%s\n' "${LINES[@]}" | sort)
  LINES=("${sorted[@]}")
  if [ -n "$(printf '%s\n' "${LINES[@]% *}" | uniq -d)" ]; then
    WHY="parameter $1 names a mount point twice: nothing was changed"
    return 1
  fi
}

read_clients() {
  local line runtime unit grace clean rest
  read_lines Clients 8 || return 1
  for line in "${LINES[@]+"${LINES[@]}"}"; do
    read -r runtime unit grace clean rest < <(printf '%s\n' "$line")
    [[ $runtime =~ $RUNTIME_PATTERN && $unit =~ $UNIT_PATTERN && $grace =~ $GRACE_PATTERN && -n $unit && -n $clean && -z $rest ]] ||
      { not_a_line Clients "$line"; return 1; }
    case $runtime in
      none) not_a_line Clients "$line"; return 1 ;;
      # It becomes part of a file's name.
      systemd) [[ $unit != *[/#]* ]] || { not_a_line Clients "$line"; return 1; } ;;
      commands) [[ $unit =~ ^/[^#]+#/[^#]+#/[^#]+$ ]] || { not_a_line Clients "$line"; return 1; } ;;
    esac
    if [ "$clean" = - ]; then clean=; else clean=$(printf '%s' "$clean" | base64 -d 2>/dev/null) || clean='?'; fi
    [[ $clean =~ ^[\ -~]{0,200}$ ]] || { not_a_line Clients "$line"; return 1; }
    CLIENT_RUNTIMES+=("$runtime") CLIENT_UNITS+=("$unit") CLIENT_GRACES+=("$grace") CLEAN_LINES+=("$clean")
  done
}

# pick INDEX: the client that find_client, start_client and stop_client mean from now on.
pick() {
  local index
  whole index "$1" || return 1
  SSM_Runtime=${CLIENT_RUNTIMES[index]} SSM_Unit=${CLIENT_UNITS[index]} SSM_StopGraceSeconds=${CLIENT_GRACES[index]}
  find_client
}
