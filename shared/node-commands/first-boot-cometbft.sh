# What the first boot of a node of a CometBFT network writes into config.toml: whom it dials, by id and DNS name, and whom it names to nobody.
# first-boot.ts sets NETWORK_PEX and NETWORK_PRIVATE.

write_peers() {
  local name id peers='' private=''
  for name in "${NETWORK_PEERS[@]}"; do
    id=$(id_of "$name")
    if [ -n "$id" ]; then peers+=",$id@$name.$NETWORK_ZONE:$NETWORK_PORT"; else say "$name has come to the network later: it dials this node"; fi
  done
  for name in "${NETWORK_PRIVATE[@]}"; do
    id=$(id_of "$name")
    if [ -n "$id" ]; then private+=",$id"; fi
  done
  edit_config p2p "persistent_peers=\"${peers#,}\"" "private_peer_ids=\"${private#,}\"" "unconditional_peer_ids=\"${private#,}\"" "pex=$NETWORK_PEX" 'addr_book_strict=false'
}
