// Which nodes are sick for the dispatcher, what it refuses, and the result of people's requests.
import { describe, expect, it } from '@jest/globals';
import {
  fateOf,
  findSickNodes,
  isHeldUp,
  isOver,
  isUnanswered,
  isWantedNoMore,
  oncePerNode,
  openCandidates,
  sickNodes,
} from '../../../functions/dispatch-heal/candidates.ts';
import {
  type Candidate,
  type DispatchFacts,
  decideDispatch,
  diskFirst,
  isDown,
  judgeBeforeStart,
  payloadOf,
  peersFirst,
  restartFirst,
  SCHEDULE,
} from '../../../functions/dispatch-heal/decide.ts';
import type { AlarmStatus, StatusCheckResult } from '../../../functions/dispatch-heal/facts.ts';
import type { Health, ObservedNode } from '../../../shared/fleet/observation.ts';
import { viewFleet } from '../../../shared/guardrails/fleet-view.ts';
import { laterWord } from '../../../shared/heal/last-word.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { parseHealPayload } from '../../../shared/heal/payload.ts';
import type { GrowOperation, IncidentRecord, NodeRecord, ReplaceOperation } from '../../../shared/heal/records.ts';
import { healOf } from '../../../shared/heal/records.ts';
import type { RequestedAction } from '../../../shared/model/payload.ts';
import { NODE_HEALTH, readTrigger, type Trigger } from '../../../shared/model/trigger.ts';
import { bitcoinFleet, NODE_TAGS } from '../../fixtures/builders/fleet.ts';
import {
  allocatedIncident,
  claimedIncident,
  endedIncident,
  OTHER,
  openIncidentRecord,
} from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const fleet = bitcoinFleet({ role: 'follower' });
const triggerOf = (trigger: string): Trigger => readTrigger(trigger) as Trigger;

const observed = (health: Health, more: Partial<ObservedNode> = {}) =>
  observedNode({ health, reason: 'so it is', sinceMs: NOON_MS - 10 * MINUTE_MS, height: 100, lagBlocks: 9, ...more });
const others = Array.from({ length: 6 }, (_, i) =>
  observed('synced', { instanceId: `i-${String(i).padStart(17, '0')}`, name: `other${i}` }),
);

const alarmNow = (
  alarmName: string,
  [namespace, metricName]: readonly [string, string],
  dimensions: Readonly<Record<string, string>>,
  more: Partial<AlarmStatus> = {},
): AlarmStatus => ({
  ...{ fact: { alarmName, namespace, dimensions }, about: 'node', metricName },
  ...{ sinceMs: NOON_MS - MINUTE_MS, actionsEnabled: true, ...more },
});
const HEALTH_METRIC = ['chainmend', 'Health'] as const;
const CHECK_METRIC = ['AWS/EC2', 'StatusCheckFailed'] as const;
const stuckAlarm = alarmNow('chainmend-bitcoin-node2-stuck', HEALTH_METRIC, { Fleet: 'bitcoin', Node: 'node2' });
const unwell = (Node: string, alarmName = 'chainmend-bitcoin-unwell') =>
  alarmNow(alarmName, HEALTH_METRIC, { Node }, { about: 'contributor' });
const checkAlarm = alarmNow('chainmend-bitcoin-node2-status-check', CHECK_METRIC, { InstanceId: INSTANCE });

const sick = (nodes: readonly ObservedNode[], alarming: readonly AlarmStatus[] = []) =>
  sickNodes(fleet, nodes, alarming, NOON_MS);

describe('a node is sick', () => {
  it.each<[Health, boolean]>([
    ['stuck', true],
    ['unreachable', true],
    ['forked', false],
    ['behind', false],
    ['starting', false],
    ['busy', false],
    ['unknown', false],
    ['synced', false],
  ])('%s: %s', (health, is) => {
    expect(sick([observed(health)], [stuckAlarm])).toHaveLength(is ? 1 : 0);
  });

  it('since it was first seen so, though its alarm needed minutes', () => {
    expect(sick([observed('stuck')], [stuckAlarm])).toMatchObject([
      { instanceId: INSTANCE, onsetMs: NOON_MS - 10 * MINUTE_MS, fact: stuckAlarm.fact },
    ]);
  });

  it('at once where an alarm tells of it, after four minutes where none does', () => {
    const lately = observed('unreachable', { sinceMs: NOON_MS - 4 * MINUTE_MS + 1 });
    expect(sick([lately])).toEqual([]);
    expect(sick([lately], [stuckAlarm])).toHaveLength(1);
    expect(sick([observed('unreachable', { sinceMs: NOON_MS - 4 * MINUTE_MS })])).toMatchObject([
      { alarms: [], fact: { alarmName: '', namespace: 'chainmend', dimensions: { Fleet: 'bitcoin', Node: 'node2' } } },
    ]);
  });

  it('by its part of the fleet’s alarm, and by no other node’s or fleet’s', () => {
    const lately = [observed('stuck', { sinceMs: NOON_MS - MINUTE_MS })];
    expect(sick(lately, [unwell('node2')])).toHaveLength(1);
    expect(sick(lately, [unwell('node3'), unwell('node2', 'chainmend-other-unwell')])).toEqual([]);
    const elsewhere = alarmNow('chainmend-other-node2-stuck', HEALTH_METRIC, { Fleet: 'other', Node: 'node2' });
    expect(sick(lately, [elsewhere])).toEqual([]);
  });

  it('never by what was seen more than three minutes ago', () => {
    const seenAt = (observedAtMs: number) =>
      new Map([
        [
          'bitcoin',
          {
            ...viewFleet(
              fleet,
              { observations: [{ observedAtMs, nodes: [observed('stuck')] }], watch: undefined },
              NOON_MS,
            ),
          },
        ],
      ]);
    const found = (observedAtMs: number) =>
      findSickNodes([fleet], seenAt(observedAtMs), [stuckAlarm], new Map(), NOON_MS);
    expect(found(NOON_MS - 3 * MINUTE_MS)).toHaveLength(1);
    expect(found(NOON_MS - 3 * MINUTE_MS - 1)).toEqual([]);
  });

  it.each<[StatusCheckResult | undefined, number, string | undefined]>([
    ['failed', 1, undefined],
    ['ebs', 1, 'ebs-impaired'],
    ['passed', 0, undefined],
    [undefined, 0, undefined],
  ])('when EC2 says so now: its checks are %s', (check, count, refusal) => {
    const checks = new Map(check ? [[INSTANCE, check]] : []);
    const found = findSickNodes([fleet], new Map(), [checkAlarm], checks, NOON_MS);
    expect(found).toHaveLength(count);
    expect(found[0]?.refusal?.refuse).toBe(refusal);
  });

  it('by a volume that completes no I/O, of which people are told when it is a quarter of an hour old', () => {
    const ebs = new Map<string, StatusCheckResult>([[INSTANCE, 'ebs']]);
    const pageAt = (minutes: number) =>
      findSickNodes([fleet], new Map(), [checkAlarm], ebs, checkAlarm.sinceMs + minutes * MINUTE_MS)[0]?.refusal?.page;
    expect([pageAt(14), pageAt(15)]).toEqual([false, true]);
  });

  it('once, whoever tells of it; and what stopping would not cure wins', () => {
    const seen = sick([observed('unreachable')]);
    const [impaired] = findSickNodes([fleet], new Map(), [checkAlarm], new Map([[INSTANCE, 'ebs']]), NOON_MS);
    if (!impaired) throw new Error('not sick');
    for (const order of [
      [...seen, impaired],
      [impaired, ...seen],
    ])
      expect(oncePerNode(order)).toMatchObject([
        { onsetMs: NOON_MS - 10 * MINUTE_MS, fact: checkAlarm.fact, refusal: { refuse: 'ebs-impaired' } },
      ]);
  });
});

