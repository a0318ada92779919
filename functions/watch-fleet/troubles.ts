// What is wrong with a fleet as a whole, each with the sentence that a person is told.
import type { FleetTrouble, FleetWatch, ObservedReference } from '../../shared/fleet/observation.ts';
import type { PageCode } from '../../shared/model/guardrail-codes.ts';
import type { HashVerdicts } from './hashes.ts';
import type { JudgedNode } from './health.ts';
import { isOurs, type NodeReading, type Sight } from './sight.ts';
import { type Sources, statusOf } from './sources.ts';
import { duration, names, short } from './words.ts';

export interface Found {
  readonly references: readonly ObservedReference[];
  readonly haltedSinceMs: number | null;
  readonly divided: HashVerdicts['divided'];
  readonly networks: Sources['networks'];
  /** Names that more than one node has. */
  readonly doubled: ReadonlySet<string>;
}

export function fleetTroubles(sight: Sight, nodes: readonly JudgedNode[], found: Found): ReadonlyMap<PageCode, string> {
  const { fleet, nowMs, readings } = sight;
  const { references, haltedSinceMs, divided, networks, doubled } = found;
  const troubles = new Map<PageCode, string>();
  if (haltedSinceMs !== null)
    troubles.set('chain-halted', `nobody has advanced for ${duration(nowMs - haltedSinceMs)}${claims(references)}`);

  const watched = fleet.probe !== undefined;
  // A node that is ahead by itself may be on a branch that is told from the others' only some blocks deeper.
  const patienceMs = fleet.health.stuckSeconds * 1000;
  const alone = nodes.filter(
    ({ node }) =>
      watched &&
      node.health === 'unknown' &&
      nowMs - node.sinceMs >= patienceMs &&
      statusOf(readings.get(node.instanceId)) !== undefined,
  );
  if (networks.size > 1) {
    const sides = [...networks].map(([id, who]) => `${names(who)} on ${short(id)}`).sort();
    troubles.set('no-majority', `nodes and references are on different networks: ${sides.slice(0, 5).join('; ')}`);
  } else if (divided !== null) {
    const sides = divided.sides.map((side) => names(side)).join(' against ');
    troubles.set(
      'no-majority',
      `at height ${divided.height} there are ${divided.sides.length} different blocks: ${sides}`,
    );
  } else if (alone.length > 0) {
    troubles.set(
      'no-majority',
      alone
        .map(({ node }) => `${node.name}: ${node.reason}`)
        .slice(0, 5)
        .join('; '),
    );
  }

  const lying = references.filter(({ state }) => state === 'lying');
  if (lying.length > 0)
    troubles.set('reference-disagrees', lying.map(({ host, reason }) => `${host}: ${reason}`).join('; '));

  const standing = nodes.filter(
    ({ node }) => node.health === 'behind' && node.heightSinceMs !== null && nowMs - node.heightSinceMs >= patienceMs,
  );
  if (haltedSinceMs === null && standing.length > 0)
    troubles.set(
      'fleet-standing',
      standing
        .map(({ node }) => `${node.name}: ${node.reason}`)
        .slice(0, 5)
        .join('; '),
    );

  const running = new Set(sight.nodes.filter(({ state }) => state === 'running').map(({ instanceId }) => instanceId));
  const unasked = nodes.filter(
    ({ node: { instanceId } }) => watched && running.has(instanceId) && wasNotAsked(readings.get(instanceId)),
  );
  const [first] = unasked;
  if (first !== undefined)
    troubles.set('cannot-ask', `${names(unasked.map(({ node }) => node.name))}: ${first.node.reason}`);

  // Where the fleet has a zone, register-nodes tells it: there the name is refused.
  if (doubled.size > 0 && fleet.dns === undefined)
    troubles.set(
      'name-taken',
      `more than one node is called ${names([...doubled].sort())}: none of them is measured under it`,
    );
  return troubles;
}

/** Since when each is seen, as far as it was seen in the sweep before. */
export function since(
  troubles: ReadonlyMap<PageCode, string>,
  before: FleetWatch | undefined,
  nowMs: number,
): Readonly<Record<string, FleetTrouble>> {
  return Object.fromEntries(
    [...troubles].map(([code, reason]) => [code, { sinceMs: before?.troubles[code]?.sinceMs ?? nowMs, reason }]),
  );
}

/** Who was paged for something is not paged again before it was well for so long: the house's rule for incidents. */
export const WELL_FOR_MS = 30 * 60_000;

/** The codes that people know of already, with the moment when each was last seen. */
export function stillPaged(
  troubles: ReadonlyMap<PageCode, string>,
  before: FleetWatch | undefined,
  nowMs: number,
): Readonly<Record<string, number>> {
  const known = Object.entries(before?.paged ?? {}).map(([code, seenAtMs]): [string, number] => [
    code,
    troubles.has(code as PageCode) ? nowMs : seenAtMs,
  ]);
  return Object.fromEntries(known.filter(([, seenAtMs]) => nowMs - seenAtMs < WELL_FOR_MS));
}

function claims(references: readonly ObservedReference[]): string {
  const others = references.filter(({ state }) => state === 'lying').map(({ host, reason }) => `${host}: ${reason}`);
  return others.length === 0 ? '' : `, though not everybody agrees (${others.join('; ')})`;
}

function wasNotAsked(reading: NodeReading | undefined): boolean {
  if (reading?.kind !== 'read') return true;
  const { status } = reading.reading;
  return status.kind === 'error' && isOurs(status.code);
}
