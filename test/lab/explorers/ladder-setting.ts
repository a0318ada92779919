// The nodes of the ladder's stories: how their data behave, what answers, and what can replace them.
import type { Fleet, Role } from '../../../shared/fleet/model.ts';
import type { RequestedAction } from '../../../shared/model/payload.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';

/**
 * How a client behaves on data:
 * - it follows its chain;
 * - it ends immediately;
 * - it stays at the height where the node had stopped, or below;
 * - it has blocks that others do not have;
 * - it runs and answers nobody;
 * - or the data cannot be mounted at all.
 */
export type Behaviour = 'follows' | 'ends' | 'same-stop' | 'lower-stop' | 'forked' | 'hangs' | 'unmountable';

export interface LadderSetting {
  readonly fleet: Fleet;
  readonly want: RequestedAction;
  readonly role: Role;
  /** How its own data behave: as found, and after the client's next start. */
  readonly before: Behaviour;
  readonly afterRestart: Behaviour;
  /** How the snapshot sets behave, best first. */
  readonly sets: readonly Behaviour[];
  /** How the volumes of a healthy sibling behave, where the fleet file prefers them. */
  readonly sibling: Behaviour | null;
  /** Volumes that an earlier heal has kept, for an undo. */
  readonly kept: Behaviour | null;
  /**
   * Instance and agent are out of reach from the beginning: until the instance was stopped and started, or for ever. lingers: for ever, and Systems
   * Manager still shows the agent as online for a while. The client runs in all cases, as behind a network that is cut.
   */
  readonly dead: 'until-started' | 'for-good' | 'lingers' | null;
  /** Capacity in the node's own zone, then in another one. */
  readonly capacity: readonly [boolean, boolean];
  /** A launch is not permitted: EC2 refuses a dry run, or only the launch itself. */
  readonly forbids: 'told' | 'untold' | null;
  /** How a new instance behaves: it boots; it never boots; its client is not masked; it boots and its client ends on any data. */
  readonly young: 'works' | 'unhealthy' | 'unmasked' | 'ends';
  readonly group: string | null;
  /** Whether there is capacity to start it again after a stop. */
  readonly starts: boolean;
  /** For so many minutes the capacity is missing that the two before say is. */
  readonly shortMinutes: number;
  /** For so many minutes the sources of a copy cannot be read. */
  readonly unreadMinutes: number;
  /** How the version behaves that is wanted, on data that it migrates: missing: it is not installed. */
  readonly newVersion: 'works' | 'ends' | 'stands' | 'missing';
  /** How its own data behave once its owner's roll-back has been run; ends: the client cannot open them. Only where the fleet file has one. */
  readonly rolledBack?: Behaviour;
  /** The same of its owner's reindex. */
  readonly reindexed?: Behaviour;
  /** The node that the snapshots were taken of. */
  readonly donor: 'itself' | 'sibling';
}

export const SUBNETS = ['subnet-0a', 'subnet-0b'] as const;
export const ZONES = ['eu-west-1a', 'eu-west-1b'] as const;

const fleetOf = (more: Record<string, unknown> = {}, role: Role = 'follower'): Fleet => {
  const fleet = bitcoinFleet({ role, probe: 'ssm', ...more });
  return { ...fleet, replace: { ...fleet.replace, subnetIds: [SUBNETS[1]] } };
};

const FLEET = fleetOf();
const TWO_VOLUMES: Fleet = {
  ...FLEET,
  volumes: [
    { role: 'data', path: '/var/lib/node/data', tags: { Component: 'nodes/bitcoin', Part: 'data' } },
    { role: 'ancient', path: '/var/lib/node/ancient', tags: { Component: 'nodes/bitcoin', Part: 'ancient' } },
  ],
};
const RATED: Fleet = { ...FLEET, replace: { ...FLEET.replace, initializationMiBps: 100 } };
const SIBLING: Fleet = { ...FLEET, replace: { ...FLEET.replace, source: 'sibling' } };
const STANDBY: Fleet = { ...FLEET, replace: { ...FLEET.replace, autoScaling: 'standby' } };
const ROLLS_BACK = fleetOf({ replace: { rollBack: { command: '/opt/node/roll-back', rehearse: false } } });
const REINDEXES = fleetOf({
  drills: { securityGroup: 'sg-0123456789abcdef0' },
  replace: { reindex: { command: '/opt/node/reindex' } },
});
const VALIDATOR: Fleet = { ...FLEET, role: { fixed: 'validator' } };
const RESTARTABLE: Fleet = { ...VALIDATOR, owner: { ...VALIDATOR.owner, restartValidators: true } };

