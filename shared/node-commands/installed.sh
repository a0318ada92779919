# What a unit needs to be started, looked at before anything is stopped.

# missing UNIT: prints why it could not be started, "no answer" in it where systemd gives none; nothing where it could.
missing() {
  local key value load='' file='' executable=''
  while IFS='=' read -r key value; do
    case $key in
      LoadState) load=$value ;;
      FragmentPath) file=$value ;;
      ExecStart) if [[ $value =~ path=([^\ \;]*) ]]; then executable=${BASH_REMATCH[1]}; fi ;;
    esac
  done < <(ctl show -p LoadState,FragmentPath,ExecStart -- "$1" 2>/dev/null)
  if [ "$load" != loaded ]; then
    printf 'systemd knows no unit %s (%s)' "$1" "${load:-no answer}"
  elif [[ $file == /run/systemd/transient/* ]]; then
    printf '%s was made by systemd-run and goes with its end' "$1"
  elif [ -n "$file" ] && [ ! -e "$file" ]; then
    printf '%s, the file of %s, is gone' "$file" "$1"
  elif [ -n "$executable" ] && [ ! -x "$executable" ]; then
    printf '%s, which %s executes, is not there' "$executable" "$1"
  fi
}
