// Answers as real clients gave them, word for word: captured on a loopback network of this software, or quoted from the client's
// own documentation. Test data.

function json(text: string): unknown {
  return JSON.parse(text);
}

/** litecoind 0.21.2 (Debian), regtest: getblockchaininfo, getnetworkinfo, getblockhash 0, 290 and 999, of which the last does not exist. */
export const litecoinStatus = json(
  `[{"result":{"chain":"regtest","blocks":300,"headers":300,"bestblockhash":"38bb406e3ca040b00705d1f71a2d285b988f96991d451136326330b006a9b59b","difficulty":4.656542373906925e-10,"mediantime":1795166897,"verificationprogress":1,"initialblockdownload":false,"chainwork":"000000000000000000000000000000000000000000000000000000000000025a","size_on_disk":90145,"pruned":false,"softforks":{"bip34":{"type":"buried","active":false,"height":500},"bip66":{"type":"buried","active":false,"height":1251},"bip65":{"type":"buried","active":false,"height":1351},"csv":{"type":"buried","active":false,"height":432},"segwit":{"type":"buried","active":true,"height":0},"testdummy":{"type":"bip9","bip9":{"status":"locked_in","start_time":0,"timeout":9223372036854775807,"since":288},"active":false},"taproot":{"type":"bip9","bip9":{"status":"active","start_time":-1,"timeout":9223372036854775807,"since":0},"height":0,"active":true},"mweb":{"type":"bip9","bip9":{"status":"locked_in","start_time":1601450001,"timeout":9223372036854775807,"since":288},"active":false}},"warnings":""},"error":null,"id":0},{"result":{"version":210201,"subversion":"/LitecoinCore:0.21.2.1/","protocolversion":70016,"localservices":"0000000001000409","localservicesnames":["NETWORK","WITNESS","NETWORK_LIMITED","MWEB"],"localrelay":true,"timeoffset":0,"networkactive":true,"connections":0,"connections_in":0,"connections_out":0,"networks":[{"name":"ipv4","limited":false,"reachable":true,"proxy":"","proxy_randomize_credentials":false},{"name":"ipv6","limited":false,"reachable":true,"proxy":"","proxy_randomize_credentials":false},{"name":"onion","limited":true,"reachable":false,"proxy":"","proxy_randomize_credentials":false}],"relayfee":0.00001000,"incrementalfee":0.00001000,"localaddresses":[],"warnings":""},"error":null,"id":1},{"result":"530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9","error":null,"id":2},{"result":"3cba516ec1109f91ba82fdcca6a94988d09907349e314a0c57b0cf0a79cabeb0","error":null,"id":3},{"result":null,"error":{"code":-8,"message":"Block height out of range"},"id":4}]`,
);

/** litecoind 0.21.2 (Debian), regtest: getblockheader of the tip. */
export const litecoinHeader = json(
  `[{"result":{"hash":"38bb406e3ca040b00705d1f71a2d285b988f96991d451136326330b006a9b59b","confirmations":1,"height":300,"version":805306384,"versionHex":"30000010","merkleroot":"f230d95d0895e11bffbc6425b91a18e9d63b5223947262e5430259d111b2afc3","time":1795166898,"mediantime":1795166897,"nonce":2,"bits":"207fffff","difficulty":4.656542373906925e-10,"chainwork":"000000000000000000000000000000000000000000000000000000000000025a","nTx":1,"previousblockhash":"b2f1def4994458fb302c94b09ea86d2ce91b6e8e9e85b710f29e1f827dd68f81"},"error":null,"id":0}]`,
);

/** litecoind 0.21.2 (Debian), regtest: getpeerinfo, one outbound peer. */
export const litecoinPeers = json(
  `[{"result":[{"id":0,"addr":"127.0.0.1:21002","addrbind":"127.0.0.1:58614","network":"unroutable","services":"0000000001000409","servicesnames":["NETWORK","WITNESS","NETWORK_LIMITED","MWEB"],"relaytxes":true,"lastsend":1795166848,"lastrecv":1795166848,"last_transaction":0,"last_block":1795166848,"bytessent":18080,"bytesrecv":270408,"conntime":1795166652,"timeoffset":0,"pingtime":0.000194,"minping":0.000194,"version":70016,"subver":"/LitecoinCore:0.21.2.1/","inbound":false,"startingheight":0,"synced_headers":300,"synced_blocks":300,"inflight":[],"permissions":[],"minfeefilter":0.00001000,"bytessent_per_msg":{"feefilter":64,"getaddr":24,"getdata":11612,"getheaders":5891,"ping":64,"pong":64,"sendaddrv2":24,"sendcmpct":132,"sendheaders":24,"verack":24,"version":133,"wtxidrelay":24},"bytesrecv_per_msg":{"block":52657,"cmpctblock":30888,"feefilter":64,"getheaders":93,"headers":182468,"inv":3782,"ping":64,"pong":64,"sendaddrv2":24,"sendcmpct":99,"sendheaders":24,"verack":24,"version":133,"wtxidrelay":24},"connection_type":"manual"}],"error":null,"id":0}]`,
);

/** litecoind 0.21.2 (Debian), regtest, verifying its blocks after a start. */
export const litecoinWarmingUp = json(
  `[{"result":null,"error":{"code":-28,"message":"Verifying blocks..."},"id":0},{"result":null,"error":{"code":-28,"message":"Verifying blocks..."},"id":1},{"result":null,"error":{"code":-28,"message":"Verifying blocks..."},"id":2}]`,
);

