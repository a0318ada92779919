// The museum: public incidents as scenarios. Each holds with several seeds and before the judge, says where it comes from, and is on docs/museum.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../../../infra/paths.ts';
import { allScenarios, museum } from '../../../local/scenarios/catalog/index.ts';
import { isAsked } from '../../fixtures/asked.ts';
import { runLabJob } from '../jobs.ts';

const PATIENCE_MS = 90 * 60_000;
const SEEDS = isAsked('museum') ? [1, 2, 3] : [1];
/** A short one; all of them where the suite is run by name: minutes of two idle cores. */
const CHOSEN = isAsked('museum') ? museum().map(({ name }) => name) : ['base-not-provisioned'];

const textOf = (name: string): string =>
  readFileSync(join(repositoryRoot, `local/scenarios/museum/${name}.yaml`), 'utf8');
/** The comment on top, as one line. */
const commentOf = (name: string): string =>
  [...textOf(name).matchAll(/^# (.*)$/gm)].map(([, line = '']) => line.trim()).join(' ');

describe('an exhibit', () => {
  it('is played like every other scenario', () => {
    expect(allScenarios()).toEqual(expect.arrayContaining([...museum()]));
  });

  it.each(museum())('says what happened, when, what is simplified and what is asked: $name', ({ name, happened }) => {
    const comment = commentOf(name);
    expect(comment).toMatch(/What happened, .*Simplified: .*Asked of chainmend: .*A naive healer /);
    expect(comment).toContain(happened.on);
    expect(textOf(name)).toContain('undisturbed: true');
  });
});

describe('the page', () => {
  const page = readFileSync(join(repositoryRoot, 'docs/museum.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (20\d\d-\d\d-\d\d) \| \[.*\]\((https:[^)]*)\) \| `([a-z0-9-]+)` \| .* \|$/gm)];

  it('has a row for each exhibit, with its day and its source, in the order of the list', () => {
    expect(rows.map(([, on, source, name]) => [on, source, name])).toEqual(
      museum().map(({ name, happened }) => [happened.on, happened.source, name]),
    );
  });
});

describe.each(CHOSEN)('%s', (name) => {
  it(
    `holds, and breaks no promise before the judge, with seed ${SEEDS.join(', ')}`,
    async () => {
      const runs = await runLabJob(
        'judged',
        SEEDS.map((seed) => ({ scenario: name, seed })),
      );
      expect(runs.map(({ seed, unmet, broken }) => ({ seed, unmet, broken }))).toEqual(
        SEEDS.map((seed) => ({ seed, unmet: [], broken: [] })),
      );
    },
    PATIENCE_MS,
  );
});
