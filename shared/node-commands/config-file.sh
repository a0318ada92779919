# The client's configuration: what is in it, and the sum that names its content.

CONTENT= # in base64
FILE_BYTES=
SHA256=

# From here on it is no client's configuration.
readonly FILE_BYTES_MAX=262144

# read_file: all of the above, of one moment; false, with WHY. A link is followed: what it leads to is told, and edited.
read_file() {
  locate "$SSM_File" || return
  if whole FILE_BYTES "$(stat -c %s -- "$REAL")" && [ "$FILE_BYTES" -gt "$FILE_BYTES_MAX" ]; then fail "$SSM_File has $FILE_BYTES bytes, expected at most $FILE_BYTES_MAX"; return; fi
  if ! CONTENT=$(as_owner tell_here "$NAME" | timeout "$WORK_SECONDS" head -c "$FILE_BYTES_MAX" | base64 -w 0); then
    WHY="$SSM_File cannot be read"
    return 1
  fi
  whole FILE_BYTES "$(content | wc -c)"
  SHA256=$(content | sha256sum)
  SHA256=${SHA256%% *}
}

content() { printf '%s' "$CONTENT" | base64 -d; }