/** litecoind 0.21.2 (Debian), regtest: addnode add. */
export const litecoinAdded = json(`[{"result":null,"error":null,"id":0}]`);

/** litecoind 0.21.2 (Debian), regtest: addnode add, a second time. */
export const litecoinAddedBefore = json(
  `[{"result":null,"error":{"code":-23,"message":"Error: Node already added"},"id":0}]`,
);

/** litecoind 0.21.2 (Debian), regtest: addnode remove and disconnectnode, of a peer that was added and never connected. */
export const litecoinRemoved = json(
  `[{"result":null,"error":null,"id":0},{"result":null,"error":{"code":-29,"message":"Node not found in connected nodes"},"id":1}]`,
);

/** litecoind 0.21.2 (Debian), regtest: the same, a second time. */
export const litecoinRemovedBefore = json(
  `[{"result":null,"error":{"code":-24,"message":"Error: Node could not be removed. It has not been added previously."},"id":0},{"result":null,"error":{"code":-29,"message":"Node not found in connected nodes"},"id":1}]`,
);

/** geth 1.16.5 --dev, a block a second: eth_chainId, eth_syncing, the latest block, net_peerCount, web3_clientVersion, block 2. */
export const gethDevelopment = json(
  `[{"jsonrpc":"2.0","id":0,"result":"0x539"},{"jsonrpc":"2.0","id":1,"result":false},{"jsonrpc":"2.0","id":2,"result":{"baseFeePerGas":"0x147b0e55","blobGasUsed":"0x0","difficulty":"0x0","excessBlobGas":"0x0","extraData":"0xd883011005846765746888676f312e32362e38856c696e7578","gasLimit":"0xb0d9fc","gasUsed":"0x0","hash":"0x2a6f0b8f3bce60756117dda3671a4161973e54159204a1b89bab3754747674c0","logsBloom":"0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","miner":"0x71562b71999873db5b286df957af199ec94617f7","mixHash":"0xe0b0de7f265e440d090feb5f8bccfd50ef751cce332eab86fbf11725e8e39172","nonce":"0x0000000000000000","number":"0x8","parentBeaconBlockRoot":"0x0000000000000000000000000000000000000000000000000000000000000000","parentHash":"0x434038641885919d79cc34a939738ab22b7e7311274d6aa59e6db5fb72cd2f63","receiptsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","requestsHash":"0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","sha3Uncles":"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347","size":"0x280","stateRoot":"0x21c23e8ba12a46b5d785ed3f1b8e29a7f28cb582cb85c39fedc9a4ae8cf87a97","timestamp":"0x6b001438","transactions":[],"transactionsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","uncles":[],"withdrawals":[],"withdrawalsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"}},{"jsonrpc":"2.0","id":3,"result":"0x0"},{"jsonrpc":"2.0","id":4,"result":"Geth/v1.16.5-stable/linux-amd64/go1.26.8"},{"jsonrpc":"2.0","id":5,"result":{"baseFeePerGas":"0x2da282a8","blobGasUsed":"0x0","difficulty":"0x0","excessBlobGas":"0x0","extraData":"0xd883011005846765746888676f312e32362e38856c696e7578","gasLimit":"0xafd1a5","gasUsed":"0x0","hash":"0x0bfb569298235fbadc49ad884422f8551bb33fab82248a169ffd5ee16ee092a5","logsBloom":"0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","miner":"0x71562b71999873db5b286df957af199ec94617f7","mixHash":"0xab1cbc2cb4c9b0bebad9628e5c3c31a96070b5f5fe9a81304add10d919eab7ba","nonce":"0x0000000000000000","number":"0x2","parentBeaconBlockRoot":"0x0000000000000000000000000000000000000000000000000000000000000000","parentHash":"0xd21399b6bd876a4cad1cfc158a109e3df56d05628c272dbd6ac93e6340bf67a8","receiptsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","requestsHash":"0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","sha3Uncles":"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347","size":"0x280","stateRoot":"0xdb7e662c25cf17c7caed884df7860495fd3112a6b266f2d8ca5158d023813588","timestamp":"0x6b001432","transactions":[],"transactionsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","uncles":[],"withdrawals":[],"withdrawalsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"}}]`,
);

/** geth 1.16.5 --sepolia without a beacon node, one peer: the same, and block 99, which it does not have. */
export const gethSyncing = json(
  `[{"jsonrpc":"2.0","id":0,"result":"0xaa36a7"},{"jsonrpc":"2.0","id":1,"result":{"currentBlock":"0x0","healedBytecodeBytes":"0x0","healedBytecodes":"0x0","healedTrienodeBytes":"0x0","healedTrienodes":"0x0","healingBytecode":"0x0","healingTrienodes":"0x0","highestBlock":"0x0","startingBlock":"0x0","stateIndexRemaining":"0x0","syncedAccountBytes":"0x0","syncedAccounts":"0x0","syncedBytecodeBytes":"0x0","syncedBytecodes":"0x0","syncedStorage":"0x0","syncedStorageBytes":"0x0","txIndexFinishedBlocks":"0x0","txIndexRemainingBlocks":"0x1"}},{"jsonrpc":"2.0","id":2,"result":{"baseFeePerGas":"0x3b9aca00","difficulty":"0x20000","extraData":"0x5365706f6c69612c20417468656e732c204174746963612c2047726565636521","gasLimit":"0x1c9c380","gasUsed":"0x0","hash":"0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9","logsBloom":"0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","miner":"0x0000000000000000000000000000000000000000","mixHash":"0x0000000000000000000000000000000000000000000000000000000000000000","nonce":"0x0000000000000000","number":"0x0","parentHash":"0x0000000000000000000000000000000000000000000000000000000000000000","receiptsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","sha3Uncles":"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347","size":"0x225","stateRoot":"0x5eb6e371a698b8d68f665192350ffcecbbbf322916f4b51bd79bb6887da3f494","timestamp":"0x6159af19","transactions":[],"transactionsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","uncles":[]}},{"jsonrpc":"2.0","id":3,"result":"0x1"},{"jsonrpc":"2.0","id":4,"result":"Geth/v1.16.5-stable/linux-amd64/go1.26.8"},{"jsonrpc":"2.0","id":5,"result":null}]`,
);

