# The operation: look, and nothing else: how it is, and where that is asked for, what is in memory. The fence was raised when the command was noted. And
# which command it has answered last: what was sent after that one, and before this, was never begun.

perform() {
  keep_ticket
  read_clients && read_paths Paths || return
  AFTER=$(node_state ${LINES[@]+"${LINES[@]}"})
  AFTER="${AFTER%\}}$(layered ${LINES[@]+"${LINES[@]}"})$(held_by ${LINES[@]+"${LINES[@]}"})$(cloud_init)$(client_runs)}"
  more
  if [[ $RECORDED =~ ^\{\"operationId\":\"([0-9]+\.[0-9]+)\" ]]; then MORE="$MORE,\"lastDone\":\"${BASH_REMATCH[1]}\""; fi
  [ "$SSM_Cached" = no ] || cached ${LINES[@]+"${LINES[@]}"}
}

# layered PATH...: where nothing is mounted at one of them, the EBS volumes that hold no filesystem but a part of LVM, RAID, LUKS or ZFS, on the disk or
# on a partition of it: a copy of one mounts nowhere as it is. By their own bytes, and not by what blkid has noted of them; those of a volume that is
# mounted are not read, as it may be one that does not answer.
layered() {
  local path block part volume kind='' list='' all=true
  for path in "$@"; do
    [ -n "$(mounts_at "$(mount_point "$path")")" ] || all=false
  done
  if "$all"; then return; fi
  for block in "$SYS"/*; do
    block=${block##*/}
    if [ -e "$SYS/$block/partition" ] || ! [ -b "/dev/$block" ]; then continue; fi
    volume=$(volume_of "$block")
    [ -n "$volume" ] || continue
    for part in "$SYS/$block" "$SYS/$block/$block"*; do
      if ! [ -b "/dev/${part##*/}" ] || is_mounted "$part"; then continue; fi
      kind=$(timeout 10 blkid -p -s TYPE -o value "/dev/${part##*/}" 2>/dev/null)
      case $kind in
        LVM2_member | linux_raid_member | crypto_LUKS | zfs_member)
          list="$list${list:+,}{\"volumeId\":\"$volume\",\"kind\":\"$kind\"}"
          break
          ;;
      esac
    done
  done
  printf ',"layered":[%s]' "$list"
}

# held_by PATH...: the paths at which a copy could not be mounted in place of what is there: a unit of its own mounts it at a boot, or an automount lies
# beneath it, and would mount the one before again.
held_by() {
  local path by list=''
  for path in "$@"; do
    by=$(mount_unit "$path")
    if awk -v path="$path" '$5 == path && / - autofs / { found = 1 } END { exit !found }' /proc/self/mountinfo; then by='an automount'; fi
    [ -z "$by" ] || list="$list${list:+,}{\"path\":$(json_string "$path"),\"by\":$(json_string "$by")}"
  done
  [ -z "$list" ] || printf ',"heldBy":[%s]' "$list"
}

# is_mounted BLOCK: a directory of SYS.
is_mounted() { awk -v number="$(<"$1/dev")" '$3 == number { found = 1 } END { exit !found }' /proc/self/mountinfo; }

# cloud_init: how far it is with this boot, as more of the answer. It deletes its result at the start of a boot, and writes it at the very end, when the
# scripts of user data have run (cloudinit/cmd/main.py, status_wrapper). What went wrong is not told: it may quote user data.
cloud_init() {
  local result=${CLOUD_INIT:-/run/cloud-init}/result.json state='done'
  [ -d "${result%/*}" ] || return 0
  if ! [ -e "$result" ]; then
    state=running
  elif ! tr -d ' \n' <"$result" | grep -q '"errors":\[\]'; then state=error; fi
  printf ',"cloudInit":"%s"' "$state"
}
