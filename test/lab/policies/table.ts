// What the policies came to in the same storms, in a table of 100 columns.
import type { Score } from '../oracle/score/score.ts';
import type { PolicyName } from './index.ts';
import type { Scored } from './play.ts';

/** The sums of a policy over all storms that were played. */
export interface Total extends Omit<Score, 'minutes' | 'against' | 'usdAMonth'> {
  readonly policy: PolicyName;
  readonly storms: number;
  /** Dollars a month more than the same worlds cost when nobody acts; undefined: nobody was not played. */
  readonly usdAMonth: number | undefined;
  /** By minute: over all storms, nodes down, acts and wrongful acts. */
  readonly minutes: readonly { readonly down: number; readonly acts: number; readonly wrongful: number }[];
}

/** One total for each policy, in the order of the first storm. Pure. */
export function totals(storms: readonly (readonly Scored[])[]): readonly Total[] {
  const names = storms[0]?.map(({ policy }) => policy) ?? [];
  return names.map((policy): Total => {
    const own = storms.flatMap((storm) => storm.filter((one) => one.policy === policy).map(({ score }) => score));
    const sum = (of: (score: Score) => number): number => own.reduce((all, score) => all + of(score), 0);
    const nobody = storms.flatMap((storm) => storm.filter((one) => one.policy === 'nobody').map(({ score }) => score));
    const bill = nobody.reduce((all, { usdAMonth }) => all + usdAMonth, 0);
    const longest = Math.max(0, ...own.map(({ minutes }) => minutes.length));
    return {
      policy,
      storms: own.length,
      nodeHoursLost: sum(({ nodeHoursLost }) => nodeHoursLost),
      acts: sum(({ acts }) => acts),
      wrongfulActs: sum(({ wrongfulActs }) => wrongfulActs),
      dataLost: sum(({ dataLost }) => dataLost),
      doubleSigning: sum(({ doubleSigning }) => doubleSigning),
      pages: sum(({ pages }) => pages),
      refusedModifications: sum(({ refusedModifications }) => refusedModifications),
      usdAMonth: nobody.length === own.length ? sum(({ usdAMonth }) => usdAMonth) - bill : undefined,
      minutes: Array.from({ length: longest }, (_, at) => ({
        down: sum(({ minutes }) => minutes[at]?.down ?? 0),
        acts: sum(({ minutes }) => minutes[at]?.acts ?? 0),
        wrongful: sum(({ minutes }) => minutes[at]?.wrongful ?? 0),
      })),
    };
  });
}

const COLUMNS: readonly (readonly [head: string, cell: (total: Total) => string])[] = [
  ['node-hours lost', ({ nodeHoursLost }) => nodeHoursLost.toFixed(1)],
  ['acts', ({ acts }) => String(acts)],
  ['wrongful acts', ({ wrongfulActs }) => String(wrongfulActs)],
  ['data lost', ({ dataLost }) => String(dataLost)],
  ['identity twice', ({ doubleSigning }) => String(doubleSigning)],
  ['pages', ({ pages }) => String(pages)],
  ['resizes refused', ({ refusedModifications }) => String(refusedModifications)],
  ['$ a month', ({ usdAMonth }) => (usdAMonth === undefined ? '?' : usdAMonth.toFixed(0))],
];
const NAME_WIDTH = 16;
const WIDTH = 9;

/** Heads of two lines, and a line for each policy: 88 columns. */
export function tableLines(all: readonly Total[]): readonly string[] {
  const heads = COLUMNS.map(([head]) => twoLines(head));
  return [
    ''.padEnd(NAME_WIDTH) + heads.map(([upper]) => upper.padStart(WIDTH)).join(''),
    'policy'.padEnd(NAME_WIDTH) + heads.map(([, lower]) => lower.padStart(WIDTH)).join(''),
    ...all.map(
      (total) => total.policy.padEnd(NAME_WIDTH) + COLUMNS.map(([, cell]) => cell(total).padStart(WIDTH)).join(''),
    ),
  ];
}

function twoLines(head: string): readonly [string, string] {
  const at = head.lastIndexOf(' ');
  return at < 0 ? ['', head] : [head.slice(0, at), head.slice(at + 1)];
}
