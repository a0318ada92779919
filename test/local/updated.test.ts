// A suite of an earlier version is updated to today's while a heal is under way: the heal ends on the code that it began with, and the next one begins on
// the new code. docs/upgrading.md says so. `CHAINMEND_EARLIER=COMMIT npm test -- updated` takes the suite of that commit for the earlier one.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Checkout, checkoutOf } from '../../infra/commands/diff/checkout.ts';
import { sampled } from '../fixtures/asked.ts';
import type { Updated } from '../fixtures/jobs/updated.ts';
import { runJob } from '../fixtures/jobs.ts';

const HEALS = ['disk-full', 'corrupt-data', 'instance-dead', 'daily-snapshot'] as const;
/** Of the heal's own time, from its beginning to its end. */
const MOMENTS = [0.1, 0.3, 0.5, 0.7, 0.9] as const;

/** The longest of them: the heal of the story. */
const healOf = ({ executions }: Updated) =>
  executions.toSorted((one, other) => (other.endedMs ?? 0) - other.beganMs - ((one.endedMs ?? 0) - one.beganMs))[0];

describe('an update in the middle of a heal', () => {
  const cases = HEALS.flatMap((scenario) => MOMENTS.map((moment) => ({ scenario, moment })));
  it.each(sampled('updated', cases, 6))('of $scenario, at $moment of its time', async ({ scenario, moment }) => {
    const plain = healOf(await runJob('updated', { scenario }));
    if (plain?.endedMs == null) throw new Error(`${scenario} has no heal that ends`);
    const atMs = Math.round(plain.beganMs + moment * (plain.endedMs - plain.beganMs));
    const updated = await runJob('updated', { scenario, atMs });
    expect(updated).toMatchObject({ unmet: [], violations: [] });
    const underWay = updated.executions.filter(({ beganMs, endedMs }) => beganMs < atMs && (endedMs ?? 0) > atMs);
    expect(underWay.map(({ functionName, version, status }) => [functionName, version, status])).toEqual([
      [plain.functionName, '1', 'SUCCEEDED'],
    ]);
    expect(updated.liveVersions[plain.functionName]).toBe('2');
  });

  it('has the heal send the documents that it began with, which the update keeps', async () => {
    const { earlierDocuments } = await runJob('updated', { scenario: 'disk-full', atMs: FENCED_MS });
    expect(earlierDocuments).toEqual([expect.stringMatching(/^chainmend-grow-filesystem-[0-9a-f]{8}$/)]);
  });
});

const COMMIT = process.env['CHAINMEND_EARLIER'];
const ofCommit =
  COMMIT === undefined
    ? describe.skip.bind(describe, 'the suite of a commit (left out: CHAINMEND_EARLIER=COMMIT npm test -- updated)')
    : describe.bind(describe, `the suite of ${COMMIT}`);

ofCommit(() => {
  const SYNTHESIZE = "const { ensureSynthesized } = await import('./infra/synth.ts');";
  const SAY = "console.log(await ensureSynthesized({ fleets: 'local/scenarios/fleets' }));";
  let checkout: Checkout;
  let made: string;

  beforeAll(async () => {
    checkout = await checkoutOf(COMMIT ?? '');
    const words = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', SYNTHESIZE + SAY];
    made = (await promisify(execFile)(process.execPath, words, { cwd: checkout.root, timeout: 300_000 })).stdout.trim();
  });
  afterAll(() => checkout.end());

  it.each(MOMENTS)('ends the heal of a full disk, at %s of its time', async (moment) => {
    const heal = healOf(await runJob('updated', { scenario: 'disk-full', made }));
    if (heal?.endedMs == null) throw new Error(`${COMMIT} does not heal a full disk in this region`);
    const atMs = Math.round(heal.beganMs + moment * (heal.endedMs - heal.beganMs));
    expect(await runJob('updated', { scenario: 'disk-full', atMs, made })).toMatchObject({ unmet: [], violations: [] });
  });
});

/** The disk's heal has asked the node, and has not grown its filesystem yet. */
const FENCED_MS = 175_000;
