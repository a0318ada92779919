// Obstacles to a growth: each is a refusal with its reason, and the disk is healed where the reason goes away.

import { healed } from '../../../../local/scenarios/checks/expectations.ts';
import { incidentsOf } from '../../../../local/scenarios/report/records.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import {
  type Case,
  clientRuns,
  healedOnce,
  invoke,
  modifications,
  nobodyPaged,
  nothingModified,
  pagedOnly,
  refused,
  refusedOnly,
  sample,
  scenarioOf,
  TWO_VOLUMES,
} from './case.ts';

/** Refused, and not retried for the rest of the run. */
const refusal = (code: string, told: Omit<Case, 'expect' | 'done'>, pages: boolean): Case => ({
  ...told,
  done: (world) => refused(world, code),
  expect: {
    [`refused: ${code}`]: refusedOnly(code),
    'nothing was modified': nothingModified,
    ...(pages ? { 'a person was paged once': pagedOnly(code) } : { 'nobody was paged': nobodyPaged }),
  },
});

const cases: Readonly<Record<string, Case>> = {
  'the volume is at the largest size of its type': refusal(
    'type-maximum',
    { volume: { type: 'gp2', sizeGiB: 16_384, usedPercent: 91.5 }, fleet: { disk: { maximumSizeGiB: 60_000 } } },
    true,
  ),
  'the partition table ends at 2 TiB, and so does the volume': refusal(
    'format-limit',
    {
      volume: { sizeGiB: 2048, usedPercent: 91.5, partitioned: true, formatted: 'mbr' },
      fleet: { disk: { maximumSizeGiB: 60_000, maximumMonthlyIncreaseUsd: 10_000 } },
    },
    true,
  ),
  'ext4 was made without 64bit and ends at 16 TiB, and so does the volume': refusal(
    'format-limit',
    {
      volume: { sizeGiB: 16_384, usedPercent: 91.5, filesystem: 'ext4', formatted: 'ext4-32bit' },
      fleet: { disk: { maximumSizeGiB: 60_000, maximumMonthlyIncreaseUsd: 10_000 } },
    },
    true,
  ),
  'another partition lies behind its own, so that the filesystem could not follow': refusal(
    'filesystem-unsupported',
    { volume: { sizeGiB: 500, usedPercent: 91.5, partitioned: true, obstacle: 'partition-behind' } },
    true,
  ),
  'somebody holds its writes back, so that what grows the filesystem would not end': refusal(
    'filesystem-unsupported',
    { volume: { sizeGiB: 500, usedPercent: 91.5, obstacle: 'frozen' } },
    true,
  ),
  'the volume is at the fleet’s ceiling': refusal('size-ceiling', { fleet: { disk: { maximumSizeGiB: 500 } } }, true),
  'growing would cost more than the fleet’s ceiling': refusal(
    'cost-ceiling',
    { fleet: { disk: { maximumMonthlyIncreaseUsd: 10 } } },
    true,
  ),
  'the volume does not carry the fleet’s tags': refusal(
    'volume-tag-missing',
    { volume: { tags: { Owner: 'nobody' } } },
    true,
  ),
  'the node’s SSM agent is too old to take parameters safely': refusal(
    'agent-too-old',
    { node: { agentVersion: '3.2.1705.0' } },
    true,
  ),
  'the root disk is full, so that the node cannot run commands': refusal(
    'node-silent',
    { node: { rootUsedPercent: 100 } },
    true,
  ),
  'two volumes carry the same tags, and in mode plan the node is not asked': refusal(
    'volume-ambiguous',
    {
      fleet: { mode: 'plan' },
      also: (world, { instanceId, tags }) =>
        void world.region.ec2.addVolume({ sizeGiB: 500, attachedTo: { instanceId, device: '/dev/sdz' }, tags }),
    },
    true,
  ),
  'the instance is stopped, and a person asks for a heal: refused, and grown when it runs again': {
    volume: { usedPercent: 95 },
    node: { powered: false },
    people: (world, { instanceId }) => {
      world.at(1, () => invoke(world, sample('heal')));
      world.at(20, () => world.region.call('ec2', 'StartInstances', { InstanceIds: [instanceId] }));
    },
    // The node itself is well long before.
    done: (world) => modifications(world).length > 0,
    expect: {
      'refused while it was stopped': refusedOnly('instance-stopped'),
      'nobody was paged for it': nobodyPaged,
      'one heal, and it healed': healedOnce,
    },
  },
  'the instance is stopped after its alarm went off: refused while it is': {
    people: (world, { instanceId }) => {
      world.at(0, () => world.setPause('a moment'));
      world.when(
        () => refused(world, 'paused'),
        async () => {
          await world.region.call('ec2', 'StopInstances', { InstanceIds: [instanceId] });
          await world.setPause('off');
        },
      );
    },
    done: (world) => refused(world, 'instance-stopped'),
    expect: {
      'refused while it was stopped': refusedOnly('paused', 'instance-stopped'),
      'nothing was modified': nothingModified,
      'people were told that it does not run, and nothing else': ({ pages }) =>
        pages.every(({ code }) => code === 'node-unreachable'),
    },
  },
  'the SSM agent is cut off for an hour: refused and paged, grown when it is back': {
    also: (_, { machine }) => machine.setAgentConnected(false),
    people: (world, { machine }) => world.at(60, () => machine.setAgentConnected(true)),
    expect: {
      'refused while the node was silent': refusedOnly('node-silent'),
      'a person was paged once': pagedOnly('node-silent'),
      'one heal, and it healed': healedOnce,
    },
  },
  'AWS fails the modification: a person is told, and the next attempt heals': {
    also: (world, { volumeIds }) => world.region.ec2.failNextModification(volumeIds.get('data') ?? ''),
    expect: {
      'a person was paged once': pagedOnly('modification-failed'),
      'the second attempt healed': ({ heals }) => heals.map(({ outcome }) => outcome).join() === 'escalated,healed',
      'nothing was refused': refusedOnly(),
    },
  },
  'AWS fails every modification: after three attempts nothing more is tried, and a person knows': {
    also: (world, { volumeIds }) => world.region.ec2.failNextModification(volumeIds.get('data') ?? ''),
    people: (world, { volumeIds }) => {
      for (const made of [1, 2])
        world.when(
          () =>
            modifications(world).length === made &&
            world.region.ec2.volume(volumeIds.get('data') ?? '').modification?.state === 'failed',
          () => world.region.ec2.failNextModification(volumeIds.get('data') ?? ''),
        );
    },
    done: (world) => incidentsOf(world).some(({ state }) => state === 'escalated'),
    expect: {
      'three attempts, and none after them': ({ heals }) => heals.length === 3,
      'paged for the first and for the last': pagedOnly('modification-failed', 'attempts-spent'),
    },
  },
  'nobody has observed the fleet: it is grown all the same, since growing destroys nothing': {
    also: (world) => void world.region.call('scheduler', 'DeleteSchedule', { Name: 'chainmend-watch' }),
    expect: {
      'one heal, and it healed': healedOnce,
      'nobody was paged but for the suite, which does not look any more': ({ pages }) =>
        pages.every(({ code }) => code === 'suite-alarm'),
    },
  },
  'two volumes of one node are full at once: one after the other': {
    fleet: { volumes: TWO_VOLUMES },
    node: {
      volumes: [
        { role: 'data', path: '/node-data', sizeGiB: 500, usedPercent: 90.95 },
        { role: 'ancient', path: '/ancient', sizeGiB: 500, usedPercent: 90.95 },
      ],
    },
    done: (world) => healed(world, 2),
    expect: {
      'two heals, and both healed': ({ heals }) => heals.map(({ outcome }) => outcome).join() === 'healed,healed',
      'both were grown': (_, world) => new Set(modifications(world).map(({ VolumeId }) => VolumeId)).size === 2,
      'nobody was paged': nobodyPaged,
    },
  },
  'the ceiling is a little above the volume: it grows as far as that': {
    fleet: { disk: { maximumSizeGiB: 620 } },
    expect: {
      'one heal, and it healed': healedOnce,
      'it asked for 620 GiB': (_, world) =>
        modifications(world)
          .map(({ Size }) => Size)
          .join() === '620',
      'the client runs': clientRuns,
    },
  },
};

export const SCENARIOS: readonly Scenario[] = Object.entries(cases).map(([name, told]) => scenarioOf(name, told));
