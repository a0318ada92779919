# What comes as lines in base64, taken apart: clients, mount points with their volumes, paths. Each piece is checked by its pattern.

LINES=()
# One for each client, in the order in which they are started.
CLIENT_RUNTIMES=() CLIENT_UNITS=() CLIENT_GRACES=() CLEAN_LINES=()
RAN=() # ran: it did when it was last looked at

# read_lines PARAMETER MAXIMUM PATTERN: LINES, each of that form, or false with WHY.
read_lines() {
  local name=SSM_$1 line most
  LINES=()
  whole most "$2"
  printf '%s' "${!name}" | base64 -d >/dev/null 2>&1 || { untouched "parameter $1 is not base64"; return; }
  while IFS= read -r line || [ -n "$line" ]; do
    LINES+=("$line")
    if [[ $line =~ $3 ]] && [ "${#LINES[@]}" -le "$most" ]; then continue; fi
    untouched "parameter $1: line \"${line:0:100}\" is not one of at most $most of the expected form"
    return
  done < <(printf '%s' "${!name}" | base64 -d)
}

read_paths() { read_lines "$1" 32 "$PATH_LINE"; }

# read_places PARAMETER: LINES are "<path> <volume>", what is mounted inside of another after it.
read_places() {
  local sorted
  read_lines "$1" 16 "$PLACE_LINE" || return
  [ "${#LINES[@]}" -gt 0 ] || return 0
  # A path sorts before all that lie below it.
  mapfile -t sorted < <(printf '%s\n' "${LINES[@]}" | sort)
  LINES=("${sorted[@]}")
  if [ -n "$(printf '%s\n' "${LINES[@]% *}" | uniq -d)" ]; then untouched "parameter $1 names a mount point twice"; fi
}

read_clients() {
  local line runtime unit grace clean ran
  read_lines Clients 8 "$CLIENT_LINE" || return
  for line in ${LINES[@]+"${LINES[@]}"}; do
    IFS=' ' read -r runtime unit grace clean ran < <(printf '%s\n' "$line")
    if [ "$clean" = - ]; then clean=; else clean=$(printf '%s' "$clean" | base64 -d 2>/dev/null) || clean=$'\n'; fi
    if ! [[ $clean =~ ^[\ -~]{0,200}$ ]]; then untouched "parameter Clients: the last line of $unit is of another form"; return; fi
    CLIENT_RUNTIMES+=("$runtime") CLIENT_UNITS+=("$unit") CLIENT_GRACES+=("$grace") CLEAN_LINES+=("$clean") RAN+=("$ran")
  done
}

# pick INDEX: the client that find_client, start_client and stop_client mean from now on.
pick() {
  local index
  whole index "$1" || return
  SSM_Runtime=${CLIENT_RUNTIMES[index]} SSM_Unit=${CLIENT_UNITS[index]}
  whole SSM_StopGraceSeconds "${CLIENT_GRACES[index]}" || return
  find_client
}
