// Invariants: what must never happen under any fault. They are checked at every mutation and at the end. Pure, so that a test can break each on
// purpose.

export const INVARIANTS = {
  'modifications-per-day': 'At most three modifications of a volume in 24 h.',
  'size-only-up': 'A volume’s size never goes down, unless a person asks for a smaller one.',
  'size-within-ceiling': 'A volume never grows over its fleet’s ceiling.',
  'journalled-before': 'Every mutation has an intent in the journal before it.',
  'journalled-after': 'Every mutation has a result in the journal after it.',
  'nothing-while-paused': 'Nothing is mutated while a pause is set.',
  'no-lease-left': 'No lease and no open operation is left at the end.',
  'one-writer': 'Only the holder of a node mutates it.',
  'one-mount': 'A volume is mounted for writing on one machine only.',
  'one-identity': 'Two copies of one identity never run at the same time.',
  'one-replacement': 'At most one replacement of a fleet is in flight.',
  'signing-state-only-up': 'What a validator’s key has signed is never forgotten.',
  'nothing-deleted': 'A heal deletes nothing, and pruning only what is ours and past its date.',
  'client-left-stopped':
    'No client that a heal has stopped is left stopped, unless its tags are gone and people know it.',
  'names-only-ours': 'Only records that carry our marker are changed.',
  'pool-never-empty': 'A pool record that was there is there as long as its fleet has nodes.',
  'peers-never-fewer': 'A rotation leaves no node with fewer peers to dial than half of before, or than three.',
  'no-orphan': 'Nothing that a heal made is unaccounted for at the end.',
  ends: 'An incident has at most five attempts and one more for each of its hours, and every execution ends.',
  'told-once': 'A cause is paged at most twice, and an undisturbed run pages at most twice, or as its scenario says.',
} as const satisfies Record<string, string>;

export type InvariantName = keyof typeof INVARIANTS;

export interface Violation {
  readonly invariant: InvariantName;
  /** ISO time. */
  readonly at: string;
  readonly detail: string;
}

/** One mutation by a function, and the facts of that moment. */
export interface MutationFacts {
  readonly atMs: number;
  readonly operation: string;
  readonly resource: string;
  readonly instanceId: string;
  /** ARN of the execution that made it, and of the execution that holds the node. */
  readonly by: string;
  readonly holder: string | null;
  /** Pauses at that moment, as sentences. */
  readonly pauses: readonly string[];
  readonly intentJournalled: boolean;
  /** Of a ModifyVolume that AWS accepted. */
  readonly size?: { readonly fromGiB: number; readonly toGiB: number; readonly ceilingGiB: number };
  /** Of what prune-retired deletes: whether chainmend kept it, and its date has passed. */
  readonly mayGo?: boolean;
  /** Times of all modifications of this volume by functions so far, including this one. */
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
  if (/^(Delete|Terminate)/.test(operation) && facts.mayGo !== true)
    broken.push(['nothing-deleted', `${operation} ${resource}`]);
  return broken.map(([invariant, detail]) => ({ invariant, at: new Date(facts.atMs).toISOString(), detail }));
}

