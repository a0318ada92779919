// Storms of a twin: faults of the first generator, drawn for the world that was read, and judged as all storms are.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { StormVerdict } from '../../../infra/commands/adopt/twin-form.ts';
import { randomStream } from '../../../local/simulator/random.ts';
import type { Twin } from '../../../local/twin/world.ts';
import { resolveFleet } from '../../../shared/fleet/resolve.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { Draw } from '../storms/draw.ts';
import { FAULT_TYPE_NAMES, FAULT_TYPES, isFaultType } from '../storms/faults.ts';
import { playStorm } from '../storms/play.ts';
import type { Storm, StormFault } from '../storms/storm.ts';

const HOURS = 4;
/** The rest is there to heal in, as in all storms. */
const FAULTS_END_MINUTES = 72;
const FAULTS_MAX = 5;
const FIRST_AT_MINUTES = 2;

export async function twinStorm(twin: Twin, seed: number): Promise<StormVerdict> {
  const folder = mkdtempSync(join(tmpdir(), 'chainmend-twin-'));
  try {
    writeFileSync(join(folder, `${twin.fleet.fleet}.yaml`), stringify(twin.fleet));
    const storm = drawStorm(twin, seed);
    const { fired, broken } = await playStorm(storm, { prefix: 'storm-twin', fleets: folder, types: FAULT_TYPES });
    return {
      ...{ kind: 'storm', fleet: twin.fleet.fleet, seed, hours: HOURS, faults: fired },
      broken: broken.map(({ promise, subject, sentence }) => plainText(`${promise} (${subject}): ${sentence}`, 400)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The same seed gives the same storm.
 * @param only types of faults, one after the other, a seed each; all of them unless given
 */
export function drawStorm(twin: Twin, seed: number, only?: readonly string[]): Storm {
  const directed = only?.[seed % only.length];
  const draw = new Draw(randomStream(seed, 'storms/twin'));
  const { fleet, nodes, snapshots, before, chain } = twin;
  const members = Object.entries(before.scalingGroups ?? {}).map(([name, group]): [string, readonly string[]] => [
    name,
    'members' in group ? group.members : group,
  ]);
  const world = {
    fleets: [{ name: fleet.fleet, but: {}, chain }],
    nodes,
    snapshots,
    templates: before.templates ?? [],
    scalingGroups: Object.fromEntries(members),
    targetGroups: {},
  };
  const path = resolveFleet(fleet).volumes[0]?.path ?? '/data';
  const count = directed === undefined ? draw.integer(2, FAULTS_MAX) : 1;
  const faults = Array.from({ length: count }, (): StormFault | undefined => {
    const type = directed !== undefined && isFaultType(directed) ? directed : draw.pick(FAULT_TYPE_NAMES);
    const at = draw.integer(FIRST_AT_MINUTES, FAULTS_END_MINUTES - 1);
    const entries = FAULT_TYPES[type].draw({ world, draw, at, endsBy: FAULTS_END_MINUTES });
    // The generator knows where its own fleets have their data.
    return (
      entries && { type, entries: entries.map((entry) => (entry['path'] === '/data' ? { ...entry, path } : entry)) }
    );
  });
  return {
    seed,
    hours: HOURS,
    faultsEndMinutes: FAULTS_END_MINUTES,
    ...world,
    faults: faults.filter((fault) => fault !== undefined),
  };
}