describe('how the node of an incident is', () => {
  const incident = endedIncident('escalated', NOON_MS - 60 * MINUTE_MS, { onsetMs: NOON_MS - 90 * MINUTE_MS });

  it('well when it has been synced for a minute; gone, which is not well, when it is none any more', () => {
    const since = (ms: number) => [...others, observed('synced', { sinceMs: NOON_MS - ms })];
    expect(fateOf(incident, since(MINUTE_MS), NOON_MS)).toBe('well');
    expect(fateOf(incident, since(MINUTE_MS - 1), NOON_MS)).toBe('unknown');
    expect(fateOf(incident, others, NOON_MS)).toBe('gone');
  });

  it('unknown where nothing is known of it, or of anybody', () => {
    expect(fateOf(incident, [observed('unknown')], NOON_MS)).toBe('unknown');
    // Where nobody asks more than whether its client runs, that it does is all that anybody can say.
    const runs = { ...observed('unknown'), runs: true } as const;
    expect(fateOf(incident, [{ ...runs, sinceMs: NOON_MS - MINUTE_MS }], NOON_MS)).toBe('well');
    expect(fateOf(incident, [], NOON_MS)).toBe('unknown');
  });

  it.each<[string, IncidentRecord, boolean]>([
    [
      'has just put back what it found',
      endedIncident('escalated', NOON_MS - MINUTE_MS, { onsetMs: NOON_MS - 90 * MINUTE_MS }),
      false,
    ],
    [
      'has ended ten minutes ago',
      endedIncident('escalated', NOON_MS - 10 * MINUTE_MS, { onsetMs: NOON_MS - 90 * MINUTE_MS }),
      true,
    ],
    [
      'is to be tried again in a moment',
      openIncidentRecord({ onsetMs: NOON_MS - 90 * MINUTE_MS, notBeforeMs: NOON_MS + MINUTE_MS }),
      false,
    ],
    [
      'was refused ten minutes ago',
      openIncidentRecord({ onsetMs: NOON_MS - 90 * MINUTE_MS, notBeforeMs: NOON_MS - 10 * MINUTE_MS }),
      true,
    ],
    ['began a minute ago', openIncidentRecord({ onsetMs: NOON_MS - MINUTE_MS }), false],
  ])('unobserved is gone only after minutes: its heal %s', (_, of, gone) => {
    expect(fateOf(of, others, NOON_MS)).toBe(gone ? 'gone' : 'unknown');
  });
});

