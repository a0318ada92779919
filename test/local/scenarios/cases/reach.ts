// Resources without the fleet's tags: no heal may use them, and the page says what to tag.

import { everySeconds } from '../../../../local/nodes/rhythm.ts';
import { allHealedInTheEnd, refusedFor } from '../../../../local/scenarios/checks/expectations.ts';
import { allWell, healedBy, nothingReplaced } from '../../../../local/scenarios/checks/ladder-expectations.ts';
import { readJournal } from '../../../../local/scenarios/report/journal.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import { launchTemplate, snapshotsOf } from '../../../../local/scenarios/world/fixtures.ts';
import {
  ask,
  corruptNow,
  GOOD,
  impatient,
  incidentsEnded,
  killInstance,
  pagedNow,
  passed,
  SICK,
  smallFleet,
} from '../../../../local/scenarios/world/ladder.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';

const DIES_AT_MINUTES = 3;
const RPC_PORT = 8332;

function dying(world: World): void {
  const sick = smallFleet(world, { clock: everySeconds(15) });
  sick.machine.disks.data.copiesOpen = 'opens';
  launchTemplate(world, 'bitcoin');
  snapshotsOf(world, sick, { hoursAgo: 4, snapshotId: GOOD });
}

/** The root volume of the instance that dies. */
const roots = new WeakMap<World, string | undefined>();
const rootOf = (world: World): string | undefined => {
  const [old] = world.nodes.filter(({ name }) => name === SICK);
  return world.region.ec2
    .volumes()
    .find(({ attachment }) => attachment?.instanceId === old?.instanceId && attachment?.device === '/dev/xvda')
    ?.volumeId;
};

const templatesOf = ({ region }: World) => region.ec2.launchTemplates().map(({ launchTemplateId }) => launchTemplateId);

const tagging = (world: World, operation: 'CreateTags' | 'DeleteTags'): Promise<unknown> =>
  world.region.call('ec2', operation, {
    Resources: templatesOf(world),
    Tags: [{ Key: 'Component', Value: 'nodes/bitcoin' }],
  });

const pages = (world: World, code: string) =>
  readJournal(world.region, world.tableName).filter((line) => line.kind === 'page' && line.code === code);

