// Another instance, place by place: what is told and waited for from its launch until it is proved, and on the way back.
import { describe, expect, it } from '@jest/globals';
import { retryKeyOf } from '../../../functions/replace-node/acts/table.ts';
import type { Facts, Machine } from '../../../functions/replace-node/facts.ts';
import { leaveInstead, REPLACE } from '../../../functions/replace-node/rungs/replace.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { LadderState, Replacement } from '../../../shared/heal/memory.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { DATA_VOLUME, INSTANCE, instanceNow, ROOT_VOLUME } from '../../fixtures/builders/node.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { attachedAt, DATA_PATH, foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import {
  besideNode,
  COPY_VOLUME,
  client,
  copy,
  FLEET,
  facts,
  impaired,
  ladderState,
  machine,
  newReplacement,
  seen,
  watched,
  YOUNG,
} from '../../fixtures/replace-facts.ts';

const YOUNG_ROOT = 'vol-0d11111111111111f';
type Power = Machine['instance']['state'];
const young = (more: Parameters<typeof machine>[0] = {}, rest: Parameters<typeof machine>[1] = {}) =>
  machine({ instanceId: YOUNG, rootVolumeId: YOUNG_ROOT, devices: [], ...more }, rest);
const quiet = (state: Power, more: Parameters<typeof machine>[0] = {}) =>
  machine({ state, ...more }, { agentOnline: false });
const masked = seen([client('stopped', { masked: true })]);
const stopped = quiet('stopped');
const rootless = quiet('stopped', { rootVolumeId: null });
const free = volumeNow({ state: 'available', attachment: null });
const on = (instanceId: string, state: 'attached' | 'attaching' | 'detaching' | 'detached' = 'attached') =>
  volumeNow({ attachment: { ...attachedAt('/dev/sdf'), instanceId, state } });
const waited = (minutes: number, ms = 0): Partial<LadderState> => ({
  waitingSinceMs: NOON_MS - minutes * MINUTE_MS - ms,
});
const pending = (call: string, target: string): Partial<LadderState> => ({
  pending: { call, target, atMs: NOON_MS - MINUTE_MS },
});

interface Has extends Partial<LadderState> {
  readonly is?: Partial<Replacement> | null;
}
function next(more: Partial<Facts>, { is = {}, ...rest }: Has = {}): Decision {
  const replacement = is === null ? null : newReplacement({ volumesKept: true, ...is });
  const given = facts({ replacement: young(), seen: masked, original: impaired('instance'), ...more });
  return REPLACE.next(given, ladderState({ rung: 'replace', replacement, ...rest }));
}

/** The act, which instance or volume it is about, and why. */
function told(act: Decision): string {
  if (act.do === 'wait') return `wait: ${act.what}`;
  if (act.do === 'end') {
    const { end } = act;
    if (end.as === 'refused')
      return `${end.refusal.refuse}${end.refusal.page ? ' (paged)' : ''}: ${end.refusal.reason}`;
    return `${end.as === 'healed' ? 'healed' : end.code}: ${end.reason}`;
  }
  const which = 'which' in act ? ` ${act.which}` : '';
  const device = 'device' in act ? ` ${act.device}` : '';
  const by = 'by' in act ? ` by ${act.by}` : '';
  return `${act.do}${which}${device}${by}${'reason' in act && act.reason ? `: ${act.reason}` : ''}`;
}
const cases = (rows: readonly (readonly [string, Partial<Facts>, Has, string | RegExp])[]): void => {
  it.each(rows)('%s', (_, more, has, words) => {
    const act = told(next(more, has));
    if (typeof words === 'string') expect(act).toBe(words);
    else expect(act).toMatch(words);
  });
};

describe('another instance cannot come', () => {
  const why = (more: Partial<Facts>, has: Partial<LadderState> | null = {}) =>
    REPLACE.cannotBegin(facts(more), has === null ? null : ladderState(has));
  const { found } = ladderState();
  const named = { ...FLEET, replace: { ...FLEET.replace, launchTemplate: 'lt-0123456789abcdef0' } };
  const own = { ...FLEET, units: FLEET.units.map((unit) => ({ ...unit, runtime: { kind: 'commands' } })) };
  const sources = { good: [], refused: [], sibling: null, kept: null };

  it.each<[string, Partial<Facts>, Partial<LadderState> | null, RegExp | null]>([
    ['nothing speaks against one', {}, {}, null],
    ['nor in a plan', {}, null, null],
    [
      'its client is started by commands of its owner',
      { fleet: own as unknown as Facts['fleet'] },
      {},
      /^its client is started by its owner’s own commands/,
    ],
    [
      'one of its clients is',
      { fleet: { ...FLEET, units: [...own.units, ...FLEET.units] } as unknown as Facts['fleet'] },
      {},
      /^its client is started by its owner’s own commands/,
    ],
    ['nobody names a launch template', { original: machine({ launchTemplate: null }) }, {}, /^neither the fleet file/],
    ['the fleet file names one', { original: machine({ launchTemplate: null }), fleet: named }, {}, null],
    ['EC2 refuses the launch', { launch: { is: 'refused', reason: 'no such AMI' } }, {}, /^no such AMI$/],
    ['EC2 would launch it', { launch: { is: 'accepted' } }, {}, null],
    [
      'nobody can tell the volumes',
      {},
      { found: { ...found, volumes: [] } },
      /^which volumes are the node’s cannot be told/,
    ],
    [
      'its data lie on LVM',
      {},
      { found: { ...found, volumes: [foundVolume({ layer: 'LVM2_member' })] } },
      /is a part of LVM/,
    ],
    [
      'its volumes are gone, and no data are left',
      { sources },
      { found: { ...found, dataLost: true } },
      /^its volumes are gone, and no good snapshot is left$/,
    ],
    ['its volumes are gone, and data are left', {}, { found: { ...found, dataLost: true } }, null],
    ['no data are left, and its volumes are there', { sources }, {}, null],
  ])('where %s', (_, more, has, words) => {
    if (words === null) expect(why(more, has)).toBeNull();
    else expect(why(more, has)).toMatch(words);
  });
});

