# The operation: the empty volume VolumeId gets the filesystem of what is mounted at Like, and all files of the volume Source. Both are mounted aside, where
# only root gets to; the client runs on. By state: the same command again goes on where it was cut off, and copies nothing twice. After three quarters of
# its run limit it begins no other file, and tells what is left.

readonly FROM_COPY=$ASIDE/source FILLED=$ASIDE/target
# On the root disk: every name on a volume is data.
readonly LISTS=/var/lib/chainmend/fill
# What a line of a list has room for, and how many lists there are of one file.
readonly LINE_BYTES=256 LISTS_MAX=5
# Of a larger file each command copies some parts of this size.
readonly PART_MIB=1024
# More than this the client's disk would be nearly full again, and a copy does not end in one day.
readonly ROOM_PERCENT=80
readonly FILES_MAX=4000000
readonly BATCH_FILES=200
# So many files are compared byte by byte, each as far as this.
readonly COMPARED_FILES=64 COMPARED_BYTES=67108864

MORE_FILLED=
LIST_BYTES_MAX=0

perform() {
  local status=0
  FAULT=node
  clear_aside
  fill || status=1
  rm -rf -- "$LISTS"
  clear_aside
  [ "$status" -ne 0 ] || FAULT=none
  more
  MORE=$MORE$MORE_FILLED
  return "$status"
}

fill() {
  local type rest
  at "$SSM_Like"
  if ! [[ $MOUNTED =~ ^vol- ]]; then untouched "$SSM_Like is ${MOUNTED:-not a mount point}: which filesystem is wanted is not known"; return; fi
  case $MOUNTED in "$SSM_VolumeId" | "$SSM_Source") untouched "$MOUNTED is mounted at $SSM_Like: it is neither filled nor copied"; return ;; esac
  if [ "$SSM_VolumeId" = "$SSM_Source" ]; then untouched "$SSM_VolumeId cannot be a copy of itself"; return; fi
  read -r rest type rest < <(mounts_at "$(mount_point "$SSM_Like")")
  case $type in xfs | ext4) ;; *) untouched "$SSM_Like has $type, expected xfs or ext4"; return ;; esac
  # Its own log first: files are read as their last writer left them.
  fit "$SSM_Source" "$type" && mount_aside "$SSM_Source" "${FROM_COPY##*/}" replayed || return
  format "$SSM_VolumeId" "$type" || return
  mount_aside "$SSM_VolumeId" "${FILLED##*/}" written || { FAULT=node; return 1; }
  FAULT=node
  has_room && copy_all
}

# has_room: for the files, and for what comes after them; and on the root disk for their lists.
has_room() {
  local taken nodes room block free
  read_space "$FROM_COPY" || { refuse "how much is on $SSM_Source cannot be told"; return; }
  taken=$((BLOCK * (BLOCKS - FREE))) nodes=$((INODES - INODES_FREE))
  read_space "$FILLED" || { refuse "how much room is on $SSM_VolumeId cannot be told"; return; }
  room=$((BLOCK * BLOCKS))
  if [ "$taken" -gt "$((room * ROOM_PERCENT / 100))" ]; then refuse "$((taken / 1073741824)) GiB are used on $SSM_Source: more than $ROOM_PERCENT % of the $((room / 1073741824)) GiB of $SSM_VolumeId"; return; fi
  if [ "$INODES" -gt 0 ] && [ "$nodes" -gt "$((INODES * ROOM_PERCENT / 100))" ]; then refuse "$SSM_Source has $nodes inodes in use: more than $ROOM_PERCENT % of the $INODES of $SSM_VolumeId"; return; fi
  LIST_BYTES_MAX=$((nodes * LINE_BYTES + 1048576)) room=$((LIST_BYTES_MAX * LISTS_MAX))
  read -r block free < <(rm -rf -- "$LISTS" && mkdir -p -- "$LISTS" && stat -f -c '%S %a' -- "$LISTS")
  if ! { whole BLOCK "$block" && whole AVAILABLE "$free"; }; then refuse "$LISTS cannot be written"; return; fi
  [ "$((BLOCK * AVAILABLE))" -ge "$room" ] || refuse "the root disk has no $((room / 1048576)) MiB left for lists of $nodes files"
}

