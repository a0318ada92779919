// Each story of the explorers' worlds, as it was played before: its acts in words, and a digest of all that each act says (its target, its reason, its
// evidence); and the words of the stories with one fault at every seventh place. A change of a decision changes a line of played.json, and nothing else notices small ones.
// `UPDATE=1 npm test -- explorers/played` writes it anew: read the difference before you commit it.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { sampled } from '../../fixtures/asked.ts';
import { begin, faultsAt, fork, next, type Story, turn } from './ladder.ts';
import { AROUND, type Around, canMeddle } from './ladder-people.ts';
import type { LadderSetting } from './ladder-setting.ts';
import { LADDER_WORLDS } from './ladder-worlds.ts';

const PATH = join(import.meta.dirname, 'played.json');
const FAULT_EVERY = 7;

interface Played {
  /** The acts of the story in which nothing goes wrong; the digest of their details. */
  readonly acts: string;
  readonly details: string;
  /** The stories with one fault: how many of each end, and the digest of their words. */
  readonly withFaults: string;
}

const written = JSON.parse(readFileSync(PATH, 'utf8')) as Readonly<Record<string, Played>>;
const now: Record<string, Played> = {};

const isAround = (fault: string): fault is Around => (AROUND as readonly string[]).includes(fault);
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

function toEnd(story: Story, atEach: (act: ReturnType<typeof next>) => void = () => {}): void {
  while (story.end === null) {
    const act = next(story);
    atEach(act);
    turn(story, act, null);
  }
}

function play(setting: LadderSetting): Played {
  const details: string[] = [];
  const ofFaults: string[] = [];
  const ends = new Map<string, number>();
  let places = 0;
  const story = begin(setting);
  toEnd(story, (act) => {
    details.push(JSON.stringify(act));
    for (const fault of faultsAt(act)) {
      if ((isAround(fault) && !canMeddle(story.world, fault, story.memory)) || places++ % FAULT_EVERY !== 0) continue;
      const other = fork(story);
      turn(other, act, fault);
      toEnd(other);
      const { end } = other;
      ofFaults.push(other.words.join(', '));
      const how = end?.as === 'refused' ? end.refusal.refuse : end?.as === 'healed' ? 'healed' : (end?.code ?? '');
      ends.set(how, (ends.get(how) ?? 0) + 1);
    }
  });
  details.push(JSON.stringify(story.end));
  const told = [...ends].sort().map(([how, count]) => `${count} ${how}`);
  return {
    acts: story.words.join(', '),
    details: digestOf(details.join('\n')),
    withFaults: `${told.join(', ')}: ${digestOf(ofFaults.join('\n'))}`,
  };
}

describe.each(Object.entries(LADDER_WORLDS))('in the world %s', (_, { settings }) => {
  it.each(sampled('played', Object.entries(settings), 2))('a heal does what it did: %s', (name, setting) => {
    const played = play(setting);
    now[name] = played;
    if (process.env['UPDATE'] === undefined) expect(played).toEqual(written[name]);
    else writeFileSync(PATH, `${JSON.stringify({ ...written, ...now }, null, 2)}\n`);
  });
});

it('no story is written down that nobody plays', () => {
  const settings = Object.values(LADDER_WORLDS).flatMap((world) => Object.keys(world.settings));
  expect(Object.keys(written).sort()).toEqual(settings.sort());
});