/** geth 1.16.5: admin_nodeInfo, admin_peers of the node that dialled. */
export const gethPeersOutbound = json(
  `[{"jsonrpc":"2.0","id":0,"result":{"id":"aee714a35180cc6c9250da5b9b7d5b558431a7f9e100d1cf2ecbe0b1dfdc4822","name":"Geth/v1.16.5-stable/linux-amd64/go1.26.8","enode":"enode://3a75a207f5f4e374d8f8a4d41e3b2273a461752688ca53f61d44fb18bb09d79ab6e4b40953de39635321f00172ceac44ebf8c2b3120339971b54c9b934aeb2a8@127.0.0.1:21301?discport=0","enr":"enr:-J-4QMJXGHSBeOnOi5AodAFJs3WEI5nZPbqSP6sOgbkLmCjfQQ2BYIwz70O9H_1w2z_9KGKbKiwuJiKeLuvYoHiW7T2GAaH4Tm-dg2V0aMrJhP4zZueDGnrLgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQI6daIH9fTjdNj4pNQeOyJzpGF1JojKU_YdRPsYuwnXmoRzbmFwwIN0Y3CCUzU","ip":"127.0.0.1","ports":{"discovery":0,"listener":21301},"listenAddr":"[::]:21301","protocols":{"eth":{"network":11155111,"genesis":"0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9","config":{"chainId":11155111,"homesteadBlock":0,"daoForkSupport":true,"eip150Block":0,"eip155Block":0,"eip158Block":0,"byzantiumBlock":0,"constantinopleBlock":0,"petersburgBlock":0,"istanbulBlock":0,"muirGlacierBlock":0,"berlinBlock":0,"londonBlock":0,"mergeNetsplitBlock":1735371,"shanghaiTime":1677557088,"cancunTime":1706655072,"pragueTime":1741159776,"osakaTime":1760427360,"bpo1Time":1761017184,"bpo2Time":1761607008,"terminalTotalDifficulty":17000000000000000,"depositContractAddress":"0x7f02c3e3c98b133055b8b348b2ac625669ed295d","ethash":{},"blobSchedule":{"cancun":{"target":3,"max":6,"baseFeeUpdateFraction":3338477},"prague":{"target":6,"max":9,"baseFeeUpdateFraction":5007716},"osaka":{"target":6,"max":9,"baseFeeUpdateFraction":5007716},"bpo1":{"target":10,"max":15,"baseFeeUpdateFraction":8346193},"bpo2":{"target":14,"max":21,"baseFeeUpdateFraction":11684671}}},"head":"0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9"},"snap":{}}}},{"jsonrpc":"2.0","id":1,"result":[{"enode":"enode://a78c6f8b874eae09b5a269f7183ac948f3ab324114ac4e42778015265842626f59fbd2d0833b930761199b0e333f9d590f12bab578cfc4ca3628623dcc82ee20@127.0.0.1:21302","id":"f7b7cf0aec2d9af4885be3d2a8b1f50897d5bfa54468a82f0181872492d5ede5","name":"Geth/v1.16.5-stable/linux-amd64/go1.26.8","caps":["eth/68","eth/69","snap/1"],"network":{"localAddress":"127.0.0.1:57364","remoteAddress":"127.0.0.1:21302","inbound":false,"trusted":false,"static":true},"protocols":{"eth":{"version":69,"earliestBlock":0,"latestBlock":0,"latestBlockHash":"0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9"},"snap":{"version":1}}}]}]`,
);