copy_all() {
  local strange
  strange=$(cd -- "$FROM_COPY" && find . -type f -links +1 -print -quit) || { refuse "$SSM_Source cannot be read"; return; }
  [ -z "$strange" ] || { refuse "$strange on $SSM_Source has several names (hard links), of which each would become a file of its own"; return; }
  list "$FROM_COPY" source && list "$FILLED" target || return
  # What is not on the source is none of this script's.
  strange=$(comm -13 <(names source) <(names target) | head -n 1 | tr '\0' ' ')
  [ -z "$strange" ] || { refuse "$SSM_VolumeId has $strange, which $SSM_Source does not have: it is not touched"; return; }
  differ && make_directories && copy_links && copy_files || return
  sync_filesystem "$FILLED"
  list "$FILLED" target && differ || return
  tell
  if is_over && [ -s "$LISTS/left" ]; then return 0; fi
  if [ -s "$LISTS/left" ]; then refuse "$(head -n 1 "$LISTS/left" | cut -d / -f 8- | tr '\0' ' ') is not on $SSM_VolumeId as it is on $SSM_Source"; return; fi
  compare
}

# list DIRECTORY NAME: a line for each file, directory and link, without sockets and pipes, which live with their process: its kind, size, time, mode,
# owner, group and name, and behind "//", which no name has, where a link leads. In a line break's place stands a zero byte, which no name has either. What a
# directory holds, its own lines tell. Of a file's mode what access to it is: it is to have no set-user-ID and no set-group-ID bit.
list() {
  local count bytes
  (cd -- "$1" && find . -mindepth 1 -path ./lost+found -prune -o \
    \( -type f -printf 'f/%s/%T@/%m/%U/%G/%p\0' \) -o \( -type d -printf 'd/-/-/%m/%U/%G/%p\0' \) -o \
    \( -type l -printf 'l/-/-/-/%U/%G/%p//%l\0' \)) | tr '\n\0' '\0\n' |
    sed -E 's,^(f/[^/]*/[^/]*/)[1-7]([0-7]{3}/),\1\2,' | { head -c "$((LIST_BYTES_MAX + 1))" && cat >/dev/null; } |
    sort -T "$LISTS" >"$LISTS/$2" || { refuse "${1##*/} cannot be listed"; return; }
  if ! whole count "$(wc -l <"$LISTS/$2")" || [ "$count" -gt "$FILES_MAX" ] || ! whole bytes "$(wc -c <"$LISTS/$2")" || [ "$bytes" -gt "$LIST_BYTES_MAX" ]; then
    refuse "${1##*/} has more than $FILES_MAX files, or names that are too long"
  fi
}

names() { cut -d / -f 1,7- "$LISTS/$1" | sort; }

# differ: LISTS/left has the lines of what is not on VolumeId as it is on Source.
differ() {
  if ! { comm -23 "$LISTS/source" "$LISTS/target" >"$LISTS/left" && each <"$LISTS/left"; }; then refuse "$LISTS cannot be written"; fi
}

# each: standard input, as LISTS/each, with a zero byte behind each line, for `IFS=/ read -r -d ''`, which reads a file faster than a pipe.
each() { tr '\n\0' '\0\n' >"$LISTS/each"; }

# tell: what is there and what is left, as more of the answer.
tell() {
  local all=() left=()
  read -r -a all < <(sum source)
  read -r -a left < <(sum left)
  MORE_FILLED=",\"filled\":{\"files\":${all[0]},\"bytes\":${all[1]},\"leftFiles\":${left[0]},\"leftBytes\":${left[1]}}"
}

# sum LIST: how many files, and how many bytes.
sum() { cut -d / -f 1,2 "$LISTS/$1" | awk -F / '$1 == "f" { files++; bytes += $2 } END { printf "%d %.0f\n", files, bytes }'; }

is_over() { [ "$SECONDS" -ge "$((SSM_RunLimitSeconds * 3 / 4))" ]; }

# like NAME: owner and mode of the original.
like() {
  chown --no-dereference --reference="$FROM_COPY/$1" -- "$FILLED/$1" && chmod --reference="$FROM_COPY/$1" -- "$FILLED/$1"
}

make_directories() {
  local kind size name
  like . || { refuse "owner and mode of $SSM_VolumeId could not be set"; return; }
  while IFS=/ read -r -d '' kind size _ _ _ _ _ name; do
    [ "$kind" = d ] || continue
    if ! mkdir -p -- "$FILLED/$name" || ! like "$name"; then refuse "$name could not be made on $SSM_VolumeId"; return; fi
  done <"$LISTS/each"
}

