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
      row(['client', 'answers', 'not wedged', 'called sick', 'wedged', 'called working', 'not found out']),
      row(Array.from({ length: 7 }, () => '---')),
      ...judged.map(({ client, verdicts }) => {
        const count = (of: (one: (typeof verdicts)[number]) => boolean): number => verdicts.filter(of).length;
        const wedged = count(({ fixture }) => fixture.is === 'wedged');
        const unsaid = count(({ fixture }) => fixture.is === 'unsaid');
        return row([
          ...[client, verdicts.length, verdicts.length - wedged - unsaid, count(({ error }) => error === 'sick')],
          ...[wedged, count(({ error }) => error === 'working'), unsaid],
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