/** Two instances of a template unit. */
export const VERSIONS = { from: '28.0', to: '28.1' } as const;
const UPGRADABLE = fleetOf({ client: { versions: Object.values(VERSIONS) } });

const STUCK: LadderSetting = {
  fleet: FLEET,
  want: { do: 'heal' },
  role: 'follower',
  before: 'same-stop',
  afterRestart: 'same-stop',
  sets: ['follows'],
  sibling: null,
  kept: null,
  dead: null,
  capacity: [true, true],
  forbids: null,
  young: 'works',
  group: null,
  starts: true,
  shortMinutes: Number.POSITIVE_INFINITY,
  unreadMinutes: 0,
  newVersion: 'works',
  donor: 'itself',
};
const with_ = (more: Partial<LadderSetting>): LadderSetting => ({ ...STUCK, ...more });
const ended = { before: 'ends', afterRestart: 'ends' } as const;
const well = { before: 'follows', afterRestart: 'follows' } as const;
const dead = { ...well, dead: 'for-good' } as const;
const restore = (acknowledgesValidator: boolean): RequestedAction => ({
  do: 'restore',
  snapshotId: null,
  acknowledgesValidator,
});

/** The world `swap`: followers, each named by an operator's words for the fault. */
export const SWAP_SETTINGS: Readonly<Record<string, LadderSetting>> = {
  'a restart helps': with_({ afterRestart: 'follows' }),
  'what could be copied cannot be read, a restart helps': with_({ afterRestart: 'follows', unreadMinutes: 600 }),
  'what could be copied cannot be read at first': with_({ unreadMinutes: 1 }),
  'what could be copied cannot be read': with_({ unreadMinutes: 600 }),
  'dead, and what could be copied cannot be read': with_({ ...dead, unreadMinutes: 600 }),
  'other data help': STUCK,
  'a roll-back helps': with_({ fleet: ROLLS_BACK, rolledBack: 'follows' }),
  'a roll-back does not help, other data do': with_({ fleet: ROLLS_BACK, rolledBack: 'same-stop' }),
  'a roll-back spoils the data, other data help': with_({ fleet: ROLLS_BACK, rolledBack: 'ends' }),
  'neither a roll-back nor other data help': with_({
    fleet: ROLLS_BACK,
    rolledBack: 'same-stop',
    sets: ['ends'],
    young: 'ends',
  }),
  'a reindex helps': with_({ fleet: REINDEXES, reindexed: 'follows' }),
  'a reindex does not help, other data do': with_({ fleet: REINDEXES, reindexed: 'same-stop' }),
  'a reindex spoils the data, other data help': with_({ fleet: REINDEXES, reindexed: 'ends' }),
  'neither a reindex nor other data help': with_({
    fleet: REINDEXES,
    reindexed: 'same-stop',
    sets: ['ends'],
    young: 'ends',
  }),
  'a sibling’s data help': with_({ donor: 'sibling' }),
  'a sibling’s volumes help': with_({ fleet: SIBLING, sibling: 'follows', sets: [] }),
  'a sibling’s volumes do not help, a snapshot does': with_({ fleet: SIBLING, sibling: 'lower-stop' }),
  'its blocks are waited for': with_({ fleet: RATED }),
  'two volumes': with_({ fleet: TWO_VOLUMES }),
  'the client ends, the second set helps': with_({ ...ended, sets: ['ends', 'follows'] }),
  'the newest cannot be mounted': with_({ ...ended, sets: ['unmountable', 'follows'] }),
  'the newest stops lower': with_({ sets: ['lower-stop', 'follows'] }),
  'the newest is forked': with_({ sets: ['forked', 'follows'] }),
  'a client that hangs': with_({ before: 'hangs', afterRestart: 'hangs', sets: ['hangs', 'follows'] }),
  'a bug of the client': with_({ sets: ['same-stop', 'follows'] }),
  'no good snapshot': with_({ ...ended, sets: [] }),
  'nothing helps': with_({ ...ended, sets: ['ends', 'lower-stop'], young: 'ends' }),
  'a member on standby': with_({ fleet: STANDBY, group: 'nodes' }),
  'a member on standby, nothing helps': with_({
    ...ended,
    fleet: STANDBY,
    group: 'nodes',
    sets: ['lower-stop'],
    young: 'unhealthy',
  }),
  'it comes up after a stop': with_({ ...well, dead: 'until-started' }),
  'the instance is dead': with_(dead),
  'two volumes, the instance is dead': with_({ ...dead, fleet: TWO_VOLUMES }),
  'dead, its agent lingers': with_({ ...dead, dead: 'lingers' }),
  'dead, no capacity in its zone': with_({ ...dead, capacity: [false, true] }),
  'dead, no capacity in its zone, a sibling’s data': with_({ ...dead, capacity: [false, true], donor: 'sibling' }),
  'dead, no capacity in its zone, bad data': with_({ ...dead, capacity: [false, true], sets: ['ends'] }),
  'dead, no capacity': with_({ ...dead, capacity: [false, false] }),
  'dead, a launch is not permitted': with_({ ...dead, forbids: 'told' }),
  'dead, a launch is not permitted, and nobody knows before': with_({ ...dead, forbids: 'untold' }),
  'nothing helps, a launch is not permitted': with_({ ...ended, sets: ['ends'], forbids: 'told' }),
  'dead, no capacity to start it': with_({ ...dead, starts: false }),
  'dead, no capacity to start it, the new one does not help': with_({ ...dead, starts: false, young: 'ends' }),
  'dead, no capacity at all': with_({ ...dead, capacity: [false, false], starts: false }),
  'dead, no capacity at all, and then there is': with_({
    ...dead,
    capacity: [false, false],
    starts: false,
    shortMinutes: 90,
  }),
  'dead, the new one does not boot': with_({ ...dead, young: 'unhealthy' }),
  'dead, the new one is not masked': with_({ ...dead, young: 'unmasked' }),
  'dead, the new one does not help': with_({ ...dead, young: 'ends' }),
  'dead, its own data end, and others help': with_({ ...dead, ...ended }),
  'dead, its two volumes end, and others help': with_({ ...dead, ...ended, fleet: TWO_VOLUMES }),
  'dead, its own data end, and so do the best others': with_({ ...dead, ...ended, sets: ['ends', 'follows'] }),
  'dead, its own data end, and so do all others that are tried': with_({
    ...dead,
    ...ended,
    sets: ['ends', 'ends', 'follows'],
  }),
  'dead, its own data end, and there are no others': with_({ ...dead, ...ended, sets: [] }),
  'dead, a member on standby': with_({ ...dead, fleet: STANDBY, group: 'nodes' }),
  'a person restores a healthy node': with_({ ...well, want: restore(false) }),
  'a person restores, the data are bad': with_({ ...well, want: restore(false), sets: ['ends'] }),
  'a person wants another instance': with_({ ...well, want: { do: 'replace-instance' } }),
  'a person wants another instance, it does not help': with_({
    ...well,
    want: { do: 'replace-instance' },
    young: 'ends',
  }),
  'a person wants another instance, its own data end': with_({ ...ended, want: { do: 'replace-instance' } }),
  'a person wants another instance, a launch is not permitted': with_({
    ...well,
    want: { do: 'replace-instance' },
    forbids: 'told',
  }),
  'a person takes a restore back': with_({ ...well, want: { do: 'undo' }, kept: 'same-stop', sets: [] }),
  'a person takes a restore back, the data are bad': with_({ ...well, want: { do: 'undo' }, kept: 'ends', sets: [] }),
};

