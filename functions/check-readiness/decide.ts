// Whom a look is for, and what it finds beside the last one: what is lost since then, and what works again. Pure.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ReadinessRecord } from '../../shared/heal/records.ts';
import type { TrialReport } from '../../shared/heal/trials.ts';
import type { GuardrailCode } from '../../shared/model/guardrail-codes.ts';
import type { Cause, FleetReport, NodeReport } from '../../shared/readiness/fleet-report.ts';
import { type Column, type FindingCode, HEALS, type Verdict } from '../../shared/readiness/verdict.ts';

/** @param asked the fleet that a person asks for, whether or not its file wants a daily look; undefined: the schedule asks */
export const isLookedAt = ({ pages }: Pick<Fleet, 'pages'>, asked: string | undefined): boolean =>
  pages.readiness || asked !== undefined;

/**
 * What passes by itself, or is a person's own word: no heal is lost by it. Everything else stays until a person acts.
 */
const PASSING: ReadonlySet<FindingCode> = new Set<FindingCode>([
  ...([
    'paused',
    'pause-unreadable',
    'instance-stopped',
    'breaker-open',
    'chain-standing',
    'restarts-paced',
    'restarts-spent',
    'replacements-spent',
    'node-replacements-spent',
    'budget-spent',
    'modification-in-progress',
    'donor-unsuitable',
    'cannot-be-spared',
    'condition-holds',
    'pool-at-floor',
    'not-due',
    'observation-stale',
    'zone-down',
    'throttled',
  ] satisfies readonly GuardrailCode[]),
  'not-observed',
]);

/** The letter of a heal in the record: it would work, it would not, the fleet does not want it, nobody has ever known. */
type Known = ReadinessRecord['heals'][string][(typeof HEALS)[number]];

export interface Lost {
  /** The nodes that have lost a heal since it was last known to work. */
  readonly nodes: readonly string[];
  /** Why, the worst first: with these nodes and heals alone. None where nobody knows today. */
  readonly causes: readonly Cause[];
}

export interface Compared {
  readonly heals: ReadinessRecord['heals'];
  /** null: nothing that worked would not work now. */
  readonly lost: Lost | null;
  /** "swap of node2": what would not have worked, and would now. */
  readonly again: readonly string[];
  /** No look was ever finished: what would not work is told to the journal alone. */
  readonly isFirst: boolean;
}

/**
 * What is not known stays as it was: unknown is never a loss, and what was known before it is compared with the next thing that is known. A node that nobody
 * has seen before loses nothing.
 *
 * @param before of the last look; undefined before the first
 * @param busy names of nodes that a heal holds now, or that do not run: they say nothing of the next heal
 * @param untold "swap of node2": what was lost at an earlier look, and people were not told of
 */
export function compareReadiness(
  before: Pick<ReadinessRecord, 'heals'> | undefined,
  { nodes, causes }: Pick<FleetReport, 'nodes' | 'causes'>,
  busy: ReadonlySet<string>,
  untold: readonly string[] = [],
): Compared {
  const heals: Record<string, Record<(typeof HEALS)[number], Known>> = {};
  const lost = new Map<string, Set<Column>>();
  const again: string[] = [];
  for (const { node, heals: verdicts } of nodes) {
    const known = before?.heals[node];
    const now = Object.fromEntries(
      HEALS.map((column) => [column, letterOf(verdicts[column], busy.has(node), known?.[column] ?? '?')]),
    ) as Record<(typeof HEALS)[number], Known>;
    heals[node] = now;
    for (const column of HEALS) {
      const isNew = known?.[column] === 'y' || untold.includes(`${column} of ${node}`);
      if (isNew && now[column] === 'n') lost.set(node, (lost.get(node) ?? new Set()).add(column));
      if (known?.[column] === 'n' && now[column] === 'y') again.push(`${column} of ${node}`);
    }
  }
  return { heals, lost: lost.size === 0 ? null : lostOf(lost, causes), again, isFirst: before === undefined };
}

function letterOf(verdict: Verdict, busy: boolean, before: Known): Known {
  if (verdict.is === 'off') return '-';
  if (busy) return before;
  if (verdict.is === 'yes') return 'y';
  const { findings } = verdict;
  if (findings.some(({ is, code }) => is === 'no' && !PASSING.has(code))) return 'n';
  // Without a right to make the calls no dry run is asked here: that says nothing against a heal.
  return findings.every(({ code }) => code === 'not-asked') ? 'y' : before;
}

