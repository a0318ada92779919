# What the first boot does besides where its volume may come with a snapshot's data: a member of a group has it from its launch template, another node from
# its stack. first-boot.ts sets COPY, which is empty where the volume was made empty, and IDENTITY.

# is_copy UUID: where the volume was made from a snapshot, a filesystem that is not its own came with that: it is mounted, and never made.
is_copy() {
  [ -n "$COPY" ] || return
  case $FOUND in ext4 | xfs) [[ $1 =~ ^[0-9a-f-]{36}$ ]] && UUID=$1 ;; *) false ;; esac
}

# take_copy: before the client starts, what makes the snapshot's node itself is removed, and the filesystem is grown to its volume. What a snapshot says of
# that is not believed. Another root disk does not know that it was done, and does it again: such a node gets another identity, and never another's.
take_copy() {
  local path name
  if is_own; then return 0; fi
  say "$VOLUME is a copy: the identity of the node that it is of is removed"
  for path in "${IDENTITY[@]}"; do
    name=$(below "$path") || continue
    without "$ASIDE" "$name" 'the copy' || return
  done
  case $FOUND in
    xfs) timeout 600 xfs_growfs "$ASIDE" ;;
    *) timeout 600 resize2fs "/dev/$DISK" ;;
  esac >/dev/null 2>&1 || say "the filesystem could not be grown to its volume"
}
