// Mode ask: what a yes to a plan of the ladder allows when the plan has changed meanwhile. The attempt runs up to its lease; then how it continues,
// ends and is given up.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { describe, expect, it } from '@jest/globals';
import type { Result } from '../../../functions/replace-node/acts/act.ts';
import { type Act, doesRecover } from '../../../functions/replace-node/acts/table.ts';
import { REPLACE_NODE } from '../../../functions/replace-node/heal.ts';
import type { LadderPlan } from '../../../functions/replace-node/plan.ts';
import {
  afterCommand,
  type CommandTrace,
  newLeases,
  type ReplaceContext,
  withLeased,
} from '../../../functions/replace-node/state.ts';
import { runHeal } from '../../../shared/heal/engine.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { keys } from '../../../shared/heal/store.ts';
import type { NodeState } from '../../../shared/node-commands/node-answer.ts';
import { bitcoinFile, NODE_TAGS } from '../../fixtures/builders/fleet.ts';
import { allocatedIncident, ME, OTHER, payload } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME, INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { patientContext, shell } from '../../fixtures/heal-shell.ts';
import { client, copy, ladderState, newReplacement, seen } from '../../fixtures/replace-facts.ts';
import { tableOfHeals } from '../../fixtures/table.ts';

const EXECUTION = ME.replace('resize-volume', 'replace-node');
const asTags = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** An attempt that asks a person about a restart. Another heal holds the node, so the attempt ends when it needs the lease. */
async function asked(answerTo: (plan: string) => object, meanwhile: (volume: { Size: number }) => void = () => {}) {
  const { store } = tableOfHeals();
  const trigger = 'node:health';
  const wish = { ...payload({ mode: 'ask', trigger }), kind: 'replace-node', want: { do: 'heal' } } as const;
  await store.replace(keys.incident('bitcoin', INSTANCE, trigger), {
    ...allocatedIncident({ trigger, version: 1 }),
    ...{ payload: wish, version: 1 },
  });
  await store.replace(keys.node(INSTANCE), nodeRecord({ owner: OTHER, fence: 1 }));
  const sick = {
    instanceId: INSTANCE,
    health: 'stuck',
    reason: 'it stands still',
    height: 5,
    lagBlocks: 9,
    sinceMs: 0,
  };
  const seen = { observedAtMs: Date.now(), nodes: [sick], version: 1 };
  await store.replace(keys.observation('bitcoin', 0), seen);

  const here = shell();
  const file = bitcoinFile({ mode: 'ask', probe: 'ssm', replace: { rungs: ['restart'] } });
  here.parameters.set('/chainmend/fleets/bitcoin', JSON.stringify(file));
  const Tags = asTags(NODE_TAGS);
  const volume = {
    ...{ VolumeId: DATA_VOLUME, State: 'in-use', Size: 500, VolumeType: 'gp3', AvailabilityZone: 'eu-west-1a', Tags },
    Attachments: [{ InstanceId: INSTANCE, Device: '/dev/sdf', State: 'attached' }],
  };
  const { promise: answered, resolve: answer } = Promise.withResolvers<string>();
  Object.assign(here.answers, {
    DescribeInstancesCommand: () => ({
      Reservations: [
        {
          Instances: [
            {
              ...{ InstanceId: INSTANCE, State: { Name: 'running' }, Tags },
              BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeId: DATA_VOLUME } }],
            },
          ],
        },
      ],
    }),
    DescribeInstanceStatusCommand: () => ({ InstanceStatuses: [] }),
    DescribeInstanceAttributeCommand: () => ({ DisableApiStop: { Value: false } }),
    DescribeInstanceTypesCommand: () => ({ InstanceTypes: [{ InstanceStorageSupported: false }] }),
    DescribeVolumesCommand: () => ({ Volumes: [volume] }),
    DescribeVolumeStatusCommand: () => ({ VolumeStatuses: [] }),
    GetDurableExecutionCommand: () => ({ Status: 'RUNNING' }),
    // A person reads the page and answers after a while.
    PublishCommand: ({ Message }: { Message: string }) => {
      const { plan } = JSON.parse(JSON.parse(Message).lambda) as { plan?: string };
      meanwhile(volume);
      if (plan !== undefined) answer(JSON.stringify(answerTo(plan)));
      return {};
    },
  });
  const ctx = { ...patientContext().ctx, createCallback: async () => [answered, 'callback-1'] };
  const environment = { ...here.tools.environment, KMS_KEYS: '' };
  const tools = { ...here.tools, store, payload: wish, execution: EXECUTION, environment };
  const ending = await runHeal(REPLACE_NODE, ctx as unknown as DurableContext, tools as unknown as ReplaceContext);
  return { ending, sent: here.changes().filter((name) => name !== 'PublishCommand') };
}

