# The first boot of a node that `deploy:` makes: its data volume is found by its id alone, formatted where it is empty and by nothing else, and mounted;
# then the client is installed and started. Whatever is not understood is refused: nothing is written then, and no client is started. It may run
# again at any time. first-boot.ts sets the variables VOLUME to JOURNAL_CONFIG; of them INSTALL alone is the owner's code, and run as that.
# Lines that begin with "#copy", "#group", "#bundle", "#statesync" or "#network" are code where the node may begin with a copy, is a member of a group, or the file
# names that, and comments elsewhere, as "#volume" is where it is none of these: what they call is in the files of these names.

readonly SYS=/sys/class/block
readonly STATE=/var/lib/chainmend
readonly MASK_FILE=/etc/chainmend/client-masked
readonly LOG=/var/log/chainmend-first-boot.log
readonly AGENT=/opt/aws/amazon-cloudwatch-agent
WHY=
DISK= # the kernel's name of the volume
FOUND= # what blkid tells of it: a kind of filesystem or of anything else
UUID= # of a filesystem that this script makes on this volume

main() {
  mkdir -p "$STATE" && chmod 0700 "$STATE" || return
  exec 9>"$STATE/first-boot.lock"
  flock -w 900 9 || { refuse 'another run of this script did not end within 15 minutes'; return; }
  say "first boot: $VOLUME at $MOUNT_PATH"
  hold_back || return
  if [ -e "$MASK_FILE" ]; then
    # A heal has launched this instance in the place of another one: it brings the volume, mounts it, and starts the client.
    say 'the client is masked by chainmend: no volume is touched'
    make_place || return
    install_client && enable_client || return
    #group serve_synced || return
    start_agent || say "the CloudWatch agent does not run: $WHY"
    return 0
  fi
  mount_volume || return
  #network keeps_identity || return
  install_client && enable_client || return
  #statesync trust_state || return
  #network join_network || return
  ctl start --no-block -- "$UNIT" || { refuse "$UNIT could not be started"; return; }
  say "$UNIT is started"
  #group serve_synced || return
  start_agent || refuse "the client is started, and the CloudWatch agent does not run: $WHY"
}

# say TEXT: to cloud-init's log, and to the one that is forwarded.
say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*" | tee -a "$LOG" >&2; }

# refuse REASON: false, with that as WHY; on the console and in the journal, too.
refuse() {
  WHY=$1
  return 1
}

# whole NAME TEXT: the variable NAME becomes the whole number that TEXT is; false where it is none.
whole() {
  printf -v "$1" '%s' ''
  case $2 in
    '' | *[!0-9]* | ????????????????*) return 1 ;;
  esac
  printf -v "$1" '%d' "$((10#$2))"
}

ctl() { timeout 120 systemctl "$@"; }

# hold_back: from here on the client starts where its data are mounted, and nowhere else: at this boot and at each other one.
hold_back() {
  local directory=/etc/systemd/system/$UNIT.service.d
  case $UNIT in *@*) directory=/etc/systemd/system/${UNIT%%@*}@.service.d ;; esac
  mkdir -p "$directory" &&
    printf '[Unit]\nRequiresMountsFor=%s\nAssertPathIsMountPoint=%s\n' "$MOUNT_PATH" "$MOUNT_PATH" >"$directory/chainmend-data.conf" &&
    ctl daemon-reload || { refuse "$directory could not be written"; return; }
  if ! is_mounted && ctl is-active --quiet -- "$UNIT"; then
    say "$UNIT runs without its volume, and is stopped: the image must not start it"
    ctl stop -- "$UNIT" || refuse "$UNIT could not be stopped"
  fi
}

is_mounted() { [ -n "$(mounts_at)" ]; }

# mounts_at: "<device number> <root>" of each mount at the path, the topmost last.
mounts_at() { awk -v path="$MOUNT_PATH" '$5 == path { print $3, $4 }' /proc/self/mountinfo; }