describe('its launch is planned', () => {
  const alone = { replacement: null };
  const unplanned = { is: null } as const;
  const other = { ...FLEET, replace: { ...FLEET.replace, subnetIds: ['subnet-0b'] } };
  const shortage = { of: 'capacity', sinceMs: NOON_MS, atMs: NOON_MS } as const;
  const unplaced = [{ subnetId: 'subnet-0a', reason: 'no capacity', isEverywhere: true, shortage }];
  const fleet = bitcoinFleet({
    ...{ probe: 'ssm', unit: 'node@*', volumes: { data: { path: DATA_PATH } } },
    client: { versions: ['28.0', '28.1'] },
    replace: { rungs: ['restart', 'swap', 'replace'], launchTemplate: 'lt-0123456789abcdef0' },
  });
  const want = { do: 'upgrade', to: '28.1', cleanSinceMs: 0, watchMinutes: 0, strategy: 'blue-green' } as const;
  const beside = { ...alone, fleet, want, original: machine(), seen: seen([client('running', { instance: '28.0' })]) };

  cases([
    ['for a heal', alone, unplanned, 'plan-replacement: the instance itself is taken for the trouble'],
    [
      'for a person',
      { ...alone, want: { do: 'replace-instance' } },
      unplanned,
      'plan-replacement: a person asked for another instance',
    ],
    ['for an upgrade beside the node', beside, unplanned, 'plan-replacement: 28.1 is to prove itself beside 28.0'],
    ['for that, once the node has told its version', { ...beside, seen: null }, unplanned, 'inspect original'],
    [
      'and not where it does not',
      { ...beside, seen: null, original: machine({}, { agentOnline: false }) },
      unplanned,
      /^end-rung: the node does not tell which version runs/,
    ],
    [
      'in another subnet',
      { ...alone, fleet: other },
      { is: null, exhausted: ['subnet-0a'] },
      'plan-replacement: the instance itself is taken for the trouble; the subnets before did not take it',
    ],
    [
      'for a node that one reading does not show',
      { ...alone, original: null },
      unplanned,
      'instance-gone (paged): the instance is gone, and what it was like cannot be read',
    ],
    [
      'not where it cannot be launched',
      { ...alone, launch: { is: 'refused', reason: 'no such AMI' } },
      unplanned,
      'end-rung: no such AMI',
    ],
    [
      'not where no subnet takes it',
      alone,
      { is: null, exhausted: ['subnet-0a'] },
      /^end-rung: none of 1 subnets took it/,
    ],
    [
      'later, where AWS has no room',
      alone,
      { is: null, unplaced },
      /^no-capacity \(paged\): no other instance can be had: no capacity/,
    ],
    [
      'not where nobody can tell its volumes',
      alone,
      { is: null, found: { ...ladderState().found, volumes: [] } },
      /^end-rung: which volumes/,
    ],
  ]);

  it('in the zone of the node, or where its subnet says', () => {
    expect(next(alone, unplanned)).toMatchObject({
      replacement: { subnetId: 'subnet-0a', availabilityZone: 'eu-west-1a', generation: 0, instanceId: '' },
    });
    expect(next(alone, unplanned)).not.toHaveProperty('beside');
    expect(next({ ...alone, fleet: other }, { is: null, exhausted: ['subnet-0a'] })).toMatchObject({
      replacement: { subnetId: 'subnet-0b', availabilityZone: '' },
    });
    expect(next(beside, unplanned)).toMatchObject({ beside: { from: '28.0', to: '28.1' } });
  });
});

