// Scenarios: another version of the client, on one node first and then on all of them; and one that does not prove itself.

import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { alarmsRight, allWell, namesRight, sameInstances } from '../checks/ladder-expectations.ts';
import { incidentsOf } from '../report/records.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import { dataOf, executionsOf, isRetained, ladderHeals, pagedNow } from '../world/ladder.ts';
import {
  AFTER,
  AT_HEIGHT,
  askAtHeight,
  asksAtHeight,
  asksBeside,
  asksForUpgrade,
  asksForValidators,
  BEFORE,
  CANARY,
  installed,
  installedBeside,
  installedInZones,
  MENDED,
  NODES_OF_ZONES,
  sentries,
  stoppedByChain,
  switchesOf,
  upgradable,
  upgradableBeside,
  upgradableByZones,
  upgradableValidators,
  validatorsWithUnits,
  versionsOf,
  WATCH_MINUTES,
} from '../world/upgrades.ts';
import type { PlacedNode, World } from '../world/world.ts';

const upgradedIn = (world: World, state: 'healed' | 'escalated'): number =>
  incidentsOf(world).filter(({ trigger, state: is }) => trigger === 'request:upgrade' && is === state).length;

/** When each node's client was started for the last time, in order. */
const oneAfterTheOther: Expectation = {
  sentence: 'never were two of them without a client at the same moment',
  holds: (_, { current }) => {
    const outages = current.flatMap(({ machine }) => machine.report().outages.filter(({ stopSeconds }) => stopSeconds));
    const byTime = outages.toSorted((a, b) => a.fromMs - b.fromMs);
    return byTime.every(({ fromMs }, at) => at === 0 || (byTime[at - 1]?.toMs ?? Number.POSITIVE_INFINITY) <= fromMs);
  },
};

const runsAll = (version: string, sentence: string): Expectation => ({
  sentence,
  holds: (_, world) => Object.values(versionsOf(world)).every((one) => one === version),
});

export const upgradeRolling: Scenario = {
  name: 'upgrade-rolling',
  sentence:
    'A person asks for another version of the client: one node goes first and is watched, then one after the other.',
  fleets: { bitcoin: upgradable },
  build: (world) => void installed(world),
  people: asksForUpgrade,
  done: (world) => upgradedIn(world, 'healed') === 4,
  hours: 12,
  expect: [
    runsAll(AFTER, 'every node runs the new version'),
    {
      sentence: 'each was upgraded and proved once, the canary first, and longest',
      holds: (report) => {
        const own = ladderHeals(report);
        return (
          own.length === 4 &&
          own.every(({ outcome, rung }) => outcome === 'healed' && rung === 'upgrade') &&
          own[0]?.node === CANARY
        );
      },
      undisturbed: true,
    },
    {
      sentence: 'each had a clean snapshot of its own right before',
      holds: ({ snapshots }) => snapshots.length === 4 && snapshots.every(({ rank }) => rank === 'clean'),
      undisturbed: true,
    },
    {
      sentence: 'no other was touched before the canary had been watched',
      holds: (_, world) => {
        const [first, second] = firstStarts(world);
        return first !== undefined && second !== undefined && second - first >= WATCH_MINUTES * 60_000;
      },
    },
    oneAfterTheOther,
    sameInstances,
    namesRight,
    alarmsRight,
    allWell,
    allHealedInTheEnd,
    nobodyPaged,
  ],
};

export const upgradeInterrupted: Scenario = {
  ...upgradeRolling,
  name: 'upgrade-interrupted',
  sentence:
    'Executions of an upgrade die for good, one after it has switched the canary, one while the next node is switched: each next attempt goes on from there.',
  people: (world) => {
    asksForUpgrade(world);
    cutOff(world, CANARY);
    cutOff(world, 'node1');
  },
  // That a function fails, twice.
  pagesAtMost: 2,
  expect: [
    runsAll(AFTER, 'every node runs the new version'),
    {
      sentence: 'two attempts died, and what each had begun was brought to its end by the next',
      holds: (_, { region }) => region.lambda.executions().filter(({ status }) => status === 'TIMED_OUT').length === 2,
      undisturbed: true,
    },
    {
      sentence: 'no version was switched twice on a node',
      holds: (_, world) => {
        const nodes = switchesOf(world).map(({ instanceId }) => instanceId);
        return nodes.length === 4 && new Set(nodes).size === 4;
      },
      undisturbed: true,
    },
    {
      sentence: 'no client was away for longer than its switch took, whatever had died',
      holds: (_, { current }) =>
        current.every(({ machine }) =>
          machine.report().outages.every(({ fromMs, toMs }) => toMs !== undefined && toMs - fromMs < 10 * 60_000),
        ),
      undisturbed: true,
    },
    oneAfterTheOther,
    sameInstances,
    namesRight,
    alarmsRight,
    allWell,
    allHealedInTheEnd,
  ],
};