function lostOf(lost: ReadonlyMap<string, ReadonlySet<Column>>, causes: readonly Cause[]): Lost {
  const own = causes.flatMap((cause): readonly Cause[] => {
    if (cause.is !== 'no' || PASSING.has(cause.code)) return [];
    const nodes = cause.nodes.filter((node) => cause.heals.some((heal) => lost.get(node)?.has(heal)));
    const heals = cause.heals.filter((heal) => nodes.some((node) => lost.get(node)?.has(heal)));
    return nodes.length === 0 ? [] : [{ ...cause, nodes, heals }];
  });
  return { nodes: [...lost.keys()], causes: own };
}

/**
 * What was lost before or is lost now, and would not work at this look either. A heal that the fleet does not want any more, and one of a node that is
 * gone, is missed by nobody.
 *
 * @param before "swap of node2", as the last look left them
 */
export function stillLost(
  before: readonly string[],
  known: ReadinessRecord['heals'] | undefined,
  heals: ReadinessRecord['heals'],
): readonly string[] {
  return Object.entries(heals).flatMap(([node, columns]) =>
    HEALS.flatMap((column) => {
      const name = `${column} of ${node}`;
      const isLost = before.includes(name) || known?.[node]?.[column] === 'y';
      return columns[column] === 'n' && isLost ? [name] : [];
    }),
  );
}

/**
 * What is new of the owner's commands since the last look, for the journal: nobody is paged, since the heals go on without them, and a drill has told what did
 * not come through.
 *
 * @param trials null where they could not be read: that is no change
 */
export function compareTrials(
  before: ReadinessRecord['trials'],
  trials: readonly TrialReport[] | null,
): { readonly known: ReadinessRecord['trials']; readonly changed: readonly string[] } {
  if (trials === null) return { known: before, changed: [] };
  const known = Object.fromEntries(trials.map(({ of, isUsed }) => [of, isUsed ? 'y' : 'n'] as const));
  const changed = trials.filter(({ of }) => known[of] !== before?.[of]).map(trialSentence);
  // A command that was taken out of the file is new when it comes back.
  return { known: trials.length === 0 && before === undefined ? undefined : known, changed };
}

/** "roll-back: it would be used, /opt/node/roll-back came through on a copy in 4 min" */
function trialSentence({ of, command, isUsed, why, tried }: TrialReport): string {
  if (!isUsed) return `${of}: it would not be used: ${why}`;
  const how = tried === null ? `: ${why}` : ` came through on a copy in ${tried.minutes} min`;
  return `${of}: it would be used: ${command}${how}`;
}

const CAUSES_SHOWN = 3;
const NAMES_SHOWN = 4;

/** "3 of 41 nodes have lost a heal since the last look: swap, replace of node1, node2, node3: KMS key … denies CreateGrant …" */
export function lostSentence({ nodes, causes }: Lost, of: number, isOlder = false): string {
  const since = isOlder ? 'an earlier' : 'the last';
  return `${nodes.length} of ${of} nodes ${nodes.length === 1 ? 'has' : 'have'} lost a heal since ${since} daily look: ${causesText(causes)}`;
}

function causesText(causes: readonly Cause[]): string {
  const more = causes.length - CAUSES_SHOWN;
  return [...causes.slice(0, CAUSES_SHOWN).map(causeText), ...(more > 0 ? [`and ${more} more causes`] : [])].join('; ');
}

const causeText = ({ heals, nodes, why, remedy }: Cause): string =>
  `${heals.join(', ')} of ${short(nodes)}: ${why}${remedy === undefined ? '' : ` (${remedy})`}`;

const short = (names: readonly string[]): string =>
  names.length <= NAMES_SHOWN
    ? names.join(', ')
    : `${names.slice(0, NAMES_SHOWN - 1).join(', ')} and ${names.length - NAMES_SHOWN + 1} more`;

/** The first look, for the journal: it pages nobody. */
export function firstSentence({ nodes, causes }: Pick<FleetReport, 'nodes' | 'causes'>): string {
  const lasting = causes
    .filter(({ is, code }) => is === 'no' && !PASSING.has(code))
    .map((cause) => ({ ...cause, heals: HEALS.filter((heal) => cause.heals.includes(heal)) }))
    .filter(({ heals }) => heals.length > 0);
  return lasting.length === 0
    ? `the first look at ${nodes.length} nodes finds nothing that keeps a heal from working`
    : `the first look at ${nodes.length} nodes: these heals would not work now, and nobody is paged for what never worked: ${causesText(lasting)}`;
}

/** Nodes that say nothing of their next heal now. */
export const isSilent = ({ heals }: Pick<NodeReport, 'heals'>): boolean =>
  Object.values(heals).some(
    (verdict) => 'findings' in verdict && verdict.findings.some(({ code }) => code === 'instance-stopped'),
  );