describe('it comes up', () => {
  const unheard = { is: { masked: false, heard: 0 } } as const;
  const unmasked = { is: { masked: false } } as const;
  const lost = { ...ladderState().found, lostAddress: '198.51.100.7' };
  const ended = (state: Power, stateReason: string | null) => ({
    replacement: young({ state, stateReason } as Parameters<typeof machine>[0]),
  });
  const asleep = (state: Power) => ({ replacement: young({ state }, { agentOnline: false }) });

  cases([
    ['it is launched', { replacement: null }, { is: { instanceId: '' } }, 'launch: in subnet-0a, its client masked'],
    ['it is not shown yet', { replacement: null }, waited(15, -1), `wait: ${YOUNG} is not shown yet`],
    [
      'it is not shown in a quarter of an hour',
      { replacement: null },
      waited(15),
      'give-up-replacement: the new instance is not shown',
    ],
    [
      'it has ended, and EC2 says why',
      ended('terminated', 'Client.InternalError: no key'),
      {},
      'give-up-replacement: the new instance is terminated: Client.InternalError: no key',
    ],
    [
      'it ends',
      ended('shutting-down', null),
      {},
      'give-up-replacement: the new instance is shutting-down: it could not be launched, or somebody ended it',
    ],
    ['somebody has stopped it', ended('stopped', null), {}, /^give-up-replacement: the new instance is stopped: /],
    ['it boots', asleep('pending'), unheard, 'wait: the new instance is pending'],
    ['its agent is silent', asleep('running'), unheard, 'wait: its agent is not heard of yet'],
    [
      'its agent answers before EC2 says that it runs',
      { replacement: young({ state: 'pending' }) },
      unheard,
      'wait: the new instance is pending',
    ],
    ['for a quarter of an hour', asleep('running'), { ...unheard, ...waited(15) }, /^wait/],
    [
      'and not longer',
      asleep('running'),
      { ...unheard, ...waited(15, 1) },
      'give-up-replacement: after 15 min the new instance is running and its agent is silent',
    ],
    [
      'nor where its agent answers',
      { replacement: young({ state: 'pending' }) },
      { ...unheard, ...waited(15, 1) },
      'give-up-replacement: after 15 min the new instance is pending and its agent answers',
    ],
    ['it is asked under a new fence', {}, { is: { masked: false, fence: 2, heard: 1 } }, 'inspect replacement'],
    ['it is asked where it has said nothing', { seen: null }, unmasked, 'inspect replacement'],
    ['it is asked by another attempt, though it was masked', {}, { is: { fence: 2, heard: 1 } }, 'inspect replacement'],
    [
      'it is not asked again where its client has the identity',
      { volumes: [on(YOUNG)], original: rootless },
      {
        is: { fence: 2, heard: 1, identity: 'replacement', fencedBy: 'root-detached', membership: 'joined' },
        upSinceMs: NOON_MS,
      },
      /^wait/,
    ],
    ['its client is masked', {}, unmasked, 'note-masked'],
    [
      'its client is masked, and runs still',
      { seen: seen([client('running', { masked: true })]) },
      unmasked,
      /^give-up-replacement: the client of the new instance is not masked/,
    ],
    [
      'one of two clients is not masked',
      { seen: seen([client('stopped', { masked: true }), client('stopped')]) },
      unmasked,
      /^give-up-replacement: the client of the new instance is not masked/,
    ],
    [
      'it has no public address',
      {},
      { ...unmasked, found: lost },
      'give-up-replacement: the new instance has no public address, and the old one has 198.51.100.7: neither its launch template nor subnet-0a assigns one',
    ],
    [
      'it has none, and the old one has an elastic one by now',
      { original: machine({ publicIp: { ip: '198.51.100.7', allocationId: 'eipalloc-1' } }) },
      { ...unmasked, found: lost },
      'note-masked',
    ],
    [
      'it has none, and the old one is not shown',
      { original: null },
      { ...unmasked, found: lost },
      /^give-up-replacement: the new instance has no public/,
    ],
  ]);

  it('is told as short of capacity only where it has never come up', () => {
    const why = 'Server.InsufficientInstanceCapacity: none left';
    expect(next(ended('terminated', why), { is: { heard: 0 } })).toMatchObject({
      do: 'give-up-replacement',
      shortOf: 'capacity',
    });
    expect(next(ended('terminated', why), { is: { heard: 1 } })).not.toHaveProperty('shortOf');
    expect(next(ended('stopped', why), { is: { heard: 0 } })).not.toHaveProperty('shortOf');
    expect(next(ended('terminated', null), { is: { heard: 0 } })).not.toHaveProperty('shortOf');
  });

  const running = { ...FLEET, replace: { ...FLEET.replace, userData: 'run' as const } };
  const booting = (cloudInit: 'running' | 'done' | 'error', minutes = 1, ms = 0) => ({
    ...{ fleet: running, seen: { ...masked, cloudInit } },
    replacement: young({ launchedAtMs: NOON_MS - minutes * MINUTE_MS - ms }),
  });
  const askedAgo = (ms: number) => ({ ...unmasked, inspectedAtMs: NOON_MS - ms });
  cases([
    ['its user data run', booting('running'), askedAgo(30_000), 'wait: its user data run still'],
    ['it is asked every half minute', booting('running'), askedAgo(30_001), 'inspect replacement'],
    ['it was not asked yet', booting('running'), unmasked, 'inspect replacement'],
    ['its user data run for an hour', booting('running', 60), askedAgo(1), /^wait/],
    [
      'and longer',
      booting('running', 60, 1),
      askedAgo(1),
      /^give-up-replacement: its user data have not ended within 60 min/,
    ],
    ['they have failed', booting('error'), unmasked, /^give-up-replacement: its user data have failed/],
    [
      'it says nothing of them',
      { fleet: running },
      unmasked,
      /^give-up-replacement: it does not say whether its user data have ended/,
    ],
    ['they have ended', booting('done'), unmasked, 'note-masked'],
    ['they are not run', { seen: { ...masked, cloudInit: 'running' } }, unmasked, 'note-masked'],
  ]);
});

