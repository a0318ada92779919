# A file is edited in place of the old one, whole or not at all, and the old one stays beside it.

# edited FILE: what the edits make of it, on standard output; false where they do not fit it.
edited() {
  local position=0 start length text bytes
  bytes=$(stat -c %s -- "$1")
  while read -r start length text || [ -n "$start" ]; do
    [[ $start =~ ^[0-9]{1,7}$ && $length =~ ^[0-9]{1,7}$ && $text =~ ^([A-Za-z0-9+/=]+|-)$ ]] || return 1
    [ "$start" -ge "$position" ] && [ "$((start + length))" -le "$bytes" ] || return 1
    head -c "$start" -- "$1" | tail -c "$((start - position))" || return 1
    [ "$text" = - ] || printf '%s' "$text" | base64 -d || return 1
    position=$((start + length))
  done < <(printf '%s' "$SSM_Edits" | base64 -d)
  tail -c "$((bytes - position))" -- "$1"
}

# replace_file: FILE is edited, and the old one stays beside it. Owner, mode and labels are those of the old one; it is on disk before
# it takes the old one's place. What stands where our own files go is removed first: a link there would be written through.
replace_file() {
  local new=$FILE.chainmend-new before=$FILE.chainmend-before
  # What is edited is the copy whose sum was looked at: somebody may write to the file at this very moment.
  if cp -p --preserve=all --remove-destination -- "$FILE" "$before.new" && [ "$(sha256_of "$before.new")" = "$SSM_Sha256" ] &&
    cp -p --preserve=all --remove-destination -- "$before.new" "$new" && edited "$before.new" >"$new" && sync_file "$new" &&
    mv -fT -- "$before.new" "$before" && mv -fT -- "$new" "$FILE" && sync_file "${FILE%/*}"; then
    SHA256=$(sha256_of "$FILE")
    return 0
  fi
  rm -f -- "$new" "$before.new"
  WHY="$SSM_File could not be written: it was changed at this moment, the edits do not fit it, or there is no room"
  return 1
}

# put_back: the old file takes its place again.
put_back() {
  local new=$FILE.chainmend-new
  cp -p --preserve=all --remove-destination -- "$FILE.chainmend-before" "$new" && sync_file "$new" && mv -fT -- "$new" "$FILE" && sync_file "${FILE%/*}" &&
    SHA256=$(sha256_of "$FILE") && return 0
  rm -f -- "$new"
  return 1
}

# `sync` of coreutils before 8.24 (Amazon Linux 2) takes no operand and syncs everything: slower, and as safe.
sync_file() { sync "$1"; }
