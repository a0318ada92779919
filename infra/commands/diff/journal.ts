// What another version of a fleet file would have decided where the journal says what was decided: from the numbers that its lines hold. What a line does
// not hold is not guessed: such a line is counted, with the reason. Pure.
import type { Fleet, Role } from '../../../shared/fleet/model.ts';
import { decideResize, GIB, type ResizeFacts } from '../../../shared/growth/decide.ts';
import { isVolumeType } from '../../../shared/guardrails/ebs.ts';
import { classOf, judgeClass } from '../../../shared/guardrails/replace.ts';
import { type FileRung, RUNGS } from '../../../shared/model/rungs.ts';
import { jsonOrUndefined } from '../../../shared/text/json.ts';
import type { ReportLine } from '../../report/facts.ts';

export interface JournalDifference {
  readonly atMs: number;
  readonly node: string;
  readonly trouble: 'full disk' | 'sick node';
  /** "grow to 650 GiB", "refused size-ceiling", "swap", "nothing" */
  readonly before: string;
  readonly after: string;
}

export interface JournalDifferences {
  readonly fromMs: number;
  readonly toMs: number;
  /** Decisions of heals that the journal has. */
  readonly decisions: number;
  readonly different: readonly JournalDifference[];
  /** Those that cannot be decided again, by the reason. */
  readonly undecidable: readonly { readonly why: string; readonly lines: number }[];
  readonly notes: readonly string[];
}

const HOUR_MS = 60 * 60_000;
const NO_NUMBERS = 'the line does not hold what was read';
const OTHER_FILE = 'it was decided under another file than the first of the two';
const OTHER_TAGS = 'the two files find volumes by different tags';
const NEEDS_MORE = 'the health of the fleet then is not in the line';

/** @param lines of one fleet, oldest first */
export function journalDifferencesOf(
  lines: readonly ReportLine[],
  { before, after, fromMs, toMs }: { before: Fleet; after: Fleet; fromMs: number; toMs: number },
): Omit<JournalDifferences, 'notes'> {
  const different: JournalDifference[] = [];
  const undecidable = new Map<string, number>();
  const decisions = lines.filter(isDecision);
  const asked = askedByPeople(lines);
  for (const line of decisions) {
    const again = decidedAgain(line, before, after, asked.has(line.incidentId));
    if ('not' in again) undecidable.set(again.not, (undecidable.get(again.not) ?? 0) + 1);
    else if (again.before !== again.after)
      different.push({ atMs: line.atMs, node: line.node, trouble: troubleOf(line), ...again });
  }
  return {
    ...{ fromMs, toMs, decisions: decisions.length, different },
    undecidable: [...undecidable].map(([why, count]) => ({ why, lines: count })),
  };
}

const troubleOf = ({ heal }: ReportLine): JournalDifference['trouble'] =>
  heal === 'resize-volume' ? 'full disk' : 'sick node';

/** What a heal decided: an intended growth, a rung, a plan, a refusal. Proofs, results and pages follow from these. */
function isDecision({ heal, kind, act = '', fields }: ReportLine): boolean {
  if (heal === 'resize-volume')
    return kind === 'refusal' || kind === 'plan' || (kind === 'intent' && act.startsWith('ModifyVolume '));
  return heal === 'replace-node' && (kind === 'refusal' || (kind === 'decision' && fields.rung != null));
}

type Again = { readonly before: string; readonly after: string } | { readonly not: string };

const decidedAgain = (line: ReportLine, before: Fleet, after: Fleet, isAsked: boolean): Again =>
  line.heal === 'resize-volume' ? grownAgain(line, before, after) : climbedAgain(line, before, after, isAsked);

/** Incidents that a person has asked for: the dispatcher writes down what was wanted. */
const askedByPeople = (lines: readonly ReportLine[]): ReadonlySet<string> =>
  new Set(
    lines.flatMap(({ kind, evidence, incidentId }) =>
      kind === 'decision' && membersIn(evidence)['want'] !== undefined ? [incidentId] : [],
    ),
  );

function grownAgain(line: ReportLine, before: Fleet, after: Fleet): Again {
  const numbers = numbersIn(line.evidence);
  if (numbers === null) return { not: NO_NUMBERS };
  const [a, b] = [tagsOf(before, numbers.role), tagsOf(after, numbers.role)];
  if (a === null || JSON.stringify(a) !== JSON.stringify(b)) return { not: OTHER_TAGS };
  const first = growthUnder(before, numbers, line.atMs);
  if (first !== wasDecided(line)) return { not: OTHER_FILE };
  return { before: inMode(before, first), after: inMode(after, growthUnder(after, numbers, line.atMs)) };
}

/** In mode plan nothing is done, and in mode ask a person is asked. */
const inMode = ({ mode }: Fleet, words: string): string =>
  mode === 'act' || words.startsWith('refused ') || words === 'nothing' ? words : `${mode}: ${words}`;

function wasDecided({ kind, code, evidence, fields }: ReportLine): string {
  if (kind === 'refusal') return `refused ${code}`;
  const plan = membersIn(evidence);
  const asked = membersOf(plan['plan']);
  const toGiB = plan['toGiB'] ?? asked['toGiB'] ?? /→ (\d+) GiB/.exec(fields.would ?? '')?.[1];
  return `grow to ${toGiB} GiB`;
}

interface Numbers {
  readonly role: string;
  readonly volumeId: string;
  readonly sizeGiB: number;
  readonly type: string;
  readonly percent: number;
  readonly inodesPercent: number;
  readonly usedGiB: number;
  readonly gibPerHour: number | null;
  readonly modifications: number;
  readonly addedUsd: number;
  readonly ownerBy: string | null;
}

