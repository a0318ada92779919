# What this node says of itself as a whole: its clients, what is mounted where, which EBS volumes it sees. Facts, and nothing changed.

STOP=null          # how the clients ended, where they were stopped
START_SECONDS=null # how long their start took
PUT_BACK=false
FAULT=none # data | node: where it lies that something failed

# node_state PATH...: the JSON of shared/node-commands/node-answer.ts.
node_state() {
  local index clients='' volumes='' one
  for index in "${!CLIENT_UNITS[@]}"; do
    pick "$index"
    clients="$clients${clients:+,}$(client_state)"
  done
  for one in "$@"; do
    one=$(volume_state "$one")
    [ -z "$one" ] || volumes="$volumes${volumes:+,}$one"
  done
  printf '{"clients":[%s],"volumes":[%s],"devices":[%s],"rootUsedPercent":%s}' "$clients" "$volumes" "$(devices)" "$(root_used_percent)"
}

client_state() {
  local line needs masked=false state=$CLIENT one=
  if [ -e "$MASK_FILE" ]; then masked=true; fi
  if [ "$state" = failed ]; then line=$(last_words ""); else line=$(last_lines 1); fi
  # Docker starts it again and again: it ends by itself, and nobody stopped it.
  case $NOTE in 'container '*' is restarting') state=failed CLIENT_ASKED=false ;; esac
  # Of a container, its tag or digest; of a template, which of its instances it is.
  if [ -n "$CLIENT_IMAGE" ]; then
    one=$(image_version "$CLIENT_IMAGE")
  elif [[ $SSM_Runtime$SSM_Unit == systemd*'@*'* && $TARGET == *@?* ]]; then
    one=${TARGET#*@}
    one=${one%.service}
  fi
  if [ -n "$one" ]; then
    one=",\"instance\":$(json_string "${one:0:80}")"
    # Its chain needs another version (x/upgrade of the Cosmos SDK, `halt-height`). A trace follows.
    needs=$(last_lines 500 | grep -aoE '(UPGRADE "[^"]+" NEEDED at|halt per configuration) height:? [0-9]+' | tail -n 1)
    [ -z "$needs" ] || one="$one,\"needs\":$(json_string "${needs:0:150}")"
  fi
  printf '{"state":"%s","exitStatus":%s,"asked":%s,"lastLine":%s,"masked":%s%s}' \
    "$state" "${CLIENT_STATUS:-null}" "${CLIENT_ASKED:-null}" "$(json_string "${line:0:300}")" "$masked" "$one"
}

# volume_state PATH: nothing where nothing is mounted.
volume_state() {
  local SSM_Path=$1 read_only=false
  find_device && read_size || return 0
  [[ ,$(mounts_at "$MOUNT" | tail -n 1 | sed 's/.* //'), != *,ro,* ]] || read_only=true
  printf '{"path":%s,"volumeId":"%s","filesystem":"%s","sizeBytes":%s,"usedBytes":%s,"readOnly":%s}' \
    "$(json_string "$SSM_Path")" "$(volume_of "$DISK")" "$FILESYSTEM" "$SIZE_BYTES" "$USED_BYTES" "$read_only"
}

# devices: the EBS volumes among the disks, mounted or not.
devices() {
  local block volume list=''
  for block in "$SYS"/*; do
    if [ -e "$block/partition" ] || ! [ -b "/dev/${block##*/}" ]; then continue; fi
    volume=$(volume_of "${block##*/}")
    [ -z "$volume" ] || list="$list${list:+,}\"$volume\""
  done
  printf '%s' "$list"
}

# more: what the answer says beside what was before and after.
more() {
  MORE=",\"stop\":$STOP,\"startSeconds\":$START_SECONDS,\"putBack\":$PUT_BACK,\"fault\":\"$FAULT\""
}

# refuse REASON: false, with that as WHY. What refuses lies on the node.
refuse() {
  FAULT=node WHY=$1
  return 1
}

# untouched REASON: the same, before anything was changed.
untouched() { refuse "$1: nothing was changed"; }