describe('the old instance is fenced', () => {
  const old = (state: Power, more: Parameters<typeof machine>[0] = {}) => ({ original: quiet(state, more) });
  const stopping = (more: Partial<LadderState> = {}) => ({ ...pending('StopInstances', INSTANCE), ...more });
  const synced = { watched: watched('synced', { lagBlocks: 0 }), original: machine() };
  const begun = { is: { fencingBegun: true, originalMask: 'intended' } } as const;

  cases([
    ['after its volumes are known to outlive it', {}, { is: { volumesKept: false } }, 'keep-volumes'],
    ['by its own word', { original: machine() }, {}, 'mask-original: its identity moves to the new instance'],
    ['by a stop, where it cannot be asked', {}, {}, 'stop-instance original: its client cannot be asked to end'],
    [
      'by a stop, where it did not confirm its mask',
      { original: machine() },
      { is: { originalMask: 'unconfirmed' } },
      /^stop-instance original/,
    ],
    ['it is waited for while that is on its way', {}, stopping(), 'wait: the old instance is running'],
    ['it is waited for while it stops', old('stopping'), {}, 'wait: the old instance is stopping'],
    ['for twenty minutes', old('stopping'), waited(20), /^wait/],
    ['and not longer', old('stopping'), waited(20, 1), 'give-up-replacement: the old instance is still stopping'],
    [
      'its root volume comes off',
      old('stopped'),
      {},
      `detach original /dev/xvda: without its root volume nobody can start it by accident`,
    ],
    [
      'that is waited for',
      old('stopped'),
      pending('DetachVolume', ROOT_VOLUME),
      'wait: its root volume is being detached',
    ],
    ['for a quarter of an hour', old('stopped'), { ...pending('DetachVolume', ROOT_VOLUME), ...waited(15) }, /^wait/],
    [
      'and not longer',
      old('stopped'),
      { ...pending('DetachVolume', ROOT_VOLUME), ...waited(15, 1) },
      'give-up-replacement: the root volume of the old instance cannot be detached',
    ],
    ['it has none any more', { original: rootless }, {}, 'note-fenced by root-detached'],
    ['somebody has terminated it', old('terminated'), {}, 'note-fenced by root-detached'],
    ['one reading does not show it', { original: null }, waited(5, -1), 'wait: the old instance is not shown'],
    ['it has not been shown for five minutes', { original: null }, waited(5), 'note-fenced by root-detached'],
    [
      'not where it follows its chain again',
      synced,
      {},
      'give-up-replacement: the node follows its chain again by itself',
    ],
    [
      'not where that was seen after what was intended',
      synced,
      { ...begun, waitingSinceMs: NOON_MS - 1 },
      /^give-up-replacement: the node follows/,
    ],
    ['it is where that was seen before', synced, { ...begun, waitingSinceMs: NOON_MS }, /^leave-pool/],
    ['not in a chain that stands', { original: machine(), haltedSinceMs: NOON_MS }, {}, /^chain-standing/],
    ['it is where that was begun', { original: machine(), haltedSinceMs: NOON_MS }, begun, /^mask-original/],
    [
      'not while nobody sees its fleet',
      { original: machine(), breaker: { open: true, sentence: 'no observation', isBlind: true } },
      {},
      'wait: no observation',
    ],
    [
      'not in a fleet of which most is sick',
      { original: machine(), breaker: { open: true, sentence: 'x' } },
      {},
      /^breaker-open/,
    ],
    [
      'not with what carries no tags of the fleet by now',
      { original: machine(), reach: { launch: ['lt-1'], pointers: [] } },
      {},
      /^out-of-reach/,
    ],
    [
      'a chain that stands is not waited for',
      { original: machine(), haltedSinceMs: NOON_MS, breaker: { open: true, sentence: 'x', isBlind: true } },
      {},
      /^chain-standing/,
    ],
  ]);
});

