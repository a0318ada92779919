// Volumes under a key of another account, as in companies that keep their keys in one place.

import { everySeconds } from '../../../../local/nodes/rhythm.ts';
import { asFound, healedBy, sameInstances } from '../../../../local/scenarios/checks/ladder-expectations.ts';
import { readJournal } from '../../../../local/scenarios/report/journal.ts';
import type { Expectation, Scenario } from '../../../../local/scenarios/scenario.ts';
import { launchTemplate, snapshotsOf } from '../../../../local/scenarios/world/fixtures.ts';
import {
  corruptNow,
  dataVolumes,
  GOOD,
  impatient,
  incidentsEnded,
  killInstance,
  SICK,
  smallFleet,
} from '../../../../local/scenarios/world/ladder.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';
import type { Mode } from '../../../../shared/model/mode.ts';

const CENTRAL = 'arn:aws:kms:eu-west-1:444455556666:key/11111111-2222-4333-8444-555555555555';
const BREAKS_AT_MINUTES = 3;

interface Told {
  /** What the key's own policy allows the account. */
  readonly policy?: 'use' | 'use-and-describe';
  readonly deployed: boolean;
  readonly mode?: Mode;
  readonly breaks: (world: World) => void;
  readonly done: (world: World) => boolean;
  readonly expect: readonly Expectation[];
}

const scenarioOf = (name: string, { policy, deployed, mode = 'act', breaks, done, expect }: Told): Scenario => ({
  name,
  sentence: name,
  fleets: { bitcoin: { ...impatient, mode } },
  ...(deployed && { context: { kmsKeys: CENTRAL } }),
  build: (world) => {
    if (policy) world.region.ec2.allowForeignKey(CENTRAL, policy);
    const volumes = [{ role: 'data', path: '/node-data', sizeGiB: 100, usedPercent: 46, kmsKeyId: CENTRAL }];
    const sick = smallFleet(world, { clock: everySeconds(30), more: { volumes } });
    launchTemplate(world, 'bitcoin');
    snapshotsOf(world, sick, { hoursAgo: 8, snapshotId: GOOD });
    snapshotsOf(world, sick, { hoursAgo: 30 });
  },
  people: (world) => world.at(BREAKS_AT_MINUTES, () => breaks(world)),
  done,
  hours: 4,
  expect,
});

const callsOf = ({ region }: World, operation: string): number =>
  region.gateway.trace.calls.filter(
    ({ actor, operation: name }) => actor.startsWith('chainmend-replace-node') && name === operation,
  ).length;
const called = (operation: string, times: number): Expectation => ({
  sentence: `${operation} was called ${times} times`,
  holds: (_, world) => callsOf(world, operation) === times,
});
const toldOf = (sentence: RegExp): Expectation => ({
  sentence: `people were told once, of ${sentence.source}`,
  holds: ({ pages }) => pages.filter((page) => page.node === SICK && sentence.test(page.sentence)).length === 1,
});
const HOW_TO = /deploy again with -c kmsKeys=arn:aws:kms:eu-west-1:444455556666:key\//;

const isPlanned = ({ region, tableName }: World): boolean =>
  readJournal(region, tableName).some(({ kind, heal }) => kind === 'plan' && heal === 'replace-node');

export const SCENARIOS: readonly Scenario[] = [
  scenarioOf('a key that may be used and not looked at is used', {
    policy: 'use',
    deployed: true,
    breaks: corruptNow,
    done: (world) => incidentsEnded(world, 'healed'),
    expect: [healedBy('swap', 'one heal, and the other volume healed'), called('CreateVolume', 1)],
  }),
  scenarioOf('an instance under a key that may be used is stopped, and started again', {
    policy: 'use-and-describe',
    deployed: true,
    breaks: killInstance,
    done: (world) => incidentsEnded(world, 'healed'),
    expect: [healedBy('replace', 'one heal, and the new instance healed')],
  }),
  scenarioOf('a key whose own policy says no is tried once, and then nothing else under it', {
    deployed: true,
    breaks: corruptNow,
    done: (world) => incidentsEnded(world, 'escalated'),
    expect: [
      called('CreateVolume', 1),
      called('StopInstances', 0),
      toldOf(/a volume that was made under KMS key \S+ has vanished: its key policy has to allow kms:/),
      asFound,
      sameInstances,
    ],
  }),
  scenarioOf('a key that the stack was not deployed with is told by name, and nothing is made under it', {
    policy: 'use',
    deployed: false,
    breaks: corruptNow,
    done: (world) => incidentsEnded(world, 'escalated'),
    expect: [called('CreateVolume', 0), called('DescribeKey', 0), toldOf(HOW_TO), asFound, sameInstances],
  }),
  scenarioOf('an instance that could not be started again is not stopped', {
    policy: 'use',
    deployed: false,
    breaks: killInstance,
    done: (world) => incidentsEnded(world, 'escalated'),
    expect: [
      called('StopInstances', 0),
      toldOf(HOW_TO),
      {
        sentence: 'no instance was launched or stopped',
        holds: (_, { region, nodes }) =>
          region.ec2.instances().length === nodes.length &&
          region.ec2.instances().every(({ state }) => state === 'running'),
      },
    ],
  }),
  scenarioOf('a plan says what its key keeps from being done', {
    policy: 'use',
    deployed: false,
    mode: 'plan',
    breaks: corruptNow,
    done: isPlanned,
    expect: [
      {
        sentence: 'the plan names the key and what to do',
        holds: (_, { region, tableName }) =>
          readJournal(region, tableName).some(
            ({ kind, sentence }) =>
              kind === 'plan' &&
              /; no replace: with vol-\w+ on it the instance could not be started again/.test(sentence) &&
              HOW_TO.test(sentence),
          ),
      },
      { sentence: 'nothing was done', holds: (_, world) => dataVolumes(world).length === 1 },
    ],
  }),
];