/** geth 1.16.5: the same of the node that was dialled. */
export const gethPeersInbound = json(
  `[{"jsonrpc":"2.0","id":0,"result":{"id":"f7b7cf0aec2d9af4885be3d2a8b1f50897d5bfa54468a82f0181872492d5ede5","name":"Geth/v1.16.5-stable/linux-amd64/go1.26.8","enode":"enode://a78c6f8b874eae09b5a269f7183ac948f3ab324114ac4e42778015265842626f59fbd2d0833b930761199b0e333f9d590f12bab578cfc4ca3628623dcc82ee20@127.0.0.1:21302?discport=0","enr":"enr:-J-4QAH-D7VERKJN2BHLJQy5FjA_0boybUGfBwCMdxnniv7xAFBHATFO68-7cZfom8pIaYe3m2WaG6NcUg5GLDAT0JeGAaH4TnI3g2V0aMrJhP4zZueDGnrLgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQKnjG-Lh06uCbWiafcYOslI86syQRSsTkJ3gBUmWEJib4RzbmFwwIN0Y3CCUzY","ip":"127.0.0.1","ports":{"discovery":0,"listener":21302},"listenAddr":"[::]:21302","protocols":{"eth":{"network":11155111,"genesis":"0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9","config":{"chainId":11155111,"homesteadBlock":0,"daoForkSupport":true,"eip150Block":0,"eip155Block":0,"eip158Block":0,"byzantiumBlock":0,"constantinopleBlock":0,"petersburgBlock":0,"istanbulBlock":0,"muirGlacierBlock":0,"berlinBlock":0,"londonBlock":0,"mergeNetsplitBlock":1735371,"shanghaiTime":1677557088,"cancunTime":1706655072,"pragueTime":1741159776,"osakaTime":1760427360,"bpo1Time":1761017184,"bpo2Time":1761607008,"terminalTotalDifficulty":17000000000000000,"depositContractAddress":"0x7f02c3e3c98b133055b8b348b2ac625669ed295d","ethash":{},"blobSchedule":{"cancun":{"target":3,"max":6,"baseFeeUpdateFraction":3338477},"prague":{"target":6,"max":9,"baseFeeUpdateFraction":5007716},"osaka":{"target":6,"max":9,"baseFeeUpdateFraction":5007716},"bpo1":{"target":10,"max":15,"baseFeeUpdateFraction":8346193},"bpo2":{"target":14,"max":21,"baseFeeUpdateFraction":11684671}}},"head":"0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9"},"snap":{}}}},{"jsonrpc":"2.0","id":1,"result":[{"enode":"enode://3a75a207f5f4e374d8f8a4d41e3b2273a461752688ca53f61d44fb18bb09d79ab6e4b40953de39635321f00172ceac44ebf8c2b3120339971b54c9b934aeb2a8@127.0.0.1:57364","id":"aee714a35180cc6c9250da5b9b7d5b558431a7f9e100d1cf2ecbe0b1dfdc4822","name":"Geth/v1.16.5-stable/linux-amd64/go1.26.8","caps":["eth/68","eth/69","snap/1"],"network":{"localAddress":"127.0.0.1:21302","remoteAddress":"127.0.0.1:57364","inbound":true,"trusted":false,"static":false},"protocols":{"eth":{"version":69,"earliestBlock":0,"latestBlock":0,"latestBlockHash":"0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9"},"snap":{"version":1}}}]}]`,
);

/** anvil 1.7.1: as above; it has no namespace net, and no block 99. */
export const anvilStatus = json(
  `[{"jsonrpc":"2.0","id":0,"result":"0x7a69"},{"jsonrpc":"2.0","id":1,"result":false},{"jsonrpc":"2.0","id":2,"result":{"hash":"0xad8c8a87ef6144c05127128ac6a03359b4a25cb338ed0a2f507a15c2e754422b","parentHash":"0x0000000000000000000000000000000000000000000000000000000000000000","sha3Uncles":"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347","miner":"0x0000000000000000000000000000000000000000","stateRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","transactionsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","receiptsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","logsBloom":"0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","difficulty":"0x0","number":"0x0","gasLimit":"0x1c9c380","gasUsed":"0x0","timestamp":"0x6b001281","extraData":"0x","mixHash":"0x0000000000000000000000000000000000000000000000000000000000000000","nonce":"0x0000000000000000","baseFeePerGas":"0x3b9aca00","withdrawalsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","blobGasUsed":"0x0","excessBlobGas":"0x0","parentBeaconBlockRoot":"0x0000000000000000000000000000000000000000000000000000000000000000","requestsHash":"0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","totalDifficulty":"0x0","size":"0x267","uncles":[],"transactions":[],"withdrawals":[]}},{"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"Method not found"}},{"jsonrpc":"2.0","id":4,"result":"anvil/v1.7.1"},{"jsonrpc":"2.0","id":5,"result":null}]`,
);

/** cometbft 0.38.17, two validators: /status. */
export const cometbftStatus = json(
  `{"jsonrpc":"2.0","id":-1,"result":{"node_info":{"protocol_version":{"p2p":"8","block":"11","app":"1"},"id":"f7a7d554dbb87d80d28ee7fd7705c1f6081f4e81","listen_addr":"tcp://127.0.0.1:21100","network":"chain-IktQ57","version":"0.38.17","channels":"40202122233038606100","moniker":"849C6CA9B4C9A299","other":{"tx_index":"on","rpc_address":"tcp://127.0.0.1:21101"}},"sync_info":{"latest_block_hash":"356D0DC9DC03CF7E7ECA1C4E6F195C83556A9D43D534DDB7217A271E383C223F","latest_app_hash":"0000000000000000","latest_block_height":"5","latest_block_time":"2026-11-20T09:28:01.272685294Z","earliest_block_hash":"081435AE148FA8B44AD66CA37FA06DE4527C646E1D1830B9D198FBFAB4571C62","earliest_app_hash":"0000000000000000","earliest_block_height":"1","earliest_block_time":"2026-11-20T09:27:53.861406062Z","catching_up":false},"validator_info":{"address":"A0AA99ED2D87FEAE9C6EDA5F226AFADDE04A59FA","pub_key":{"type":"tendermint/PubKeyEd25519","value":"u1JVj7ERa+ZiBciesPH3ZMY2Zgw25ft82GMq2p/IBq8="},"voting_power":"1"}}}`,
);

