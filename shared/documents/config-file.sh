# The client's configuration: which file it is, and the sum that names its content.

FILE= # what File leads to: a link is followed, and what it names is edited
FILE_BYTES=
SHA256=

# From here on it is no client's configuration.
readonly FILE_BYTES_MAX=262144

find_file() {
  # Root would follow it where its maker may not go, and tell or write what is there.
  if [ -L "$SSM_File" ] && [ "$(stat -c %u -- "$SSM_File")" -ne 0 ] && [ "$(stat -c %u -- "$SSM_File")" != "$(stat -L -c %u -- "$SSM_File")" ]; then
    WHY="$SSM_File is a link of another user than whose the file is that it leads to"
    return 1
  fi
  FILE=$(readlink -f -- "$SSM_File") || FILE=
  if [ -z "$FILE" ] || ! [ -f "$FILE" ]; then
    WHY="$SSM_File is not a file"
    return 1
  fi
  FILE_BYTES=$(stat -c %s -- "$FILE")
  if [ "$FILE_BYTES" -gt "$FILE_BYTES_MAX" ]; then
    WHY="$SSM_File has $FILE_BYTES bytes, expected at most $FILE_BYTES_MAX"
    return 1
  fi
  SHA256=$(sha256_of "$FILE")
  [ -n "$SHA256" ] && return 0
  WHY="$SSM_File cannot be read"
  return 1
}

sha256_of() {
  local sum rest
  read -r sum rest < <(sha256sum <"$1") && printf '%s' "$sum"
}
