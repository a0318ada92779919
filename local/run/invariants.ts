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