/** cometbft 0.38.17, two validators: /net_info. */
export const cometbftNetInfo = json(
  `{"jsonrpc":"2.0","id":-1,"result":{"listening":true,"listeners":["Listener(@)"],"n_peers":"1","peers":[{"node_info":{"protocol_version":{"p2p":"8","block":"11","app":"1"},"id":"50f439f0ee1e9f44cd0ff3f63bb6c2b2f8eb6782","listen_addr":"tcp://127.0.0.1:21200","network":"chain-IktQ57","version":"0.38.17","channels":"40202122233038606100","moniker":"6C20F832F3CA6B7C","other":{"tx_index":"on","rpc_address":"tcp://127.0.0.1:21201"}},"is_outbound":false,"connection_status":{"Duration":"8015125011","SendMonitor":{"Start":"2026-11-20T09:27:56.02Z","Bytes":"4957","Samples":"20","InstRate":"45","CurRate":"342","AvgRate":"623","PeakRate":"5840","BytesRem":"0","Duration":"7960000000","Idle":"40000000","TimeRem":"0","Progress":0,"Active":true},"RecvMonitor":{"Start":"2026-11-20T09:27:56.02Z","Bytes":"5488","Samples":"19","InstRate":"341","CurRate":"671","AvgRate":"688","PeakRate":"11540","BytesRem":"0","Duration":"7980000000","Idle":"40000000","TimeRem":"0","Progress":0,"Active":true},"Channels":[{"ID":48,"SendQueueCapacity":"1","SendQueueSize":"0","Priority":"5","RecentlySent":"0"},{"ID":64,"SendQueueCapacity":"1000","SendQueueSize":"0","Priority":"5","RecentlySent":"3"},{"ID":32,"SendQueueCapacity":"100","SendQueueSize":"0","Priority":"6","RecentlySent":"643"},{"ID":33,"SendQueueCapacity":"100","SendQueueSize":"0","Priority":"10","RecentlySent":"1803"},{"ID":34,"SendQueueCapacity":"100","SendQueueSize":"0","Priority":"7","RecentlySent":"1172"},{"ID":35,"SendQueueCapacity":"2","SendQueueSize":"0","Priority":"1","RecentlySent":"0"},{"ID":56,"SendQueueCapacity":"1","SendQueueSize":"0","Priority":"6","RecentlySent":"0"},{"ID":96,"SendQueueCapacity":"10","SendQueueSize":"0","Priority":"5","RecentlySent":"0"},{"ID":97,"SendQueueCapacity":"10","SendQueueSize":"0","Priority":"3","RecentlySent":"0"},{"ID":0,"SendQueueCapacity":"10","SendQueueSize":"0","Priority":"1","RecentlySent":"27"}]},"remote_ip":"127.0.0.1"}]}}`,
);

/** cometbft 0.38.17, two validators: /status before the first block. */
export const cometbftWaiting = json(
  `{"jsonrpc":"2.0","id":-1,"result":{"node_info":{"protocol_version":{"p2p":"8","block":"11","app":"1"},"id":"f7a7d554dbb87d80d28ee7fd7705c1f6081f4e81","listen_addr":"tcp://127.0.0.1:21100","network":"chain-IktQ57","version":"0.38.17","channels":"40202122233038606100","moniker":"849C6CA9B4C9A299","other":{"tx_index":"on","rpc_address":"tcp://127.0.0.1:21101"}},"sync_info":{"latest_block_hash":"","latest_app_hash":"","latest_block_height":"0","latest_block_time":"1970-01-01T00:00:00Z","earliest_block_hash":"","earliest_app_hash":"","earliest_block_height":"0","earliest_block_time":"1970-01-01T00:00:00Z","catching_up":false},"validator_info":{"address":"A0AA99ED2D87FEAE9C6EDA5F226AFADDE04A59FA","pub_key":{"type":"tendermint/PubKeyEd25519","value":"u1JVj7ERa+ZiBciesPH3ZMY2Zgw25ft82GMq2p/IBq8="},"voting_power":"1"}}}`,
);

/** cometbft 0.38.17, two validators, one of them gone: /status at 2026-11-20T09:43Z. */
export const cometbftHalted = json(
  `{"jsonrpc":"2.0","id":-1,"result":{"node_info":{"protocol_version":{"p2p":"8","block":"11","app":"1"},"id":"f7a7d554dbb87d80d28ee7fd7705c1f6081f4e81","listen_addr":"tcp://127.0.0.1:21100","network":"chain-IktQ57","version":"0.38.17","channels":"40202122233038606100","moniker":"849C6CA9B4C9A299","other":{"tx_index":"on","rpc_address":"tcp://127.0.0.1:21101"}},"sync_info":{"latest_block_hash":"3C8AEE99E9C45B303AA9F226A50756AAC1CBC193B7A3191188CD82FA0BA62822","latest_app_hash":"0000000000000000","latest_block_height":"66","latest_block_time":"2026-11-20T09:29:24.777196825Z","earliest_block_hash":"081435AE148FA8B44AD66CA37FA06DE4527C646E1D1830B9D198FBFAB4571C62","earliest_app_hash":"0000000000000000","earliest_block_height":"1","earliest_block_time":"2026-11-20T09:27:53.861406062Z","catching_up":false},"validator_info":{"address":"A0AA99ED2D87FEAE9C6EDA5F226AFADDE04A59FA","pub_key":{"type":"tendermint/PubKeyEd25519","value":"u1JVj7ERa+ZiBciesPH3ZMY2Zgw25ft82GMq2p/IBq8="},"voting_power":"1"}}}`,
);