describe('the dispatcher', () => {
  const candidate: Candidate = {
    ...{
      alarm: stuckAlarm.fact,
      instanceId: INSTANCE,
      onsetMs: NOON_MS,
      trigger: triggerOf(NODE_HEALTH),
      suppressedBy: null,
    },
  };
  const refusal = (
    nodes: readonly ObservedNode[],
    {
      of = fleet,
      haltedSinceMs = null,
      trigger = NODE_HEALTH,
      more = {},
    }: {
      of?: ReturnType<typeof bitcoinFleet>;
      haltedSinceMs?: number | null;
      trigger?: string;
      more?: Partial<Candidate>;
    } = {},
  ) =>
    judgeBeforeStart(
      { fleet: of, trigger: triggerOf(trigger), candidate: { ...candidate, ...more }, node: 'node2' },
      { instanceId: INSTANCE, tags: NODE_TAGS },
      {
        ...viewFleet(of, { observations: [{ observedAtMs: NOON_MS, nodes }], watch: undefined }, NOON_MS),
        haltedSinceMs,
      },
      NOON_MS,
    );
  const judge = (...words: Parameters<typeof refusal>) => refusal(...words)?.refuse ?? null;

  it('lets one sick node of seven through', () => {
    expect(judge([...others, observed('stuck')])).toBeNull();
  });

  it('leaves an execution client alone whose consensus client is at fault, unless that one is ours to restart', () => {
    const at = [...others, observed('stuck', { cause: 'consensus-client' })];
    const [unit] = fleet.units;
    if (!unit) throw new Error('no unit');
    const both = { ...fleet, units: [unit, { ...unit, name: 'beacon' }] };
    expect(judge(at)).toBe('consensus-client-down');
    expect(judge(at, { of: both })).toBeNull();
    expect(judge(at, { of: { ...both, replace: { ...both.replace, rungs: ['swap'] } } })).toBe('consensus-client-down');
    expect(judge(at, { more: { want: { do: 'replace-instance' }, atOnce: true } })).toBeNull();
    expect(judge(at, { more: { want: { do: 'heal' }, atOnce: true } })).toBe('consensus-client-down');
    expect(refusal(at)).toMatchObject({ page: true, retryAfterMs: 5 * MINUTE_MS });
  });

  it('lets a validator be restarted by a person where it may be, but makes none again that is gone', () => {
    const of = bitcoinFleet({ role: 'validator', owner: { restartValidators: true } });
    const nodes = [...others, observed('stuck')];
    expect(judge(nodes, { of, more: { want: { do: 'heal' }, atOnce: true } })).toBeNull();
    expect(judge(nodes, { of, trigger: 'node:terminated' })).toBe('validator');
    expect(refusal(nodes, { of, trigger: 'node:terminated' })?.reason).toMatch(/^node2 is a validator, /);
  });

  it('is shut to what costs more than a restart where a whole zone is in trouble', () => {
    const zone = { availabilityZone: 'eu-west-1b' };
    const dark = [...others, observed('unreachable', zone), observed('unreachable', { ...zone, instanceId: 'i-3' })];
    expect(judge(dark, { of: bitcoinFleet({ replace: { rungs: ['swap'] } }) })).toBe('zone-down');
    expect(judge(dark)).toBeNull();
  });

  it('moves no node for what EC2 has scheduled while its fleet cannot spare it, by the node’s name and role', () => {
    const event = { id: 'e1', code: 'instance-stop' as const, notBeforeMs: NOON_MS + 24 * HOUR_MS, seenAtMs: NOON_MS };
    const own = observed('synced', { scheduled: [event] });
    const trigger = 'node:event';
    expect(refusal([...others, own, observed('stuck', { instanceId: 'i-3' })], { trigger })).toMatchObject({
      refuse: 'cannot-be-spared',
      reason: expect.stringMatching(/: chainmend does not stop node2 now$/),
    });
    expect(judge([...others, own], { trigger })).toBeNull();
    const of = bitcoinFleet({ role: 'validator' });
    expect(judge([...others, own], { trigger, of })).toBe('validator');
  });

  it('goes by the node itself, and not by another one that is down', () => {
    const nodes = [...others, observed('stuck'), observed('unreachable', { instanceId: 'i-3' })];
    expect(judge(nodes, { haltedSinceMs: NOON_MS - HOUR_MS })).toBe('chain-standing');
  });

  it('lets a validator through whose vote its own chain waits for, where its owner allows a restart', () => {
    const nodes = [...others, observed('stuck', { evidence: 'votes' })];
    const halted = (restartValidators: boolean) =>
      refusal(nodes, {
        of: bitcoinFleet({ role: 'validator', owner: { restartValidators } }),
        haltedSinceMs: NOON_MS - HOUR_MS,
      });
    expect(halted(true)).toBeNull();
    // The chain's page names it.
    expect(halted(false)).toMatchObject({ refuse: 'chain-standing', page: false });
  });

  it('finds a node that is down in any part of the fleet’s observation', () => {
    expect(isDown(candidate, { lastSeen: [...others, observed('unreachable')] })).toBe(true);
    expect(isDown(candidate, { lastSeen: others })).toBe(false);
  });

  it('is shut to all but restarts where the breaker is open, but not to a person who names a node', () => {
    const half = [...others.slice(0, 2), observed('stuck'), observed('stuck', { instanceId: 'i-3' })];
    const swaps = bitcoinFleet({ replace: { rungs: ['swap'] } });
    expect(judge(half)).toBeNull();
    expect(judge(half, { of: swaps })).toBe('breaker-open');
    expect(judge(half, { of: swaps, more: { atOnce: true } })).toBeNull();
    // What a person has asked for is still theirs when the sweep tries it again.
    const want: RequestedAction = { do: 'replace-instance' };
    expect(judge(half, { of: swaps, trigger: 'request:replace', more: { want } })).toBeNull();
  });

  it('is shut where the chain stands still, but to a node that is down by itself', () => {
    expect(judge([...others, observed('stuck')], { haltedSinceMs: NOON_MS - HOUR_MS })).toBe('chain-standing');
    expect(judge([...others, observed('unreachable')], { haltedSinceMs: NOON_MS - HOUR_MS })).toBeNull();
    const impaired = { alarm: checkAlarm.fact };
    expect(judge([...others, observed('unknown')], { haltedSinceMs: NOON_MS - HOUR_MS, more: impaired })).toBeNull();
  });

  it('is shut to validators and unknown roles unless they may be restarted', () => {
    const nodes = [...others, observed('stuck')];
    const validators = (owner: object) => bitcoinFleet({ role: 'validator', owner });
    expect(judge(nodes, { of: validators({}) })).toBe('validator');
    expect(judge(nodes, { of: bitcoinFleet({ role: { tag: 'Role' } }) })).toBe('role-unknown');
    expect(judge(nodes, { of: validators({ restartValidators: true }) })).toBeNull();
  });

  it('lets a validator be restored only when a person acknowledges what it is', () => {
    const of = bitcoinFleet({ role: 'validator' });
    const restore = (acknowledgesValidator: boolean): RequestedAction => ({
      ...{ do: 'restore', snapshotId: null, acknowledgesValidator },
    });
    const asked = (want: RequestedAction) =>
      judge([...others, observed('stuck')], { of, trigger: 'request:restore', more: { want, atOnce: true } });
    expect(asked(restore(false))).toBe('validator');
    expect(asked(restore(true))).toBeNull();
    expect(asked({ do: 'replace-instance' })).toBe('validator');
  });

  it('leaves plans, undoing and snapshots to whoever makes them', () => {
    const nodes = [observed('stuck')];
    const of = bitcoinFleet({ role: 'validator' });
    expect(judge(nodes, { of, trigger: 'plan:replace', more: { want: { do: 'replace-instance' } } })).toBeNull();
    expect(judge(nodes, { of, trigger: 'request:undo', more: { want: { do: 'undo' } } })).toBeNull();
    expect(judge(nodes, { of, trigger: 'snapshot:clean' })).toBeNull();
  });

  it('lets a node that stands still without peers be given some first, for half an hour', () => {
    const judged = (more: Partial<ObservedNode>, health: Health = 'stuck') =>
      peersFirst(fleet, { lastSeen: [observed(health, more)] }, undefined, INSTANCE, NOON_MS)?.refuse ?? null;
    expect(judged({ peerCount: 0 })).toBe('peers-first');
    expect(judged({ peerCount: 8 })).toBeNull();
    expect(judged({ peerCount: null })).toBeNull();
    expect(judged({ peerCount: 0, cause: 'consensus-client' })).toBeNull();
    expect(judged({ peerCount: 0 }, 'unreachable')).toBeNull();
    expect(judged({ peerCount: 0, sinceMs: NOON_MS - 30 * MINUTE_MS + 1 })).toBe('peers-first');
    expect(judged({ peerCount: 0, sinceMs: NOON_MS - 30 * MINUTE_MS })).toBeNull();
    const minimum = fleet.peers?.minimum ?? 0;
    expect([judged({ peerCount: minimum - 1 }), judged({ peerCount: minimum })]).toEqual(['peers-first', null]);
  });

  it('does not wait for peers where rotate-peers could give none and leaves the node alone', () => {
    const judged = (instanceId: string, notBeforeMs: number) =>
      peersFirst(
        fleet,
        { lastSeen: [observed('stuck', { peerCount: 0 })] },
        { backoff: { [instanceId]: { failures: 1, notBeforeMs } } },
        INSTANCE,
        NOON_MS,
      )?.refuse ?? null;
    expect(judged(INSTANCE, NOON_MS + 1)).toBeNull();
    expect(judged(INSTANCE, NOON_MS)).toBe('peers-first');
    expect(judged('i-3', NOON_MS + 1)).toBe('peers-first');
  });

  it('gives peers to the node itself, and to none that nobody has seen', () => {
    const nodes = [observed('stuck', { instanceId: 'i-3', peerCount: 8 }), observed('stuck', { peerCount: 0 })];
    const judged = (some: readonly ObservedNode[], of = fleet) =>
      peersFirst(of, { lastSeen: some }, undefined, INSTANCE, NOON_MS);
    expect(judged(nodes)).toMatchObject({ refuse: 'peers-first', page: false, retryAfterMs: 50_000 });
    expect(judged([])).toBeNull();
    expect(judged(nodes, { ...fleet, peers: undefined } as unknown as typeof fleet)).toBeNull();
  });

  it('takes no client down beside one that was restarted for its list and has not been seen since', () => {
    const restart = { instanceId: 'i-3', node: 'node3', overAtMs: NOON_MS };
    const judged = (nowMs: number, more: { instanceId?: string; isDown?: boolean } = {}) =>
      restartFirst(restart, { instanceId: INSTANCE, isDown: false, ...more }, nowMs);
    expect(judged(NOON_MS)).toMatchObject({ refuse: 'restart-unproved', page: false, retryAfterMs: 50_000 });
    expect(judged(NOON_MS + 2 * MINUTE_MS - 1)).not.toBeNull();
    expect(judged(NOON_MS + 2 * MINUTE_MS)).toBeNull();
    expect(judged(NOON_MS, { instanceId: 'i-3' })).toBeNull();
    // Nothing is taken from anyone by the heal of a node that answers nobody.
    expect(judged(NOON_MS, { isDown: true })).toBeNull();
    expect(restartFirst(null, { instanceId: INSTANCE, isDown: false }, NOON_MS)).toBeNull();
  });

  it('has a disk grown first, unless the disk’s own numbers say that it is not full', () => {
    const now = NOON_MS + 10 * MINUTE_MS;
    expect(diskFirst([undefined, openIncidentRecord()], undefined, now)?.refuse).toBe('disk-full-first');
    expect(diskFirst([claimedIncident()], undefined, now)?.refuse).toBe('disk-full-first');
    const ceiling = openIncidentRecord({ refusedCodes: ['size-ceiling'] });
    const full = openIncidentRecord({ trigger: 'node:health', waitsFor: 'disk-full-first' });
    for (const disk of [endedIncident('escalated', NOON_MS), ceiling]) {
      expect(diskFirst([disk], undefined, now)).toBeNull();
      expect(diskFirst([disk], full, now)?.refuse).toBe('disk-full-first');
    }
    expect(diskFirst([endedIncident('healed', NOON_MS)], undefined, now)).toBeNull();
    // The observation is from a minute before the growth of the disk: it is older than the cure.
    expect(diskFirst([endedIncident('healed', now - MINUTE_MS)], undefined, now)?.refuse).toBe('disk-full-first');
    expect(diskFirst([openIncidentRecord({ refusedCodes: ['not-confirmed'] })], undefined, now)).toBeNull();
    expect(diskFirst([], undefined, now)).toBeNull();
    expect(diskFirst([endedIncident('healed', now - 2 * MINUTE_MS)], full, now)).toBeNull();
    for (const disk of [openIncidentRecord(), endedIncident('healed', now)])
      expect(diskFirst([disk], undefined, now)).toMatchObject({ page: false, retryAfterMs: 50_000 });
  });

  it('has a disk grown first while its growth is under way, but not while it waits for a person', () => {
    const now = NOON_MS + 10 * MINUTE_MS;
    const asking = { attempt: 1, hash: 'aa', askedAtMs: NOON_MS };
    const of = (approval: object, own?: IncidentRecord) =>
      diskFirst([claimedIncident({ approval } as unknown as Partial<IncidentRecord>)], own, now)?.refuse ?? null;
    expect(of(asking)).toBeNull();
    expect(of({ ...asking, answer: 'approved' })).toBe('disk-full-first');
    expect(of({ ...asking, attempt: 0 })).toBe('disk-full-first');
    expect(diskFirst([allocatedIncident()], undefined, now)?.refuse).toBe('disk-full-first');
  });

  it('believes a disk’s first look that it is not full, and nothing later', () => {
    const now = NOON_MS + 10 * MINUTE_MS;
    const full = openIncidentRecord({ trigger: 'node:health', waitsFor: 'disk-full-first' });
    const unconfirmed = { refusedCodes: ['not-confirmed'] as const };
    const of = (disk: IncidentRecord) => diskFirst([disk], full, now)?.refuse ?? null;
    expect(of(openIncidentRecord(unconfirmed))).toBeNull();
    expect(of(openIncidentRecord({ ...unconfirmed, failures: 1 }))).toBe('disk-full-first');
    expect(of(endedIncident('escalated', NOON_MS, unconfirmed))).toBe('disk-full-first');
  });
});

