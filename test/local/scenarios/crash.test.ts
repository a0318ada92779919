// A heal dies at any moment, or loses any answer. Still it makes each resource once and releases the node. The journal has the result of every act,
// and the incident ends as if nothing had died. `npm test` takes one place of every sixth story, named by its events. `npm test -- crash` takes
// every place that is no repeated look: some 5,000 of them, some three hours of one core. `CHAINMEND_PART=5/24 npm test -- crash` takes the fifth share of 24,
// and with each commit CI takes another one.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { isAsked, partAsked, sampled } from '../../fixtures/asked.ts';
import { type Death, type How, placeOf } from '../../fixtures/crash-places.ts';
import type { Crashed, Story } from '../../fixtures/jobs/crash.ts';
import { runJob } from '../../fixtures/jobs.ts';

const PATIENCE_MS = 90 * 60_000;
/** As many processes as a small machine has cores, one after the other in each place: a process that plays hundreds of stories runs out of memory. */
const PROCESSES = 2;
const TURNS = 10;
const { part: PART, parts: PARTS } = partAsked();

interface Tale extends Omit<Story, 'places'> {
  readonly name: string;
  readonly modifications?: number;
  /** Volumes, instances and snapshots that the heal makes. */
  readonly made: number;
  readonly deaths: readonly Death[];
}

const dies = (how: How, at: string, nth = 1): Death => ({ how, at, nth });

const TALES: readonly Tale[] = [
  {
    name: 'a full disk',
    scenario: 'disk-full',
    heal: 'chainmend-resize-volume',
    modifications: 1,
    made: 0,
    deaths: [dies('answer lost', 'ec2.ModifyVolume')],
  },
  {
    name: 'a stuck client that is restarted',
    scenario: 'stuck-node',
    heal: 'chainmend-replace-node',
    made: 0,
    deaths: [dies('lost for good', 'ssm.SendCommand restart-client')],
  },
  {
    name: 'broken data that are swapped',
    scenario: 'corrupt-data',
    heal: 'chainmend-replace-node',
    made: 1,
    deaths: [
      dies('lost for good', 'ec2.CreateVolume'),
      dies('answer lost', 'ec2.AttachVolume'),
      dies('crash-before', 'ssm.SendCommand swap-volumes'),
    ],
  },
  {
    name: 'a dead instance that is replaced',
    scenario: 'instance-dead',
    heal: 'chainmend-replace-node',
    made: 2,
    deaths: [
      dies('lost for good', 'ec2.RunInstances'),
      dies('crash-before', 'ec2.DetachVolume'),
      dies('answer lost', 'ssm.SendCommand start-client'),
      dies('lost for good', 'ssm.SendCommand start-client'),
    ],
  },
  {
    name: 'an instance whose zone has no capacity',
    scenario: 'az-no-capacity',
    heal: 'chainmend-replace-node',
    made: 3,
    deaths: [dies('lost for good', 'ec2.CreateVolume')],
  },
  {
    name: 'a second set where the first does not open',
    scenario: 'first-day',
    heal: 'chainmend-replace-node',
    made: 1,
    deaths: [dies('lost for good', 'ssm.SendCommand swap-volumes', 2)],
  },
  {
    name: 'a restore that a person takes back',
    scenario: 'undo-restore',
    heal: 'chainmend-replace-node',
    made: 1,
    deaths: [dies('crash-before', 'ssm.SendCommand swap-volumes', 2)],
  },
  {
    name: 'a fleet that is upgraded',
    scenario: 'upgrade-rolling',
    heal: 'chainmend-replace-node',
    made: 4,
    deaths: [
      dies('lost for good', 'ssm.SendCommand restart-client'),
      dies('answer lost', 'ssm.SendCommand restart-client', 2),
      dies('crash-before', 'ssm.SendCommand restart-client', 3),
    ],
  },
  {
    name: 'a fleet that is upgraded where its chain stops for it',
    scenario: 'upgrade-at-height',
    heal: 'chainmend-replace-node',
    made: 4,
    deaths: [
      dies('lost for good', 'ssm.SendCommand restart-client'),
      dies('answer lost', 'ssm.SendCommand restart-client', 2),
      dies('crash-before', 'ssm.SendCommand restart-client', 3),
    ],
  },
  {
    name: 'a canary that is rolled back',
    scenario: 'upgrade-canary-fails',
    heal: 'chainmend-replace-node',
    made: 2,
    deaths: [
      dies('lost for good', 'ssm.SendCommand restart-client'),
      dies('crash-before', 'ssm.SendCommand restart-client', 2),
      dies('answer lost', 'ssm.SendCommand swap-volumes'),
    ],
  },
  {
    name: 'a fleet that is upgraded beside its nodes',
    scenario: 'upgrade-blue-green',
    heal: 'chainmend-replace-node',
    // Of each of four nodes an instance, its root volume, and a volume of data.
    made: 12,
    deaths: [
      dies('lost for good', 'ec2.RunInstances'),
      dies('answer lost', 'ec2.RunInstances', 2),
      dies('lost for good', 'ssm.SendCommand start-client'),
      dies('crash-before', 'ssm.SendCommand stop-client'),
    ],
  },
  {
    name: 'an instance beside a canary that goes again',
    scenario: 'upgrade-blue-green-fails',
    heal: 'chainmend-replace-node',
    made: 0,
    deaths: [
      dies('lost for good', 'ec2.CreateVolume'),
      dies('answer lost', 'ssm.SendCommand restart-client'),
      dies('crash-before', 'ec2.DetachVolume'),
    ],
  },
  {
    name: 'a daily snapshot',
    scenario: 'daily-snapshot',
    heal: 'chainmend-snapshot-node',
    made: 1,
    deaths: [dies('answer lost', 'ec2.CreateSnapshots')],
  },
  {
    name: 'a drill, of which nothing may be left',
    scenario: 'drill-daily',
    heal: 'chainmend-audit-snapshots',
    // The throw-away instance, which is gone in the end.
    made: 1,
    deaths: [
      dies('lost for good', 'ec2.RunInstances'),
      dies('answer lost', 'ec2.RunInstances'),
      dies('lost for good', 'ssm.SendCommand start-client'),
      dies('lost for good', 'ec2.TerminateInstances'),
    ],
  },
  {
    name: 'a full disk that is pruned before it grows',
    scenario: 'prune-no-help',
    heal: 'chainmend-resize-volume',
    modifications: 1,
    // The throw-away instance of the drill, which is gone in the end.
    made: 1,
    deaths: [
      dies('lost for good', 'ssm.SendCommand restart-client'),
      dies('answer lost', 'ssm.SendCommand restart-client'),
      dies('crash-before', 'ssm.SendCommand restart-client'),
      dies('lost for good', 'lambda.Invoke'),
    ],
  },
];

