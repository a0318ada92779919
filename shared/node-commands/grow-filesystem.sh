# The operation: the filesystem at Path, on the volume VolumeId and on no other, grows to the end of its device; then a client that
# is not running, or runs and cannot go on, is started, if asked, and only if the filesystem has reached its size.

perform() {
  local failed=
  observe || return
  BEFORE=$OBSERVATION AFTER=$OBSERVATION
  if [ -z "$SSM_VolumeId" ]; then fail 'field VolumeId: "" given, expected the id of the volume to grow'; return; fi
  right_volume || return
  grow || failed=yes
  look_again || return
  [ -z "$failed" ] || return
  if [ "$SIZE_BYTES" -lt "$SSM_MinimumSizeBytes" ]; then fail "the filesystem at $SSM_Path has $SIZE_BYTES bytes, expected at least $SSM_MinimumSizeBytes"; return; fi
  if [ "$SSM_StartClient" = no ]; then return 0; fi
  stop_ended_inside && start_client || failed=yes
  look_again || return
  [ -z "$failed" ]
}

# look_again: what is so now; a reason that is there already stays.
look_again() {
  local why=$WHY
  observe || return
  AFTER=$OBSERVATION WHY=$why
}
