# The run limit: timeout(1) ends this script and, with it, all that it started. What is half-way then is done again, by state.

limited() {
  local status=0
  CHAINMEND_LIMITED=$$ timeout --kill-after=5 "$SSM_RunLimitSeconds" "$BASH" "$0" >&3 3>&- || status=$?
  case $status in 124 | 137) end_rest ;; esac
  ended "$status"
}

REST= # what outlives its kill sleeps in the kernel

# end_rest: a tool with a limit of its own is in a process group of its own, which that timeout does not reach; and it would keep our output
# open. What an owner's command has left running is in a session of its own, and goes on.
end_rest() {
  local one session
  session=$(session_of "$$")
  while IFS=/ read -r _ _ one _; do
    if [ -n "$session" ] && [ "$(session_of "$one")" = "$session" ] && kill -KILL "$one" 2>/dev/null && sleep 1 && [ -e "/proc/$one/exe" ]; then
      REST="; $(<"/proc/$one/comm") cannot be killed: its disk does not answer"
    fi
  done < <(timeout 5 grep -l -s -z -x -F "CHAINMEND_LIMITED=$$" /proc/[0-9]*/environ)
}

# session_of PID: the number of its session; its name, which comes before, may contain anything ("/proc/pid/stat", proc(5)).
session_of() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 4; }

check_parameters
if [ -n "${CHAINMEND_LIMITED-}" ]; then main; else limited; fi
