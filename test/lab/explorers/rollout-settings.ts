// The fleets of the explorer of upgrades, and the rules that are switched off to show that each is needed.
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { type Kind, ROLLOUT_FULL, type RolloutRules, type RolloutSetting, TO } from './rollout.ts';

const followers = (zones: string): readonly Kind[] => [...zones].map((zone) => ({ role: 'follower', zone }));

const client = { versions: ['28.0', TO], canary: 'node0', watchMinutes: 0 };
const ONE_BY_ONE = bitcoinFleet({ unit: 'node@*', client, role: 'follower' });
const BY_ZONES = bitcoinFleet({
  ...{ unit: 'node@*', role: 'follower', client: { ...client, zonePercent: 50 } },
  breaker: { restartPercent: 50, unhealthyPercent: 50 },
});

const BESIDE = bitcoinFleet({
  ...{ unit: 'node@*', client, role: 'follower', probe: 'ssm' },
  replace: { rungs: ['restart', 'swap', 'replace'], launchTemplate: 'lt-0123456789abcdef0' },
});

const usual = {
  isBadOn: () => false,
  isByPerson: false,
  firstOf: () => ({}),
  faults: 2,
  acts: 0,
  mode: 'act',
} as const;
/** A person has asked for each of them at one moment, and each has its snapshot. */
const ASKED = { snap: 3, up: 1 } as const;

export const ROLLOUT_SETTINGS = {
  'one by one': { ...usual, fleet: ONE_BY_ONE, nodes: followers('aab'), mostAway: 1 },
  'one by one, the first fails': {
    ...usual,
    fleet: ONE_BY_ONE,
    nodes: followers('aab'),
    mostAway: 1,
    isBadOn: (at) => at === 0,
  },
  'one by one, the second fails': {
    ...usual,
    fleet: ONE_BY_ONE,
    nodes: followers('aab'),
    mostAway: 1,
    isBadOn: (at) => at === 1,
  },
  'by zones': { ...usual, fleet: BY_ZONES, nodes: followers('aaaab'), mostAway: 2, faults: 1 },
  'by zones, two fail': {
    ...usual,
    fleet: BY_ZONES,
    nodes: followers('aaaa'),
    mostAway: 2,
    isBadOn: (at) => at > 0,
    faults: 1,
  },
  'one by one, with people': { ...usual, fleet: ONE_BY_ONE, nodes: followers('aa'), mostAway: 1, faults: 1, acts: 1 },
  'one by one, with people, the second fails': {
    ...{ ...usual, fleet: ONE_BY_ONE, nodes: followers('aa'), mostAway: 1, faults: 1, acts: 1 },
    isBadOn: (at) => at === 1,
  },
  'by zones, with people': { ...usual, fleet: BY_ZONES, nodes: followers('aaaa'), mostAway: 2, faults: 0, acts: 1 },
  'asks a person for each': {
    ...{ ...usual, fleet: ONE_BY_ONE, nodes: followers('aa'), mostAway: 1, faults: 1, acts: 1 },
    mode: 'ask',
  },
  'beside the nodes': {
    ...{ ...usual, fleet: BESIDE, nodes: followers('aab'), mostAway: 0, faults: 1, acts: 1 },
    how: 'beside',
  },
  'beside the nodes, the second fails': {
    ...{ ...usual, fleet: BESIDE, nodes: followers('aa'), mostAway: 0, faults: 1, acts: 1 },
    ...{ how: 'beside', isBadOn: (at) => at === 1 },
  },
  'beside the nodes, by a person': {
    ...{ ...usual, fleet: BESIDE, nodes: followers('aa'), mostAway: 0, faults: 1, acts: 1 },
    ...{ how: 'beside', isByPerson: true, firstOf: () => ({ up: 1 }) },
  },
  'on a copy first': {
    ...{ ...usual, fleet: ONE_BY_ONE, nodes: followers('aa'), mostAway: 1, faults: 1, acts: 1 },
    how: 'rehearsed',
  },
  'on a copy first, where it fails': {
    ...{ ...usual, fleet: ONE_BY_ONE, nodes: followers('aa'), mostAway: 1, faults: 1, acts: 1 },
    ...{ how: 'rehearsed', failsOnCopy: true },
  },
  validators: {
    ...{ ...usual, mostAway: 1, isByPerson: true, firstOf: () => ASKED },
    fleet: bitcoinFleet({ unit: 'node@*', client, role: 'validator', chain: 'cometbft', volumes: { data: '/data' } }),
    nodes: [...'aaa'].map((zone): Kind => ({ role: 'validator', zone })),
  },
} as const satisfies Record<string, RolloutSetting>;

export type RolloutSettingName = keyof typeof ROLLOUT_SETTINGS;

export interface RolloutRule {
  readonly sentence: string;
  readonly naive: string;
  readonly setting: RolloutSettingName;
  readonly without: RolloutRules;
}

const without = (more: Partial<RolloutRules>): RolloutRules => ({ ...ROLLOUT_FULL, ...more });

