// What sed, grep and awk read on a node of what others write: answers of its client, and its configuration. Built to cost much, in three sizes: the work grows
// with the size, and no faster. hide-secrets.test.ts does the same for what leaves a node of a configuration.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { sampled } from '../../fixtures/asked.ts';
import { jsonStructures, PAGES, TEXTS, TOMLS } from '../../fixtures/structures.ts';

const partOf = (file: string, from: string, to: string): string => {
  const text = readFileSync(new URL(`../../../shared/node-commands/${file}`, import.meta.url), 'utf8');
  const begin = text.indexOf(from);
  const end = text.indexOf(to, begin);
  if (begin < 0 || end < 0) throw new Error(`${file} has no "${from}" … "${to}"`);
  return text.slice(begin, end + to.length);
};

const KEEP = partOf('ask-node.sh', 'keep() {', 'grep -a -E "^($1|$TRAILER)" || true; }');
const TRUSTING = partOf('first-boot-statesync.sh', 'trusting() {', '\n}');
const TRUST = "'https://a.example,https://b.example' 7 ABCD 168h0m0s";

/** Seconds of CPU that a command takes for a text on its standard input. */
function secondsOf(functions: string, command: string, text: string): number {
  const script = `export LC_ALL=C; PATIENCE=60 TRAILER='chainmend-status '
${functions}
TIMEFORMAT='%U %S'; { time ${command} >/dev/null 2>&1 || true; } 2>&1`;
  const told = execFileSync('bash', ['-c', script], { input: text, encoding: 'utf8' });
  const [user = Number.NaN, system = Number.NaN] = told.trim().split(' ').map(Number);
  return user + system;
}

const SIZES = [100_000, 200_000, 400_000] as const;
const COMMANDS = [
  ...['facts', 'peers', 'spec', 'consensus', 'geth'].map((what) => [`keep ${what}`, KEEP] as const),
  [`trusting /dev/stdin ${TRUST}`, TRUSTING],
] as const;

const lines = (text: string): string => text.replace(/(.{60})/g, '$1\n');
const worst = Object.entries({ ...TEXTS, ...jsonStructures(), ...PAGES, ...TOMLS }).flatMap(
  ([name, make]): (readonly [string, (size: number) => string])[] => [
    [name, make],
    [`${name}, in short lines`, (size) => lines(make(size))],
  ],
);

describe.each(COMMANDS)('%s', (command, functions) => {
  it.each(sampled('worst-answers', worst, 12))('takes no longer for %s than its size says', (_, make) => {
    const [small, , large] = SIZES.map((size) => secondsOf(functions, command, make(size)));
    // Four times the text: a process takes some hundredths by itself.
    expect(large).toBeLessThan(Math.max(0.3, 8 * (small ?? 0)));
  });
});