/** The clients that were down for a heal at one moment, at each moment when one was stopped. */
const downTogether = ({ current, region }: World): readonly (readonly PlacedNode[])[] => {
  const outages = current.flatMap((node) =>
    node.machine
      .report()
      .outages.flatMap(({ fromMs, toMs, stopSeconds }) => (stopSeconds ? [{ node, fromMs, toMs }] : [])),
  );
  return outages.map(({ fromMs: atMs }) => [
    ...new Set(
      outages.flatMap(({ node, fromMs, toMs = region.clock.now() }) => (fromMs <= atMs && atMs < toMs ? [node] : [])),
    ),
  ]);
};

const zoneOf = ({ region }: World, { instanceId }: PlacedNode): string =>
  region.ec2.instance(instanceId).availabilityZone;

/** Of twelve nodes in three zones. */
const TOGETHER = 2;

export const upgradeZones: Scenario = {
  name: 'upgrade-zones',
  sentence:
    'A fleet file lets half of a zone go over at once: after the canary two nodes are switched together, and never two of different zones.',
  fleets: { bitcoin: upgradableByZones },
  build: (world) => void installedInZones(world),
  people: asksForUpgrade,
  done: (world) => upgradedIn(world, 'healed') === NODES_OF_ZONES,
  hours: 16,
  expect: [
    runsAll(AFTER, 'every node runs the new version'),
    {
      sentence: 'each was upgraded and proved once, the canary first',
      holds: (report) => {
        const own = ladderHeals(report);
        return (
          own.length === NODES_OF_ZONES &&
          own.every(({ outcome, rung }) => outcome === 'healed' && rung === 'upgrade') &&
          own[0]?.node === CANARY
        );
      },
      undisturbed: true,
    },
    {
      sentence: 'each had a clean snapshot of its own before',
      holds: ({ snapshots }) => snapshots.length === NODES_OF_ZONES && snapshots.every(({ rank }) => rank === 'clean'),
      undisturbed: true,
    },
    {
      sentence: 'no other was touched before the canary had been watched',
      holds: (_, world) => {
        const [first, second] = firstStarts(world);
        return first !== undefined && second !== undefined && second - first >= WATCH_MINUTES * 60_000;
      },
    },
    {
      sentence: 'never were more than two without a client at once, and never two of different zones',
      holds: (_, world) =>
        downTogether(world).every(
          (down) => down.length <= TOGETHER && new Set(down.map((node) => zoneOf(world, node))).size <= 1,
        ),
    },
    {
      sentence: 'two of one zone were switched at once, five times at least',
      holds: (_, world) => downTogether(world).filter((down) => down.length === TOGETHER).length >= 5,
      undisturbed: true,
    },
    sameInstances,
    namesRight,
    alarmsRight,
    allWell,
    allHealedInTheEnd,
    nobodyPaged,
  ],
};

/** The first two of the first zone, by their names. */
const FIRST_TWO = ['node1', 'node10'];

/** Nothing of it is under way. */
const isOver = (world: World): boolean =>
  incidentsOf(world).every(
    ({ trigger, state }) => trigger !== 'request:upgrade' || state === 'healed' || state === 'escalated',
  );

/** Where commands come too late, the first of them goes alone, and the second one is left as it is. */
const switchedOfTwo = (world: World): readonly string[] =>
  FIRST_TWO.filter((name) => {
    const { instanceId } = world.find('bitcoin', name);
    return switchesOf(world).some((one) => one.instanceId === instanceId && one.version === AFTER);
  });