const candidateOf = (trigger: string, more: Partial<Candidate> = {}): Candidate => ({
  ...{ alarm: { alarmName: '', namespace: 'person', dimensions: {} }, instanceId: INSTANCE, onsetMs: NOON_MS },
  ...{ trigger: triggerOf(trigger), suppressedBy: null },
  ...more,
});
const facts = (trigger: string, more: Partial<DispatchFacts> = {}): DispatchFacts => ({
  nowMs: NOON_MS + 1_000,
  candidate: candidateOf(trigger),
  fleet,
  node: 'node2',
  trigger: triggerOf(trigger),
  paused: null,
  waits: null,
  guarded: null,
  incident: undefined,
  nodeRecord: undefined,
  owner: { state: 'unknown' },
  ...more,
});
const started = (of: DispatchFacts) => {
  const dispatch = decideDispatch(of);
  if (dispatch.do !== 'start') throw new Error(`${dispatch.do}: ${JSON.stringify(dispatch)}`);
  return dispatch;
};

describe('each trouble has its heal', () => {
  it.each([
    ['disk:data', 'resize-volume', 8],
    ['node:health', 'replace-node', 192],
    ['request:restore', 'replace-node', 192],
    ['plan:undo', 'replace-node', 192],
    ['snapshot:clean', 'snapshot-node', 12],
    ['plan:clean', 'snapshot-node', 12],
  ])('%s → %s, at most %s h', (trigger, kind, hours) => {
    expect(healOf(trigger)).toBe(kind);
    const { payload } = started(facts(trigger));
    expect(payload).toMatchObject({ kind, mode: trigger.startsWith('plan:') ? 'plan' : 'act' });
    expect(payload.deadlineMs - NOON_MS - 1_000).toBe(hours * HOUR_MS);
    expect(parseHealPayload(JSON.parse(JSON.stringify(payload)))).toEqual(payload);
  });

  it('and says that a person has acknowledged a validator, which is no word for the schedule', () => {
    const asked = (namespace: string, more: Partial<DispatchFacts> = {}) => {
      const alarm = { alarmName: '', namespace, dimensions: {} };
      const candidate = candidateOf('snapshot:clean', { alarm, atOnce: true, acknowledgesValidator: true });
      return started(facts('snapshot:clean', { candidate, ...more }));
    };
    const { payload, write } = asked('person');
    expect(payload).toMatchObject({ requestedBy: 'person', acknowledgesValidator: true });
    expect(parseHealPayload(JSON.parse(JSON.stringify(payload)))).toEqual(payload);
    // The same request is tried again by the sweep.
    const [opened] = write;
    const again = { incident: opened, candidate: candidateOf('snapshot:clean') };
    expect(started(facts('snapshot:clean', again)).payload).toMatchObject({ acknowledgesValidator: true });
    expect(asked('schedule').payload).not.toHaveProperty('acknowledgesValidator');
  });

  it('and says which version a drill tries, also where the sweep tries it again, and none where none is tried', () => {
    const drill = (more: Partial<DispatchFacts>) => started(facts('snapshot:drill', more));
    const { payload, write } = drill({
      candidate: candidateOf('snapshot:drill', { atOnce: true, rehearses: '28.1' }),
    });
    expect(payload).toMatchObject({ kind: 'audit-snapshots', rehearses: '28.1' });
    expect(parseHealPayload(JSON.parse(JSON.stringify(payload)))).toEqual(payload);
    const [incident] = write;
    expect(incident).toMatchObject({ rehearses: '28.1' });
    expect(drill({ incident }).payload).toMatchObject({ rehearses: '28.1' });
    const plain = drill({ candidate: candidateOf('snapshot:drill', { atOnce: true }) });
    expect([plain.payload, ...plain.write].filter((one) => 'rehearses' in one)).toEqual([]);
  });

  it('and says who wants a snapshot', () => {
    const asked = (namespace: string) => {
      const candidate = candidateOf('snapshot:clean', { alarm: { alarmName: '', namespace, dimensions: {} } });
      return started(facts('snapshot:clean', { candidate })).payload;
    };
    expect([asked('schedule'), asked('person')]).toMatchObject([
      { requestedBy: 'schedule' },
      { requestedBy: 'person' },
    ]);
  });
});