const yes = (plan: string) => ({ approve: true, plan });

describe('a plan that a person has said yes to', () => {
  it('is carried out as it was shown', async () => {
    // Up to the node's lease, which another heal holds.
    expect(await asked(yes)).toMatchObject({ ending: { code: 'busy' }, sent: [] });
  });

  it('is not carried out where it is another one by then, and people are told the difference', async () => {
    const told = await asked(yes, (volume) => {
      volume.Size = 900;
    });
    expect(told).toMatchObject({
      ending: { outcome: 'refused', code: 'approval-exceeded', reason: expect.stringMatching(/500 GiB.* → .*900 GiB/) },
      sent: [],
    });
  });

  it.each<[string, (plan: string) => object]>([
    ['to another plan', () => yes('0000000000000000')],
    ['that is a no', (plan) => ({ approve: false, plan })],
  ])('is not carried out for an answer %s', async (_, answer) => {
    expect(await asked(answer)).toMatchObject({ ending: { code: 'approval-denied' }, sent: [] });
  });
});

describe('what an earlier attempt has sent', () => {
  const MINE = { which: 'original', isRefused: false, fence: 4, isUp: true } as const;
  const left = newLeases({ execution: EXECUTION, fence: 4 }, NOON_MS);

  it.each<[string, CommandTrace, number | null]>([
    ['is over once the node has answered under our fence', MINE, null],
    ['may still run where nobody answered', { ...MINE, fence: null }, NOON_MS],
    ['may still run where the node obeys another fence', { ...MINE, fence: 9 }, NOON_MS],
    ['may still run where another instance answered', { ...MINE, which: 'replacement' }, NOON_MS],
  ])('%s', (_, trace, until) => {
    expect(afterCommand(left, trace).openUntilMs).toBe(until);
  });
});

describe('an instance that a heal has launched', () => {
  const leases = newLeases({ execution: EXECUTION, fence: 4 });
  const stands = ladderState({ rung: 'replace', replacement: newReplacement() });
  const [instanceId, fence] = [newReplacement().instanceId, newReplacement().fence];

  it('is released with the node, once', () => {
    expect(withLeased(withLeased(leases, stands), stands).leased).toEqual([{ instanceId, fence }]);
  });

  it('and put away is owed no start of its client', () => {
    expect(withLeased(withLeased(leases, stands), ladderState()).leased).toEqual([{ instanceId, fence, isAway: true }]);
  });
});