export const upgradeZonesFail: Scenario = {
  name: 'upgrade-zones-fail',
  sentence:
    'The canary goes on with the new version, and both nodes that go over together do not: each gets the version and the data of before, and no other node is touched.',
  fleets: { bitcoin: upgradableByZones },
  build: (world) => void installedInZones(world, FIRST_TWO),
  people: asksForUpgrade,
  done: (world) => upgradedIn(world, 'escalated') > 0 && isOver(world),
  hours: 16,
  // One for each of the two nodes.
  pagesAtMost: 2,
  expect: [
    {
      sentence: 'the canary runs the new version, and every other node the one of before',
      holds: (_, world) =>
        Object.entries(versionsOf(world)).every(([name, version]) => version === (name === CANARY ? AFTER : BEFORE)),
    },
    {
      sentence: 'both went over together',
      holds: (_, world) => switchedOfTwo(world).length === FIRST_TWO.length,
      undisturbed: true,
    },
    {
      sentence: 'they have the data of before again: volumes of the snapshots that were taken right before',
      holds: ({ snapshots }, world) =>
        switchedOfTwo(world).every((name) => {
          const { snapshotId } = world.region.ec2.volume(dataOf(world, name));
          return snapshotId !== undefined && snapshots.some((one) => one.snapshotId === snapshotId);
        }),
    },
    { sentence: 'a person is told', holds: (_, world) => pagedNow(world, 'upgrade-failed') },
    {
      sentence: 'no other node was touched',
      holds: (_, { current }) =>
        current.every(
          ({ name, machine }) => [CANARY, ...FIRST_TWO].includes(name) || machine.report().clientStarts.length === 0,
        ),
    },
    sameInstances,
    namesRight,
    alarmsRight,
    allWell,
  ],
};

/** The first execution of a node's upgrade times out for good once it has sent its switch. */
function cutOff(world: World, name: string): void {
  const own = () =>
    executionsOf(world).find(({ payload }) => {
      const { node, attempt } = JSON.parse(payload) as Record<string, unknown>;
      return node === name && attempt === 1;
    });
  world.when(
    () => switchesOf(world).some(({ instanceId }) => instanceId === world.find('bitcoin', name).instanceId),
    () => world.region.lambda.timeOut(own()?.arn ?? ''),
  );
}

/** When the client of each node was stopped for the first time, in order. */
const firstStarts = ({ current }: World): readonly number[] =>
  current.flatMap(({ machine }) => machine.report().outages[0]?.fromMs ?? []).toSorted((a, b) => a - b);

export const upgradeCanaryFails: Scenario = {
  name: 'upgrade-canary-fails',
  sentence:
    'The new version takes no block and has changed the data: the canary gets the version and the data of before, and the others are left.',
  fleets: { bitcoin: upgradable },
  build: (world) => void installed(world, 'stands'),
  people: asksForUpgrade,
  done: (world) => upgradedIn(world, 'escalated') === 1,
  hours: 12,
  expect: [
    runsAll(BEFORE, 'every node runs the version of before'),
    {
      sentence: 'the canary has the data of before again: a volume of the snapshot that was taken right before',
      holds: ({ snapshots }, world) => {
        const { snapshotId } = world.region.ec2.volume(dataOf(world, CANARY));
        return snapshotId !== undefined && snapshots.some((one) => one.snapshotId === snapshotId);
      },
    },
    { sentence: 'a person is told', holds: (_, world) => pagedNow(world, 'upgrade-failed') },
    {
      sentence: 'no other node was touched',
      holds: (_, { current }) =>
        current.every(({ name, machine }) => name === CANARY || machine.report().clientStarts.length === 0),
    },
    sameInstances,
    namesRight,
    alarmsRight,
    allWell,
  ],
};

const isOld = (world: World, { instanceId }: PlacedNode): boolean =>
  world.nodes.some((one) => one.instanceId === instanceId) &&
  world.current.every((one) => one.instanceId !== instanceId);

/** Instances that were the nodes when the story began. */
const oldOnes = (world: World): readonly PlacedNode[] => world.nodes.filter((node) => isOld(world, node));

const isGoneWithVolumes = ({ region: { ec2 } }: World, { instanceId, volumeIds }: PlacedNode): boolean =>
  ec2.instances().every((one) => one.instanceId !== instanceId || one.state === 'terminated') &&
  ec2.volumes().every(({ volumeId }) => ![...volumeIds.values()].includes(volumeId));

const keysIn = (nodes: readonly PlacedNode[]): readonly string[] =>
  nodes.flatMap(({ machine }) => machine.readFile('/node-data/onion_v3_private_key') ?? []);

