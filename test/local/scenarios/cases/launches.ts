// A dead node whose launch AWS refuses, or whose template has unusual contents. The page has AWS's own words, and nothing was spent before it.
import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import { everySeconds } from '../../../../local/nodes/rhythm.ts';
import { planned } from '../../../../local/scenarios/checks/expectations.ts';
import { healedBy } from '../../../../local/scenarios/checks/ladder-expectations.ts';
import { readJournal } from '../../../../local/scenarios/report/journal.ts';
import type { Expectation, Scenario } from '../../../../local/scenarios/scenario.ts';
import { launchTemplate, snapshotsOf } from '../../../../local/scenarios/world/fixtures.ts';
import {
  GOOD,
  impatient,
  incidentsEnded,
  killInstance,
  pagedNow,
  SICK,
  smallFleet,
} from '../../../../local/scenarios/world/ladder.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';
import { fromItem } from '../../../../shared/aws/attributes.ts';
import { keys } from '../../../../shared/heal/store.ts';
import type { PageCode } from '../../../../shared/model/guardrail-codes.ts';
import type { Mode } from '../../../../shared/model/mode.ts';

const DIES_AT_MINUTES = 3;
/** The region's own subnet, in its third zone. */
const OTHER_SUBNET = 'subnet-0123456789abcdef2';

interface Told {
  readonly template: (world: World) => RequestLaunchTemplateData;
  readonly also?: (world: World) => void;
  readonly mode?: Mode;
  readonly done: (world: World) => boolean;
  readonly expect: readonly Expectation[];
}

const scenarioOf = (name: string, { template, also, mode = 'act', done, expect }: Told): Scenario => ({
  name,
  sentence: name,
  fleets: { bitcoin: { ...impatient, mode, replace: { subnets: [OTHER_SUBNET] } } },
  build: (world) => {
    const sick = smallFleet(world, { clock: everySeconds(30) });
    launchTemplate(world, 'bitcoin', template(world));
    snapshotsOf(world, sick, { hoursAgo: 4, snapshotId: GOOD });
    also?.(world);
  },
  people: (world) => world.at(DIES_AT_MINUTES, () => killInstance(world)),
  done,
  hours: 4,
  expect,
});

const launches = ({ region }: World, isDryRun: boolean): readonly unknown[] =>
  region.gateway.trace.calls.filter(
    ({ actor, operation, input }) =>
      actor.startsWith('chainmend-') &&
      operation === 'RunInstances' &&
      ((input as { readonly DryRun?: boolean }).DryRun === true) === isDryRun,
  );

const toldOf = (sentence: RegExp, as: PageCode = 'ladder-spent'): Expectation => ({
  sentence: `people were told once, of ${sentence.source}`,
  holds: ({ pages }) => {
    const own = pages.filter(({ code, node }) => code === as && node === SICK);
    return own.length === 1 && own.every((page) => sentence.test(page.sentence));
  },
});

/** A dry run launches nothing, whoever requests it. */
const askedFor = (times: number): Expectation => ({
  sentence: times === 0 ? 'no launch was tried' : `a launch was tried ${times} times`,
  holds: (_, world) => launches(world, false).length === times && launches(world, true).length > 0,
});

const noneSpent: Expectation = {
  sentence: 'no replacement of the account was spent on it',
  holds: (_, { region, tableName }) => {
    const { pk, sk } = keys.replacements();
    const items = region.dynamodb.items(tableName) as Parameters<typeof fromItem>[0][];
    const record = items.find((item) => item['pk']?.S === pk && item['sk']?.S === sk);
    return record === undefined || (fromItem(record)['entries'] as unknown[]).length === 0;
  },
};

const nothingLaunched: Expectation = {
  sentence: 'the node is where it was',
  holds: (_, world) => world.region.ec2.instances().length === world.nodes.length,
};

const escalated = (world: World): boolean => pagedNow(world, 'ladder-spent');
const PROFILE = { IamInstanceProfile: { Name: 'bitcoin-node' } };
const LICENSE =
  'arn:aws:license-manager:eu-west-1:111122223333:license-configuration:lic-0123456789abcdef0123456789abcdef';

export const SCENARIOS: readonly Scenario[] = [
  scenarioOf('a role that may not be passed on is told before the rung is taken, with what to do', {
    template: () => PROFILE,
    done: escalated,
    expect: [
      toldOf(/AWS does not permit the launch: UnauthorizedOperation.*iam:PassRole.*role\/bitcoin-node.*nodeRoles/),
      askedFor(0),
      noneSpent,
      nothingLaunched,
    ],
  }),
  scenarioOf('a role that may not be passed on is part of the plan, in mode plan', {
    template: () => PROFILE,
    mode: 'plan',
    done: (world) => planned(world),
    expect: [
      {
        sentence: 'the plan says that there will be no other instance, and why',
        holds: (_, { region, tableName }) =>
          readJournal(region, tableName).some(
            ({ kind, sentence }) => kind === 'plan' && /no replace: AWS does not permit.*iam:PassRole/.test(sentence),
          ),
      },
      askedFor(0),
      nothingLaunched,
    ],
  }),
  scenarioOf('a quota that no other subnet changes is told after one try', {
    template: () => ({}),
    also: (world) => world.at(0, () => world.region.ec2.setQuotas({ vcpus: 2 * world.nodes.length })),
    done: (world) => pagedNow(world, 'quota-reached'),
    expect: [
      toldOf(/a quota of the account is reached: VcpuLimitExceeded/, 'quota-reached'),
      askedFor(1),
      noneSpent,
      nothingLaunched,
    ],
  }),
  scenarioOf('a template that names the network interface of the old instance is refused by name', {
    template: () => ({
      NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: 'eni-0123456789abcdef0' }],
      SecurityGroupIds: undefined,
    }),
    done: escalated,
    expect: [
      toldOf(/the launch template cannot be used: it names the network interface eni-0123456789abcdef0/),
      { ...askedFor(0), sentence: 'no launch was tried', holds: (_, world) => launches(world, false).length === 0 },
      noneSpent,
      nothingLaunched,
    ],
  }),
  scenarioOf('a placement group, a capacity reservation and a license configuration go with the launch', {
    template: ({ region }) => {
      region.ec2.addPlacementGroup('bitcoin-spread');
      const CapacityReservationId = region.ec2.addCapacityReservation({
        availabilityZone: 'eu-west-1b',
        instanceType: 'm6i.large',
        count: 1,
      });
      return {
        Placement: { GroupName: 'bitcoin-spread' },
        CapacityReservationSpecification: { CapacityReservationTarget: { CapacityReservationId } },
        LicenseSpecifications: [{ LicenseConfigurationArn: LICENSE }],
      };
    },
    done: (world) => incidentsEnded(world, 'healed'),
    expect: [healedBy('replace', 'one heal, and the new instance healed'), askedFor(1)],
  }),
  scenarioOf('a capacity reservation without room is told with AWS’s own words, subnet by subnet', {
    template: ({ region }) => ({
      CapacityReservationSpecification: {
        CapacityReservationTarget: {
          CapacityReservationId: region.ec2.addCapacityReservation({
            availabilityZone: 'eu-west-1b',
            instanceType: 'm6i.large',
            count: 0,
          }),
        },
      },
    }),
    done: escalated,
    expect: [
      toldOf(
        /none of 2 subnets accepted it.*subnet-\w+: ReservationCapacityExceeded.*subnet-0123456789abcdef2: InvalidParameterValue/,
      ),
      askedFor(2),
      noneSpent,
      nothingLaunched,
    ],
  }),
];