/** cometbft 0.38.17, two validators: /blockchain?minHeight=2&maxHeight=2. */
export const cometbftBlockchain = json(
  `{"jsonrpc":"2.0","id":-1,"result":{"last_height":"66","block_metas":[{"block_id":{"hash":"4DFF47A568BEA4C5C878B729E37FE85C93F64CE15313B845B617F8C8CA1B3B6D","parts":{"total":1,"hash":"54EEF479D579C373F780DC6E2C041669F35E9C15285072C81DEEB7EEA4BE9878"}},"block_size":"675","header":{"version":{"block":"11","app":"1"},"chain_id":"chain-IktQ57","height":"2","time":"2026-11-20T09:27:57.22124706Z","last_block_id":{"hash":"081435AE148FA8B44AD66CA37FA06DE4527C646E1D1830B9D198FBFAB4571C62","parts":{"total":1,"hash":"4455F6C5F0B7E9725948C59E18EDFAD39969DE7D1826C3728EE33FC853CD551F"}},"last_commit_hash":"CC0C01D8E4072A7046883F88186FFA962F75EBA66B937B906DFB65FF2926F662","data_hash":"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855","validators_hash":"DFFA39121749B17DCF1034FBFF8F68548B0527441A4A85124742F0FE5B880ADD","next_validators_hash":"DFFA39121749B17DCF1034FBFF8F68548B0527441A4A85124742F0FE5B880ADD","consensus_hash":"048091BC7DDC283F77BFBF91D73C44DA58C3DF8A9CBC867405D8B7F3DAADA22F","app_hash":"0000000000000000","last_results_hash":"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855","evidence_hash":"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855","proposer_address":"A0AA99ED2D87FEAE9C6EDA5F226AFADDE04A59FA"},"num_txs":"0"}]}}`,
);

/** cometbft 0.38.17, two validators: /blockchain?minHeight=999&maxHeight=999, with HTTP status 500. */
export const cometbftBlockchainAbove = json(
  `{"jsonrpc":"2.0","id":-1,"error":{"code":-32603,"message":"Internal error","data":"min height 999 can't be greater than max height 66"}}`,
);

/** cometbft 0.37.11: /status. */
export const cometbft37Status = json(
  `{"jsonrpc":"2.0","id":-1,"result":{"node_info":{"protocol_version":{"p2p":"8","block":"11","app":"1"},"id":"43ba17ef0aa8b71346131d34b647a3dd64043a3e","listen_addr":"tcp://127.0.0.1:21400","network":"test-chain-qFDzea","version":"0.37.11","channels":"40202122233038606100","moniker":"vm","other":{"tx_index":"on","rpc_address":"tcp://127.0.0.1:21401"}},"sync_info":{"latest_block_hash":"0328FAD34A8FC8B0E0B262F4E2538490342C9439C7094D485D9960047FC6A361","latest_app_hash":"0000000000000000","latest_block_height":"5","latest_block_time":"2026-11-20T09:38:39.820803477Z","earliest_block_hash":"7E78EA484F8D9C7F0678D68B03C5EAE5FF56A1C468A6BF6BDE4ECD33C65E335F","earliest_app_hash":"","earliest_block_height":"1","earliest_block_time":"2026-11-20T09:38:35.724742867Z","catching_up":false},"validator_info":{"address":"606B6FBD8C25B0FB60263BB1C6EE13B8D48C189F","pub_key":{"type":"tendermint/PubKeyEd25519","value":"bmF2zWZbA/hxcrpZaG0h7Ma8CLwzi3Ae9bfHRAx+87M="},"voting_power":"10"}}}`,
);

/** cometbft 0.38.17 with rpc.unsafe: /dial_peers. */
export const cometbftDialling = json(
  `{"jsonrpc":"2.0","id":-1,"result":{"log":"Dialing peers in progress. See /net_info for details"}}`,
);

/** Tendermint 0.19: /status, rpc/core/status.go of github.com/tendermint/tendermint, in its comment. */
export const tendermint19Status = json(`{
  "jsonrpc": "2.0", "id": "",
  "result": {
    "node_info": {
      "id": "562dd7f579f0ecee8c94a11a3c1e378c1876f433", "listen_addr": "192.168.1.2:26656",
      "network": "test-chain-I6zScH", "version": "0.19.0", "channels": "4020212223303800",
      "moniker": "Ethans-MacBook-Pro.local",
      "other": ["amino_version=0.9.8", "p2p_version=0.5.0", "consensus_version=v1/0.2.2", "rpc_version=0.7.0/3",
        "tx_index=on", "rpc_addr=tcp://0.0.0.0:26657"]
    },
    "sync_info": {
      "latest_block_hash": "2D4D7055BE685E3CB2410603C92AD37AE557AC59", "latest_app_hash": "0000000000000000",
      "latest_block_height": 231, "latest_block_time": "2018-04-27T23:18:08.459766485-04:00", "catching_up": false
    },
    "validator_info": {
      "address": "5875562FF0FFDECC895C20E32FC14988952E99E7",
      "pub_key": { "type": "tendermint/PubKeyEd25519", "value": "PpDJRUrLG2RgFqYYjawfn/AcAgacSXpLFrmfYYQnuzE=" },
      "voting_power": 10
    }
  }
}`);