describe('what follows from a plan', () => {
  const { plan } = REPLACE_NODE.acts;
  const made = { sentence: 'it would restart its client' } as LadderPlan;
  const first = { do: 'plan', approved: null } as const;

  it('is nothing in mode plan: it is the outcome', () => {
    expect(plan.reduce(first, first, made, { mode: 'plan' })).toMatchObject({
      do: 'conclude',
      ending: { outcome: 'planned', reason: 'it would restart its client' },
      leases: null,
    });
  });

  it('is a question in mode ask', () => {
    expect(plan.reduce(first, first, made, { mode: 'ask' })).toEqual({ do: 'ask', plan: made });
  });

  it('is the end that it names, where an earlier attempt has tried everything', () => {
    const end = { as: 'escalated', code: 'ladder-spent', reason: 'nothing helped', asFound: true } as const;
    expect(plan.reduce(first, first, { end }, { mode: 'ask' })).toMatchObject({
      do: 'conclude',
      ending: { outcome: 'escalated', code: 'ladder-spent' },
    });
  });

  it('puts away what was made for it where a person says no, and ends with that', () => {
    const refusal = {
      refuse: 'approval-denied',
      reason: 'a person said no',
      page: false,
      retryAfterMs: 1,
      by: null,
    } as const;
    const { ask } = REPLACE_NODE.acts;
    const answer = (asked: LadderPlan) => ask.reduce(first, { do: 'ask', plan: asked }, refusal, { mode: 'ask' });
    expect(answer({ ...made, holds: true })).toMatchObject({
      do: 'lease',
      permitted: { rungs: [], source: null, refusal: { refuse: 'approval-denied' } },
    });
    expect(answer(made)).toMatchObject({ do: 'conclude', ending: { code: 'approval-denied' } });
  });

  it('is no question where only a proof is left', () => {
    expect(plan.reduce(first, first, { settles: true }, { mode: 'ask' })).toEqual({
      do: 'lease',
      permitted: { rungs: [], source: null },
    });
  });
});