export const ROLLOUT_RULES: Readonly<Record<string, RolloutRule>> = {
  'upgrade-turn': {
    sentence: 'a node is stopped only with the fleet’s turn',
    naive: 'the look at the others is enough',
    setting: 'validators',
    without: without({ takesTurn: false }),
  },
  'upgrade-turn-outlives': {
    sentence: 'the turn of an execution that died stays its node’s until another attempt has settled it',
    naive: 'whose execution has ended has no turn',
    setting: 'validators',
    without: without({ turnOutlives: false }),
  },
  'upgrade-others': {
    sentence: 'a node is stopped only while all others are seen to be well',
    naive: 'the turn is enough',
    setting: 'one by one',
    without: without({ judgesOthers: false }),
  },
  'upgrade-alone': {
    sentence: 'of nodes that go over together one at a time gets its data of before',
    naive: 'they get them together, as they went over',
    setting: 'by zones, two fail',
    without: without({ putsBackAlone: false }),
  },
  'upgrade-pause': {
    sentence: 'a pause is read again right before an act',
    naive: 'a pause keeps an attempt from beginning',
    setting: 'one by one, with people',
    without: without({ readsPauseAgain: false }),
  },
  'upgrade-mode': {
    sentence: 'the mode is read again right before an act',
    naive: 'an attempt goes on in the mode in which it was begun',
    setting: 'one by one, with people',
    without: without({ readsModeAgain: false }),
  },
  'upgrade-kept-down': {
    sentence: 'where a switch that was cut off may not be made again, the client is started in its version of before',
    naive: 'an attempt that may not go on ends',
    setting: 'one by one, with people',
    without: without({ startsAsBefore: false }),
  },
  'upgrade-settled': {
    sentence: 'also under a pause an attempt begins that finishes what has a client down',
    naive: 'under a pause no attempt begins',
    setting: 'one by one, with people',
    without: without({ settlesPaused: false }),
  },
  'upgrade-beside-turn': {
    sentence: 'a new instance comes beside a node only with the fleet’s turn',
    naive: 'the node serves on, and waits for nobody',
    setting: 'beside the nodes, by a person',
    without: without({ takesTurn: false }),
  },
  'upgrade-beside-name': {
    sentence: 'a node that has another instance is known by its name',
    naive: 'a node is its instance',
    setting: 'beside the nodes',
    without: without({
      sees: (facts) => ({ ...facts, incidents: facts.incidents.map((one) => ({ ...one, node: one.instanceId })) }),
    }),
  },
  'upgrade-beside-stop': {
    sentence: 'a node beside which another instance proves itself gives no snapshot',
    naive: 'each gives a clean snapshot right before, as in any upgrade',
    setting: 'beside the nodes',
    without: without({
      sees: ({ upgrade: { strategy: _, ...upgrade }, ...facts }) => ({ ...facts, upgrade }),
    }),
  },
  'upgrade-rehearsed': {
    sentence: 'no node is begun with before the version has come through on a copy',
    naive: 'what came of the try is told, and the upgrade goes on',
    setting: 'on a copy first, where it fails',
    without: without({
      sees: (facts) => ({
        ...facts,
        ...(facts.rehearsed && { rehearsed: { ...facts.rehearsed, is: 'verified' as const } }),
      }),
    }),
  },
  'upgrade-rehearsal-first': {
    sentence: 'no snapshot is asked for while a try is at work: it would give way to that',
    naive: 'a snapshot that has grown old is taken again at once',
    setting: 'on a copy first',
    without: without({
      sees: (facts) => ({ ...facts, incidents: facts.incidents.filter(({ rehearses }) => rehearses === undefined) }),
    }),
  },
  'upgrade-one-zone': {
    sentence: 'nodes that go over at once are of one zone',
    naive: 'zones do not matter',
    setting: 'by zones',
    without: without({
      sees: (facts) => ({ ...facts, nodes: facts.nodes.map((node) => ({ ...node, availabilityZone: 'a' })) }),
    }),
  },
  'upgrade-share': {
    sentence: 'no more go over at once than the share of the zone and of the fleet',
    naive: 'a whole zone goes over',
    setting: 'by zones',
    without: without({
      sees: (facts) => {
        const { client: own, breaker } = facts.fleet;
        const whole = { ...breaker, restartPercent: 100, unhealthyPercent: 100 };
        return {
          ...facts,
          fleet: { ...facts.fleet, breaker: whole, ...(own && { client: { ...own, zonePercent: 100 } }) },
        };
      },
    }),
  },
  'upgrade-way-back': {
    sentence: 'each node gives a clean snapshot of its own before it is switched',
    naive: 'that of a sibling will do',
    setting: 'one by one',
    without: without({
      sees: (facts) => {
        const one = facts.incidents.find(({ trigger, state }) => trigger === 'snapshot:clean' && state === 'healed');
        const others = facts.nodes.flatMap(({ instanceId, name }) => (one ? [{ ...one, instanceId, node: name }] : []));
        return { ...facts, incidents: [...facts.incidents, ...others] };
      },
    }),
  },
  'upgrade-failure-kept': {
    sentence: 'what an upgrade has failed by is closed by time only when the upgrade has ended',
    naive: 'an hour after it was asked for, a request is over',
    setting: 'one by one, with people, the second fails',
    without: without({ keepsFailure: false }),
  },
  'upgrade-failed': {
    sentence: 'where a version has failed on one node no other gets it',
    naive: 'the others may have more luck',
    setting: 'one by one, the second fails',
    without: without({
      sees: (facts) => {
        const failed = new Set(facts.incidents.flatMap((one) => (one.state === 'escalated' ? [one.instanceId] : [])));
        return { ...facts, nodes: facts.nodes.filter(({ instanceId }) => !failed.has(instanceId)) };
      },
    }),
  },
};
