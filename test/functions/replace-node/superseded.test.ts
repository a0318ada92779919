// What the acts of the ladder send, and what they never send: acts in, calls out.
import { describe, expect, it } from '@jest/globals';
import { type Act, doesRecover, performAct } from '../../../functions/replace-node/acts/table.ts';
import type { ReplaceContext } from '../../../functions/replace-node/state.ts';
import { turnAt } from '../../../shared/heal/context.ts';
import { keptKey } from '../../../shared/heal/kept.ts';
import type { CleanupPiece, LadderState } from '../../../shared/heal/memory.ts';
import { bitcoinFile } from '../../fixtures/builders/fleet.ts';
import { ME, OTHER } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME, INSTANCE, ROOT_VOLUME } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { snapshot } from '../../fixtures/builders/snapshot.ts';
import { foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import { patientContext, type Shell, shell } from '../../fixtures/heal-shell.ts';
import {
  besideNode,
  COPY_VOLUME,
  copy,
  ladderState,
  newReplacement,
  shrinking,
  YOUNG,
} from '../../fixtures/replace-facts.ts';

/** Acts that only write, wait or count. `leave-pool` makes register-nodes look at names that it would look at anyway. */
type Decided = 'wait' | 'begin' | 'take-rung' | 'end-rung' | 'skip-rung' | 'prove' | 'leave-pool';
type MoreDecided =
  | 'choose-volumes'
  | 'give-up-volumes'
  | 'give-up-version'
  | 'keep-version'
  | 'lose-version'
  | 'plan-replacement'
  | 'look-beside'
  | 'prove-beside'
  | 'give-up-replacement';
type Noted = 'note-masked' | 'note-fenced';
type Mutating = Exclude<Act['do'], Decided | MoreDecided | Noted | 'clean-up'>;
type Case<D extends Act['do']> = readonly [Extract<Act, { readonly do: D }>, LadderState];

const reason = 'so it was decided';
const SWAP = ladderState({ rung: 'swap', restoredVolumes: copy() });
const REPLACE = ladderState({ rung: 'replace', replacement: newReplacement() });
const BESIDE = ladderState({ ...REPLACE, restoredVolumes: copy(), beside: besideNode() });
const GIVEN_UP = ladderState({ rung: 'replace', replacement: newReplacement({ givenUp: reason }) });

const MUTATING: { readonly [D in Mutating]: Case<D> } = {
  inspect: [{ do: 'inspect', which: 'original' }, SWAP],
  'hold-snapshots': [
    { do: 'hold-snapshots', snapshots: [snapshot({ id: 'snap-00', node: 'node2' })], notUsed: [], isUnread: false },
    ladderState(),
  ],
  restart: [{ do: 'restart', reason }, ladderState({ rung: 'restart' })],
  'undo-blocks': [
    { do: 'undo-blocks', own: { command: '/opt/node/roll-back', seconds: 900 }, reason },
    ladderState({ rung: 'roll-back' }),
  ],
  'rebuild-data': [
    { do: 'rebuild-data', own: { command: '/opt/node/reindex', seconds: 900 }, patientUntilMs: 0, untilMs: 0, reason },
    ladderState({ rung: 'reindex' }),
  ],
  'switch-version': [
    { do: 'switch-version', goes: 'to', from: '28.0', to: '28.1', at: 0, cleanSinceMs: 0, reason },
    ladderState({ rung: 'upgrade' }),
  ],
  'stop-instance': [{ do: 'stop-instance', which: 'original', reason }, ladderState({ rung: 'stop-start' })],
  'start-instance': [
    { do: 'start-instance', reason },
    ladderState({ rung: 'stop-start', original: 'stopRequested', client: 'mayBeDown' }),
  ],
  'change-type': [
    { do: 'change-type', to: 'm6i.large', reason },
    ladderState({ rung: 'stop-start', original: 'stopRequested', client: 'mayBeDown' }),
  ],
  'stop-for-move': [{ do: 'stop-for-move', reason }, ladderState({ rung: 'stop-start', moves: true })],
  'start-again': [{ do: 'start-again', reason }, ladderState({ rung: 'stop-start', moves: true, client: 'mayBeDown' })],
  create: [{ do: 'create', at: 0, reason }, SWAP],
  attach: [{ do: 'attach', volumeId: COPY_VOLUME, which: 'original', device: '/dev/sdg', reason }, SWAP],
  check: [{ do: 'check', at: 0 }, SWAP],
  warm: [{ do: 'warm', at: 0, files: [] }, SWAP],
  fill: [{ do: 'fill' }, ladderState({ rung: 'swap', restoredVolumes: shrinking() })],
  standby: [{ do: 'standby', group: 'nodes' }, SWAP],
  swap: [{ do: 'swap', to: 'restored', reason }, SWAP],
  detach: [{ do: 'detach', volumeId: DATA_VOLUME, which: 'original', device: '/dev/sdf', reason }, SWAP],
  'drop-volumes': [
    { do: 'drop-volumes' },
    ladderState({ rung: 'swap', restoredVolumes: copy({ givenUp: { door: 'data', fault: 'forked', reason } }) }),
  ],
  launch: [{ do: 'launch', reason }, ladderState({ rung: 'replace', replacement: newReplacement({ instanceId: '' }) })],
  'keep-volumes': [{ do: 'keep-volumes' }, REPLACE],
  'mask-original': [{ do: 'mask-original', reason }, REPLACE],
  join: [{ do: 'join' }, REPLACE],
  'take-over': [{ do: 'take-over', reason }, REPLACE],
  'enable-version': [{ do: 'enable-version' }, BESIDE],
  'start-beside': [{ do: 'start-beside' }, BESIDE],
  'mask-replacement': [{ do: 'mask-replacement', reason }, GIVEN_UP],
  leave: [{ do: 'leave' }, GIVEN_UP],
  'start-original': [{ do: 'start-original', reason }, GIVEN_UP],
  'drop-replacement': [{ do: 'drop-replacement' }, GIVEN_UP],
};

const TARGETS: { readonly [K in CleanupPiece['kind']]: string } = {
  ...{ verify: 'snap-00', quarantine: 'snap-01', keep: DATA_VOLUME, unkeep: COPY_VOLUME, untarget: DATA_VOLUME },
  ...{ 'hand-over': YOUNG, retire: INSTANCE, register: 'bitcoin', rotate: 'bitcoin', 'release-holds': '' },
  ...{ 'drop-copy': COPY_VOLUME, 'leave-standby': 'nodes', 'give-place': 'nodes' },
};
const PROVED = { ...REPLACE, proved: 'it follows' };
const again = (state: LadderState): LadderState => ({ ...state, found: { ...state.found, machine: {} as never } });

const ALL: readonly (readonly [string, Act, LadderState])[] = [
  ...Object.values(MUTATING).map(([act, has]) => [act.do, act, has] as const),
  ...(Object.entries(TARGETS) as [CleanupPiece['kind'], string][]).map(([kind, target]) => {
    const act = { do: 'clean-up', piece: { kind, target }, volumes: [volumeNow()] } as const;
    return [`clean up ${kind}`, act, PROVED] as const;
  }),
];

/** An act as a run makes it. */
async function made(here: Shell, act: Act, state: LadderState) {
  const environment = { ...here.tools.environment, MARK_ROOT_FUNCTION: 'mark-root', KMS_KEYS: '' };
  const payload = { ...here.tools.payload, want: { do: 'heal' } };
  const context = { ...here.tools, environment, payload } as unknown as ReplaceContext;
  const leases = {
    ...{ holder: { execution: ME, fence: 4 }, leased: [], ordinals: { original: 1, replacement: 1 } },
    ...{ commandsOver: true, openUntilMs: null, seenFence: 4, clientUp: { original: false, replacement: false } },
  };
  const told = await performAct({ ...context, ...turnAt(patientContext().ctx, '010'), leases, state }, act).then(
    ({ result }) => result,
    (error: Error) => ({ is: 'thrown', reason: error.message }) as const,
  );
  return { is: told.is, told, changes: here.changes() };
}

const instanceOf = (InstanceId: string, more: object = {}) => ({
  Reservations: [{ Instances: [{ InstanceId, State: { Name: 'running' }, VpcId: 'vpc-1', ...more }] }],
});

/** The facts that an act reads before it is made. */
function world(): Shell {
  const here = shell();
  here.nodes.set(YOUNG, nodeRecord({ instanceId: YOUNG, owner: ME, fence: 1 }));
  Object.assign(here.answers, {
    DescribeInstancesCommand: ({ Filters }: { Filters: { Values: string[] }[] }) =>
      instanceOf(Filters[0]?.Values[0] ?? ''),
    DescribeAddressesCommand: () => ({ Addresses: [{ AllocationId: 'eipalloc-1', InstanceId: INSTANCE }] }),
    DescribeTargetGroupsCommand: () => ({ TargetGroups: [] }),
    DescribeAutoScalingGroupsCommand: () => ({ AutoScalingGroups: [{ DesiredCapacity: 2 }] }),
  });
  return here;
}

/** Something happens between an intent and its call. */
function betweenIntentAndCall(here: Shell, happens: () => void): Shell {
  const { journal } = here.tools;
  const telling: typeof journal = async (place, entry) => {
    await journal(place, entry);
    if (entry.kind === 'intent') happens();
  };
  return { ...here, tools: { ...here.tools, journal: telling } };
}

const superseded = ({ nodes }: Shell): void => {
  for (const instanceId of [INSTANCE, YOUNG]) nodes.set(instanceId, nodeRecord({ instanceId, owner: OTHER, fence: 9 }));
};

describe('a superseded attempt mutates nothing', () => {
  it.each(ALL)('%s', async (_, act, has) => {
    const here = world();
    superseded(here);
    expect(await made(here, act, has)).toMatchObject({ is: 'lost', changes: [] });
  });

  // A node's next holder waits until a command that was sent to it has ended.
  const onAws = ALL.filter(
    ([, act]) =>
      !/^(inspect|restart|undo-blocks|rebuild-data|switch-version|stop-for-move|start-again|check|warm|fill|swap|mask|take-over|start-original|enable-version|start-beside)/.test(
        act.do,
      ),
  );
  it.each(onAws)('%s, where it is superseded between the intent and the call', async (_, act, has) => {
    const here = world();
    const meanwhile = betweenIntentAndCall(here, () => superseded(here));
    expect(await made(meanwhile, act, has)).toMatchObject({ is: 'lost', changes: [] });
  });
});

describe('a pause that begins between an intent and its call', () => {
  it.each(ALL.filter(([, act, has]) => !doesRecover(act, has)))('holds it back: %s', async (_, act, has) => {
    const here = world();
    const meanwhile = betweenIntentAndCall(here, () => void here.parameters.set('/chainmend/pause', 'audit'));
    expect(await made(meanwhile, act, has)).toMatchObject({
      is: 'refused',
      told: { refusal: { refuse: 'paused' } },
      changes: [],
    });
  });
});

describe('another instance', () => {
  it.each<[string, LadderState, RegExp]>([
    ['the old instance', PROVED, new RegExp(`^it was of ${INSTANCE}, whose own tag says how to go back$`)],
    [
      'the new one, where the old one is gone',
      again(PROVED),
      new RegExp(`which is gone: stop ${YOUNG} and give it this one$`),
    ],
    [
      'a command, where volumes were exchanged',
      { ...SWAP, proved: 'it follows' },
      /^npm run chainmend -- undo bitcoin\/node2$/,
    ],
  ])('says of a volume that it has put away how it is put back: by %s', async (_, has, putBack) => {
    const here = world();
    here.answers['CreateTagsCommand'] = () => ({});
    const piece = { kind: 'keep', target: DATA_VOLUME } as const;
    await made(here, { do: 'clean-up', piece, volumes: [volumeNow()] }, has);
    const tags = here.sent.flatMap(({ Tags }) => (Tags ?? []) as { Key: string; Value: string }[]);
    expect(tags.find(({ Key }) => Key === 'chainmend:put-back')?.Value).toMatch(putBack);
  });

  it('takes no volume of the node along when it ends: neither its data nor its root', async () => {
    const here = world();
    const attached = (DeviceName: string, VolumeId: string) => ({
      DeviceName,
      Ebs: { VolumeId, DeleteOnTermination: true },
    });
    Object.assign(here.answers, {
      DescribeInstancesCommand: () =>
        instanceOf(INSTANCE, {
          RootDeviceName: '/dev/xvda',
          BlockDeviceMappings: [
            attached('/dev/xvda', ROOT_VOLUME),
            attached('/dev/sdf', DATA_VOLUME),
            attached('/dev/sdz', 'vol-0somebodyelses'),
          ],
        }),
      ModifyInstanceAttributeCommand: () => ({}),
      DescribeVolumesCommand: () => ({
        Volumes: ['/dev/xvda', '/dev/sdf'].map((Device, at) => ({
          ...{ VolumeId: `vol-${at}`, State: 'in-use', Size: 8, VolumeType: 'gp3', AvailabilityZone: 'eu-west-1a' },
          Attachments: [{ InstanceId: INSTANCE, Device, State: 'attached', DeleteOnTermination: false }],
        })),
      }),
    });
    const [act, has] = MUTATING['keep-volumes'];
    expect(await made(here, act, has)).toMatchObject({ is: 'done', changes: ['ModifyInstanceAttributeCommand'] });
    expect(here.sent[here.calls.indexOf('ModifyInstanceAttributeCommand')]).toEqual({
      InstanceId: INSTANCE,
      BlockDeviceMappings: ['/dev/xvda', '/dev/sdf'].map((DeviceName) => ({
        DeviceName,
        Ebs: { DeleteOnTermination: false },
      })),
    });
  });

  it('leaves the root of the old one where it is, unless that can be attached again', async () => {
    const here = world();
    here.answers['InvokeCommand'] = () => ({
      Payload: { transformToString: () => JSON.stringify({ refused: 'it is running, expected stopped' }) },
    });
    const originalRoot = { volumeId: ROOT_VOLUME, device: '/dev/xvda' };
    const act = { do: 'detach', volumeId: ROOT_VOLUME, which: 'original', device: '/dev/xvda', reason } as const;
    const replacement = newReplacement({ originalRoot });
    const has = ladderState({ rung: 'replace', replacement, original: 'stopRequested' });
    expect(await made(here, act, has)).toMatchObject({ is: 'failed', changes: ['InvokeCommand'] });
  });
});

const STATE = '/var/lib/bitcoind/data/priv_validator_state.json';
const KEY = '/var/lib/bitcoind/node_key.json';

/** The parameters that the node gets, with lists as lines. */
async function command(act: Act, has: LadderState): Promise<Record<string, string>> {
  const here = world();
  const file = bitcoinFile({ identity: [KEY, STATE] });
  here.parameters.set('/chainmend/fleets/bitcoin', JSON.stringify(file));
  here.answers['GetCommandInvocationCommand'] = () => ({ Status: 'Failed', StatusDetails: 'Failed' });
  await made(here, act, has);
  const { Parameters = {} } = here.sent[here.calls.indexOf('SendCommandCommand')] ?? {};
  const lines = (text: string): string => Buffer.from(text, 'base64').toString().trim();
  return Object.fromEntries(
    Object.entries(Parameters as Record<string, string[]>).map(([name, [value = '']]) => [
      name,
      /^(Scrub|Identity|KeepNewest|Places|From|To)$/.test(name) ? lines(value) : value,
    ]),
  );
}

describe('one identity runs once', () => {
  const takeOver = MUTATING['take-over'][0];
  const ofNode = (name: string) => ({ ...REPLACE, restoredVolumes: copy({ ofNode: name }) });

  it('data of another node lose its identity before the client starts on them', async () => {
    expect(await command(takeOver, ofNode('node1'))).toMatchObject({ Unmask: 'yes', Scrub: `${KEY}\n${STATE}` });
  });

  it('the node’s own data keep it', async () => {
    expect(await command(takeOver, ofNode('node2'))).toMatchObject({ Unmask: 'yes', Scrub: '' });
    expect(await command(takeOver, REPLACE)).toMatchObject({ Scrub: '' });
  });

  it('a client that moves to another instance is stopped, its volumes unmounted, and it is masked on disk', async () => {
    const places = { Places: `/var/lib/bitcoind ${DATA_VOLUME}`, Unmount: 'yes', Mask: 'yes' };
    expect(await command(...MUTATING['mask-original'])).toMatchObject(places);
    expect(await command(...MUTATING['mask-replacement'])).toMatchObject(places);
  });
});

describe('an exchange of volumes', () => {
  const back = { do: 'swap', to: 'found', reason } as const;

  it('carries the node’s identity over to the copy, and keeps the newer signing state', async () => {
    const told = await command(...MUTATING.swap);
    expect(told).toMatchObject({ Carry: 'own', Identity: `${KEY}\n${STATE}`, KeepNewest: STATE });
    expect([told['From'], told['To']]).toEqual([
      `/var/lib/bitcoind ${DATA_VOLUME}`,
      `/var/lib/bitcoind ${COPY_VOLUME}`,
    ]);
  });

  it('takes another node’s identity from the copy, even where there is none to carry over', async () => {
    const swapped = { ...SWAP, restoredVolumes: copy({ ofNode: 'node1' }) };
    expect(await command(MUTATING.swap[0], swapped)).toMatchObject({ Carry: 'ours' });
  });

  it('misses the signing state of a node that may sign, and only there', async () => {
    const signs = { ...MUTATING.swap[0], signs: true } as const;
    expect(await command(signs, SWAP)).toMatchObject({ Carry: 'own-signed' });
    const donated = { ...SWAP, restoredVolumes: copy({ ofNode: 'node1' }) };
    expect(await command(signs, donated)).toMatchObject({ Carry: 'ours-signed' });
  });

  it('may leave a place empty on the way back where nothing was mounted there before', async () => {
    const found = { ...SWAP.found, volumes: [foundVolume({ wasUnmounted: true })] };
    expect(await command(back, { ...SWAP, found })).toMatchObject({ Carry: 'unmounted' });
  });

  it('brings no identity of the copy back, but a newer signing state', async () => {
    const told = await command(back, SWAP);
    expect(told).toMatchObject({ Carry: 'theirs', KeepNewest: STATE });
    expect([told['From'], told['To']]).toEqual([
      `/var/lib/bitcoind ${COPY_VOLUME}`,
      `/var/lib/bitcoind ${DATA_VOLUME}`,
    ]);
  });
});

describe('what a heal puts away', () => {
  it('is written down before any tag says so: what is only tagged is never removed', async () => {
    const here = world();
    const recorded: unknown[] = [];
    Object.assign(here.answers, {
      CreateTagsCommand: async () => {
        recorded.push(await here.tools.store.read(keptKey('bitcoin', 'volume', DATA_VOLUME)));
        return {};
      },
    });
    const volumes = [volumeNow({ state: 'available', attachment: null })];
    const act = { do: 'clean-up', piece: { kind: 'keep', target: DATA_VOLUME }, volumes } as const;
    expect(await made(here, act, { ...SWAP, proved: 'it follows' })).toMatchObject({ is: 'done' });
    expect(recorded).toEqual([expect.objectContaining({ kind: 'volume', id: DATA_VOLUME, state: 'kept' })]);
  });
});
