# The operation: the file File, told without its secrets, and its sum.

# Of SSM's 24,000 characters ("GetCommandInvocation", StandardOutputContent).
readonly TOLD_CHARACTERS_MAX=20000

perform() {
  local told
  read_file || return
  told=$(content | hide_secrets | head -c "$FILE_BYTES" | gzip -9 -n | base64 -w 0)
  if [ -z "$told" ] || [ "${#told}" -gt "$TOLD_CHARACTERS_MAX" ]; then fail "$SSM_File is ${#told} characters long when packed, expected 1 to $TOLD_CHARACTERS_MAX"; return; fi
  AFTER="{\"sha256\":\"$SHA256\",\"bytes\":$FILE_BYTES,\"gzip\":\"$told\"}"
}