describe('what a person asks for', () => {
  const restore = (snapshotId: string): RequestedAction => ({
    do: 'restore',
    snapshotId,
    acknowledgesValidator: false,
  });
  const asked = (snapshotId: string, more: Partial<DispatchFacts> = {}) =>
    facts('request:restore', {
      candidate: candidateOf('request:restore', { want: restore(snapshotId), atOnce: true }),
      ...more,
    });

  it('is done as it was asked', () => {
    expect(started(asked('snap-1')).payload).toMatchObject({ want: restore('snap-1'), mode: 'act' });
  });

  it.each([
    ['healed', endedIncident('healed', NOON_MS, { trigger: 'request:restore', want: restore('snap-1') })],
    ['escalated', endedIncident('escalated', NOON_MS, { trigger: 'request:restore', want: restore('snap-1') })],
    ['refused', openIncidentRecord({ trigger: 'request:restore', want: restore('snap-1'), refusedCodes: ['paused'] })],
  ])('is a new incident after one that was %s a moment ago, with the wish of now', (_, incident) => {
    const { payload, write } = started(asked('snap-2', { incident: { ...incident, attempt: 7 } }));
    expect(payload).toMatchObject({ attempt: 8, want: restore('snap-2') });
    expect(payload.incidentId).not.toBe(incident.incidentId);
    expect(write).toMatchObject([
      { version: incident.version + 1, refusedCodes: [], pagedCodes: [], failures: 0 },
      { version: incident.version + 2, want: restore('snap-2') },
    ]);
  });

  it('takes up what a heal before it has left open under its name, with the wish of now', () => {
    const incident = openIncidentRecord({ trigger: 'request:restore', want: restore('snap-1') });
    const left = { incident, nodeRecord: nodeRecord({ operation: leftOpen(incident.incidentId) }) };
    const { incidentId, version } = incident;
    const { payload, write } = started(asked('snap-2', left));
    expect(payload).toMatchObject({ incidentId, want: restore('snap-2') });
    expect(write).toMatchObject([{ version: version + 1 }, { version: version + 2, want: restore('snap-2') }]);
    expect(started(asked('snap-1', left)).write).toMatchObject([{ version: version + 1 }]);
    const undo = { ...incident, trigger: 'request:undo', want: { do: 'undo' } } as const;
    const again = candidateOf('request:undo', { want: { do: 'undo' }, atOnce: true });
    expect(started(facts('request:undo', { ...left, incident: undo, candidate: again })).write).toHaveLength(1);
    const healed = endedIncident('healed', NOON_MS - HOUR_MS, { trigger: 'request:restore', want: restore('snap-1') });
    expect(decideDispatch(asked('snap-2', { ...left, incident: { ...healed, incidentId } }))).toMatchObject({
      do: 'start',
    });
  });

  it('is not begun, and not taken for begun, while a heal is at other data that were asked for before', () => {
    const open = openIncidentRecord({ trigger: 'request:restore', want: restore('snap-1'), attempt: 1 });
    const incident = {
      ...open,
      state: 'claimed',
      execution: OTHER,
      payload: started(asked('snap-1')).payload,
    } as const;
    const held = { incident, nodeRecord: nodeRecord({ owner: OTHER, fence: 3 }), owner: { state: 'running' } } as const;
    expect(decideDispatch(asked('snap-2', held))).toMatchObject({
      do: 'leave',
      code: 'busy',
      reason: expect.stringContaining('Ask again'),
    });
    expect(decideDispatch(asked('snap-1', held))).toMatchObject({ do: 'leave', code: 'working' });
    const late = { ...open, state: 'allocated', allocatedAtMs: NOON_MS - HOUR_MS, payload: incident.payload } as const;
    expect(decideDispatch(asked('snap-2', { incident: late }))).toMatchObject({ code: 'busy' });
    expect(decideDispatch(asked('snap-1', { incident: late }))).toMatchObject({ do: 'invoke-again' });
    const upgrade = (cleanSinceMs: number): RequestedAction => ({
      do: 'upgrade',
      to: '28.1',
      cleanSinceMs,
      watchMinutes: 0,
    });
    const same = candidateOf('request:upgrade', { want: upgrade(2), atOnce: true });
    const before = { ...incident, trigger: 'request:upgrade', want: upgrade(1) };
    expect(decideDispatch(facts('request:upgrade', { ...held, incident: before, candidate: same }))).toMatchObject({
      code: 'working',
    });
    const { want: _, ...noWant } = incident;
    const snapshot = candidateOf('snapshot:clean', { atOnce: true });
    const taken = { ...held, incident: { ...noWant, trigger: 'snapshot:clean' }, candidate: snapshot };
    expect(decideDispatch(facts('snapshot:clean', taken))).toEqual({ do: 'leave', code: 'working', reason: 'working' });
    const sweeps = candidateOf('request:restore', { want: restore('snap-2') });
    expect(decideDispatch({ ...asked('snap-2', held), candidate: sweeps })).toMatchObject({ code: 'working' });
  });

  it('is a new incident beside what another one has left open', () => {
    const incident = openIncidentRecord({ trigger: 'request:restore', want: restore('snap-1') });
    const left = nodeRecord({ operation: leftOpen('00000000') });
    const { payload } = started(asked('snap-2', { incident, nodeRecord: left }));
    expect(payload).toMatchObject({ want: restore('snap-2') });
    expect(payload.incidentId).not.toBe(incident.incidentId);
  });

  it('of a node’s health goes on with the incident that there is', () => {
    const incident = openIncidentRecord({ trigger: NODE_HEALTH });
    const candidate = candidateOf(NODE_HEALTH, { atOnce: true, onsetMs: NOON_MS + 500 });
    expect(started(facts(NODE_HEALTH, { incident, candidate })).payload.incidentId).toBe(incident.incidentId);
  });

  it('does not disturb a heal that was allocated a moment ago', () => {
    const incident = allocatedIncident({ trigger: 'request:restore' });
    expect(decideDispatch(asked('snap-2', { incident })).do).not.toBe('start');
  });

  it('does not disturb a heal that is at work on it', () => {
    const incident = claimedIncident({ trigger: 'request:restore' });
    expect(decideDispatch(asked('snap-2', { incident }))).toEqual({
      ...{ do: 'leave', code: 'working', reason: 'working' },
      write: { ...incident, askedAtMs: asked('snap-2').nowMs, version: incident.version + 1 },
    });
  });

  it('is their last word where they say it again while a heal is at it, and no word of the sweep', () => {
    const incident = claimedIncident({ trigger: 'request:undo' });
    const undo = { trigger: 'request:undo', want: { do: 'undo' } as const };
    const said = (atOnce: boolean): DispatchFacts =>
      facts(undo.trigger, {
        incident: { ...incident, want: undo.want },
        candidate: candidateOf(undo.trigger, { want: undo.want, ...(atOnce && { atOnce }) }),
      });
    expect(decideDispatch(said(true))).toMatchObject({ code: 'working', write: { askedAtMs: said(true).nowMs } });
    expect(decideDispatch(said(false))).not.toHaveProperty('write');
    const upgrade: RequestedAction = { do: 'upgrade', to: '28.1', cleanSinceMs: 1, watchMinutes: 0 };
    const followed = candidateOf('request:upgrade', { want: upgrade, atOnce: true });
    const before = { ...incident, trigger: 'request:upgrade', want: upgrade };
    expect(decideDispatch(facts('request:upgrade', { incident: before, candidate: followed }))).not.toHaveProperty(
      'write',
    );
    const own = openIncidentRecord({ trigger: 'request:undo', want: undo.want });
    const begun = nodeRecord({ operation: leftOpen(own.incidentId) });
    expect(decideDispatch({ ...said(true), incident: own, nodeRecord: begun })).toMatchObject({
      ...{ do: 'start', write: [{ incidentId: own.incidentId, askedAtMs: said(true).nowMs }] },
    });
  });

  it('hears that another instance is to take the node’s place', () => {
    const taken = (rung: 'replace' | 'swap', incidentId = '00000000') =>
      nodeRecord({ owner: OTHER, operation: { ...leftOpen(incidentId), memory: { ...memory, rung } } });
    const reasonOf = (record: NodeRecord, more: Partial<DispatchFacts> = {}) => {
      const decided = decideDispatch(asked('snap-1', { nodeRecord: record, owner: { state: 'running' }, ...more }));
      return decided.do === 'leave' ? [decided.code, decided.reason] : decided.do;
    };
    expect(reasonOf(taken('replace'))).toEqual(['busy', expect.stringContaining('is to take its place')]);
    expect(reasonOf(taken('swap'))).toEqual(['busy', 'busy']);
    const snapshot = candidateOf('snapshot:clean', { atOnce: true });
    expect(
      decideDispatch(
        facts('snapshot:clean', { candidate: snapshot, nodeRecord: taken('replace'), owner: { state: 'running' } }),
      ),
    ).toMatchObject({ reason: 'busy' });
    const own = openIncidentRecord({ trigger: 'request:restore', want: restore('snap-1') });
    expect(reasonOf(taken('replace', own.incidentId), { incident: own })).toEqual(['busy', 'busy']);
  });

  it('is only planned where the fleet only plans', () => {
    const planning = bitcoinFleet({ mode: 'plan' });
    expect(started(asked('snap-1', { fleet: planning })).payload.mode).toBe('plan');
  });

  it('as a plan stays a plan in a fleet that acts, and no sweep makes more of it', () => {
    const incident = openIncidentRecord({ trigger: 'plan:restore', plannedUntilMs: NOON_MS, want: restore('snap-1') });
    expect(payloadOf(fleet, NOON_MS, incident, 2).mode).toBe('plan');
    const records = { incidents: [incident], nodes: [] };
    expect(openCandidates(records, [], [], NOON_MS)).toEqual([]);
    expect(isOver(incident, undefined, no, no, NOON_MS)).toBe(true);
  });
});

