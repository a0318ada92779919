# A file is edited in place of the old one, whole or not at all, and the old one stays beside it.

# replace_file: File is edited, and the old one stays beside it. Owner, mode and labels are those of the old one.
replace_file() {
  local told
  if locate "$SSM_File" && told=$(as_owner edit_here "$NAME" "$SSM_Sha256" "$SSM_Edits" | timeout "$WORK_SECONDS" head -c 64) &&
    [[ $told =~ ^[0-9a-f]{64}$ ]]; then
    SHA256=$told
    return 0
  fi
  fail "$SSM_File could not be written: it was changed at this moment, the edits do not fit it, its owner cannot write it with its group, or there is no room"
}

# put_back: the old file takes its place again.
put_back() {
  local told
  locate "$SSM_File" && told=$(as_owner back_here "$NAME" | timeout "$WORK_SECONDS" head -c 64) && [[ $told =~ ^[0-9a-f]{64}$ ]] && SHA256=$told
}

# edit_here NAME SUM EDITS: tells the sum of what stands there then.
edit_here() {
  local old new
  open_here "$1" && old=$(cat <&5 && echo .) || return
  old=${old%.}
  # What is edited is the text whose sum was looked at: somebody may write to the file at this very moment.
  [ "$(printf '%s' "$old" | sha256sum)" = "$2  -" ] && new=$(edited "$old" "$3" && echo .) || return
  new=${new%.}
  printf '%s' "$old" | put_here "$1.chainmend-before" && printf '%s' "$new" | put_here "$1" && printf '%s' "$new" | sha256sum
}

# back_here NAME: tells the sum, too.
back_here() {
  local old
  open_here "$1.chainmend-before" && old=$(cat <&5 && echo .) || return
  old=${old%.}
  printf '%s' "$old" | put_here "$1" && printf '%s' "$old" | sha256sum
}

# put_here NAME: standard input takes the place of the file NAME, with owner, mode and labels of what is open on descriptor 5. It is a file
# of its own from the beginning, so that nothing is written through a link, and on disk before it takes that place.
put_here() {
  local new=$1.chainmend-new
  rm -f -- "./$new"
  # `sync` of coreutils before 8.24 (Amazon Linux 2) takes no operand and syncs everything: slower, and as safe.
  if dd of="./$new" conv=excl,fsync status=none && exec 6<"./$new" && is_open 6 "$new" &&
    cp --attributes-only --preserve=all -- /proc/self/fd/5 /proc/self/fd/6 &&
    [ "$(stat -L -c '%u %g' -- /proc/self/fd/5)" = "$(stat -L -c '%u %g' -- /proc/self/fd/6)" ] &&
    mv -fT -- "./$new" "./$1" && sync .; then return 0; fi
  rm -f -- "./$new"
  return 1
}

# edited TEXT EDITS: what the edits make of it, on standard output; false where they do not fit it.
edited() {
  local position=0 start length first count text
  while read -r first count text || [ -n "$first" ]; do
    whole start "$first" && whole length "$count" && [[ $text =~ ^([A-Za-z0-9+/=]+|-)$ ]] || return
    [ "$start" -ge "$position" ] && [ "$((start + length))" -le "${#1}" ] || return
    printf '%s' "${1:position:start - position}"
    [ "$text" = - ] || printf '%s' "$text" | base64 -d || return
    position=$((start + length))
  done < <(printf '%s' "$2" | base64 -d)
  printf '%s' "${1:position}"
}
