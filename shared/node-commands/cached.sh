# Which files on volumes are in memory: on volumes that were mounted for a client it has read them, or written them since. Nothing is opened for reading,
# and no name of a file is looked at.

readonly CACHED_FOLDERS_MAX=2000 CACHED_TOLD_MAX=16
# The only part of a file that is larger would not be found by its name.
readonly CACHED_FILE_MIB_MAX=4096

# cached PATH...: more of the answer; nothing where this host has no fincore (util-linux 2.30), where it has forgotten what was read, or where the time is over.
cached() {
  local path folder mib held sum=0 count=0 list='' told=() memory
  command -v fincore >/dev/null || return 0
  whole memory "$(memory_mib)" || return 0
  for path in "$@"; do
    while IFS= read -r -d '' folder; do
      [ -n "$folder" ] || folder=.
      [[ $folder =~ $FOLDER_LINE ]] || continue
      [ "$SECONDS" -lt "$((SSM_RunLimitSeconds * 3 / 4))" ] && [ "$((count += 1))" -le "$CACHED_FOLDERS_MAX" ] || return 0
      whole mib "$(in_memory_mib "$path/$folder")" || continue
      [ "$mib" -gt 0 ] || continue
      sum=$((sum + mib)) told+=("$mib $path $folder")
    done < <(timeout 60 find "$path" -xdev -type d -printf '%P\0')
  done
  # What does not fit is dropped from memory: then nobody can tell what was read.
  [ "$sum" -gt 0 ] && [ "$sum" -le "$((memory / 2))" ] || return 0
  while IFS=' ' read -r held path folder; do
    list="$list${list:+,}{\"path\":\"$path\",\"folder\":\"$folder\",\"mib\":$held}"
  done < <(printf '%s\n' "${told[@]}" | sort -s -rn -k 1,1 | head -n "$CACHED_TOLD_MAX")
  MORE=$MORE",\"read\":[$list]"
}

memory_mib() { awk '$1 == "MemTotal:" { printf "%d", $2 / 1024 }' /proc/meminfo; }

# in_memory_mib FOLDER: of its own files, rounded up; at most what a line of Warm may say.
in_memory_mib() {
  timeout 30 find "$1" -maxdepth 1 -type f -size "-${CACHED_FILE_MIB_MAX}M" -exec fincore --bytes --noheadings --raw --output RES {} + |
    awk '{ sum += $1 } END { mib = int((sum + 1048575) / 1048576); if (mib > 99999) mib = 99999; printf "%d", mib }'
}
