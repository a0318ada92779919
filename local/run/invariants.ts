// What must never happen, whatever the faults: checked at every mutation and at the end. Pure, so that a test can break each on purpose.

export const INVARIANTS = {
  'modifications-per-day': 'At most three modifications of a volume in 24 h.',
  'size-only-up': 'A volume’s size never goes down.',
  'size-within-ceiling': 'A volume never grows over its fleet’s ceiling.',
  'journalled-before': 'Every mutation has an intent in the journal before it.',
  'journalled-after': 'Every mutation has a result in the journal after it.',
  'nothing-while-paused': 'Nothing is mutated while a pause is set.',
  'no-lease-left': 'No lease and no open operation is left at the end.',
  'one-writer': 'Only the holder of a node mutates it.',
  'one-identity': 'Two copies of one identity never run at the same time.',
  'nothing-deleted': 'A heal deletes nothing.',
  'names-only-ours': 'Only records that carry our marker are changed.',
  'pool-never-empty': 'A pool record that was there is there as long as its fleet has nodes.',
  'peers-never-fewer': 'A rotation leaves no node with fewer peers to dial than half of before, or than three.',
  'no-orphan': 'Nothing that a heal made is unaccounted for at the end.',
} as const satisfies Record<string, string>;

export type InvariantName = keyof typeof INVARIANTS;

export interface Violation {
  readonly invariant: InvariantName;
  /** ISO time. */
  readonly at: string;
  readonly detail: string;
}

/** One mutation that a function made, and what was true at that moment. */
export interface MutationFacts {
  readonly atMs: number;
  readonly operation: string;
  readonly resource: string;
  readonly instanceId: string;
  /** ARN of the execution that made it, and of the one that holds the node. */
  readonly by: string;
  readonly holder: string | null;
  /** Set pauses at that moment, as sentences. */
  readonly pauses: readonly string[];
  readonly intentJournalled: boolean;
  /** Of a ModifyVolume that AWS accepted. */
  readonly size?: { readonly fromGiB: number; readonly toGiB: number; readonly ceilingGiB: number };
  /** Moments of all modifications by functions of this volume so far, this one included. */
  readonly modificationsMs: readonly number[];
}

const DAY_MS = 24 * 60 * 60_000;
const MODIFICATIONS_PER_DAY = 3;

export function checkMutation(facts: MutationFacts): Violation[] {
  const { operation, resource, size, holder, by, pauses } = facts;
  const broken: [InvariantName, string][] = [];
  const inDay = facts.modificationsMs.filter((atMs) => facts.atMs - atMs < DAY_MS).length;
  if (inDay > MODIFICATIONS_PER_DAY) broken.push(['modifications-per-day', `${resource}: ${inDay} in 24 h`]);
  if (size && size.toGiB < size.fromGiB)
    broken.push(['size-only-up', `${resource}: ${size.fromGiB} → ${size.toGiB} GiB`]);
  if (size && size.toGiB > size.ceilingGiB)
    broken.push(['size-within-ceiling', `${resource}: ${size.toGiB} GiB, ceiling ${size.ceilingGiB}`]);
  if (!facts.intentJournalled) broken.push(['journalled-before', `${operation} ${resource}`]);
  if (pauses.length > 0)
    broken.push(['nothing-while-paused', `${operation} ${resource} while ${pauses.join(' and ')}`]);
  if (holder !== by) broken.push(['one-writer', `${operation} ${resource} by ${by}, held by ${holder ?? 'nobody'}`]);
  if (/^(Delete|Terminate)/.test(operation)) broken.push(['nothing-deleted', `${operation} ${resource}`]);
  return broken.map(([invariant, detail]) => ({ invariant, at: new Date(facts.atMs).toISOString(), detail }));
}

/** One accepted batch of changes that a function made in a zone, and what was true right after it. */
export interface NamesFacts {
  readonly atMs: number;
  readonly zone: string;
  readonly changes: readonly { readonly action: string; readonly name: string; readonly type: string }[];
  /** Names, without the last dot, beside which our marker stands, or stood before this batch took both away. */
  readonly marked: ReadonlySet<string>;
  /** The pool records of the zone's fleets that are gone although the fleet has running nodes. */
  readonly poolsGone: readonly string[];
  readonly pauses: readonly string[];
  readonly intentJournalled: boolean;
}

export function checkNames(facts: NamesFacts): Violation[] {
  const { zone, changes, marked, pauses, poolsGone } = facts;
  const broken: [InvariantName, string][] = [];
  for (const { action, name, type } of changes)
    if (type !== 'TXT' && !marked.has(name)) broken.push(['names-only-ours', `${action} ${name} ${type}`]);
  for (const pool of poolsGone) broken.push(['pool-never-empty', pool]);
  if (!facts.intentJournalled) broken.push(['journalled-before', `ChangeResourceRecordSets ${zone}`]);
  if (pauses.length > 0)
    broken.push(['nothing-while-paused', `ChangeResourceRecordSets ${zone} while ${pauses.join(' and ')}`]);
  return broken.map(([invariant, detail]) => ({ invariant, at: new Date(facts.atMs).toISOString(), detail }));
}

/** Peers that a node dials, before the story and at its end; only of nodes that a rotation has changed. */
export function checkPeers(
  atMs: number,
  rotated: readonly { readonly node: string; readonly before: number; readonly after: number }[],
): Violation[] {
  return rotated
    .filter(({ before, after }) => after < Math.min(before, Math.max(PEERS_FLOOR, Math.ceil(before / 2))))
    .map(({ node, before, after }) => ({
      invariant: 'peers-never-fewer',
      at: new Date(atMs).toISOString(),
      detail: `${node}: ${before} → ${after}`,
    }));
}

const PEERS_FLOOR = 3;

export interface EndFacts {
  readonly atMs: number;
  /** Mutations without a result in the journal, whose execution has ended by its own code. */
  readonly unjournalled: readonly string[];
  readonly leases: readonly { readonly instanceId: string; readonly owner: string | null; readonly open: boolean }[];
  /** Volumes, instances and snapshots that functions made: id, and what accounts for it. */
  readonly made: readonly { readonly id: string; readonly accountedFor: boolean }[];
}

export function checkEnd({ atMs, unjournalled, leases, made }: EndFacts): Violation[] {
  const at = new Date(atMs).toISOString();
  return [
    ...unjournalled.map((detail): Violation => ({ invariant: 'journalled-after', at, detail })),
    ...leases
      .filter(({ owner, open }) => owner !== null || open)
      .map(
        ({ instanceId, owner, open }): Violation => ({
          invariant: 'no-lease-left',
          at,
          detail: `${instanceId}: held by ${owner ?? 'nobody'}${open ? ', an operation is open' : ''}`,
        }),
      ),
    ...made
      .filter(({ accountedFor }) => !accountedFor)
      .map(({ id }): Violation => ({ invariant: 'no-orphan', at, detail: id })),
  ];
}

/** Running machines by what makes them themselves: the fleet's name and the node's. */
export function checkIdentities(
  atMs: number,
  running: readonly { readonly identity: string; readonly instanceId: string }[],
): Violation[] {
  const by = new Map<string, string[]>();
  for (const { identity, instanceId } of running) by.set(identity, [...(by.get(identity) ?? []), instanceId]);
  return [...by]
    .filter(([, instances]) => instances.length > 1)
    .map(([identity, instances]) => ({
      invariant: 'one-identity',
      at: new Date(atMs).toISOString(),
      detail: `${identity} runs on ${instances.join(' and ')}`,
    }));
}
