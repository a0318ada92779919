# The credentials of the client's RPC, from a file on this node.

SECRET=
# "user:password" needs no more.
readonly SECRET_BYTES_MAX=4096

# read_secret: SECRET is the one line of CredentialsFile, empty where none is named; false, with WHY, and 2 where there is no such file. What is read goes to a port that the
# client's user may listen at: so it is a file that this user could read too.
read_secret() {
  local step mount
  SECRET=
  [ -n "$SSM_CredentialsFile" ] || return 0
  locate "$SSM_CredentialsFile" || return
  # A container's root is root here as well, on what it has mounted: a link there leads to nothing else.
  for step in "${STEPS[@]}"; do
    if [[ $step != *' l'* ]]; then continue; fi
    mount=$(mount_above "${step#* * * }")
    if [ "$mount" = / ] || [ "$mount" = "$(mount_above "$REAL")" ]; then continue; fi
    WHY="${step#* * * } leads from one filesystem to another"
    return 1
  done
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

# mount_above PATH: the mount point that PATH lies on.
mount_above() {
  PLACE=$1/ awk '
    { place = $5 == "/" ? "/" : $5 "/" }
    index(ENVIRON["PLACE"], place) == 1 && length($5) >= length(at) { at = $5 }
    END { print at }' /proc/self/mountinfo
}

# quoted TEXT: as curl's configuration takes it in double quotes ("--config", curl's manual).
quoted() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  printf '"%s"' "${text//$'\r'/\\r}"
}