/** The first place of every sixth story, unless the suite is run by name. */
const told = sampled('crash', TALES, 6).map((tale) => ({ ...tale, deaths: sampled('crash', tale.deaths, 10) }));

describe.each(told)('$name', ({ scenario, heal, modifications = 0, made, deaths }) => {
  const asItShould = ({ place, healedSeconds }: Crashed): Crashed => ({
    scenario,
    place,
    healedSeconds,
    modifications,
    made,
    healed: true,
    unmet: [],
  });

  if (isAsked('crash'))
    it(
      'ends as if nothing had died, wherever its heal dies',
      async () => {
        const parts = PARTS * PROCESSES * TURNS;
        const ends: Crashed[] = [];
        for (let turn = 0; turn < TURNS; turn++) {
          // Spread over the whole heal: of a short one, too, each part has some places.
          const shares = Array.from({ length: PROCESSES }, (_, at) => {
            const part = PART - 1 + PARTS * (turn * PROCESSES + at);
            return runJob('crash', [{ scenario, heal, places: { tableEvery: 4, part, parts } }]);
          });
          ends.push(...(await Promise.all(shares)).flat());
        }
        expect(ends.length).toBeGreaterThan(50 / PARTS);
        expect(ends).toEqual(ends.map(asItShould));
      },
      PATIENCE_MS,
    );
  else
    it.each(deaths.map(placeOf))('ends as if nothing had died (%s)', async (place) => {
      const end = (await crashed).find((one) => one.scenario === scenario && one.place === place);
      expect(end).toEqual(end && asItShould(end));
      expect(end?.place).toBe(place);
    });
});

/** All in one process: its setup then runs once. */
let crashed: Promise<readonly Crashed[]> = Promise.resolve([]);
beforeAll(async () => {
  if (isAsked('crash')) return;
  crashed = runJob(
    'crash',
    told.map(({ scenario, heal, deaths }) => ({ scenario, heal, places: deaths })),
  );
  await crashed;
}, PATIENCE_MS);

describe('a command that nobody heard of any more', () => {
  const SENT = sampled('crash', ['ssm.SendCommand swap-volumes', 'ssm.SendCommand restart-client'], 2);
  /** Undisturbed it takes 16.5 min. The longest stop and start of its client would have to be waited for otherwise: 20 min and more. */
  const WITHIN_SECONDS = 25 * 60;

  it(
    'keeps no successor waiting: its first question raises the fence of the node',
    async () => {
      const places = SENT.map((at) => dies('lost for good', at));
      const ends = await runJob('crash', [{ scenario: 'corrupt-data', heal: 'chainmend-replace-node', places }]);
      expect(ends.map(({ healed, unmet }) => ({ healed, unmet }))).toEqual(
        places.map(() => ({ healed: true, unmet: [] })),
      );
      for (const { healedSeconds } of ends) expect(healedSeconds).toBeLessThan(WITHIN_SECONDS);
    },
    PATIENCE_MS,
  );
});