describe('its data come', () => {
  const fenced = { fencedBy: 'root-detached', identity: 'none' } as const;
  const has = (more: Partial<Replacement> = {}, rest: Partial<LadderState> = {}): Has => ({
    is: { ...fenced, ...more },
    ...rest,
  });
  const at = (volume: ReturnType<typeof volumeNow>, more: Partial<Facts> = {}) => ({
    original: rootless,
    volumes: [volume],
    ...more,
  });
  const there = at(on(YOUNG));
  const joined = { membership: 'joined' } as const;
  const taken = young({
    devices: [{ device: '/dev/sdf', volumeId: 'vol-x' }] as unknown as Machine['instance']['devices'],
  });
  const [first, second] = [foundVolume(), foundVolume({ role: 'wal', volumeId: 'vol-wal', device: '/dev/sdq' })];
  const two = { found: { ...ladderState().found, volumes: [first, second] } };
  const wal = volumeNow({ volumeId: 'vol-wal', state: 'available', attachment: null });
  const elsewhere = { availabilityZone: 'eu-west-1b' } as const;

  cases([
    ['they come off the old one', at(on(INSTANCE)), has(), 'detach original /dev/sdf: it moves'],
    ['and onto the new one', at(free), has(), 'attach replacement /dev/sdf: it moves'],
    ['under a name that is free', at(free, { replacement: taken }), has(), 'attach replacement /dev/sdg: it moves'],
    [
      'each under a name of its own',
      { original: rootless, volumes: [on(YOUNG), wal] },
      has({}, two),
      'attach replacement /dev/sdg: it moves',
    ],
    [
      'a detachment that may be on its way is waited for',
      at(on(INSTANCE)),
      has({}, pending('DetachVolume', DATA_VOLUME)),
      `wait: ${DATA_VOLUME} is attached`,
    ],
    [
      'an attachment that may be on its way is waited for',
      at(free),
      has({}, pending('AttachVolume', DATA_VOLUME)),
      `wait: ${DATA_VOLUME} is available`,
    ],
    ['one that comes off is waited for', at(on(INSTANCE, 'detaching')), has(), `wait: ${DATA_VOLUME} is detaching`],
    [
      'one that is being attached is waited for',
      at(on(YOUNG, 'attaching')),
      has(),
      `wait: ${DATA_VOLUME} is attaching`,
    ],
    ['for a quarter of an hour', at(on(YOUNG, 'attaching')), has({}, waited(15)), /^wait/],
    [
      'and not longer',
      at(on(YOUNG, 'attaching')),
      has({}, waited(15, 1)),
      `give-up-replacement: ${DATA_VOLUME} is still attaching`,
    ],
    [
      'one that a person has taken is not taken back',
      at(on('i-other')),
      has(),
      `give-up-replacement: ${DATA_VOLUME} is attached to i-other`,
    ],
    [
      'one that is gone cannot come',
      { original: rootless, volumes: [] },
      has(),
      `give-up-replacement: ${DATA_VOLUME} is gone`,
    ],
    ['discovery is told', there, has(), 'join'],
    ['discovery is told again where nobody knows whether it was', there, has({ membership: 'joining' }), 'join'],
    [
      'then its client may run',
      there,
      has(joined),
      'take-over: the old client cannot run any more, and its volumes are here',
    ],
    [
      'then its client may run, though one of before was up',
      there,
      has(joined, { upSinceMs: NOON_MS - MINUTE_MS }),
      /^take-over/,
    ],
    [
      'then its client may run again, where nobody knows whether it is up',
      there,
      has({ ...joined, identity: 'replacement' }),
      /^take-over/,
    ],
    [
      'it is proved',
      { ...there, watched: watched('synced', { height: 1_010, lagBlocks: 0 }) },
      has({ ...joined, identity: 'replacement' }, { upSinceMs: NOON_MS - MINUTE_MS }),
      /^prove: height 1010/,
    ],
    [
      'it is given up where it stands',
      { ...there, watched: watched('stuck', { sinceMs: NOON_MS }) },
      has({ ...joined, identity: 'replacement' }, { upSinceMs: NOON_MS - MINUTE_MS }),
      /^give-up-replacement: it stands still at height 1000/,
    ],
    ['in another zone they are copied first', { original: machine() }, { is: elsewhere }, /^choose-volumes: set-0/],
    [
      'in another zone none are left',
      { original: machine(), sources: null },
      { is: elsewhere },
      'give-up-replacement: what could be copied was not read',
    ],
    [
      'in another zone a copy that is given up is put away',
      { original: machine() },
      { is: elsewhere, restoredVolumes: copy({ givenUp: { door: 'data', fault: 'open', reason: 'x' } }) },
      'drop-volumes',
    ],
    [
      'in another zone a copy is waited for',
      { original: machine() },
      { is: elsewhere, restoredVolumes: copy() },
      `wait: ${COPY_VOLUME} is not shown yet`,
    ],
    [
      'in another zone the old one is fenced, and nothing moves',
      {
        volumes: [volumeNow({ volumeId: COPY_VOLUME, attachment: { ...attachedAt('/dev/sdg'), instanceId: YOUNG } })],
        original: rootless,
      },
      { is: { ...elsewhere, ...fenced }, restoredVolumes: copy() },
      'join',
    ],
  ]);

  it('an act that has failed three times gives it up, with why', () => {
    const act = next(at(free), has()) as Parameters<typeof retryKeyOf>[0];
    const setback = { act: retryKeyOf(act) ?? '', count: 3, reason: 'busy', atMs: NOON_MS };
    expect(told(next(at(free), has({}, { setback })))).toBe(
      `give-up-replacement: attach ${DATA_VOLUME} failed several times: busy`,
    );
  });
});

