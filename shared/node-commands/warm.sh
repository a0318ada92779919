# Reads the files that a client reads at its start, from a volume that is mounted aside: their blocks come from the snapshot now, and not while the client
# is down. It gives way to the client that runs, and ends by itself. What cannot be read is no word on the data.

readonly WARM_READERS=8 WARM_PART_MIB=32
readonly WARM_FILES_MAX=20000

WARMED_FILES=0 WARMED_BYTES=0 WARMED_ALL=true
# What is being read: parts of files.
READERS=() READ_FILES=0 READ_BYTES=0

# warm DIRECTORY: what the LINES of Warm name below it. Told as more of the answer.
warm() {
  local line given folder name mib
  [ "${#LINES[@]}" -gt 0 ] || return 0
  for line in "${LINES[@]}"; do
    IFS=' ' read -r given folder name < <(printf '%s\n' "$line")
    if ! whole mib "$given" || ! warm_files "$1" "$folder" "$name" "$((mib * 1048576))"; then WARMED_ALL=false; break; fi
  done
  await_readers || WARMED_ALL=false
  MORE=$MORE",\"warmed\":{\"files\":$WARMED_FILES,\"bytes\":$WARMED_BYTES,\"isAll\":$WARMED_ALL}"
}

# warm_files DIRECTORY FOLDER NAME BYTES: the newest files first; of the last one its end. False where something was not read, or the time is over.
warm_files() {
  local directory=$1/$2 budget told file size from chunks chunk
  whole budget "$4" || return
  [ "$2" != . ] || directory=$1
  # To another filesystem, or a device, a link would lead.
  if ! [ -d "$directory" ] || [ "$(readlink -f -- "$directory")" != "$directory" ]; then return 0; fi
  while [ "$budget" -gt 0 ] && [ "$((WARMED_FILES + READ_FILES))" -lt "$WARM_FILES_MAX" ] && IFS=/ read -r -d '' _ told file; do
    whole size "$told" || continue
    from=0 chunks=$(((size + WARM_PART_MIB * 1048576 - 1) / (WARM_PART_MIB * 1048576)))
    [ "$size" -le "$budget" ] || from=$(((size - budget) / (WARM_PART_MIB * 1048576)))
    for ((chunk = from; chunk < chunks; chunk++)); do read_part "$directory/$file" "$((chunk * WARM_PART_MIB))" || return; done
    READ_FILES=$((READ_FILES + 1)) READ_BYTES=$((READ_BYTES + size - from * WARM_PART_MIB * 1048576)) budget=$((budget - size))
  done < <(timeout 60 find "$directory" -maxdepth 1 -type f -name "$3" -printf '%T@/%s/%f\0' | sort -z -r -n)
}

# read_part FILE MIB: from there, beside some others. A quarter of the run limit stays for what comes after.
read_part() {
  local seconds=$((SSM_RunLimitSeconds * 3 / 4 - SECONDS))
  [ "$seconds" -gt 0 ] || return
  idly timeout --kill-after=5 "$seconds" dd if="$1" of=/dev/null bs=1048576 skip="$2" count="$WARM_PART_MIB" iflag=nocache,fullblock status=none &
  READERS+=("$!")
  [ "${#READERS[@]}" -lt "$WARM_READERS" ] || await_readers
}

# await_readers: false where one of them did not read its part; the files that had begun before are then not counted.
await_readers() {
  local reader status=0
  for reader in ${READERS[@]+"${READERS[@]}"}; do wait "$reader" || status=1; done
  if [ "$status" -eq 0 ]; then WARMED_FILES=$((WARMED_FILES + READ_FILES)) WARMED_BYTES=$((WARMED_BYTES + READ_BYTES)); fi
  READERS=() READ_FILES=0 READ_BYTES=0
  return "$status"
}