/** stacks-node: /v2/info, docs/rpc/components/examples/node-info.example.json of github.com/stacks-network/stacks-core. */
export const stacksInfo = json(`{
  "peer_version": 385875968, "pox_consensus": "17f76e597bab45646956f38dd39573085d72cbc0", "burn_block_height": 16,
  "stable_pox_consensus": "8e0561978fc5506b68a589c402dad97e862edb59", "stable_burn_block_height": 15,
  "server_version": "stacks-node 3.1.0.0.12 (release/3.1.0.0.12:ae969ca+, release build, linux [x86_64])",
  "network_id": 1, "parent_network_id": 3652501241, "stacks_tip_height": 1832097,
  "stacks_tip": "b1807a2d3f7f8c7922f7c1d60d7c34145ade05d789640dc7dc9ec1021e07bb54",
  "stacks_tip_consensus_hash": "17f76e597bab45646956f38dd39573085d72cbc0",
  "genesis_chainstate_hash": "74237aa39aa50a83de11a4f3e9a0b9c89a0b1a2f2a6a11b8a7e1e9a0b1c2d3e4f",
  "unanchored_tip": "0000000000000000000000000000000000000000000000000000000000000000",
  "tenure_height": 523, "exit_at_block_height": null, "is_fully_synced": false,
  "node_public_key": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01",
  "node_public_key_hash": "1328af7c4f96eee8fdbb1e023e48ba11e255d1c8",
  "affirmations": { "heaviest": "", "stacks_tip": "", "sortition_tip": "", "tentative_best": "" },
  "last_pox_anchor": {
    "anchor_block_hash": "47c20352492e1647127d6f6275fa5abfe90157f6a64e6a175ff45ed0c1fb3f4e",
    "anchor_block_txid": "5b5d678c658525122fa73a8699b5810325ce9412bf0dc3762fb7518699be3d4d"
  },
  "stackerdbs": []
}`);

/** stacks-node: /v2/neighbors, network-peers.example.json there. */
export const stacksNeighbors = json(`{
  "bootstrap": [{ "network_id": 1, "peer_version": 24000000, "ip": "172.20.0.3", "port": 20444,
    "public_key_hash": "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2", "authenticated": true,
    "stackerdbs": ["SP000000000000000000002Q6VF78.my-stacker-db-1"], "age": null }],
  "sample": [{ "network_id": 1, "peer_version": 24000000, "ip": "88.99.100.123", "port": 20444,
    "public_key_hash": "b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3", "authenticated": true, "stackerdbs": [], "age": null }],
  "inbound": [{ "network_id": 1, "peer_version": 24000000, "ip": "192.168.1.10", "port": 54321,
    "public_key_hash": "c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4", "authenticated": true, "stackerdbs": [], "age": 3600 }],
  "outbound": [{ "network_id": 1, "peer_version": 24000000, "ip": "10.0.0.5", "port": 20444,
    "public_key_hash": "d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5", "authenticated": true,
    "stackerdbs": ["SP000000000000000000002Q6VF78.my-stacker-db-2"], "age": 120 }]
}`);

/** stacks-node: /v3/health, node-health.example.json there. */
export const stacksHealth = json(
  `{"difference_from_max_peer": 0, "max_stacks_height_of_neighbors": 12345, "node_stacks_tip_height": 12345}`,
);

/** stacks-node: /v3/tenures/tip/…, get-tenure-tip.example.json there, without its signatures. */
export const stacksTenure = json(`{
  "Nakamoto": {
    "version": 0, "chain_length": 1827432, "burn_spent": 417647583456,
    "consensus_hash": "16707a8b6d73e69605f37eab9917d83806035de1",
    "parent_block_id": "28abb89ad887807b74b7b1493080450d3a2af8f4799422b9191c83b0da50d046",
    "tx_merkle_root": "2661ea27ab74956a517f0239044511575c99230f635f19747671604db83fc4d7",
    "state_index_root": "dcf3d34ff3e599088c28ae45b781efa00a79eeae49972b5a526b46502092ca91",
    "timestamp": 1750774427
  }
}`);

/** solana: getHealth of a node that lags, solana.com/docs/rpc/http/gethealth. */
export const solanaBehind = json(
  `{"jsonrpc": "2.0", "error": {"code": -32005, "message": "Node is behind by 42 slots", "data": {"numSlotsBehind": 42}}, "id": 1}`,
);

/** solana: getHealth of a node that does not know how far it lags, the same page. */
export const solanaUnhealthy = json(
  `{"jsonrpc": "2.0", "error": {"code": -32005, "message": "Node is unhealthy", "data": {}}, "id": 1}`,
);

/** solana: getBlock, docs/src/api/methods/_getBlock.mdx of github.com/solana-labs/solana, without its transactions. */
export const solanaBlock = json(`{
  "jsonrpc": "2.0",
  "result": {
    "blockHeight": 428, "blockTime": null, "blockhash": "3Eq21vXNB5s86c62bVuUfTeaMif1N2kUqRPBmGRJhyTA",
    "parentSlot": 429, "previousBlockhash": "mfcyqEXB3DnHXki6KjjmZck6YjmZLvpAByy2fj4nh6B"
  },
  "id": 1
}`);

/** solana: getClusterNodes, _getClusterNodes.mdx there. */
export const solanaCluster = json(`{
  "jsonrpc": "2.0",
  "result": [{ "gossip": "10.239.6.48:8001", "pubkey": "9QzsJf7LPLj8GkXbYT3LFDKqsj2hHG7TA3xinJHu8epQ",
    "rpc": "10.239.6.48:8899", "tpu": "10.239.6.48:8856", "version": "1.0.0 c375ce1f" }],
  "id": 1
}`);

/** rippled: server_info, _api-examples/server_info/jsonrpc-response.json of github.com/XRPLF/xrpl-dev-portal, shortened. */
export const ripple = json(`{
  "result": {
    "info": {
      "build_version": "1.12.0", "complete_ledgers": "32570-82521761", "hostid": "LEST", "network_id": 0, "peers": 22,
      "pubkey_node": "n9KQK8yvTDcZdGyhu2EGdDnFPEBSsY5wEgpU5GgpygTgLFsjQyPt", "server_state": "full",
      "time": "2023-Sep-13 22:12:31.377492 UTC", "uptime": 91948,
      "validated_ledger": {
        "age": 1, "base_fee_xrp": 0.00001,
        "hash": "6872A6612DCEBCFC717FEBC66EB8CC2A4D5EEB2B0F15FC3DCD060049FCA47F31",
        "reserve_base_xrp": 10, "reserve_inc_xrp": 2, "seq": 82521761
      },
      "validation_quorum": 28
    },
    "status": "success"
  }
}`);

