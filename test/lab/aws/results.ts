// What the region did with requests whose answer by AWS is known: in figures, and what nobody has judged yet. Pure.

/** `absent`: an example names what only its author's account had. `lacking`: the region says that it does not emulate it. */
const OUTCOMES = ['same', 'lacking', 'absent', 'differs'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Result {
  readonly source: 'moto' | 'examples';
  /** botocore's name. */
  readonly service: string;
  /** The name of the test, or the operation and the example's id. */
  readonly name: string;
  readonly outcome: Outcome;
  readonly said: string;
}

/** A difference that stays. */
export interface Judged {
  readonly why: string;
  /** The ends of the names of the results that it explains. */
  readonly names: readonly string[];
}

const TITLES = {
  moto: "moto's tests, verified against AWS",
  examples: "AWS's published examples",
} as const;

/** The table of docs/fidelity.md. */
export function awsTable(results: readonly Result[]): string {
  const rows = (['moto', 'examples'] as const).map((source) =>
    row(
      TITLES[source],
      results.filter((result) => result.source === source),
    ),
  );
  return ['| | as AWS | not emulated, says so | names what is not there | differs |', '|---|---|---|---|---|', ...rows]
    .map((line) => `${line}\n`)
    .join('');
}

const row = (title: string, results: readonly Result[]): string =>
  `| ${[title, ...OUTCOMES.map((outcome) => results.filter((result) => result.outcome === outcome).length || '–')].join(' | ')} |`;

const matches = (name: string, result: Result): boolean => result.name.endsWith(name);

/** Sentences: a difference that nobody has judged, and a judgement without a difference. */
export function unjudged(results: readonly Result[], judged: readonly Judged[]): readonly string[] {
  const different = results.filter(({ outcome }) => outcome === 'differs');
  const names = judged.flatMap((one) => one.names);
  return [
    ...different
      .filter((result) => !names.some((name) => matches(name, result)))
      .map(({ source, name, said }) => `${source}: ${name} differs: ${said}`),
    ...names
      .filter((name) => !different.some((result) => matches(name, result)))
      .map((name) => `${name} differs no more: take it out of differences.ts`),
  ];
}
