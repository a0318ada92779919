# The credentials of the client's RPC, from a file on this node.

SECRET=
# "user:password" needs no more.
readonly SECRET_BYTES_MAX=4096

# read_secret: SECRET is the one line of CredentialsFile, empty where none is named; false, with WHY, and 2 where there is no such file. What
# is read goes to a port that the client's user may listen at: so it is a file that this user could read too.
read_secret() {
  SECRET=
  [ -n "$SSM_CredentialsFile" ] || return 0
  locate "$SSM_CredentialsFile" || return
  if ! SECRET=$(as_owner tell_here "$NAME" | timeout "$WORK_SECONDS" head -c "$((SECRET_BYTES_MAX + 1))" | tr '\0' '\n'); then
    WHY="$SSM_CredentialsFile cannot be read"
  elif [ "${#SECRET}" -gt "$SECRET_BYTES_MAX" ]; then
    WHY="$SSM_CredentialsFile has more than $SECRET_BYTES_MAX bytes"
  else
    SECRET=${SECRET%%$'\n'*}
    if [[ $SECRET =~ ^[^[:cntrl:]]+$ ]]; then return 0; fi
    WHY="$SSM_CredentialsFile does not begin with a line of text"
  fi
  SECRET=
  return 1
}

# quoted TEXT: as curl's configuration takes it in double quotes ("--config", curl's manual).
quoted() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  printf '"%s"' "${text//$'\r'/\\r}"
}
