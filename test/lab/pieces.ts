// What the laboratory plays, in pieces of some minutes: each is a command, and is due by its record (ledger.ts).
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../infra/paths.ts';
import { ASKED_BY } from '../fixtures/asked.ts';
import { WORLDS } from './explorers/healing.ts';
import { LADDER_WORLDS } from './explorers/ladder-worlds.ts';
import { SMALL_WORLDS } from './explorers/small-worlds.ts';
import type { Estimated } from './ledger.ts';
import { GROUPS } from './machines/stories/plan.ts';
import { AREAS } from './mutants/generated/areas.ts';
import { SEEN_BY_STORMS } from './mutants/storm-rules.ts';

export interface Piece extends Estimated {
  readonly name: string;
  /** The words after `npm run --silent` or `npm`. @param times how often it was played: what draws seeds takes the next ones */
  readonly words: (times: number) => readonly string[];
  readonly environment?: (times: number) => Readonly<Record<string, string>>;
  /** `clock`: it depends on a real clock or a real machine, and is run once more, alone, where it fails. */
  readonly depends?: 'clock';
  /** It draws what nobody has seen before: what it finds is told, and fails no build. */
  readonly isNew?: true;
}

const MUTANT_SHARES = 40;
const STORMS_EACH = 40;
/** The first seeds were played for docs/storms.md. */
const FIRST_SEED = 100_000;

/** How many shares the longest suites are played in, in full (`CHAINMEND_PART`). */
const PARTS: Readonly<Record<string, number>> = { crash: 24, 'first-month': 24, seeded: 8, backtested: 4 };

/** The names of suites that play a sample where nobody asks for them. */
function sampledSuites(): readonly string[] {
  const texts = globSync('test/**/*.test.ts', { cwd: repositoryRoot }).map((path) =>
    readFileSync(join(repositoryRoot, path), 'utf8'),
  );
  return [...new Set(texts.flatMap((text) => [...text.matchAll(ASKED_BY)].map(([, name = '']) => name)))].sort();
}

const script = (name: string, words: readonly string[] = []): readonly string[] => [
  ...['run', '--silent', name],
  ...(words.length > 0 ? ['--', ...words] : []),
];

function suitesInFull(): readonly Piece[] {
  return sampledSuites().flatMap((suite) => {
    const words = () => ['test', '--silent', '--', suite];
    const parts = PARTS[suite];
    if (parts === undefined) return [{ name: `suite ${suite}`, seconds: 120, words }];
    return Array.from({ length: parts }, (_, at) => {
      const part = `${at + 1}/${parts}`;
      return { name: `suite ${suite} ${part}`, seconds: 300, words, environment: () => ({ CHAINMEND_PART: part }) };
    });
  });
}

const storms = (generator: 'a' | 'b'): Piece => ({
  name: `storms of generator ${generator}`,
  seconds: 300,
  isNew: true,
  words: (times) => {
    const from = FIRST_SEED + times * STORMS_EACH;
    return script('storm', ['--generator', generator, '--seeds', `${from}..${from + STORMS_EACH - 1}`]);
  },
});

/** All of them; a part is asked for by the first word of its names. */
export function allPieces(): readonly Piece[] {
  const worlds = [...Object.keys(WORLDS), ...Object.keys(SMALL_WORLDS)];
  return [
    { name: 'host', seconds: 600, depends: 'clock', words: () => script('test:host') },
    {
      ...{ name: 'attacks', seconds: 600, depends: 'clock' },
      words: () => script('test:host', ['hostile']),
      environment: () => ({ CHAINMEND_ROUNDS: '100' }),
    },
    ...GROUPS.map(
      (group): Piece => ({
        ...{ name: `real ${group}`, seconds: 300, depends: 'clock' },
        words: () => script('test:nodes', ['--group', group]),
      }),
    ),
    storms('a'),
    storms('b'),
    ...Array.from({ length: MUTANT_SHARES }, (_, at): Piece => {
      const share = `${at + 1}/${MUTANT_SHARES}`;
      return { name: `mutants ${share}`, seconds: 200, words: () => script('mutants', [share]) };
    }),
    ...suitesInFull(),
    ...AREAS.map(
      ({ name }): Piece => ({
        name: `generated ${name}`,
        seconds: 240,
        words: () => script('mutants:generated', [name]),
      }),
    ),
    ...worlds.map(
      (world): Piece => ({ name: `explore ${world}`, seconds: 60, words: () => script('explore', ['--world', world]) }),
    ),
    ...Object.entries(LADDER_WORLDS).flatMap(([world, { parts }]) =>
      Array.from({ length: parts }, (_, at): Piece => {
        const part = `${at + 1}/${parts}`;
        const words = ['--world', world, '--part', part];
        return { name: `explore ${world} ${part}`, seconds: 240, words: () => script('explore', words) };
      }),
    ),
    { name: 'explore rules', seconds: 240, words: () => script('explore', ['--rules']) },
    {
      name: 'properties',
      seconds: 200,
      isNew: true,
      words: () => script('properties'),
      environment: (times) => ({ CHAINMEND_SEED: String(FIRST_SEED + times) }),
    },
    ...SEEN_BY_STORMS.map(
      ({ name }): Piece => ({
        name: `caught by storms: ${name}`,
        seconds: 300,
        words: () => script('mutants:storms', [name]),
      }),
    ),
    { name: 'aws', seconds: 400, depends: 'clock', words: () => script('aws') },
    { name: 'bench', seconds: 900, depends: 'clock', words: () => script('bench') },
  ];
}
