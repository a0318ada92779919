// A suite of an earlier version is updated to today's while a heal is under way: the heal ends on the code that it began with, and the next one begins on
// the new code. docs/upgrading.md says so.
import { describe, expect, it } from '@jest/globals';
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

/** The disk's heal has asked the node, and has not grown its filesystem yet. */
const FENCED_MS = 175_000;
