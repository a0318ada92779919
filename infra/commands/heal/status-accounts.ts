// `status --accounts FILE`: one table of what is deployed in several accounts and regions. Each is asked by itself; one that does not answer is told,
// and hides no other.
import pMap from 'p-map';
import { plainText } from '../../../shared/text/plain-text.ts';
import { tableOf } from '../fleets/context.ts';
import { type Place, readPlaces } from './accounts-file.ts';
import type { HealCommandContext } from './context.ts';
import { FLEET_COLUMNS, type FleetFacts, pauseLines, rowOfFleet } from './fleet-facts.ts';

/** What `status` says in a place. */
export interface PlaceAnswer {
  readonly status: 0 | 1;
  /** The time by that place's clock, ISO 8601; null where it gave no facts. */
  readonly at: string | null;
  readonly fleets: readonly FleetFacts[];
  /** What a person is told on stderr there. */
  readonly wrong: readonly string[];
}

export interface AccountsContext extends Pick<HealCommandContext, 'say' | 'complain' | 'status'> {
  /** Never throws. */
  readonly askPlace: (place: Place) => Promise<PlaceAnswer>;
}

/** Each is a process of its own: its credentials, its region and its suite are nobody else's. */
const AT_ONCE = 4;

/** @throws FleetFilesError where the file is wrong */
export async function statusOfAccounts(
  context: AccountsContext,
  path: string,
): Promise<{ readonly status: 0 | 1; readonly facts: object }> {
  const places = readPlaces(path);
  let left = places.length;
  const answers = await pMap(
    places,
    async (place) => {
      context.status(`asks ${left} of ${places.length} accounts …`);
      const answer = await context.askPlace(place);
      left--;
      return { place, answer };
    },
    { concurrency: AT_ONCE },
  );
  const read = answers.filter(({ answer: { at } }) => at !== null);
  const rows = read.flatMap(({ place, answer: { at, fleets } }) =>
    fleets.map((fleet) => [place.name, ...rowOfFleet(fleet, Date.parse(at ?? ''))]),
  );
  if (rows.length > 0) context.say(tableOf(['where', ...FLEET_COLUMNS], rows));
  for (const { place, answer } of read) {
    if (answer.fleets.length === 0)
      context.say(`${shown(place)}: no fleet file is stored there, and nothing is looked after.`);
    for (const line of pauseLines(answer.fleets, `${place.name}: `, flagsOf(place))) context.say(line);
  }
  for (const { place, answer } of answers) {
    const lead = answer.at === null ? `${shown(place)} was not read: ` : `${place.name}: `;
    for (const line of answer.wrong) context.complain(plainText(`${lead}${line}`, LINE_CHARACTERS));
  }
  for (const { place } of read.slice(0, 1))
    context.say(`\nOf one fleet of ${place.name}: npm run chainmend -- status FLEET${flagsOf(place)}`);
  return {
    status: answers.some(({ answer }) => answer.at === null || answer.status !== 0) ? 1 : 0,
    facts: { accounts: answers.map(({ place, answer: { wrong, at, fleets } }) => ({ ...place, at, fleets, wrong })) },
  };
}

const LINE_CHARACTERS = 600;

/** What leads there, as words of a command. */
export const wordsOf = ({ profile, region, suite }: Place): readonly string[] =>
  Object.entries({ profile, region, name: suite }).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag}`, value],
  );

/** The same as a person types it: the file allows no character that a shell would read. */
const flagsOf = (place: Place): string =>
  wordsOf(place)
    .map((word) => ` ${word}`)
    .join('');

const shown = (place: Place): string => {
  const flags = flagsOf(place).trim();
  return flags === '' ? place.name : `${place.name} (${flags})`;
};
