# The parameters, as SSM hands them over: environment variables SSM_<name>, never text in a command ("interpolationType", SSM user
# guide, "Data elements and parameters"; SSM Agent 3.3.2746.0 and later). Checked again here, whoever sent them.

# check NAME PATTERN
check() {
  local name=SSM_$1 why
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