describe('the way back', () => {
  const touched = { client: 'mayBeDown', original: 'stopIntended' } as const;
  const root = { device: '/dev/xvda', volumeId: ROOT_VOLUME } as const;
  const was = {
    givenUp: 'it stands',
    fencedBy: 'root-detached',
    identity: 'replacement',
    fencingBegun: true,
    originalRoot: root,
  } as const;
  const has = (more: Partial<Replacement> = {}, rest: Partial<LadderState> = touched): Has => ({
    is: { ...was, ...more },
    ...rest,
  });
  const intended = { takeOver: 'intended' } as const;
  const asleep = young({}, { agentOnline: false });
  const resting = young({ state: 'stopped' }, { agentOnline: false });
  const gone = young({ state: 'stopped', rootVolumeId: null }, { agentOnline: false });
  const at = (more: Partial<Facts>) => ({ replacement: gone, original: stopped, volumes: [on(INSTANCE)], ...more });
  const apart = { originalRoot: null, membership: 'apart' } as const;
  const start = { setback: { act: 'start-instance', count: 3, reason: 'no', atMs: NOON_MS } } as const;
  const short = { unstarted: { of: 'capacity', reason: 'none', sinceMs: NOON_MS, atMs: NOON_MS } } as const;
  const beside = { beside: besideNode(), client: 'untouched' } as const;

  cases([
    ['one that was not launched is dropped', { replacement: null }, has({ instanceId: '' }), 'drop-replacement'],
    [
      'it is not asked while it stops',
      { replacement: young({ state: 'stopping' }) },
      has(intended),
      'wait: the new instance is stopping',
    ],
    [
      'one that is not shown is waited for',
      { replacement: null },
      has({}, { ...touched, ...waited(5, -1) }),
      'wait: it is not shown yet',
    ],
    [
      'one that has not been shown for five minutes runs no client',
      at({ replacement: null }),
      has({}, { ...touched, ...waited(5) }),
      /^leave|^attach|^start/,
    ],
    [
      'one that was terminated runs no client',
      at({ replacement: young({ state: 'terminated' }) }),
      has(apart),
      /^start-instance/,
    ],
    ['its client is masked again', {}, has(intended), 'mask-replacement: it stands'],
    [
      'it is stopped where it does not answer',
      { replacement: asleep },
      has(intended),
      'stop-instance replacement: it stands',
    ],
    ['it is stopped where it never ran', {}, has(), 'stop-instance replacement: it stands'],
    [
      'it is not stopped twice',
      {},
      has({}, { ...touched, ...pending('StopInstances', YOUNG) }),
      'wait: the new instance is running',
    ],
    [
      'it is waited for, twenty minutes',
      { replacement: young({ state: 'stopping' }) },
      has({}, { ...touched, ...waited(20) }),
      'wait: the new instance is stopping',
    ],
    [
      'and then a person is told',
      { replacement: young({ state: 'stopping' }) },
      has({}, { ...touched, ...waited(20, 1) }),
      'step-failed: the new instance is still stopping',
    ],
    [
      'its root comes off where its client may run',
      { replacement: resting },
      has(intended),
      'detach replacement /dev/xvda: without its root volume nobody can start it by accident',
    ],
    [
      'its root comes off where its mask was not confirmed',
      { replacement: resting },
      has({ takeOver: 'unconfirmed' }),
      /^detach replacement/,
    ],
    [
      'that is waited for',
      { replacement: resting },
      has(intended, { ...touched, ...pending('DetachVolume', YOUNG_ROOT) }),
      'wait: its root volume is being detached',
    ],
    [
      'its root stays where it was masked',
      at({ replacement: resting }),
      has({ takeOver: 'withdrawn', ...apart }),
      /^start-instance/,
    ],
    [
      'its root stays where it ran beside the node',
      at({ replacement: resting, original: machine() }),
      has(intended, beside),
      'drop-replacement',
    ],
    [
      'its copy is put away',
      at({}),
      has({}, { ...touched, restoredVolumes: copy({ mounted: 'restored' }) }),
      'drop-volumes',
    ],
    ['the volume comes off it', at({ volumes: [on(YOUNG)] }), has(), 'detach replacement /dev/sdf: it moves'],
    ['and back, under its own name', at({ volumes: [free] }), has(), 'attach original /dev/sdf: it moves'],
    ['a volume that is gone is waited for', at({ volumes: [] }), has(), `wait: ${DATA_VOLUME} is gone`],
    [
      'a volume that a person has taken is waited for',
      at({ volumes: [on('i-other')] }),
      has(),
      `wait: ${DATA_VOLUME} is attached to i-other`,
    ],
    [
      'however long',
      at({ volumes: [on(INSTANCE, 'attaching')] }),
      has({}, { ...touched, ...waited(60) }),
      `wait: ${DATA_VOLUME} is still attaching`,
    ],
    [
      'and back under the name that it had',
      at({ volumes: [free] }),
      has({}, { ...touched, found: { ...ladderState().found, volumes: [foundVolume({ device: '/dev/sdq' })] } }),
      'attach original /dev/sdq: it moves',
    ],
    ['the old root comes back', at({ original: rootless }), has(), 'attach original /dev/xvda: it is put back'],
    [
      'that is waited for',
      at({ original: rootless }),
      has({}, { ...touched, ...pending('AttachVolume', ROOT_VOLUME) }),
      'wait: the old root volume is being attached',
    ],
    [
      'a root that may be on its way off is waited for',
      at({}),
      has({}, { ...touched, ...pending('DetachVolume', ROOT_VOLUME) }),
      'wait: the old root volume may be on its way off',
    ],
    ['discovery is told', at({}), has({ membership: 'joined' }), 'leave'],
    ['discovery is told where nobody knows whether it was', at({}), has({ membership: 'joining' }), 'leave'],
    ['the old one is started', at({}), has(apart), 'start-instance: it is put back: it stands'],
    [
      'that is waited for',
      at({}),
      has(apart, { ...touched, ...pending('StartInstances', INSTANCE) }),
      'wait: the old instance comes up',
    ],
    [
      'one that cannot be started is left to the end of the heal',
      at({}),
      has(apart, { ...touched, ...start }),
      'drop-replacement',
    ],
    ['one that AWS has no room for is, too', at({}), has(apart, { ...touched, ...short }), 'drop-replacement'],
    ['one that runs is as it was', at({ original: machine() }), has(apart), 'drop-replacement'],
    [
      'one that may be about to stop is waited for',
      at({ original: machine() }),
      has(apart, { ...touched, ...pending('StopInstances', INSTANCE) }),
      'wait: the old instance comes up',
    ],
    [
      'one whose client is masked is started by its own word',
      at({ original: machine() }),
      has({ ...apart, originalMask: 'intended' }),
      'start-original: it stands',
    ],
    [
      'one whose client is masked, and is silent, is waited for',
      at({ original: machine({}, { agentOnline: false }) }),
      has({ ...apart, originalMask: 'intended' }),
      'wait: the old instance comes up',
    ],
    [
      'for twenty minutes',
      at({ original: machine({}, { agentOnline: false }) }),
      has({ ...apart, originalMask: 'intended' }, { ...touched, ...waited(20) }),
      /^wait/,
    ],
    [
      'and then a person is told',
      at({ original: machine({}, { agentOnline: false }) }),
      has({ ...apart, originalMask: 'intended' }, { ...touched, ...waited(20, 1) }),
      'step-failed: the old instance is running, its agent is silent, and its client is masked',
    ],
    [
      'one that does not come up is told, too',
      at({ original: machine({ state: 'pending' }) }),
      has(apart, { ...touched, ...waited(20, 1) }),
      'step-failed: the old instance is pending, its agent answers, and its client is to run',
    ],
    [
      'one that was terminated gets nothing back',
      at({ original: quiet('terminated') }),
      has({ membership: 'joined' }),
      'drop-replacement',
    ],
    [
      'one that is not shown gets nothing back',
      at({ original: null }),
      has({ membership: 'joined' }),
      'drop-replacement',
    ],
    ['one that was not touched needs nothing', at({}), has({ fencingBegun: false }, {}), 'drop-replacement'],
    [
      'one that was just started is seen first',
      at({}),
      has({ fencingBegun: false }, pending('StartInstances', INSTANCE)),
      'wait: the old instance was started, and EC2 says stopped still',
    ],
    ['one beside which it ran is not started', at({}), has({ ...apart }, beside), 'drop-replacement'],
    [
      'one beside which it ran, and which was masked for it, is',
      at({ original: machine() }),
      has({ ...apart, originalMask: 'intended' }, beside),
      'start-original: it stands',
    ],
  ]);

  it('a copy is laid to what has given it up, or to why the instance was', () => {
    const there = volumeNow({ volumeId: COPY_VOLUME, attachment: { ...attachedAt('/dev/sdg'), instanceId: YOUNG } });
    const of = (restoredVolumes: ReturnType<typeof copy>) =>
      told(next(at({ volumes: [there] }), has({}, { ...touched, restoredVolumes })));
    expect(of(copy())).toBe('detach replacement /dev/sdg: it did not help: it stands');
    expect(of(copy({ givenUp: { door: 'data', fault: 'open', reason: 'it ends' } }))).toBe(
      'detach replacement /dev/sdg: it did not help: it ends',
    );
  });

  const machineWas = { instance: instanceNow(), clientVersion: null };
  const again = { ...touched, found: { ...ladderState().found, machine: machineWas } };
  const none = {
    gone: { machine: machineWas, volumes: [volumeNow()], power: 'terminated', present: [], missed: [] },
  } as const;
  cases([
    [
      'of a node that was made again: its volume comes off',
      at({ ...none, original: quiet('terminated'), volumes: [on(YOUNG)] }),
      has({}, again),
      'detach replacement /dev/sdf: it is left as it was found',
    ],
    [
      'of a node that was made again: that is waited for',
      at({ ...none, original: quiet('terminated'), volumes: [on(YOUNG, 'detaching')] }),
      has({}, { ...again, ...waited(15) }),
      `wait: ${DATA_VOLUME} is detaching`,
    ],
    [
      'of a node that was made again: not for ever',
      at({ ...none, original: quiet('terminated'), volumes: [on(YOUNG, 'detaching')] }),
      has({}, { ...again, ...waited(15, 1) }),
      'drop-replacement',
    ],
    [
      'of a node that was made again: once',
      at({ ...none, original: quiet('terminated'), volumes: [on(YOUNG)] }),
      has({}, { ...again, ...pending('DetachVolume', DATA_VOLUME) }),
      `wait: ${DATA_VOLUME} is attached`,
    ],
    [
      'of a node that was made again: one that is off',
      at({ ...none, original: quiet('terminated'), volumes: [on(YOUNG, 'detached')] }),
      has({}, again),
      'drop-replacement',
    ],
    [
      'of a node that was made again: only its own',
      at({
        ...none,
        original: quiet('terminated'),
        volumes: [
          volumeNow({ volumeId: 'vol-other', attachment: { ...attachedAt('/dev/sdh'), instanceId: YOUNG } }),
          free,
        ],
      }),
      has({}, again),
      'drop-replacement',
    ],
    [
      'of a node that was made again: one that a person has taken',
      at({ ...none, original: quiet('terminated'), volumes: [on('i-other')] }),
      has({}, again),
      'drop-replacement',
    ],
  ]);
});

