// Another instance, until its client is known not to run: whether one can come, where it is launched, and how it comes up.
import { describe, expect, it } from '@jest/globals';
import type { Act } from '../../../functions/replace-node/acts/table.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { giveBackInstead } from '../../../functions/replace-node/give-back.ts';
import { REPLACE } from '../../../functions/replace-node/rungs/replace.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { instanceNow } from '../../fixtures/builders/node.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { attachedAt, DATA_PATH, foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import {
  besideNode,
  client,
  copy,
  copyVolume,
  FLEET,
  facts,
  ladderState,
  machine,
  newReplacement,
  seen,
  YOUNG,
} from '../../fixtures/replace-facts.ts';

import {
  actOf,
  type Has,
  masked,
  nextOf,
  on,
  type Power,
  quiet,
  rootless,
  waited,
  young,
} from '../../fixtures/replacing.ts';

const cases = (rows: readonly (readonly [string, Partial<Facts>, Has, string | RegExp])[]): void => {
  it.each(rows)('%s', (_, more, has, words) => {
    const act = actOf(nextOf(more, has));
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
  const ofFleet = { 'chainmend:fleet': FLEET.name };
  const want = { do: 'upgrade', to: '28.1', cleanSinceMs: 0, watchMinutes: 0, strategy: 'blue-green' } as const;

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
    [
      'its volume could be taken off, and never attached again',
      { volumes: [volumeNow({ tags: { Owner: 'somebody' } })] },
      {},
      /^vol-0a1b2c3d4e5f60718 under .* does not carry Component=nodes\/bitcoin: .*never attach it again$/,
    ],
    ['it is so in a plan, too', { volumes: [volumeNow({ tags: {} })] }, null, /never attach it again$/],
    ['a heal has given its volume the fleet’s name', { volumes: [volumeNow({ tags: ofFleet })] }, {}, null],
    ['its volume is not shown now, and had the tags', { volumes: [] }, {}, null],
    [
      'its volume is not shown now, and had none',
      { volumes: [] },
      { found: { ...found, volumes: [foundVolume({ tags: {} })] } },
      /never attach it again$/,
    ],
    ['the volumes stay where they are', { want, volumes: [volumeNow({ tags: {} })] }, {}, null],
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
      /^end-rung: none of 1 subnets accepted it/,
    ],
    [
      'later, where AWS has no room',
      alone,
      { is: null, unplaced },
      /^no-capacity \(paged\): AWS launches no other instance: no capacity/,
    ],
    [
      'not where nobody can tell its volumes',
      alone,
      { is: null, found: { ...ladderState().found, volumes: [] } },
      /^end-rung: which volumes/,
    ],
  ]);

  it('in the zone of the node, or where its subnet says', () => {
    expect(nextOf(alone, unplanned)).toMatchObject({
      replacement: { subnetId: 'subnet-0a', availabilityZone: 'eu-west-1a', generation: 0, instanceId: '' },
    });
    expect(nextOf(alone, unplanned)).not.toHaveProperty('beside');
    expect(nextOf({ ...alone, fleet: other }, { is: null, exhausted: ['subnet-0a'] })).toMatchObject({
      replacement: { subnetId: 'subnet-0b', availabilityZone: '' },
    });
    expect(nextOf(beside, unplanned)).toMatchObject({ beside: { from: '28.0', to: '28.1' } });
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
    expect(nextOf(ended('terminated', why), { is: { heard: 0 } })).toMatchObject({
      do: 'give-up-replacement',
      shortOf: 'capacity',
    });
    expect(nextOf(ended('terminated', why), { is: { heard: 1 } })).not.toHaveProperty('shortOf');
    expect(nextOf(ended('stopped', why), { is: { heard: 0 } })).not.toHaveProperty('shortOf');
    expect(nextOf(ended('terminated', null), { is: { heard: 0 } })).not.toHaveProperty('shortOf');
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
  const leavesOn = (refused: Act, has: LadderState | null) =>
    giveBackInstead({ refused, why: 'paused' }, has, { seen: null, unanswered: null });
  const instead = [
    leavesOn(join, state({ beside: besideNode() })),
    leavesOn(join, state({})),
    leavesOn(join, state({ beside: besideNode(), replacement: newReplacement({ membership: 'joining' }) })),
    leavesOn(join, state({ beside: besideNode(), replacement: null })),
    leavesOn(join, null),
    leavesOn({ do: 'restart', reason: '' }, state({ beside: besideNode() })),
  ];
  expect(instead).toEqual([{ do: 'leave' }, null, null, null, null, null]);
});

const ELSEWHERE = { availabilityZone: 'eu-west-1b', masked: true, heard: newReplacement().fence } as const;

describe('a node whose disk somebody grows while its copy gets ready on another instance', () => {
  const copied = { restoredVolumes: copy({ availabilityZone: 'eu-west-1b' }), is: { ...ELSEWHERE } };
  const { sizeGiB } = volumeNow();
  const there = (copyGiB: number): Partial<Facts> => {
    const attachment = { ...attachedAt('/dev/sdg'), instanceId: YOUNG };
    return { volumes: [volumeNow({ sizeGiB: sizeGiB + 100 }), copyVolume({ sizeGiB: copyGiB, attachment })] };
  };

  it('is asked about right before it is touched: another copy is made', () => {
    expect(nextOf(there(sizeGiB), copied)).toMatchObject({
      ...{ do: 'give-up-volumes', blame: { door: 'person', reason: expect.stringMatching(/: another is made$/) } },
    });
  });

  it('is fenced where the copy is as large, and where it was touched already', () => {
    expect(actOf(nextOf(there(sizeGiB + 100), copied))).not.toMatch(/^give-up/);
    const touched = { ...copied, is: { ...copied.is, fencingBegun: true } };
    expect(actOf(nextOf(there(sizeGiB), touched))).not.toMatch(/^give-up-volumes/);
  });
});

describe('a volume that has lost the fleet’s tags while the new instance was launched', () => {
  const untagged = { volumes: [volumeNow({ tags: {} })] };

  it('is not taken off: the new instance is given up before the old one is touched', () => {
    expect(actOf(nextOf(untagged, { is: { masked: true, heard: newReplacement().fence } }))).toMatch(
      /^give-up-replacement: .*never attach it again$/,
    );
  });

  it('is brought to its end where it is off already', () => {
    const begun = { masked: true, heard: newReplacement().fence, fencingBegun: true };
    expect(actOf(nextOf(untagged, { is: begun }))).not.toMatch(/never attach it again/);
  });
});
