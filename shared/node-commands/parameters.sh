# The parameters, as SSM hands them over: environment variables SSM_<name>, never text in a command ("interpolationType", SSM user
# guide, "Data elements and parameters"; SSM Agent 3.3.2746.0 and later). Checked again here, whoever sent them.

# check NAME PATTERN
check() {
  local name=SSM_$1 why
  # Whether the agent hands over what is empty, nobody says. Each document has a RunLimitSeconds: where that came, what may be empty is.
  if [ -z "${!name+given}" ] && [ -n "${SSM_RunLimitSeconds-}" ] && [[ '' =~ $2 ]]; then printf -v "$name" %s ''; fi
  if [ -z "${!name+given}" ]; then
    say "parameter $1 did not arrive in the environment: SSM Agent 3.3.2746.0 or later is needed"
    exit 2
  fi
  if [[ ${!name} =~ $2 ]]; then return 0; fi
  why="parameter $1: \"${!name:0:100}\" given, expected $2"
  say "$why"
  [ "$1" != OperationId ] || exit 2
  recall
  end failed "$why"
}
