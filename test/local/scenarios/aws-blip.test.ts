// A service of AWS fails for half a minute, or for five, at a stage of a heal: every call to it is answered with a 503. The heal waits for the service
// within its attempt, and heals. `npm test` takes a few stages; `npm test -- aws-blip` takes all services at all stages.
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
  /** Checkpoints at which a service begins to fail. */
  readonly stages: readonly string[];
}

const TALES: readonly Tale[] = [
  {
    name: 'a growth',
    scenario: 'disk-full',
    heal: 'chainmend-resize-volume',
    stages: ['02-send START', '05-reserve START', '07-modify-0 START', '09-send START', '10-poll-0 START'],
  },
  {
    name: 'a swap',
    scenario: 'corrupt-data',
    heal: 'chainmend-replace-node',
    stages: [
      '007-take-rung START',
      '032-call-0 START',
      '034-send START',
      '035-send START',
      '035-poll-0 START',
      '060-call-0 START',
    ],
  },
  {
    name: 'a clean snapshot',
    scenario: 'daily-snapshot',
    heal: 'chainmend-snapshot-node',
    // Not at CreateSnapshots itself: its client is not kept down until AWS is well, and the snapshot is tried again later.
    stages: ['07-send START', '09-send START'],
  },
];

const all: readonly Blip[] = TALES.flatMap(({ scenario, heal, stages }) =>
  stages.flatMap((from) =>
    SERVICES.flatMap((service) => SECONDS.map((seconds) => ({ scenario, heal, service, seconds, from }))),
  ),
);
/** Up to 72 of each heal: the few of `npm test` differ in stage and service. */
const chosen = isAsked('aws-blip') ? all : sampled('aws-blip', all, 25);

const undisturbed = new Map<string, Undisturbed>();
const ends = new Map<string, Undisturbed>();
const keyOf = ({ scenario, service, seconds, from }: Blip): string => `${scenario} ${service} ${seconds} ${from}`;

beforeAll(async () => {
  for (const { scenario, heal } of TALES) {
    const blips = chosen.filter((blip) => blip.scenario === scenario);
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
