# The operation: the filesystem at Path, on the volume VolumeId and on no other, grows to the end of its device; then a client that
# is not running, or runs and cannot go on, is started, if asked, and only if the filesystem has reached its size.

perform() {
  local failed=
  observe || return 1
  BEFORE=$OBSERVATION AFTER=$OBSERVATION
  if [ -z "$SSM_VolumeId" ]; then
    WHY='field VolumeId: "" given, expected the id of the volume to grow'
    return 1
  fi
  right_volume || return 1
  grow || failed=yes
  look_again || return 1
  [ -z "$failed" ] || return 1
  if [ "$SIZE_BYTES" -lt "$SSM_MinimumSizeBytes" ]; then
    WHY="the filesystem at $SSM_Path has $SIZE_BYTES bytes, expected at least $SSM_MinimumSizeBytes"
    return 1
  fi
  if [ "$SSM_StartClient" = no ]; then return 0; fi
  stop_ended_inside && start_client || failed=yes
  look_again || return 1
  [ -z "$failed" ]
}

# look_again: what is so now; a reason that is there already stays.
look_again() {
  local why=$WHY
  observe || return 1
  AFTER=$OBSERVATION WHY=$why
}