/** The world `validator`: one key, and a signing state that must never go back. */
export const VALIDATOR_SETTINGS: Readonly<Record<string, LadderSetting>> = {
  'a stuck validator': with_({ fleet: VALIDATOR, role: 'validator' }),
  'a dead validator': with_({ ...dead, fleet: VALIDATOR, role: 'validator' }),
  'a stuck validator that may be restarted': with_({ fleet: RESTARTABLE, role: 'validator' }),
  'one that ends and may be restarted': with_({ ...ended, fleet: RESTARTABLE, role: 'validator' }),
  'a dead validator that may be restarted': with_({ ...dead, fleet: RESTARTABLE, role: 'validator' }),
  'a restore that nobody acknowledged': with_({ ...well, fleet: VALIDATOR, role: 'validator', want: restore(false) }),
  'a restore that is acknowledged': with_({ ...well, fleet: VALIDATOR, role: 'validator', want: restore(true) }),
  'an acknowledged restore, bad data': with_({
    ...well,
    fleet: VALIDATOR,
    role: 'validator',
    want: restore(true),
    sets: ['lower-stop'],
  }),
  'an acknowledged restore of one that ends': with_({
    ...ended,
    fleet: VALIDATOR,
    role: 'validator',
    want: restore(true),
    sets: ['lower-stop'],
  }),
  'another instance is wanted': with_({
    ...well,
    fleet: VALIDATOR,
    role: 'validator',
    want: { do: 'replace-instance' },
  }),
  'a role that nobody knows': with_({ role: 'unknown' }),
};