mount_volume() {
  local spec mounts
  make_place || return
  # A heal has other data there since: what it wrote into /etc/fstab is the truth.
  if awk -v path="$MOUNT_PATH" '$1 == "#chainmend" && $3 == path { found = 1 } END { exit !found }' /etc/fstab; then
    is_mounted || refuse "/etc/fstab has a line of chainmend for $MOUNT_PATH, and nothing is mounted there"
    return
  fi
  #group own_volume || return
  await_volume || return
  mounts=$(mounts_at)
  if [ -n "$mounts" ]; then
    [ "$mounts" = "$(<"$SYS/$DISK/dev") /" ] || { refuse "something else than $VOLUME is mounted at $MOUNT_PATH"; return; }
    read_kind && is_ours || return
    #volume marked prepared || { refuse "$VOLUME is mounted at $MOUNT_PATH, and this machine has not looked through it: unmount it first"; return; }
    write_fstab
    return
  fi
  #volume clear_aside || return
  is_nowhere && is_bare && read_kind || return
  if [ -z "$FOUND" ]; then
    is_empty && format_volume && read_kind || return
  fi
  is_ours || return
  #volume prepare || return
  write_fstab || return
  timeout 600 mount -t "$FOUND" -o nosuid,nodev -- "/dev/$DISK" "$MOUNT_PATH" || { refuse "$VOLUME could not be mounted at $MOUNT_PATH"; return; }
  spec=$(mounts_at)
  [ "$spec" = "$(<"$SYS/$DISK/dev") /" ] || { refuse "$VOLUME was mounted, and $MOUNT_PATH is on something else"; return; }
  say "$VOLUME is mounted at $MOUNT_PATH"
}

make_place() {
  mkdir -p -- "$MOUNT_PATH" && [ "$(readlink -f -- "$MOUNT_PATH")" = "$MOUNT_PATH" ] ||
    refuse "$MOUNT_PATH cannot be made, or is not a directory of its own name"
}

# is_bare: what lies on the root disk would be hidden, and may be a client's data.
is_bare() {
  local left
  left=$(find "$MOUNT_PATH" -mindepth 1 -maxdepth 1 -print -quit) && [ -z "$left" ] ||
    refuse "$MOUNT_PATH is not empty on the root disk: $VOLUME is not mounted over it"
}

# await_volume: DISK; EC2 attaches it after the launch.
await_volume() {
  local second block
  for ((second = 0; second <= WAIT_SECONDS; second++)); do
    for block in "$SYS"/*; do
      block=${block##*/}
      if ! [ -e "$SYS/$block/partition" ] && [ -b "/dev/$block" ] && [ "$(volume_of "$block")" = "$VOLUME" ]; then DISK=$block; return 0; fi
    done
    sleep 1
  done
  refuse "$VOLUME is not attached after $WAIT_SECONDS s; no other volume is looked at"
}

# volume_of DISK: an NVMe device tells its EBS volume as its serial number, without the dash ("Map Amazon EBS volumes to NVMe device names").
volume_of() {
  local link serial=
  if [ -r "$SYS/$1/device/serial" ]; then read -r serial <"$SYS/$1/device/serial"; fi
  if ! [[ $serial =~ ^vol ]]; then
    for link in /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol*; do
      if [ "$link" -ef "/dev/$1" ] && [[ $link =~ _(vol[0-9a-f]{8,17})$ ]]; then serial=${BASH_REMATCH[1]}; break; fi
    done
  fi
  [[ $serial =~ ^vol-?([0-9a-f]{8,17})$ ]] && printf 'vol-%s' "${BASH_REMATCH[1]}"
}

# is_nowhere: neither mounted, nor held by LVM, RAID, encryption or swap.
is_nowhere() {
  local holder number
  number=$(<"$SYS/$DISK/dev")
  ! awk -v number="$number" '$3 == number { found = 1 } END { exit !found }' /proc/self/mountinfo ||
    { refuse "$VOLUME is mounted elsewhere"; return; }
  for holder in "$SYS/$DISK/holders"/* "$SYS/$DISK/$DISK"*/partition; do
    [ ! -e "$holder" ] || { refuse "$VOLUME has partitions, or something else uses it: ${holder##*/}"; return; }
  done
  ! awk -v name="/dev/$DISK" '$1 == name { found = 1 } END { exit !found }' /proc/swaps || refuse "$VOLUME is in use as swap"
}

