# What the first boot of a node of a clique network writes into geth's config.toml: whom it dials, and whom it begins with to find others. By address: geth
# looks a name in this file up when it starts, and does not start where one has none (ParseV4 in p2p/enode/urlv4.go of 1.13).

write_peers() {
  local name id address all='' first=''
  for name in "${NETWORK_PEERS[@]}"; do
    id=$(id_of "$name")
    if [ -z "$id" ]; then say "$name has come to the network later: it dials this node"; continue; fi
    address=$(getent ahostsv4 "$name.$NETWORK_ZONE" | awk '{ print $1; exit }')
    if ! [[ $address =~ ^[0-9]+(\.[0-9]+){3}$ ]]; then say "$name has no address yet: it dials this node"; continue; fi
    all+=", \"enode://$id@$address:$NETWORK_PORT\""
    if [[ " ${NETWORK_FIRST[*]} " == *" $name "* ]]; then first+=", \"enode://$id@$address:$NETWORK_PORT\""; fi
  done
  edit_config Node.P2P "StaticNodes=[${all#, }]" "BootstrapNodes=[${first#, }]" 'BootstrapNodesV5=[]'
}