/** Of an intent and a refusal they are beside the plan, of a question within it. null: an older line, or one that was cut. */
function numbersIn(evidence: string | undefined): Numbers | null {
  const members = membersIn(evidence);
  const told = membersOf(members['numbers'] ?? membersOf(members['plan'])['numbers']);
  const counts = ['sizeGiB', 'percent', 'inodesPercent', 'usedGiB', 'modifications', 'addedUsd'] as const;
  if (counts.some((name) => !Number.isFinite(told[name]))) return null;
  const { role, volumeId, type, ownerBy = null, gibPerHour = null } = told;
  if (gibPerHour !== null && !Number.isFinite(gibPerHour)) return null;
  if (typeof role !== 'string' || typeof volumeId !== 'string' || typeof type !== 'string') return null;
  if (ownerBy !== null && typeof ownerBy !== 'string') return null;
  return { ...(told as unknown as Numbers), role, volumeId, type, ownerBy };
}

const tagsOf = ({ volumes }: Fleet, role: string) => volumes.find((volume) => volume.role === role)?.tags ?? null;

/** As whoever owns it is told: what a file says of the owner is the file's own. */
const OWNER_TAGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'stack-tag': { 'aws:cloudformation:stack-name': 'a-stack' },
  guess: { ManagedBy: 'terraform' },
};
/** Intents count for a day. */
const JUST_BEFORE_MS = 60_000;

function growthUnder(fleet: Fleet, numbers: Numbers, nowMs: number): string {
  const { role: volumeRole, volumeId, sizeGiB, type, percent, inodesPercent, usedGiB, gibPerHour } = numbers;
  if (!isVolumeType(type)) return 'refused volume-not-found';
  const usedBytes = usedGiB * GIB;
  const tags = { ...tagsOf(fleet, volumeRole), ...OWNER_TAGS[numbers.ownerBy ?? ''] };
  const facts: ResizeFacts = {
    ...{ nowMs, fleet, volumeRole, instanceState: 'running', instanceTags: {}, latestModification: null, seen: null },
    volumes: [{ volumeId, sizeGiB, type, iops: null, throughputMiBps: null, tags }],
    // Two points of this slope, or one where it was not known.
    history: [
      ...(gibPerHour === null ? [] : [{ atMs: nowMs - HOUR_MS, usedBytes: usedBytes - gibPerHour * GIB }]),
      { atMs: nowMs, usedBytes },
    ],
    ...{ reportedPercent: percent, reportedInodesPercent: inodesPercent, addedUsd: numbers.addedUsd },
    intents: Array.from({ length: Math.min(numbers.modifications, 100) }, () => ({
      ...{ volumeId, toGiB: sizeGiB, atMs: nowMs - JUST_BEFORE_MS },
    })),
  };
  const decision = decideResize(facts);
  if ('refuse' in decision) return `refused ${decision.refuse}`;
  return decision.do === 'nothing' ? 'nothing' : `grow to ${decision.toGiB} GiB`;
}

/** What may come in the place of a rung that a file does not have: what the ladder tries after it. */
const FROM: Readonly<Record<FileRung, readonly FileRung[]>> = {
  restart: ['restart', 'swap', 'replace'],
  'stop-start': ['stop-start', 'replace'],
  swap: ['swap', 'replace'],
  replace: ['replace'],
};

function climbedAgain({ kind, fields, node }: ReportLine, before: Fleet, after: Fleet, isAsked: boolean): Again {
  const rung = RUNGS.find((one) => one === fields.rung);
  if (kind === 'refusal' || rung === undefined) return { not: NEEDS_MORE };
  // What a person asks for is done whatever rungs the file has.
  if (isAsked) return { before: rung, after: rung };
  if (rungUnder(before, rung, node) !== rung) return { not: OTHER_FILE };
  // Where roles come from tags, the line does not say which the node had.
  if (JSON.stringify(before.role) !== JSON.stringify(after.role) && !('fixed' in after.role))
    return { not: NEEDS_MORE };
  if (limitsOf(before) !== limitsOf(after)) return { not: NEEDS_MORE };
  return { before: inMode(before, rung), after: inMode(after, rungUnder(after, rung, node)) };
}

/** What else lets a rung be taken: numbers of the fleet, budgets, owners. The line does not hold what they are compared with. */
function limitsOf({ breaker, owner, health, replace }: Fleet): string {
  const { rungs: _, ...budgets } = replace;
  const { restartValidators: __, ...words } = owner;
  return JSON.stringify([breaker, words, health, budgets]);
}

/** The health of the fleet let the rung be taken, and does so under a file with the same limits. */
function rungUnder(fleet: Fleet, rung: FileRung, name: string): string {
  const next = FROM[rung].find((one) => fleet.replace.rungs.includes(one));
  if (next === undefined) return rung === 'restart' || rung === 'stop-start' ? 'refused restart-forbidden' : 'nothing';
  const role: Role = 'fixed' in fleet.role ? fleet.role.fixed : 'follower';
  const refusal = judgeClass({
    ...{ class: classOf(next), fleet, role, node: { instanceId: '-', name }, haltedSinceMs: null },
    ...{ breaker: { open: false, sentence: '' }, cause: 'unknown', manual: false, acknowledgesValidator: false },
  });
  return refusal === null ? next : `refused ${refusal.refuse}`;
}

type Members = Readonly<Record<string, unknown>>;

const membersOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {});

/** Evidence is JSON, cut after 4,000 characters: what was cut is no JSON. */
const membersIn = (json: string | undefined): Members => membersOf(jsonOrUndefined(json ?? ''));