# read_kind: FOUND; empty where blkid and wipefs both know of nothing. False where one of them cannot tell.
read_kind() {
  local status=0 told listed
  told=$(timeout 60 blkid -p -o export -- "/dev/$DISK" 2>/dev/null) || status=$?
  listed=$(timeout 60 wipefs --no-act -- "/dev/$DISK" 2>/dev/null) || { refuse "wipefs cannot tell what is on $VOLUME"; return; }
  FOUND=
  case $status in
    0)
      FOUND=$(printf '%s\n' "$told" | sed -n 's/^TYPE=//p')
      FOUND=${FOUND:-$(printf '%s\n' "$told" | sed -n 's/^PTTYPE=/a partition table: /p')}
      FOUND=${FOUND:-something without a name}
      ;;
    2) [ -z "$listed" ] || FOUND='a signature that wipefs finds' ;;
    *) refuse "blkid cannot tell what is on $VOLUME (status $status)" ;;
  esac
}

# own_uuid: of this volume's own filesystem, so that a filesystem of anybody else is never taken for it.
own_uuid() {
  local digits
  digits=$(printf 'chainmend %s' "$VOLUME" | sha256sum) || return
  printf '%s-%s-4%s-8%s-%s' "${digits:0:8}" "${digits:8:4}" "${digits:13:3}" "${digits:17:3}" "${digits:20:12}"
}

is_ours() {
  local uuid
  UUID=$(own_uuid) && uuid=$(timeout 60 blkid -p -s UUID -o value -- "/dev/$DISK" 2>/dev/null)
  case $FOUND in
    ext4 | xfs) if [ "$uuid" = "$UUID" ]; then return 0; fi ;;
  esac
  #copy if is_copy "$uuid"; then return 0; fi
  refuse "$VOLUME has ${FOUND//[^[:print:]]/ }, which this script has not made there: it is not touched"
}

# is_empty: no tool knows anything there, and there are zeros where filesystems, tables and labels keep what tells them: the first and the last
# MiB, btrfs's and ext4's copies, and 64 places in between (XFS keeps a copy in each of its groups).
is_empty() {
  local sectors parts part copy
  whole sectors "$(<"$SYS/$DISK/size")" && [ "$sectors" -ge 32768 ] && [ "$((sectors % 128))" -eq 0 ] ||
    { refuse "the size of $VOLUME cannot be told, or is no whole number of MiB"; return; }
  # Of 64 KiB.
  parts=$((sectors / 128))
  for ((part = 0; part < 16; part++)); do is_zero "$part" && is_zero "$((parts - 1 - part))" || return; done
  for ((part = 1; part < 64; part++)); do is_zero "$((parts * part / 64))" || return; done
  for copy in 128 1024 2048 6144 4194304; do
    whole part "$copy" && { [ "$part" -ge "$parts" ] || is_zero "$part"; } || return
  done
}

# is_zero PART: false as well where less can be read.
is_zero() {
  timeout 60 dd if="/dev/$DISK" bs=65536 skip="$1" count=1 iflag=fullblock status=none | cmp -s -n 65536 - /dev/zero ||
    refuse "$VOLUME has no filesystem that is known, and is not empty either: it is not touched"
}

format_volume() {
  UUID=$(own_uuid) || { refuse 'sha256sum does not work'; return; }
  say "$VOLUME is empty: $FILESYSTEM is made on it"
  # Neither is told to overwrite anything.
  case $FILESYSTEM in
    xfs) timeout 600 mkfs.xfs -q -m "uuid=$UUID" "/dev/$DISK" ;;
    ext4) timeout 600 mkfs.ext4 -q -U "$UUID" "/dev/$DISK" </dev/null ;;
    *) false ;;
  esac || { refuse "$FILESYSTEM could not be made on $VOLUME"; return; }
  sync "/dev/$DISK"
}

# write_fstab: one line by UUID; a boot goes on without the volume, and the client does not.
write_fstab() {
  local lines new=/etc/fstab.chainmend-new
  lines=$(awk -v path="$MOUNT_PATH" '$1 !~ /^#/ { place = $2; sub(/\/+$/, "", place); if (place == path) print $1 }' /etc/fstab) || { refuse '/etc/fstab cannot be read'; return; }
  if [ "$lines" = "UUID=$UUID" ]; then return 0; fi
  [ -z "$lines" ] || { refuse "/etc/fstab has another line for $MOUNT_PATH"; return; }
  cp -p -- /etc/fstab "$new" && { [ -z "$(tail -c 1 "$new")" ] || echo >>"$new"; } &&
    printf 'UUID=%s %s %s defaults,nosuid,nodev,nofail,x-systemd.device-timeout=90s 0 2\n' "$UUID" "$MOUNT_PATH" "$FOUND" >>"$new" &&
    sync "$new" && mv -fT -- "$new" /etc/fstab && ctl daemon-reload || refuse '/etc/fstab could not be written'
}