/** One accepted batch of changes by a function in a zone, and the facts right after it. */
export interface NamesFacts {
  readonly atMs: number;
  readonly zone: string;
  readonly changes: readonly { readonly action: string; readonly name: string; readonly type: string }[];
  /** Names, without the last dot, that have our marker, or had it before this batch removed both. */
  readonly marked: ReadonlySet<string>;
  /** Missing pool records of the zone's fleets that have running nodes. */
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

/** Mounts for writing, of all machines with power. */
export const checkMounts = (
  atMs: number,
  mounts: readonly { readonly volumeId: string; readonly instanceId: string }[],
): Violation[] =>
  several(mounts.map(({ volumeId, instanceId }) => [volumeId, instanceId])).map(([volumeId, instances]) => ({
    invariant: 'one-mount',
    at: new Date(atMs).toISOString(),
    detail: `${volumeId} on ${instances.join(' and ')}`,
  }));

/** Nodes with new volumes or a new instance, existing or in progress, without proof yet. */
export const checkInFlight = (
  atMs: number,
  replacements: readonly { readonly fleet: string; readonly node: string }[],
): Violation[] =>
  several(replacements.map(({ fleet, node }) => [fleet, node])).map(([fleet, nodes]) => ({
    invariant: 'one-replacement',
    at: new Date(atMs).toISOString(),
    detail: `${fleet}: ${nodes.join(' and ')}`,
  }));

/** The height of the last signature in the state file of each running validator, and the highest one before. */
export const checkSigning = (
  atMs: number,
  validators: readonly { readonly node: string; readonly before: number; readonly height: number }[],
): Violation[] =>
  validators
    .filter(({ before, height }) => height < before)
    .map(({ node, before, height }) => ({
      invariant: 'signing-state-only-up',
      at: new Date(atMs).toISOString(),
      detail: `${node}: ${before} → ${height}`,
    }));

/** The size of the volume that is mounted for a role, and the largest one that was mounted there before. */
export const checkSizes = (
  atMs: number,
  sizes: readonly { readonly of: string; readonly fromGiB: number; readonly toGiB: number }[],
): Violation[] =>
  sizes
    .filter(({ fromGiB, toGiB }) => toGiB < fromGiB)
    .map(({ of, fromGiB, toGiB }) => ({
      invariant: 'size-only-up',
      at: new Date(atMs).toISOString(),
      detail: `${of}: ${fromGiB} → ${toGiB} GiB`,
    }));

export interface EndFacts {
  readonly atMs: number;
  /** Mutations without a result in the journal, although our code ended their execution. */
  readonly unjournalled: readonly string[];
  readonly leases: readonly { readonly instanceId: string; readonly owner: string | null; readonly open: boolean }[];
  /** Volumes, instances and snapshots that functions made: the id, and whether each is accounted for. */
  readonly made: readonly { readonly id: string; readonly accountedFor: boolean }[];
  /** Nodes whose client does not run, although only a heal has stopped it. */
  readonly leftStopped: readonly string[];
}

export function checkEnd({ atMs, unjournalled, leases, made, leftStopped }: EndFacts): Violation[] {
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
    ...leftStopped.map((detail): Violation => ({ invariant: 'client-left-stopped', at, detail })),
  ];
}

export interface EndingFacts {
  readonly atMs: number;
  /** Executions of each incident. `hours`: from the first one's start to the last one's. */
  readonly attempts: readonly { readonly incident: string; readonly count: number; readonly hours: number }[];
  /** More only where a scenario's sentence says so. */
  readonly attemptsAtMost?: number | undefined;
  /** Executions that still run, and wait for no person. */
  readonly running: readonly string[];
}

/** The first attempt, and four more with longer waits between them; then what is refused is looked at each hour (docs/decisions.md, waits). */
const ATTEMPTS_MAX = 5;

export function checkEnding({ atMs, attempts, attemptsAtMost, running }: EndingFacts): Violation[] {
  const at = new Date(atMs).toISOString();
  return [
    ...attempts
      .filter(({ count, hours }) => count > (attemptsAtMost ?? ATTEMPTS_MAX + Math.floor(hours)))
      .map(({ incident, count }): Violation => ({ invariant: 'ends', at, detail: `${incident}: ${count} attempts` })),
    ...running.map((name): Violation => ({ invariant: 'ends', at, detail: `${name} still runs` })),
  ];
}

/** Two: SNS delivers at least once, and a page whose answer was lost is sent again. */
const PAGES_OF_A_CAUSE_MAX = 2;
/** Pages of a run whose scenario promises no other number. */
export const PAGES_MAX = 2;

/** @param causes of all pages of a run, one for each page; questions to a person are left out */
export function checkPages(atMs: number, causes: readonly string[], pagesAtMost: number): Violation[] {
  const at = new Date(atMs).toISOString();
  const counts = new Map<string, number>();
  for (const cause of causes) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  const repeated = [...counts].filter(([, count]) => count > PAGES_OF_A_CAUSE_MAX);
  const all = `${causes.length} pages, ${pagesAtMost} expected at most: ${[...counts.keys()].join(', ')}`;
  return [
    ...repeated.map(
      ([cause, count]): Violation => ({ invariant: 'told-once', at, detail: `${cause}: ${count} pages` }),
    ),
    ...(causes.length > pagesAtMost ? [{ invariant: 'told-once', at, detail: all } as const] : []),
  ];
}

/** Running machines by their identity: the fleet's and the node's name, or one of their keys. */
export const checkIdentities = (
  atMs: number,
  running: readonly { readonly identity: string; readonly instanceId: string }[],
): Violation[] =>
  several(running.map(({ identity, instanceId }) => [identity, instanceId])).map(([identity, instances]) => ({
    invariant: 'one-identity',
    at: new Date(atMs).toISOString(),
    detail: `${identity} runs on ${instances.join(' and ')}`,
  }));

/** Keys that occur more than once, and where. */
function several(pairs: readonly (readonly [string, string])[]): [string, readonly string[]][] {
  const by = new Map<string, string[]>();
  for (const [what, where] of pairs) by.set(what, [...(by.get(what) ?? []), where]);
  return [...by].filter(([, places]) => places.length > 1);
}