const memory = { restoredVolumes: null, replacement: null, upSinceMs: null } as unknown as LadderState;
const leftOpen = (incidentId: string, phase: ReplaceOperation['phase'] = 'down'): ReplaceOperation => ({
  ...{ kind: 'replace', phase, incidentId, memory },
});
const no = (): boolean => false;
const yes = (): boolean => true;

describe('a node that somebody died on with its client down', () => {
  const incident = openIncidentRecord({ trigger: NODE_HEALTH });
  const down = nodeRecord({ owner: OTHER, operation: leftOpen(incident.incidentId) });
  const owner = { state: 'ended', endedAtMs: NOON_MS - HOUR_MS } as const;
  const paused = { refuse: 'paused', reason: 'works', page: false, retryAfterMs: 60_000 } as const;

  it('is put back even in a pause, by a heal of the same kind', () => {
    expect(started(facts(NODE_HEALTH, { incident, nodeRecord: down, owner, paused })).payload.kind).toBe(
      'replace-node',
    );
  });

  it('is nobody else’s before that', () => {
    for (const trigger of ['disk:data', 'snapshot:clean'])
      expect(decideDispatch(facts(trigger, { nodeRecord: down, owner }))).toMatchObject({ do: 'leave', code: 'busy' });
  });

  it('has its disk grown where its client was started since, and nothing else', () => {
    const operation: ReplaceOperation = { ...leftOpen(incident.incidentId), memory: { ...memory, upSinceMs: NOON_MS } };
    const nodeRecord = { ...down, operation };
    expect(started(facts('disk:data', { nodeRecord, owner })).payload.kind).toBe('resize-volume');
    expect(decideDispatch(facts('snapshot:clean', { nodeRecord, owner }))).toMatchObject({ do: 'leave', code: 'busy' });
  });

  it('to be pruned is brought up even in a pause, by the heal of its disk', () => {
    const disk = openIncidentRecord({ trigger: 'disk:data' });
    const pruned: GrowOperation = {
      ...{ kind: 'grow', phase: 'down', incidentId: disk.incidentId, volumeId: 'vol-0123456789abcdef0', toGiB: 500 },
      ...{ found: { sizeGiB: 500 }, intentAtMs: NOON_MS - HOUR_MS, prune: { command: '/opt/node/prune', height: 1 } },
    };
    const record = nodeRecord({ owner: OTHER, operation: pruned });
    expect(decideDispatch(facts('disk:data', { incident: disk, nodeRecord: record, owner, paused }))).toMatchObject({
      ...{ do: 'start', payload: { kind: 'resize-volume' } },
    });
    expect(decideDispatch(facts(NODE_HEALTH, { nodeRecord: record, owner }))).toMatchObject({ code: 'busy' });
    expect(isOver(disk, record, yes, yes, NOON_MS)).toBe(false);
  });

  it('lets no other heal begin in a pause', () => {
    expect(decideDispatch(facts('disk:data', { nodeRecord: down, owner, paused }))).toMatchObject({ do: 'refuse' });
  });

  it('waits for the pause’s end where nothing was stopped yet', () => {
    const nodeBefore = nodeRecord({ operation: leftOpen(incident.incidentId, 'preparing') });
    expect(decideDispatch(facts(NODE_HEALTH, { incident, nodeRecord: nodeBefore, paused }))).toMatchObject({
      do: 'refuse',
    });
  });

  it('is looked at in each sweep, whatever is seen of it, and its incident is not over', () => {
    const records = { incidents: [incident], nodes: [down] };
    expect(openCandidates(records, [], [], NOON_MS)).toMatchObject([
      { instanceId: INSTANCE, settles: triggerOf(NODE_HEALTH), fleet: 'bitcoin' },
    ]);
    expect(isOver(incident, down, yes, yes, NOON_MS)).toBe(false);
    const alarm = { alarmName: '', namespace: 'person', dimensions: {} };
    const request = openIncidentRecord({ trigger: 'request:restore', onsetMs: NOON_MS - 2 * HOUR_MS, alarm });
    expect(isOver(request, down, yes, yes, NOON_MS)).toBe(false);
    expect(isOver(request, undefined, no, no, NOON_MS)).toBe(true);
  });
});

