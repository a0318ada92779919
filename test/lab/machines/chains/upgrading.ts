// A chain that stops for an upgrade, as those of the Cosmos do: CometBFT with an application in the same process (upgrading-app/main.go), in two
// versions, each an instance of one template unit.
import { cpSync } from 'node:fs';
import type { ImageFiles } from '../machine/system.ts';
import { runOnNode } from '../story.ts';
import type { RealNode, RealNodeSpec, RealWorld } from '../world.ts';
import { DATA_PATH, HOME, type Member, RPC_PORT, writePeers } from './cometbft.ts';

export const BEFORE = 'v1';
export const NEXT = 'v2';

export const unitOf = (version: string): string => `chain@${version}.service`;
/** Where it is installed, and where its process says that it runs from. */
export const programAt = (version: string): string => `/opt/chain/${version}/cometbft`;

const UNIT_FILE = `[Unit]
Description=chain %i
After=network.target mount-fstab.service
Requires=mount-fstab.service
StartLimitIntervalSec=0
[Service]
ExecStart=/opt/chain/%i/cometbft start --home ${HOME}
Restart=on-failure
RestartSec=5
[Install]
WantedBy=multi-user.target
`;

/** The program of the version before, which also makes the network's files. */
export function programBefore({ ground }: RealWorld): string {
  const { appBefore } = ground.software;
  if (appBefore === undefined) throw new Error('the application that stops for an upgrade is not here');
  return appBefore;
}

/** @param fleet undefined: somebody else's node */
export function upgradingNode(
  world: RealWorld,
  { name, role }: Member,
  { fleet, directory }: { readonly fleet: string | undefined; readonly directory: string },
): RealNodeSpec {
  const { appNext } = world.ground.software;
  if (appNext === undefined) throw new Error('the version that goes on from there is not here');
  const files = (): ImageFiles => ({
    '/etc/systemd/system/chain@.service': UNIT_FILE,
    [programAt(BEFORE)]: { from: programBefore(world), mode: 0o755 },
    [programAt(NEXT)]: { from: appNext, mode: 0o755 },
  });
  return {
    ...(fleet !== undefined && { fleet }),
    ...{ name, files, tags: { Role: role } },
    volumes: [
      {
        role: 'data',
        path: DATA_PATH,
        sizeGiB: 1,
        fill: (root) => cpSync(directory, `${root}/node`, { recursive: true }),
      },
    ],
  };
}

/** What a person does once on a new instance. */
export async function begin(node: RealNode, peers: readonly string[]): Promise<void> {
  await writePeers(node, peers);
  await runOnNode(node, 'systemctl enable --now "$1"', unitOf(BEFORE));
}

/** Another operator does by hand what chainmend does. */
export const switchByHand = (node: RealNode): Promise<string> =>
  runOnNode(node, 'systemctl disable --now "$1" && systemctl enable --now "$2"', unitOf(BEFORE), unitOf(NEXT));

/** The chain decides on it: from this block on it needs the next version. */
export async function plan({ privateIp }: RealNode, height: number): Promise<void> {
  const answer = await fetch(`http://${privateIp}:${RPC_PORT}/broadcast_tx_sync?tx="upgrade=${height}"`, {
    signal: AbortSignal.timeout(PLAN_TIMEOUT_MS),
  });
  const { result } = (await answer.json()) as { readonly result?: { readonly code: number; readonly log: string } };
  if (result?.code !== 0) throw new Error(`the transaction is not taken: ${result?.log}`);
}
const PLAN_TIMEOUT_MS = 10_000;

/** The programs of the chain's processes on a machine; none while none runs. */
export const programsOn = async (node: RealNode): Promise<readonly string[]> =>
  (await runOnNode(node, 'for pid in $(pidof cometbft); do readlink "/proc/$pid/exe"; done'))
    .split('\n')
    .filter((program) => program !== '');