copy_links() {
  local kind size name
  while IFS=/ read -r -d '' kind size _ _ _ _ _ name; do
    [ "$kind" = l ] || continue
    name=${name%%//*}
    cp -a -T --remove-destination -- "$FROM_COPY/$name" "$FILLED/$name" || { refuse "$name could not be copied"; return; }
  done <"$LISTS/each"
}

# copy_files: small ones together, large ones in parts.
copy_files() {
  local kind size name batch=() sum=0 bytes
  while IFS=/ read -r -d '' kind size _ _ _ _ _ name; do
    if [ "$kind" != f ] || ! whole bytes "$size"; then continue; fi
    if is_over; then break; fi
    if [ "$bytes" -ge "$((PART_MIB * 1048576))" ]; then copy_large "$name" "$bytes" || return; continue; fi
    batch+=("./$name") sum=$((sum + bytes))
    if [ "${#batch[@]}" -lt "$BATCH_FILES" ] && [ "$sum" -lt "$((PART_MIB * 1048576))" ]; then continue; fi
    copy_batch "${batch[@]}" || return
    batch=() sum=0
  done <"$LISTS/each"
  if [ "${#batch[@]}" -gt 0 ]; then copy_batch "${batch[@]}" || return; fi
  # What another one has packed is nobody's program here.
  while IFS= read -r -d '' name; do
    chmod ug-s -- "$name" || { refuse "$name could not be copied"; return; }
  done < <(find "$FILLED" -xdev -type f -perm /6000 -print0)
}

# copy_batch NAME...: the time of a file is set last, so that one that was cut off is not taken for a whole one.
copy_batch() {
  local output
  output=$(cd -- "$FROM_COPY" && idly cp -a --parents -t "$FILLED" -- "$@" 2>&1 | tail -c 500) || refuse "copying to $SSM_VolumeId failed: $output"
}

# copy_large NAME BYTES: goes on at the last whole part. Its time comes last.
copy_large() {
  local have=0 part bytes output target=$FILLED/$1
  whole bytes "$2" || return
  [ ! -f "$target" ] || whole have "$(stat -c %s -- "$target")" || have=0
  [ "$have" -le "$bytes" ] || have=0
  part=$((have / 1048576 / PART_MIB))
  while [ "$((part * PART_MIB * 1048576))" -lt "$bytes" ]; do
    if is_over; then return 0; fi
    output=$(idly dd if="$FROM_COPY/$1" of="$target" bs=1048576 count="$PART_MIB" skip="$((part * PART_MIB))" seek="$((part * PART_MIB))" \
      conv=notrunc,sparse iflag=fullblock status=none 2>&1 | tail -c 500) || { refuse "copying $1 to $SSM_VolumeId failed: $output"; return; }
    part=$((part + 1))
  done
  if ! truncate -s "$bytes" -- "$target" || ! cp -a --attributes-only -T -- "$FROM_COPY/$1" "$target"; then refuse "$1 could not be finished on $SSM_VolumeId"; fi
}

# compare: some files, spread over all of them, byte by byte as they are on the device: beginning, middle and end of a large one.
compare() {
  local count step row=0 kind size name bytes
  rm -f -- "$LISTS/target" "$LISTS/left"
  grep -a '^f/' "$LISTS/source" | each || { FAULT=data; fail "$SSM_Source has no files"; return; }
  whole count "$(tr -dc '\0' <"$LISTS/each" | wc -c)" || return
  step=$(((count + COMPARED_FILES - 1) / COMPARED_FILES))
  sync_filesystem "$FILLED"
  while IFS=/ read -r -d '' kind size _ _ _ _ _ name; do
    row=$((row + 1))
    if [ "$((row % step))" -ne 0 ] && [ "$row" -gt 1 ]; then continue; fi
    if ! whole bytes "$size" || ! same "$name" "$bytes"; then refuse "$name on $SSM_VolumeId has other bytes than on $SSM_Source"; return; fi
  done <"$LISTS/each"
}

# same NAME BYTES
same() {
  local offset bytes
  whole bytes "$2" || return
  # What the kernel remembers of it is not what is on the device.
  dd if="$FILLED/$1" iflag=nocache count=0 status=none 2>/dev/null
  if [ "$bytes" -le "$COMPARED_BYTES" ]; then cmp -s -- "$FROM_COPY/$1" "$FILLED/$1"; return; fi
  for offset in 0 "$((bytes / 2))" "$((bytes - COMPARED_BYTES / 4))"; do
    cmp -s -i "$offset" -n "$((COMPARED_BYTES / 4))" -- "$FROM_COPY/$1" "$FILLED/$1" || return
  done
}