/** What still points at the original instance, and the state of the one of the two that is the fleet's. */
const pointsAt = (world: World) => {
  const { ec2, elb } = world.region;
  const [address] = ec2.addresses();
  const targets = elb
    .targetGroups()
    .flatMap(({ arn, name }) => elb.health(arn).map(({ id, state }) => ({ name, id, state })));
  return { address: address?.association?.instanceId, targets: targets.filter(({ state }) => state !== 'draining') };
};

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a launch template that is nobody’s: no instance is launched before a person has tagged it',
    sentence: 'The launch template carries no tags of the fleet.',
    fleets: { bitcoin: impatient },
    build: dying,
    people: (world) => {
      world.at(1, () => tagging(world, 'DeleteTags'));
      world.at(DIES_AT_MINUTES, () => killInstance(world));
      world.when(
        () => pagedNow(world, 'out-of-reach'),
        () => tagging(world, 'CreateTags'),
      );
    },
    done: (world) => incidentsEnded(world, 'healed'),
    hours: 6,
    expect: [
      refusedFor('out-of-reach', 'it is refused'),
      {
        sentence: 'the page names the template, and the tags to give it',
        holds: (_, world) =>
          pages(world, 'out-of-reach').some(
            ({ sentence }) =>
              templatesOf(world).every((id) => sentence.includes(id)) && sentence.includes('Component=nodes/bitcoin'),
          ),
      },
      {
        sentence: 'nothing was launched in vain',
        holds: (_, world) =>
          world.region.gateway.trace.calls.filter(
            // A dry run launches nothing.
            ({ operation, input }) => operation === 'RunInstances' && !(input as { readonly DryRun?: boolean }).DryRun,
          ).length === 1,
      },
      allHealedInTheEnd,
      allWell,
    ],
  },
  {
    name: 'an address and a target group that are nobody’s: the node is replaced, and people hear what points elsewhere',
    sentence: 'What points at the node carries no tags of the fleet.',
    fleets: { bitcoin: impatient },
    build: (world) => {
      dying(world);
      const sick = world.find('bitcoin', SICK);
      world.region.ec2.addAddress({ instanceId: sick.instanceId, tags: { Name: 'payroll' } });
      const { elb } = world.region;
      for (const [name, tags] of [
        ['theirs', { Component: 'payroll' }],
        ['ours', { Component: 'nodes/bitcoin' }],
      ] as const)
        elb.addTargets(elb.addTargetGroup({ name, port: RPC_PORT, tags }), [sick.instanceId], 'healthy');
    },
    people: (world) => world.at(DIES_AT_MINUTES, () => killInstance(world)),
    done: (world) => incidentsEnded(world, 'healed'),
    hours: 6,
    expect: [
      healedBy('replace', 'one heal, and the new instance healed'),
      {
        sentence: 'what is not the fleet’s points at the old instance still, and what is points at the new one',
        holds: (_, world) => {
          const { address, targets } = pointsAt(world);
          const now = world.find('bitcoin', SICK).instanceId;
          const [theirs, ours] = ['theirs', 'ours'].map((of) =>
            targets.filter(({ name }) => name === of).map(({ id }) => id),
          );
          return address !== now && theirs?.includes(now) === false && theirs.length === 1 && ours?.join() === now;
        },
      },
      {
        sentence: 'people are paged for each, with what to do',
        holds: (_, world) => {
          const told = pages(world, 'not-handed-over').map(({ sentence }) => sentence);
          return (
            told.length === 2 &&
            told.some((sentence) => sentence.includes('eipalloc-')) &&
            told.some((sentence) => sentence.includes('target group theirs')) &&
            told.every((sentence) => sentence.includes('has to carry the fleet'))
          );
        },
      },
      allWell,
    ],
  },
  {
    name: 'a fleet that is given no other instance: a person who asks for one hears why not',
    sentence: 'The fleet file does not allow another instance, and somebody asks for one.',
    fleets: { bitcoin: { ...impatient, replace: { rungs: ['restart', 'swap'] } } },
    build: dying,
    people: (world) => world.at(2, () => ask(world, { kind: 'replace-instance', fleet: 'bitcoin', node: SICK })),
    done: (world) => passed(world, 20),
    hours: 1,
    expect: [
      refusedFor('restart-forbidden', 'it is refused, and the refusal says what to change'),
      {
        sentence: 'the refusal says what to change',
        holds: (_, world) =>
          readJournal(world.region, world.tableName).some(({ sentence }) =>
            sentence.includes('with "replace" in replace.rungs, and npm run deploy'),
          ),
      },
      nothingReplaced,
    ],
  },
  {
    name: 'a root volume that carries no tags: it is taken off, marked before, and put back where the new instance is no better',
    sentence: 'The instance dies with data that nobody can go on from.',
    fleets: { bitcoin: { ...impatient, replace: { rungs: ['stop-start', 'replace'] } } },
    build: (world) => {
      smallFleet(world, { clock: everySeconds(15) });
      launchTemplate(world, 'bitcoin');
    },
    people: (world) => {
      world.at(2, () => corruptNow(world));
      world.at(DIES_AT_MINUTES, () => {
        roots.set(world, rootOf(world));
        killInstance(world);
      });
    },
    done: (world) => incidentsEnded(world, 'escalated'),
    hours: 6,
    expect: [
      {
        sentence: 'it was tagged before it came off',
        holds: (_, world) => {
          const root = roots.get(world);
          const calls = world.region.gateway.trace.calls.filter(({ outcome }) => outcome === 'ok');
          const at = (operation: string) =>
            calls.findIndex((call) => {
              const { VolumeId, Resources = [] } = call.input as { VolumeId?: string; Resources?: readonly string[] };
              return call.operation === operation && [VolumeId, ...Resources].includes(root);
            });
          return (
            root !== undefined &&
            at('CreateTags') !== -1 &&
            at('CreateTags') < at('DetachVolume') &&
            at('DetachVolume') < at('AttachVolume')
          );
        },
      },
      {
        sentence: 'it is where it was, and its only tag says whose it is',
        holds: (_, world) => {
          const root = roots.get(world) ?? '';
          return rootOf(world) === root && world.region.ec2.tags(root)['chainmend:root'] === 'bitcoin';
        },
      },
    ],
  },
];