it('a proof in another place takes as long as the first: what was seen before it came up proves nothing', () => {
  const up = {
    is: { fencedBy: 'root-detached', identity: 'replacement', membership: 'joined' },
    upSinceMs: NOON_MS - HOUR_MS,
  } as const;
  const given = {
    original: rootless,
    volumes: [on(YOUNG)],
    watched: watched('synced', { height: 1_010, observedAtMs: NOON_MS - HOUR_MS }),
  };
  expect(next(given, up).do).toBe('wait');
});

describe('a node that was made again, and another one with its name', () => {
  const machineWas = { instance: instanceNow(), clientVersion: null };
  const found = { ...ladderState().found, machine: machineWas };
  const gone = { machine: machineWas, volumes: [volumeNow()], power: 'terminated', missed: [] } as const;
  const named = {
    gone: { ...gone, present: [{ instanceId: 'i-other', name: 'node2' }] },
    original: quiet('terminated'),
  } as const;
  cases([
    ['is not planned', { ...named, replacement: null }, { is: null, found }, /^end-rung: .* has its name now$/],
    [
      'is planned where there is none',
      { ...named, gone: { ...gone, present: [] }, replacement: null },
      { is: null, found },
      /^plan-replacement: somebody has terminated it/,
    ],
    ['is given up', named, { found }, /^give-up-replacement: .* has its name now: two machines/],
    ['is asked for by its launch where nobody knows of it', named, { is: { instanceId: '' }, found }, /^launch/],
    [
      'is put away where it is given up already',
      named,
      { is: { givenUp: 'it stands' }, found },
      'stop-instance replacement: it stands',
    ],
  ]);
});

it('a join that a guard forbids is taken back only beside the node, and where it has not begun', () => {
  const join = { do: 'join' } as const;
  const state = (more: Partial<LadderState>) => ladderState({ replacement: newReplacement(), ...more });
  const instead = [
    leaveInstead(join, state({ beside: besideNode() })),
    leaveInstead(join, state({})),
    leaveInstead(join, state({ beside: besideNode(), replacement: newReplacement({ membership: 'joining' }) })),
    leaveInstead(join, state({ beside: besideNode(), replacement: null })),
    leaveInstead(join, null),
    leaveInstead({ do: 'restart', reason: '' }, state({ beside: besideNode() })),
  ];
  expect(instead).toEqual([{ do: 'leave' }, null, null, null, null, null]);
});