/** nodeos: /v1/chain/get_info, as shown in "Netkiller EOS" (RPC). */
export const eos = json(`{
  "server_version": "1a14e9cd", "chain_id": "cf057bbfb72640471fd910bcb67639c22df9f92470936cddc1ade0e2f2e7dc4f",
  "head_block_num": 12429602, "last_irreversible_block_num": 12429601,
  "last_irreversible_block_id": "00bda92182275a395be8913bfe8a310ef0709db8e08e7ff9295f35f529cd28f4",
  "head_block_id": "00bda922a36f164abaeddd36a96dacbb1df1fe3ad22e3eeffecca7a4c5619e33",
  "head_block_time": "2021-08-30T08:07:16.500", "head_block_producer": "accountpro1", "virtual_block_cpu_limit": 200000000,
  "virtual_block_net_limit": 1048576000, "block_cpu_limit": 199900, "block_net_limit": 1048576,
  "server_version_string": "v1.6.1-dirty"
}`);

/** aptos-node: /v1, getLedgerInfo of aptos-labs/aptos-ts-sdk, in its comment. */
export const aptos = json(`{
  "chain_id": 4, "epoch": "8", "ledger_version": "714", "oldest_ledger_version": "0",
  "ledger_timestamp": "1694695496521775", "node_role": "validator", "oldest_block_height": "0", "block_height": "359",
  "git_hash": "c82193f36f4e185fed9f68c4ad21f6c6dd390c6e"
}`);

/** A beacon node: /eth/v1/node/syncing, quicknode.com/docs/ethereum/eth-v1-node-syncing. */
export const beaconSyncing = json(
  `{"data": {"is_syncing": false, "is_optimistic": false, "el_offline": false, "head_slot": "11579199", "sync_distance": "0"}}`,
);

/** A beacon node: /eth/v1/beacon/genesis, quicknode.com/docs/ethereum/eth-v1-beacon-genesis. */
export const beaconGenesis = json(`{"data": {
  "genesis_time": "1606824023", "genesis_fork_version": "0x00000000",
  "genesis_validators_root": "0x4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95"
}}`);

/** A beacon node: the one header of quicknode.com/docs/gnosis/eth-v1-beacon-headers, as /eth/v1/beacon/headers/head has it. */
export const beaconHead = json(`{
  "execution_optimistic": false, "finalized": false,
  "data": {
    "root": "0x4f289577b582ac7584c11c9ad8411734441685c64d19988b899af678ef2178f9", "canonical": true,
    "header": {
      "message": {
        "slot": "11579198", "proposer_index": "787092",
        "parent_root": "0x0fc1061b0162ef708f446d24216df3b90908b82a59b3479decd8f23471ee34fd",
        "state_root": "0xa6f44f77854b5d8d37533eb845e7ef6423e2c3d5be0aa9a49d0cf1aba1007222",
        "body_root": "0x31b9547ffed84b16030284d92363611fe9326c0a6b9593978c07667446d874fc"
      },
      "signature": "0xb9812e996d8341fb492930f94ea0531315c1a79614b0951f32835a1706f6ff7dd9fb61c7dad96f962f9ae4cb037d27ea15e6e01828d79919b61fef85474bfa863730cd8275a61058fd9f86c24cc2790bdff1075c8ea0ae3038f4aa09a0b42c78"
    }
  }
}`);

/** A beacon node: /eth/v1/config/spec, two of some hundred values of configs/mainnet.yaml of ethereum/consensus-specs. */
export const beaconSpec = json(`{"data": {"SECONDS_PER_SLOT": "12", "DEPOSIT_CHAIN_ID": "1"}}`);

/** A beacon node: /eth/v1/node/version. The form is that of lighthouse. */
export const beaconVersion = json(`{"data": {"version": "Lighthouse/v8.2.2-e423a66/x86_64-linux"}}`);

/** A beacon node: /eth/v1/node/peer_count, apis/node/peer_count.yaml of github.com/ethereum/beacon-APIs. */
export const beaconPeerCount = json(
  `{"data": {"disconnected": "12", "connecting": "34", "connected": "56", "disconnecting": "5"}}`,
);

/** A beacon node: a block that is not there, apis/beacon/blocks/header.yaml there, with HTTP status 404. */
export const beaconNotFound = json(`{"code": 404, "message": "Block not found"}`);

/** A beacon node: /eth/v1/node/identity, ankr.com/docs/rpc-service/chains/chains-api/eth-beacon. */
export const beaconIdentity = json(`{"data": {
  "peer_id": "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
  "enr": "enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOonrkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8",
  "p2p_addresses": ["/ip4/7.7.7.7/tcp/4242/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"],
  "discovery_addresses": ["/ip4/7.7.7.7/udp/30303/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"],
  "metadata": { "seq_number": "1", "attnets": "0x0000000000000000", "syncnets": "0x0f" }
}}`);

/** A beacon node: /eth/v1/node/peers, with the examples of types/p2p.yaml of github.com/ethereum/beacon-APIs. */
export const beaconPeers = json(`{
  "data": [{
    "peer_id": "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", "enr": null,
    "last_seen_p2p_address": "/ip4/7.7.7.7/tcp/4242/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
    "state": "connected", "direction": "outbound"
  }],
  "meta": { "count": 1 }
}`);
