// What each verb of `chainmend` changes, and when it asks. The verbs go by this table themselves (consent.ts), and docs/commands.md is printed of it.

/** What is left changed by it, of what the verb says of itself. */
const EFFECTS = {
  reads: 'reads only',
  files: 'writes files here',
  switches: 'changes a switch',
  settings: 'writes settings of fleets, their alarms or names',
  acts: 'begins something on nodes',
} as const;

interface Row {
  readonly does: keyof typeof EFFECTS;
  /** always: before all that it changes. by effect: where what it found says so. */
  readonly asks: 'never' | 'always' | 'by effect';
  /** What makes it ask, or why nothing does. */
  readonly why: string;
  /** The flag with which it only says what it would do. */
  readonly looks?: string;
}

const READS = { does: 'reads', asks: 'never', why: 'changes nothing' } as const satisfies Row;
const BY_HAND = {
  does: 'acts',
  asks: 'always',
  why: 'shows the plan, and asks',
  looks: '--plan',
} as const satisfies Row;

/** By the words before the arguments. */
export const VERBS = {
  status: READS,
  endpoints: READS,
  explain: READS,
  plan: READS,
  journal: READS,
  doctor: { ...READS, why: 'only dry runs, but for `--command`' },
  backtest: READS,
  restore: BY_HAND,
  replace: BY_HAND,
  undo: BY_HAND,
  shrink: BY_HAND,
  snapshot: BY_HAND,
  upgrade: BY_HAND,
  drill: BY_HAND,
  scale: BY_HAND,
  approve: { does: 'acts', asks: 'always', why: 'shows the plan that waits, and asks' },
  reject: { does: 'switches', asks: 'always', why: 'shows the plan that waits, and asks' },
  ack: { does: 'switches', asks: 'never', why: 'only a page is repeated no more' },
  report: { does: 'files', asks: 'never', why: 'one page, here' },
  check: READS,
  show: READS,
  push: {
    does: 'settings',
    asks: 'by effect',
    why: 'unless everything only narrows, and EC2 shows the same nodes',
  },
  pause: { does: 'switches', asks: 'never', why: 'stops at once' },
  resume: {
    does: 'switches',
    asks: 'never',
    why: 'goes on with what the fleet file allows',
  },
  retire: { does: 'settings', asks: 'always', why: 'lists what goes, and asks' },
  left: READS,
  'names adopt': { does: 'settings', asks: 'always', why: 'lists the records, and asks' },
  'names release': { does: 'settings', asks: 'always', why: 'lists the records, and asks' },
  adopt: { does: 'files', asks: 'never', why: 'never over a file that exists', looks: '--plan' },
  diff: READS,
  smoke: {
    does: 'acts',
    asks: 'always',
    why: 'what it makes costs money',
    looks: '--plan',
  },
  completion: READS,
} as const satisfies Readonly<Record<string, Row>>;

export type Verb = keyof typeof VERBS;
type VerbThat<Asks extends Row['asks']> = {
  readonly [Name in Verb]: (typeof VERBS)[Name]['asks'] extends Asks ? Name : never;
}[Verb];
export type AlwaysAsks = VerbThat<'always'>;
export type AsksByEffect = VerbThat<'by effect'>;
/** Changes something, and asks nobody. */
export type NeverAsks = Exclude<
  VerbThat<'never'>,
  { [Name in Verb]: (typeof VERBS)[Name]['does'] extends 'reads' ? Name : never }[Verb]
>;

/** @throws Error where a verb has no row: it would be one of which nobody knows what it changes */
export function rowOf(name: string): Row {
  const row = Object.entries<Row>(VERBS).find(([verb]) => verb === name)?.[1];
  if (row === undefined)
    throw new Error(`the verb ${name} has no row in the table of verbs: expected one that says what it changes`);
  return row;
}

/** For its help. */
export const effectText = ({ does, asks, why, looks }: Row): string => {
  const asking = asks === 'never' ? 'Asks nobody' : asks === 'always' ? 'Asks' : 'Asks by its effect';
  return `${capital(EFFECTS[does])}. ${asking}: ${why}${looks === undefined || does === 'files' ? '' : `; ${looks} only says what it would do`}.`;
};

/** Markdown for docs/commands.md: a row for all verbs with the same effect. */
export function effectsTable(): string {
  const alike = Map.groupBy(
    Object.entries<Row>(VERBS),
    ([, { does, asks, why }]) => `${EFFECTS[does]} | ${asks}: ${why}`,
  );
  const rows = [...alike].map(
    ([effect, verbs]) => `| ${verbs.map(([verb]) => `\`${verb}\``).join(', ')} | ${effect} |`,
  );
  return ['| verbs | what they change | asks |', '| --- | --- | --- |', ...rows].join('\n');
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