describe('what the schedule wants of a node', () => {
  const alarm = { alarmName: '', namespace: SCHEDULE, dimensions: { InstanceId: INSTANCE } };
  const wanted = openIncidentRecord({ trigger: 'snapshot:clean', onsetMs: NOON_MS - 3 * HOUR_MS, alarm });
  const [donor, other] = [observed('synced'), observed('synced', { instanceId: 'i-0000000000000000b' })];
  const wants = bitcoinFleet({ snapshots: { clean: {} } });
  const given = (more: object = {}): IncidentRecord =>
    ({
      ...openIncidentRecord({ trigger: 'snapshot:clean', instanceId: 'i-0000000000000000b', alarm }),
      ...{ state: 'healed', endedAtMs: NOON_MS - HOUR_MS, proof: 'snap-1 is completed' },
      ...more,
    }) as IncidentRecord;
  const isNotWanted = (incidents: readonly IncidentRecord[] = [], nodes = [donor, other], fleets = [wants]) =>
    isWantedNoMore(wanted, fleets, { incidents: [wanted, ...incidents] }, nodes, NOON_MS);

  it('is one incident for a day, and not another one each hour', () => {
    expect(isOver(wanted, undefined, no, no, NOON_MS)).toBe(false);
    expect(isOver(wanted, undefined, no, no, wanted.onsetMs + 24 * HOUR_MS + 1)).toBe(true);
    expect(isOver(wanted, undefined, no, yes, NOON_MS)).toBe(true);
  });

  it('is wanted until another node has given it', () => {
    expect(isNotWanted()).toBe(false);
    expect(isNotWanted([given()])).toBe(true);
    expect(isNotWanted([given({ endedAtMs: wanted.onsetMs - 1 })])).toBe(false);
    expect(isNotWanted([given({ proof: undefined })])).toBe(false);
    expect(isNotWanted([given({ fleet: 'stacks' })])).toBe(false);
    expect(isNotWanted([given({ trigger: 'snapshot:drill' })])).toBe(false);
  });

  it('is wanted no more where the file asks for none, or the node is gone, and not where nobody has looked or can read the file', () => {
    expect(isNotWanted([], [donor, other], [fleet])).toBe(true);
    expect(isNotWanted([], [donor, other], [])).toBe(false);
    expect(isNotWanted([], [other])).toBe(true);
    expect(isNotWanted([], [])).toBe(false);
  });

  it('is not what a person wants', () => {
    const asked = { ...wanted, alarm: { ...alarm, namespace: 'person' } };
    expect(isWantedNoMore(asked, [wants], { incidents: [given()] }, [donor], NOON_MS)).toBeNull();
    expect(isOver(asked, undefined, no, no, NOON_MS)).toBe(true);
  });

  it('of a drill is wanted while the file has drills', () => {
    const drill = { ...wanted, trigger: 'snapshot:drill' };
    const drilling = bitcoinFleet({ drills: { securityGroup: 'sg-0123456789abcdef0' } });
    expect(isWantedNoMore(drill, [drilling], { incidents: [] }, [donor], NOON_MS)).toBe(false);
    expect(isWantedNoMore(drill, [wants], { incidents: [] }, [donor], NOON_MS)).toBe(true);
  });
});

