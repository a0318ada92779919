// A service of AWS fails for half a minute, or for five, at a stage of a heal: every call to it is answered with a 503. The heal waits for the service
// within its attempt, and heals. `npm test` takes one; `npm test -- aws-blip` takes all services at all stages.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { isAsked, sampled } from '../../fixtures/asked.ts';
import type { Blip, Disturbable, Undisturbed } from '../../fixtures/jobs/outage.ts';
import { runJob } from '../../fixtures/jobs.ts';

const PATIENCE_MS = 120 * 60_000;
/** How much later than undisturbed a heal may end, besides the time in which AWS failed. */
const LATER_SECONDS = 120;

const SERVICES = ['ec2', 'ssm', 'dynamodb', 'lambda', 'monitoring', 'route53'];
const SECONDS = [30, 300];

interface Tale extends Disturbable {
  readonly name: string;
  /** Steps at which a service begins to fail: "send 2" is the second one of that name. */
  readonly stages: readonly string[];
}

const TALES: readonly Tale[] = [
  {
    name: 'a growth',
    scenario: 'disk-full',
    heal: 'chainmend-resize-volume',
    stages: ['send 1', 'reserve 1', 'modify-0 1', 'send 2', 'poll-0 3'],
  },
  {
    name: 'a swap',
    scenario: 'corrupt-data',
    heal: 'chainmend-replace-node',
    stages: ['take-rung 1', 'take-rung 2', 'call-0 1', 'send 3', 'send 4', 'poll-0 4', 'call-0 2'],
  },
  {
    name: 'a clean snapshot',
    scenario: 'daily-snapshot',
    heal: 'chainmend-snapshot-node',
    // Not at CreateSnapshots itself: its client is not kept down until AWS is well, and the snapshot is tried again later.
    stages: ['send 2', 'send 3'],
  },
];

const all: readonly Blip[] = TALES.flatMap(({ scenario, heal, stages }) =>
  stages.flatMap((from) =>
    SERVICES.flatMap((service) => SECONDS.map((seconds) => ({ scenario, heal, service, seconds, from }))),
  ),
);
/** Up to 72 of each heal. */
const chosen = isAsked('aws-blip') ? all : sampled('aws-blip', all, 1_000);

const undisturbed = new Map<string, Undisturbed>();
const ends = new Map<string, Undisturbed>();
const keyOf = ({ scenario, service, seconds, from }: Blip): string => `${scenario} ${service} ${seconds} ${from}`;

beforeAll(async () => {
  for (const { scenario, heal } of TALES) {
    const blips = chosen.filter((blip) => blip.scenario === scenario);
    if (blips.length === 0) continue;
    const [[first], told] = await Promise.all([
      runJob('outage', { undisturbed: { scenario, heal } }),
      runJob('outage', { blips }),
    ]);
    if (first) undisturbed.set(scenario, first);
    blips.forEach((blip, at) => {
      const end = told[at];
      if (end) ends.set(keyOf(blip), end);
    });
  }
}, PATIENCE_MS);

/** What tells of the suite itself is told by its alarms. */
const ofTheSuite = (code: string): boolean => code === 'suite-alarm' || code === 'cannot-ask';

describe.each(chosen)('$seconds s without $service, $scenario from $from on', (blip) => {
  it('is waited out by one attempt, which heals', () => {
    const end = ends.get(keyOf(blip));
    expect(end).toMatchObject({ healed: true, executions: 1, unmet: [] });
    expect(end?.pages.filter(({ code }) => !ofTheSuite(code))).toEqual([]);
  });

  it('costs little more time than it lasts', () => {
    const usual = undisturbed.get(blip.scenario)?.healedSeconds ?? 0;
    expect(ends.get(keyOf(blip))?.healedSeconds).toBeLessThanOrEqual(usual + blip.seconds + LATER_SECONDS);
  });
});
