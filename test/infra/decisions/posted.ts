// docs/decisions.md: how answers that people posted in public are judged, by client, and those that are judged otherwise than they turned out to be.
import { errorOf, fixturesOf, judge, type PostedFixture, postedClients } from '../../fixtures/posted.ts';

/** Issue numbers are enough to find it again. */
const sourceOf = ({ from }: PostedFixture): string => `[${from.replace(/^https:\/\/(github\.com\/)?/, '')}](${from})`;

export function postedTables(): Readonly<Record<string, readonly string[]>> {
  const judged = postedClients.map((client) => ({
    client,
    verdicts: fixturesOf(client).map((fixture) => {
      const verdict = judge(client, fixture);
      return { fixture, verdict, error: errorOf(fixture, verdict) };
    }),
  }));
  const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return {
    posted: [
      row(['client', 'not wedged, called sick', 'wedged, called working', 'not found out']),
      row(Array.from({ length: 4 }, () => '---')),
      ...judged.map(({ client, verdicts }) => {
        const count = (of: (one: (typeof verdicts)[number]) => boolean): number => verdicts.filter(of).length;
        const wedged = count(({ fixture }) => fixture.is === 'wedged');
        const unsaid = count(({ fixture }) => fixture.is === 'unsaid');
        const notWedged = verdicts.length - wedged - unsaid;
        return row([
          ...[client, `${count(({ error }) => error === 'sick')}/${notWedged}`],
          ...[`${count(({ error }) => error === 'working')}/${wedged}`, unsaid],
        ]);
      }),
    ],
    'posted-errors': [
      row(['posted', 'it was', 'it is called', 'why']),
      row(Array.from({ length: 4 }, () => '---')),
      ...judged.flatMap(({ client, verdicts }) =>
        verdicts
          .filter(({ error }) => error !== undefined)
          .map(({ fixture, verdict }) =>
            row([sourceOf(fixture), `${fixture.is} (${client}): ${fixture.found}`, verdict.ends, fixture.why ?? '']),
          ),
      ),
    ],
  };
}