# install_client: once; what has failed is tried again by the next run.
install_client() {
  if [ -e "$STATE/installed" ]; then return 0; fi
  if [ -n "$URL" ]; then install_file || return; fi
  if [ -n "$INSTALL" ]; then
    say "the owner's lines run"
    printf '%s\n' "$INSTALL" >"$STATE/install.sh" && chmod 0700 "$STATE/install.sh" || { refuse "$STATE cannot be written"; return; }
    (cd / && timeout 3600 bash -eu -o pipefail "$STATE/install.sh" </dev/null 9>&-) >&2 || { refuse "the owner's lines to install the client ended with $?"; return; }
  fi
  : >"$STATE/installed"
}

# install_file: nothing of it is opened before its digest is right.
install_file() {
  local file=$STATE/download digest
  curl --fail --silent --show-error --location --proto '=https' --max-time 1800 --max-filesize 4294967296 --retry 3 --output "$file" -- "$URL" ||
    { refuse "$URL could not be fetched"; return; }
  digest=$(sha256sum <"$file") && [ "${digest%% *}" = "$SHA256" ] ||
    { rm -f -- "$file"; refuse "$URL has the SHA-256 ${digest%% *}, expected $SHA256: it is not opened"; return; }
  if [ -n "$UNPACK" ]; then
    # What is on a data volume leads root nowhere.
    mkdir -p -- "$UNPACK" && [ "$(readlink -f -- "$UNPACK")" = "$UNPACK" ] || { refuse "$UNPACK is no folder of its own name: a link leads to it"; return; }
    timeout 1800 tar -x --no-same-owner -f "$file" -C "$UNPACK" || { refuse "$URL could not be unpacked to $UNPACK"; return; }
  else
    chmod 0700 "$file" && (cd / && timeout 3600 "$file" </dev/null 9>&-) >&2 || { refuse "what $URL holds ended with $?"; return; }
  fi
  rm -f -- "$file"
}

enable_client() { ctl daemon-reload && ctl enable -- "$UNIT" || refuse "$UNIT could not be enabled: is it installed?"; }

start_agent() {
  local how=fetch-config
  if ! [ -x "$AGENT/bin/amazon-cloudwatch-agent-ctl" ]; then
    if command -v dnf >/dev/null; then timeout 600 dnf -y -q install amazon-cloudwatch-agent >&2
    elif command -v yum >/dev/null; then timeout 600 yum -y -q install amazon-cloudwatch-agent >&2; fi
  fi
  [ -x "$AGENT/bin/amazon-cloudwatch-agent-ctl" ] || { refuse 'it is not installed, and could not be'; return; }
  # What the image has configured stays.
  [ -z "$(find "$AGENT/etc/amazon-cloudwatch-agent.d" -type f ! -name '*chainmend*' ! -name default -print -quit 2>/dev/null)" ] || how=append-config
  configure "$how" chainmend.json "$AGENT_CONFIG" || { refuse 'its configuration was not taken'; return; }
  # An older agent refuses the journal: it keeps the rest.
  configure append-config chainmend-journal.json "$JOURNAL_CONFIG" && return
  say 'the CloudWatch agent does not send the journal: it refused that part of its configuration'
  rm -f -- "$AGENT"/etc/amazon-cloudwatch-agent.d/*chainmend-journal*
  configure "$how" chainmend.json "$AGENT_CONFIG" || refuse 'its configuration was not taken'
}

# configure ACTION FILE JSON: false where the agent does not take it.
configure() {
  printf '%s\n' "$3" >"$AGENT/etc/$2" &&
    timeout 300 "$AGENT/bin/amazon-cloudwatch-agent-ctl" -a "$1" -m ec2 -s -c "file:$AGENT/etc/$2" >&2
}

main && exit 0
say "REFUSED: ${WHY:-a step failed}"
if [ -c /dev/console ]; then printf 'chainmend first boot REFUSED: %s\n' "${WHY:-a step failed}" 2>/dev/null >/dev/console; fi
logger -p daemon.err -t chainmend-first-boot -- "REFUSED: ${WHY:-a step failed}" 2>/dev/null
exit 1