describe('an attempt in the middle of the ladder', () => {
  const { acts } = REPLACE_NODE;
  const leases = newLeases({ execution: EXECUTION, fence: 4 });
  const from = {
    at: 'ladder',
    ...{ turns: 7, state: ladderState({ rung: 'swap' }), leases, permitted: null, triedBefore: 0 },
    status: { seen: null, unanswered: null },
  } as const;
  const climbing = { do: 'climb', from, act: { do: 'join' } } as const;
  const failure = { message: 'no table', throttled: false, isAws: false };
  const payloadOf = { mode: 'act' } as const;
  const performed = (result: Result) => ({ result, leases, state: from.state });
  const ending = { outcome: 'healed', reason: 'it follows' } as const;

  it('only tells what it has made where its lease is another execution’s, and decides nothing any more', () => {
    const lost = acts.climb.reduce(from, climbing, performed({ is: 'lost' }), payloadOf);
    expect(lost).toMatchObject({ do: 'tell-lost', from: { at: 'ladder' } });
    if (!('do' in lost) || lost.do !== 'tell-lost') throw new Error('not told');
    expect(acts['tell-lost'].reduce(from, lost, undefined, payloadOf)).toEqual({ do: 'end', ending: null });
  });

  it('is concluded as refused where a guard refuses an act', () => {
    const refusal = { refuse: 'paused', reason: 'an audit', page: false, retryAfterMs: 1 } as const;
    expect(acts.climb.reduce(from, climbing, performed({ is: 'refused', refusal }), payloadOf)).toMatchObject({
      do: 'conclude',
      ending: { outcome: 'refused', code: 'paused' },
      leases,
    });
  });

  describe('where a pause forbids an act after an earlier command was cut off', () => {
    const refusal = { refuse: 'paused', reason: 'an audit', page: false, retryAfterMs: 1 } as const;
    const exchange = { do: 'swap', to: 'restored', reason: 'other data' } as const;
    const cut = ladderState({ rung: 'swap', restoredVolumes: copy(), client: 'mayBeDown' });
    const afterwards = (state: LadderState, act: Act, said: NodeState | null) => {
      const before = { ...from, state, status: { seen: said, unanswered: null } };
      const next = acts.climb.reduce(
        before,
        { do: 'climb', from: before, act },
        performed({ is: 'refused', refusal }),
        payloadOf,
      );
      return 'act' in next ? next.act : next;
    };

    it.each<[string, Act]>([
      ['the exchange itself', exchange],
      ['another act of the same rung', { do: 'check', at: 0 }],
    ])('a client that is down is brought up again on the volumes that it had: %s', (_, act) => {
      expect(afterwards(cut, act, seen([client('failed')]))).toMatchObject({ do: 'swap', to: 'found' });
    });

    it.each<[string, LadderState, Act, NodeState | null]>([
      ['a client that runs', cut, exchange, seen()],
      ['a client that this heal has not touched', { ...cut, client: 'untouched' }, exchange, seen([client('failed')])],
      ['a client of which nothing is known', cut, exchange, null],
      ['the way back itself', cut, { ...exchange, to: 'found' }, seen([client('failed')])],
    ])('%s is left as it is', (_, state, act, said) => {
      expect(afterwards(state, act, said)).toMatchObject({ do: 'conclude', ending: { code: 'paused' } });
    });

    it.each<[string, LadderState['client'], true | undefined, boolean]>([
      ['a client that is down, and that this heal may have stopped, is started all the same', 'mayBeDown', true, true],
      ['one that this heal has not touched is not', 'untouched', true, false],
      ['one that runs is not restarted', 'mayBeDown', undefined, false],
    ])('%s', (_, touched, isDown, goesOn) => {
      const restart = { do: 'restart', reason: 'its client is failed', ...(isDown && { isDown }) } as const;
      expect(doesRecover(restart, ladderState({ rung: 'restart', client: touched }))).toBe(goesOn);
    });
  });

  it('notes that something was tried, so that the yes to it does not stand for it again', () => {
    const refusal = { refuse: 'paused', reason: 'an audit', page: false, retryAfterMs: 1 } as const;
    const tried = ladderState({ failed: [{ rung: 'restart', reason: 'it stands still' }] });
    const ended = (triedBefore: number) =>
      acts.climb.reduce(
        from,
        { ...climbing, from: { ...from, triedBefore } },
        { result: { is: 'refused', refusal }, leases, state: tried },
        payloadOf,
      );
    expect(ended(0)).toMatchObject({ ending: { code: 'paused', hasTried: true } });
    expect(ended(1)).not.toHaveProperty('ending.hasTried');
  });

  it('goes on with what came of an act', () => {
    const done = { is: 'done', atMs: 1 } as const;
    expect(acts.climb.reduce(from, climbing, performed(done), payloadOf)).toMatchObject({ at: 'ladder', turns: 8 });
  });

  it('is given up where a step keeps failing, and its commands may still run', () => {
    const givingUp = acts.climb.abandon(from, climbing, failure);
    expect(givingUp).toEqual({ do: 'give-up', leases, failure });
    expect(REPLACE_NODE.undecided?.(from, failure)).toEqual(givingUp);
    const act = { do: 'give-up', leases, failure } as const;
    expect(acts['give-up'].reduce(from, act, { begun: false }, payloadOf)).toMatchObject({
      do: 'conclude',
      leases: { commandsOver: false },
    });
  });

  it.each<[string, boolean, boolean, object]>([
    ['was begun', true, false, { outcome: 'failed', code: 'step-failed', page: true }],
    ['was begun, and is throttled', true, true, { outcome: 'refused', code: 'throttled', page: false }],
    ['was not begun', false, false, { outcome: 'refused', code: 'unreadable', page: true }],
  ])('is given up as its record says: it %s', (_, begun, throttled, expected) => {
    const act = { do: 'give-up', leases, failure: { ...failure, throttled, isAws: throttled } } as const;
    expect(acts['give-up'].reduce(from, act, { begun }, payloadOf)).toMatchObject({ ending: expected });
  });

  it('is given up once: an end that cannot be recorded a second time fails the execution', () => {
    const conclude = { do: 'conclude', ending, leases } as const;
    expect(acts.conclude.abandon(from, { ...conclude, mayGiveUp: true }, failure)).toMatchObject({ do: 'give-up' });
    expect(acts.conclude.abandon(from, { ...conclude, mayGiveUp: false }, failure)).toBeNull();
    const release = { do: 'release', ending, leases, mayGiveUp: false } as const;
    expect(acts.release.abandon(from, release, failure)).toBeNull();
  });

  it('does not climb for ever', async () => {
    const spent = await REPLACE_NODE.decide({ ...from, turns: 900 }, {} as never);
    expect(spent).toMatchObject({ do: 'give-up', failure: { message: 'no end after 900 turns' } });
  });
});