describe('a person who changes their mind', () => {
  const alarm = { alarmName: '', namespace: 'person', dimensions: {} };
  const restore = openIncidentRecord({ trigger: 'request:restore', onsetMs: NOON_MS - 20 * 60_000, alarm });
  const asked = (trigger: string, more: object = {}): IncidentRecord =>
    openIncidentRecord({ trigger, incidentId: 'bbbb2222', onsetMs: NOON_MS - 60_000, alarm, ...more });
  const begunFor = (later: IncidentRecord) =>
    openCandidates({ incidents: [restore, later], nodes: [] }, [], [], NOON_MS);
  const isCalledBack = (later: IncidentRecord) =>
    isWantedNoMore(restore, [], { incidents: [restore, later] }, [], NOON_MS);

  it('gets what they asked for last of a node’s data, and what they asked for before is over', () => {
    expect(begunFor(asked('request:undo'))).toMatchObject([{ trigger: { subject: 'undo' } }]);
    expect([asked('request:undo'), asked('request:shrink')].map(isCalledBack)).toEqual([true, true]);
    expect(isOver(restore, undefined, no, yes, NOON_MS)).toBe(true);
    expect(isOver(restore, undefined, no, no, NOON_MS)).toBe(false);
  });

  it('has not done so with another node, with what was asked before, or with anything else', () => {
    const others = [
      asked('request:undo', { instanceId: 'i-0000000000000000b' }),
      asked('request:undo', { onsetMs: restore.onsetMs - 1 }),
      asked('request:upgrade'),
      asked('snapshot:clean'),
    ];
    expect(others.map(isCalledBack)).toEqual([false, false, false, false]);
    expect(others.map((other) => begunFor(other).length)).toEqual([2, 1, 2, 2]);
    expect(isWantedNoMore(asked('request:upgrade'), [], { incidents: [restore] }, [], NOON_MS)).toBe(false);
  });

  it('has an hour for the last word once what they asked for before is over', () => {
    const undo = asked('request:undo', { onsetMs: NOON_MS - 3 * HOUR_MS });
    const earlier = (more: object): IncidentRecord =>
      ({ ...restore, onsetMs: NOON_MS - 4 * HOUR_MS, ...more }) as IncidentRecord;
    const ended = (minutesAgo: number) => earlier({ state: 'healed', endedAtMs: NOON_MS - minutesAgo * 60_000 });
    const waits = (one: IncidentRecord, incident = undo) => isHeldUp(incident, { incidents: [one, undo] }, NOON_MS);
    expect([waits(earlier({})), waits(ended(59)), waits(ended(60)), waits(ended(200))]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(waits(earlier({ instanceId: 'i-0000000000000000b' }))).toBe(false);
    expect(waits(earlier({ trigger: 'request:upgrade' }))).toBe(false);
    expect(waits(earlier({}), earlier({}))).toBe(false);
    expect(waits(earlier({}), asked('snapshot:clean'))).toBe(false);
  });

  it('is held to what they said last, if it is what they had said first', () => {
    const undo = asked('request:undo', { onsetMs: NOON_MS - 10 * 60_000 });
    const again = { ...restore, askedAtMs: NOON_MS - 5 * 60_000 } as IncidentRecord;
    expect(laterWord(undo, { incidents: [again, undo] })).toBe(again);
    expect(laterWord(again, { incidents: [again, undo] })).toBeUndefined();
    expect(isOver(again, undefined, no, no, NOON_MS - 5 * 60_000 + HOUR_MS)).toBe(false);
    expect(isOver(again, undefined, no, no, NOON_MS - 5 * 60_000 + HOUR_MS + 1)).toBe(true);
    const ended = { ...asked('request:undo', { onsetMs: NOON_MS - 21 * 60_000 }), state: 'healed' } as const;
    const endedAt = (minutesAgo: number) => ({ ...ended, endedAtMs: NOON_MS - minutesAgo * 60_000 }) as IncidentRecord;
    expect(isHeldUp(again, { incidents: [endedAt(4), again] }, NOON_MS)).toBe(true);
    expect(isHeldUp(again, { incidents: [endedAt(6), again] }, NOON_MS)).toBe(false);
  });

  it('hears that their hour is over, where nothing has said what came of it', () => {
    const of = (trigger: string, more: Partial<IncidentRecord> = {}): boolean =>
      isUnanswered({ ...asked(trigger), ...more } as IncidentRecord);
    expect(['request:restore', 'request:undo', 'request:replace', 'snapshot:clean'].map((one) => of(one))).toEqual([
      ...[true, true, true, true],
    ]);
    expect(
      ['request:upgrade', 'snapshot:drill', 'plan:restore', NODE_HEALTH, 'disk:data'].map((one) => of(one)),
    ).toEqual([false, false, false, false, false]);
    expect(of('snapshot:clean', { alarm: { ...alarm, namespace: SCHEDULE } })).toBe(false);
    expect(of('request:restore', { plannedUntilMs: NOON_MS })).toBe(false);
    expect(of('request:undo', { refusedCodes: ['paused', 'nothing-to-undo'] })).toBe(false);
    expect(of('request:restore', { state: 'escalated', endedAtMs: NOON_MS } as Partial<IncidentRecord>)).toBe(false);
  });

  it('waits for what came later while its client runs, and not while it is down', () => {
    const later = asked('request:undo');
    const begun = (more: Partial<NodeRecord>) => {
      const node = nodeRecord({ operation: leftOpen(restore.incidentId), ...more });
      return openCandidates({ incidents: [restore, later], nodes: [node] }, [], [], NOON_MS);
    };
    expect(begun({ clientOwedSinceMs: NOON_MS - 60_000 })).toMatchObject([
      { settles: { subject: 'restore' } },
      { settles: { subject: 'undo' } },
    ]);
    expect(begun({})).toMatchObject([{ trigger: { subject: 'undo' } }]);
  });

  it('is owed what is half done once what came later has ended without it', () => {
    const node = nodeRecord({ operation: leftOpen(restore.incidentId) });
    const ended = { ...asked('request:undo'), state: 'escalated', endedAtMs: NOON_MS } as IncidentRecord;
    expect(openCandidates({ incidents: [restore, ended], nodes: [node] }, [], [], NOON_MS)).toMatchObject([
      { settles: { subject: 'restore' } },
    ]);
    expect(isOver(restore, node, no, yes, NOON_MS)).toBe(false);
  });
});

describe('a sick node that another heal holds', () => {
  it('has no incident noted: it is seen again in a minute', () => {
    const held = { nodeRecord: nodeRecord({ owner: OTHER, fence: 3 }), owner: { state: 'running' } as const };
    expect(decideDispatch(facts(NODE_HEALTH, held))).toEqual({ do: 'leave', code: 'busy', reason: 'busy' });
    expect(decideDispatch(facts('request:undo', held))).toMatchObject({ write: { state: 'open' } });
  });
});

describe('an open incident in a sweep', () => {
  const sweepOf = (incident: IncidentRecord, alarming: readonly AlarmStatus[] = []) =>
    openCandidates({ incidents: [incident], nodes: [] }, alarming, [], NOON_MS);

  it('of a person is looked at again with what was wanted; of health only by what is seen', () => {
    const want: RequestedAction = { do: 'replace-instance' };
    const person = { alarm: { alarmName: '', namespace: 'person', dimensions: {} } };
    expect(sweepOf(openIncidentRecord({ ...person, trigger: 'request:replace', want }))).toMatchObject([
      { trigger: triggerOf('request:replace'), want, fleet: 'bitcoin' },
    ]);
    expect(sweepOf(openIncidentRecord({ trigger: NODE_HEALTH }))).toEqual([]);
  });

  it('of health is over when the node is well, whatever its alarm says', () => {
    const incident = openIncidentRecord({ trigger: NODE_HEALTH });
    expect(isOver(incident, undefined, yes, no, NOON_MS)).toBe(false);
    expect(isOver(incident, undefined, no, yes, NOON_MS)).toBe(true);
  });
});

describe('what a person has asked for, and was refused for good', () => {
  const alarm = { alarmName: '', namespace: 'person', dimensions: {} };
  const asked = (more: Partial<IncidentRecord>): IncidentRecord =>
    openIncidentRecord({ trigger: 'request:undo', onsetMs: NOON_MS - 60_000, alarm, ...more } as object);

  it.each<[string, Partial<IncidentRecord>, boolean]>([
    ['is over', { refusedCodes: ['nothing-to-undo'] }, true],
    [
      'is over only after people were told of it',
      { refusedCodes: ['drift-refused'], pendingPages: [{ code: 'drift-refused', sentence: 'a', atMs: NOON_MS }] },
      false,
    ],
    ['is not over where it only has to wait', { refusedCodes: ['replacements-spent'] }, false],
    [
      'is not over where its fleet is upgraded: that goes on with it',
      { trigger: 'request:upgrade', refusedCodes: ['validator'] },
      false,
    ],
    ['is not over where it is no request', { trigger: 'node:health', refusedCodes: ['validator'] }, false],
  ])('%s', (_, more, over) => {
    expect(isOver(asked(more), undefined, no, no, NOON_MS)).toBe(over);
  });
});
