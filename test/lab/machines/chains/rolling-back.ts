// A chain whose nodes have a command of their owner that takes the last block back: CometBFT's own `rollback`, which leaves the application where it
// was, or that of the application (upgrading-app/main.go), which takes both back as that of the Cosmos SDK does.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageFile, ImageFiles } from '../machine/system.ts';
import { runOnNode } from '../story.ts';
import type { RealNode, RealNodeSpec, RealWorld } from '../world.ts';
import { ask, HOME, type Member } from './cometbft.ts';
import { BEFORE, programAt, unitOf, upgradingNode } from './upgrading.ts';

const COMMAND = '/opt/chain/roll-back';
const STOCK = '/opt/chain/stock/cometbft';
/** Each run of the command writes its beginning and its end there. */
const LOG = '/var/log/roll-back';

/** Which program the owner's command calls. */
export type RollBackBy = 'stock' | 'application';
const PROGRAMS: Readonly<Record<RollBackBy, string>> = { stock: STOCK, application: programAt(BEFORE) };

const scriptOf = (by: RollBackBy): string => `#!/bin/sh
echo "begin $(date +%s.%N)" >>${LOG}
${PROGRAMS[by]} rollback --hard --home ${HOME} >>${LOG} 2>&1
status=$?
echo "end $(date +%s.%N) $status" >>${LOG}
exit $status
`;

/** What the owner's image has: new instances are made from it. */
export interface OwnImage {
  by: RollBackBy;
}

export function rollingBackNode(
  world: RealWorld,
  member: Member,
  {
    image,
    ...of
  }: { readonly fleet: string | undefined; readonly directory: string; readonly image: Readonly<OwnImage> },
): RealNodeSpec {
  const { cometbft } = world.ground.software;
  if (cometbft === undefined) throw new Error('there is no cometbft here');
  const spec = upgradingNode(world, member, of);
  const files = (identity: Parameters<typeof spec.files>[0]): ImageFiles => ({
    ...spec.files(identity),
    [STOCK]: { from: cometbft, mode: 0o755 },
    [COMMAND]: { text: scriptOf(image.by), mode: 0o755 } satisfies ImageFile,
  });
  return { ...spec, files, bare: { files, enabled: [{ unit: unitOf(BEFORE), of: 'chain@.service' }] } };
}

/** The owner puts another script into the place of the one on a node. */
export const installCommand = (node: RealNode, by: RollBackBy): Promise<string> =>
  runOnNode(node, 'printf %s "$2" >"$1"', COMMAND, scriptOf(by));

export interface RollBackRun {
  readonly beganMs: number;
  readonly endedMs: number;
  readonly status: number;
}

/** Each run of the command on a machine that has ended, by what it has written itself. */
export async function runsOn(node: RealNode): Promise<readonly RollBackRun[]> {
  const text = await runOnNode(node, 'cat "$1" 2>/dev/null || true', LOG);
  const runs = text.matchAll(/^begin ([\d.]+)\n(?:(?!begin).*\n)*?end ([\d.]+) (\d+)$/gm);
  const ms = (seconds = ''): number => Number(seconds) * 1_000;
  return [...runs].map(([, began, ended, status]) => ({
    beganMs: ms(began),
    endedMs: ms(ended),
    status: Number(status),
  }));
}

/** One bit of its memory flips: its application executes its next block wrongly. */
export const miscount = (node: RealNode): Promise<string> => runOnNode(node, 'pkill -USR1 -x cometbft');

/** What its client's log says of the app hash. */
export const saysOfAppHash = (node: RealNode): Promise<string> =>
  runOnNode(
    node,
    'journalctl --unit "$1" --output cat --no-pager | grep -a -o "wrong Block.Header.AppHash.  Expected [0-9A-F]*, got [0-9A-F]*" | tail -n 1 || true',
    unitOf(BEFORE),
  );

interface AbciInfo {
  readonly response: { readonly last_block_height?: string; readonly last_block_app_hash?: string };
}

/** The height and the hash of the application's own state. */
export async function applicationOf(node: RealNode): Promise<{ readonly height: number; readonly hash: string }> {
  const { response } = await ask<AbciInfo>(node, '/abci_info');
  return { height: Number(response.last_block_height ?? 0), hash: response.last_block_app_hash ?? '' };
}

/**
 * The genesis says which version of the application makes the blocks, as those of the Cosmos do. Without it CometBFT's `rollback` takes 0 from it, and the
 * node refuses the next block: "wrong Block.Header.Version" (state/rollback.go of v0.38 takes it from the consensus parameters).
 */
export function nameAppVersion(directory: string): void {
  const path = join(directory, 'config/genesis.json');
  const genesis = JSON.parse(readFileSync(path, 'utf8')) as { consensus_params: { version: { app: string } } };
  genesis.consensus_params.version.app = '1';
  writeFileSync(path, JSON.stringify(genesis));
}