export const upgradeBlueGreen: Scenario = {
  name: 'upgrade-blue-green',
  sentence:
    'A person asks for another version beside each node: a new instance catches up with it and proves itself, takes the node’s place, and the old one is kept, stopped.',
  fleets: { bitcoin: upgradableBeside },
  build: (world) => void installedBeside(world),
  people: asksBeside,
  done: (world) => upgradedIn(world, 'healed') === 4,
  hours: 16,
  expect: [
    runsAll(AFTER, 'every node runs the new version'),
    {
      sentence: 'each was upgraded once by another instance, the canary first',
      holds: (report) => {
        const own = ladderHeals(report);
        return (
          own.length === 4 &&
          own.every(({ outcome, rung }) => outcome === 'healed' && rung === 'replace') &&
          own[0]?.node === CANARY
        );
      },
      undisturbed: true,
    },
    {
      sentence: 'each old one is stopped and kept, with its volume, until a day and with how to go back',
      holds: (_, world) =>
        oldOnes(world).every(
          ({ instanceId, volumeIds }) =>
            world.region.ec2.instance(instanceId).state === 'stopped' &&
            isRetained(world, instanceId) &&
            [...volumeIds.values()].every((id) => world.region.ec2.volume(id).attachment?.instanceId === instanceId),
        ) && oldOnes(world).length >= 4,
      undisturbed: true,
    },
    {
      sentence: 'each old one served until the new one had followed the chain',
      holds: (_, world) =>
        oldOnes(world).every(({ name, machine }) => {
          const young = world.current.find((one) => one.name === name);
          const [stopped] = machine.report().outages;
          const upMs = young?.machine.client.upSinceMs;
          return stopped === undefined || (upMs !== undefined && upMs < stopped.fromMs);
        }),
      undisturbed: true,
    },
    {
      sentence: 'no key of a node was ever on two instances that ran',
      holds: (_, world) => {
        const old = keysIn(oldOnes(world));
        return keysIn(world.current).every((key) => !old.includes(key));
      },
    },
    namesRight,
    alarmsRight,
    allWell,
    allHealedInTheEnd,
    nobodyPaged,
  ],
};

export const upgradeBlueGreenFails: Scenario = {
  name: 'upgrade-blue-green-fails',
  sentence:
    'The new version takes no block: the instance that came beside the canary goes with its volumes, and no node was ever touched.',
  fleets: { bitcoin: upgradableBeside },
  build: (world) => void installedBeside(world, 'stands'),
  people: asksBeside,
  done: (world) =>
    upgradedIn(world, 'escalated') === 1 && oldOnes(world).every((node) => isGoneWithVolumes(world, node)),
  hours: 16,
  expect: [
    runsAll(BEFORE, 'every node runs the version of before'),
    { sentence: 'a person is told', holds: (_, world) => pagedNow(world, 'upgrade-failed') },
    {
      sentence: 'no node was touched: no client was stopped or started',
      holds: (_, { current }) => current.every(({ machine }) => machine.report().clientStarts.length === 0),
    },
    {
      sentence: 'the instance that came beside the canary is gone, and so are its volumes',
      holds: (_, world) => oldOnes(world).every((node) => isGoneWithVolumes(world, node)),
    },
    namesRight,
    alarmsRight,
    allWell,
  ],
};

const runAll = (world: World, version: string): boolean =>
  Object.values(versionsOf(world)).every((one) => one === version);

/** Nobody makes this block but with the new version. */
const passedHeight = ({ current }: World): boolean =>
  current.every(({ machine }) => machine.client.height() > AT_HEIGHT + 3);

const noneBeforeHeight: Expectation = {
  sentence: 'no version was changed before its node stood below the height',
  holds: (report) => ladderHeals(report).every(({ rung, outcome }) => rung !== 'upgrade' || outcome !== 'escalated'),
};

export const upgradeAtHeight: Scenario = {
  name: 'upgrade-at-height',
  sentence:
    'The chain stops for an upgrade: each node has given a clean snapshot before, all go over within minutes, and nobody is paged for the halt.',
  fleets: { irita: stoppedByChain },
  build: (world) => sentries(world, { goesOn: (all) => runAll(all, AFTER) }),
  people: asksAtHeight,
  done: (world) => upgradedIn(world, 'healed') === 4 && passedHeight(world),
  hours: 8,
  expect: [
    runsAll(AFTER, 'every node runs the new version'),
    { sentence: 'every node has passed the height', holds: (_, world) => passedHeight(world) },
    {
      sentence: 'each had given a clean snapshot of its own before',
      holds: ({ snapshots }) => snapshots.length === 4 && snapshots.every(({ rank }) => rank === 'clean'),
      undisturbed: true,
    },
    {
      sentence: 'each was upgraded and proved once, and nothing else was done to any',
      holds: (report) => {
        const own = ladderHeals(report);
        return own.length === 4 && own.every(({ outcome, rung }) => outcome === 'healed' && rung === 'upgrade');
      },
      undisturbed: true,
    },
    noneBeforeHeight,
    allWell,
    allHealedInTheEnd,
    nobodyPaged,
  ],
};

