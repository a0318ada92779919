# The run limit is kept by timeout(1), which ends this script and all that it started. What is half-way then is done again, by state.

limited() {
  local status=0
  CHAINMEND_LIMITED=yes timeout --kill-after=5 "$SSM_RunLimitSeconds" "$BASH" "$0" >&3 3>&- || status=$?
  ended "$status"
}

check_parameters
if [ "${CHAINMEND_LIMITED:-no}" = yes ]; then main; else limited; fi
