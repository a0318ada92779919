// anvil, an EVM that answers as Ethereum clients do and has no peers: used if the host has no Go to build geth.
import type { ImageFiles } from '../machine/system.ts';
import type { RealNodeSpec, RealWorld } from '../world.ts';
import { DATA_PATH, NETWORK_ID } from './geth.ts';

const PROGRAM = '/usr/local/bin/anvil';

const UNIT_FILE = `[Unit]
Description=anvil of network ${NETWORK_ID}
After=network.target mount-fstab.service
Requires=mount-fstab.service
[Service]
Environment=HOME=/root
ExecStart=${PROGRAM} --silent --host 127.0.0.1 --port 8545 --chain-id ${NETWORK_ID} --block-time 2 --state ${DATA_PATH}/state.json
Restart=on-failure
RestartSec=5
[Install]
WantedBy=multi-user.target
`;

export function anvilNode({ ground }: RealWorld, name: string): RealNodeSpec {
  const program = ground.software.anvil;
  if (program === undefined) throw new Error('there is no anvil here');
  return {
    fleet: 'anvil',
    name,
    files: (): ImageFiles => ({
      '/etc/systemd/system/anvil.service': UNIT_FILE,
      [PROGRAM]: { from: program, mode: 0o755 },
    }),
    enabled: [{ unit: 'anvil.service', of: 'anvil.service' }],
    volumes: [{ role: 'data', path: DATA_PATH, sizeGiB: 1 }],
  };
}