export const upgradeHaltedByBug: Scenario = {
  name: 'upgrade-halted-by-bug',
  sentence:
    'The chain stops for an upgrade, and nobody can go on with the new version: nothing is taken back, a person is told and asks for the version that mends it.',
  fleets: { irita: stoppedByChain },
  build: (world) => sentries(world, { goesOn: (all) => runAll(all, MENDED), fault: 'stands' }),
  people: (world) => {
    asksAtHeight(world);
    world.whenPaged('upgrade-ended', 10, () => askAtHeight(world, MENDED));
  },
  done: (world) => passedHeight(world),
  hours: 12,
  expect: [
    runsAll(MENDED, 'every node runs the version that mends it'),
    { sentence: 'every node has passed the height', holds: (_, world) => passedHeight(world) },
    { sentence: 'a person was told that nobody had gone on', holds: (_, world) => pagedNow(world, 'upgrade-ended') },
    {
      sentence: 'no version and no data were taken back',
      holds: (report) => ladderHeals(report).every(({ rung }) => rung !== 'swap'),
    },
    allWell,
  ],
};

/** When each client began to be away, and was back. */
const outagesOf = ({ current }: World) => current.flatMap(({ machine }) => machine.report().outages);

export const upgradeValidators: Scenario = {
  name: 'upgrade-validators',
  sentence:
    'Validators are left out of an upgrade of their fleet; a person names each, says what it is, and they go over one by one while the chain goes on.',
  fleets: { irita: validatorsWithUnits },
  build: (world) => upgradableValidators(world),
  people: (world) => asksForValidators(world),
  done: (world) => upgradedIn(world, 'healed') === 4 && runAll(world, AFTER),
  hours: 6,
  expect: [
    // A request is good for an hour: where nobody knows how the validators are for longer, the person is told and asks again.
    { ...runsAll(AFTER, 'every validator runs the new version'), undisturbed: true },
    {
      sentence: 'each was upgraded and proved once',
      holds: (report) => {
        const own = ladderHeals(report);
        return own.length === 4 && own.every(({ outcome, rung }) => outcome === 'healed' && rung === 'upgrade');
      },
      undisturbed: true,
    },
    {
      sentence: 'never were two of them away at once, and the chain never stopped',
      holds: (_, world) => {
        const away = outagesOf(world).toSorted((a, b) => a.fromMs - b.fromMs);
        return (
          away.every(({ fromMs }, at) => at === 0 || (away[at - 1]?.toMs ?? Number.POSITIVE_INFINITY) <= fromMs) &&
          world.chains.every(({ halts }) => halts.length === 0)
        );
      },
    },
    {
      sentence: 'a person was told that the fleet’s upgrade left them out, and by name',
      holds: (_, world) => pagedNow(world, 'upgrade-ended'),
    },
    allWell,
    { ...allHealedInTheEnd, undisturbed: true },
  ],
};

export const upgradeValidatorFails: Scenario = {
  name: 'upgrade-validator-fails',
  sentence:
    'The new version takes no block on a validator: it gets the version and its own data of before, under the newer signing state, and signs again.',
  fleets: { irita: validatorsWithUnits },
  build: (world) => upgradableValidators(world, 'stands'),
  people: (world) => asksForValidators(world, ['validator2']),
  done: (world) => upgradedIn(world, 'escalated') === 1,
  hours: 8,
  // That the fleet's upgrade left it out, that it stands, and that it was taken back.
  pagesAtMost: 3,
  expect: [
    runsAll(BEFORE, 'every validator runs the version of before'),
    {
      sentence: 'it has the data of its own snapshot of right before',
      holds: ({ snapshots }, world) => {
        const { volumeIds } = world.find('irita', 'validator2');
        const { snapshotId } = world.region.ec2.volume(volumeIds.get('data') ?? '');
        return snapshotId !== undefined && snapshots.some((one) => one.snapshotId === snapshotId);
      },
      undisturbed: true,
    },
    { sentence: 'a person is told', holds: (_, world) => pagedNow(world, 'upgrade-failed'), undisturbed: true },
    {
      sentence: 'no other validator was touched',
      holds: (_, { current }) =>
        current.every(({ name, machine }) => name === 'validator2' || machine.report().clientStarts.length === 0),
    },
    {
      sentence: 'the chain never stopped',
      holds: (_, { chains }) => chains.every(({ halts }) => halts.length === 0),
    },
    sameInstances,
    allWell,
  ],
};