const upgrade = (watchMinutes = 0): RequestedAction => ({
  do: 'upgrade',
  to: VERSIONS.to,
  cleanSinceMs: 0,
  watchMinutes,
});
const upgraded = { ...well, fleet: UPGRADABLE, want: upgrade() } as const;

const shrinks = { ...well, want: { do: 'shrink', toGiB: 300 } } as const;

/** The world `shrink`: a well follower whose volume is made smaller. */
export const SHRINK_SETTINGS: Readonly<Record<string, LadderSetting>> = {
  'a smaller disk': with_(shrinks),
  'a smaller disk, from a sibling’s snapshot': with_({ ...shrinks, donor: 'sibling' }),
  'a smaller disk, the snapshot cannot be mounted': with_({ ...shrinks, sets: ['unmountable', 'follows'] }),
  'a smaller disk, the client ends on it': with_({ ...shrinks, sets: ['ends', 'follows'] }),
  'a smaller disk, the snapshot stops lower': with_({ ...shrinks, sets: ['lower-stop', 'follows'] }),
  'a smaller disk, there is no good snapshot': with_({ ...shrinks, sets: [] }),
  'a smaller disk of a node that is not well': with_({ want: shrinks.want }),
  'a disk that would be too small': with_({ ...shrinks, want: { do: 'shrink', toGiB: 250 } }),
};

const BESIDE = fleetOf({
  client: { versions: Object.values(VERSIONS) },
  replace: { rungs: ['restart', 'swap', 'replace'], launchTemplate: 'lt-0123456789abcdef0' },
});
const besides = {
  ...well,
  fleet: BESIDE,
  want: { do: 'upgrade', to: VERSIONS.to, cleanSinceMs: 0, watchMinutes: 0, strategy: 'blue-green' },
} as const;

/** The world `beside`: a well follower, and another version on another instance beside it. */
export const BESIDE_SETTINGS: Readonly<Record<string, LadderSetting>> = {
  'beside it: the new version works': with_(besides),
  'beside it: the canary is watched': with_({ ...besides, want: { ...besides.want, watchMinutes: 30 } }),
  'beside it: a sibling’s snapshot': with_({ ...besides, donor: 'sibling' }),
  'beside it: the new version ends': with_({ ...besides, newVersion: 'ends' }),
  'beside it: the new version stands still': with_({ ...besides, newVersion: 'stands' }),
  'beside it: the new version is not installed': with_({ ...besides, newVersion: 'missing' }),
  'beside it: the snapshot stops lower': with_({ ...besides, sets: ['lower-stop'] }),
  'beside it: the snapshot is forked': with_({ ...besides, sets: ['forked'] }),
  'beside it: there is no good snapshot': with_({ ...besides, sets: [] }),
  'beside it: its volumes are two': with_({ ...besides, fleet: { ...BESIDE, volumes: TWO_VOLUMES.volumes } }),
  'beside it: no capacity in its zone': with_({ ...besides, capacity: [false, true] }),
  'beside it: no capacity': with_({ ...besides, capacity: [false, false] }),
  'beside it: a launch is not permitted': with_({ ...besides, forbids: 'untold' }),
  'beside it: the new instance does not boot': with_({ ...besides, young: 'unhealthy' }),
  'beside it: the new instance is not masked': with_({ ...besides, young: 'unmasked' }),
};

/** The world `upgrade`: a well follower, and another version of its client. */
export const UPGRADE_SETTINGS: Readonly<Record<string, LadderSetting>> = {
  'the new version works': with_(upgraded),
  'the canary is watched': with_({ ...upgraded, want: upgrade(30) }),
  'the new version ends': with_({ ...upgraded, newVersion: 'ends' }),
  'the new version stands still': with_({ ...upgraded, newVersion: 'stands' }),
  'the new version is not installed': with_({ ...upgraded, newVersion: 'missing' }),
  'the new version stands still, and so does the snapshot': with_({
    ...upgraded,
    newVersion: 'stands',
    sets: ['ends'],
  }),
  'there is nothing to go back to': with_({ ...upgraded, newVersion: 'stands', sets: [] }),
  'its volumes are two': with_({
    ...upgraded,
    newVersion: 'stands',
    fleet: { ...UPGRADABLE, volumes: TWO_VOLUMES.volumes },
  }),
  'a node that is not well': with_({ fleet: UPGRADABLE, want: upgrade() }),
};
