// How long a node that has stopped following is still given out by the pool's name, and when it is called stuck: at each chain's own block interval and rhythm.

import { type JournalLine, readJournal } from '../../../local/scenarios/report/journal.ts';
import { run } from '../../../local/scenarios/run.ts';
import { worldIn } from '../../../local/scenarios/world-file/read.ts';
import { chainDefaults } from '../../../shared/chains/defaults.ts';
import { type Measurement, median } from './measurement.ts';
import type { Input } from './part.ts';

const CHAINS = ['bitcoin', 'litecoin', 'dogecoin', 'ethereum', 'cometbft'] as const;
/** The node stops at another moment between two sweeps each time. */
const SAMPLES = { full: 8, least: 1 };
const SWEEP_MINUTES = 1;
/** A resolver may keep an answer for `dns.ttlSeconds` after the record has changed. */
const POOL_SECONDS_MAX = 90;
/** From the third block that others have and it lacks: two sweeps at most, and the 90 s that a node may stand. */
const STUCK_SECONDS_MAX = 180;
/** The node hangs after so long at the earliest: then everything has been looked at. */
const FROM_MINUTES = 3;

interface Detection {
  /** From the first block that others have and it lacks, until no resolver gives its address any more. */
  readonly pooledSeconds: number;
  /** From the third such block, until it is called stuck. */
  readonly stuckSeconds: number;
}

export async function* measureDetection(input: Input): AsyncGenerator<Measurement> {
  const samples = SAMPLES[input];
  for (const chain of input === 'full' ? CHAINS : (['dogecoin'] as const)) {
    const found: Detection[] = [];
    for (let sample = 0; sample < samples; sample++) found.push(await detect(chain, sample, samples));
    const pooled = found.map(({ pooledSeconds }) => pooledSeconds);
    const stuck = found.map(({ stuckSeconds }) => stuckSeconds);
    const of = { subject: `a node of ${chain} hangs`, unit: 's' };
    yield* [
      { ...of, measure: 'in the pool, at worst', value: Math.max(...pooled), atMost: POOL_SECONDS_MAX },
      { ...of, measure: 'in the pool, median', value: median(pooled) },
      { ...of, measure: 'stuck after the third block, at worst', value: Math.max(...stuck), atMost: STUCK_SECONDS_MAX },
    ];
  }
}

/** @throws Error where it stayed in the pool, or was never called stuck */
async function detect(chain: (typeof CHAINS)[number], sample: number, samples: number): Promise<Detection> {
  const hangsAfter = FROM_MINUTES + (SWEEP_MINUTES * sample) / samples;
  const { blockSeconds } = chainDefaults[chain];
  const minutes = Math.ceil(hangsAfter + 20 + (blockSeconds * 8) / 60);
  const world = `
world: detection
says: A node hangs while its siblings go on.
fleets:
  - { fleet: pool, chain: ${chain}, mode: act, nodes: { tag: { Component: pool } }, role: follower, unit: client, volumes: { data: /data },
      probe: { vpc: vpc-0123456789abcdef0, subnets: [subnet-0123456789abcdef0] }, dns: { zone: pool.internal } }
chains: { pool: { rhythm: real } }
nodes: [{ fleet: pool, names: [node1, node2, node3, node4], client: { startSeconds: 15 } }]
timeline: [{ at: ${hangsAfter}, do: hang, node: pool/node2 }]
until: { minutes: ${minutes} }
hours: 12
expect: [{ heals: {}, count: { least: 0 } }]
`;
  const played = await run(worldIn('detection.yaml', world, import.meta.dirname), { seed: sample + 1, lane: 'sweep' });
  const { region, tableName, chains } = played.world;
  const journal = readJournal(region, tableName);
  const [simulated] = chains;
  if (simulated === undefined) throw new Error(`${chain}: no chain was made`);
  const stuck = first(
    journal,
    chain,
    ({ by, node, sentence }) => by === 'watch-fleet' && node === 'node2' && sentence.includes('→ stuck'),
  );
  const lost = first(
    journal,
    chain,
    ({ by, kind, sentence }) =>
      by === 'register-nodes' && kind === 'intent' && sentence.includes('pool.pool.internal A loses'),
  );
  const done = first(journal, chain, ({ act, kind }) => kind === 'result' && act === lost.act);
  const height = Number(/at ([\d,]+)/.exec(stuck.sentence)?.[1]?.replaceAll(',', ''));
  const blockMs = (more: number): number => simulated.main.blockTimeMs(height + more);
  const { ttlSeconds } = played.world.fleets.get('pool')?.dns ?? { ttlSeconds: Number.NaN };
  return {
    pooledSeconds: (done.atMs - blockMs(1)) / 1000 + ttlSeconds,
    stuckSeconds: (stuck.atMs - blockMs(3)) / 1000,
  };
}

function first(journal: readonly JournalLine[], chain: string, is: (line: JournalLine) => boolean): JournalLine {
  const line = journal.find(is);
  if (line === undefined) throw new Error(`${chain}: the journal says nothing of what was measured`);
  return line;
}
