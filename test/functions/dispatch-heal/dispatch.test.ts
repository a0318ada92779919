import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { diskTriggerOf, reasonToIgnore, relevantSubject } from '../../../functions/dispatch-heal/alarms.ts';
import {
  type Candidate,
  type DispatchFacts,
  decideDispatch,
  executionName,
} from '../../../functions/dispatch-heal/decide.ts';
import { type AlarmStatus, readActiveAlarms } from '../../../functions/dispatch-heal/facts.ts';
import { fleetOf } from '../../../shared/fleet/selection.ts';
import { INVOKE_AGAIN_MS } from '../../../shared/heal/incident.ts';
import { parseHealPayload } from '../../../shared/heal/payload.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { Mode } from '../../../shared/model/mode.ts';
import { tries } from '../../fixtures/any.ts';
import { bitcoinFleet, NODE_TAGS } from '../../fixtures/builders/fleet.ts';
import {
  allocatedIncident,
  claimedIncident,
  endedIncident,
  OTHER,
  openIncidentRecord,
  payload,
} from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const candidate = (more: Partial<Candidate> = {}): Candidate => ({
  alarm: payload().alarm,
  instanceId: INSTANCE,
  onsetMs: NOON_MS,
  suppressedBy: null,
  ...more,
});

const facts = (more: Partial<DispatchFacts> = {}): DispatchFacts => ({
  nowMs: NOON_MS + 1_000,
  candidate: candidate(),
  fleet: bitcoinFleet(),
  node: 'node2',
  trigger: { kind: 'disk', subject: 'data' },
  paused: null,
  waits: null,
  guarded: null,
  incident: undefined,
  nodeRecord: undefined,
  owner: { state: 'unknown' },
  ...more,
});

const paused: Refusal = { refuse: 'paused', reason: 'everything is paused: works', page: false, retryAfterMs: 60_000 };
const held = { nodeRecord: nodeRecord({ owner: OTHER, fence: 3 }), owner: { state: 'running' } as const };

describe('a node whose fleet grows another one first', () => {
  const waits: Refusal = { refuse: 'staggered', reason: 'another first', page: false, retryAfterMs: 10_000 };

  it('waits for its turn, and no attempt is spent on that', () => {
    for (const mode of ['act', 'ask'] as const)
      expect(decideDispatch(facts({ fleet: { ...bitcoinFleet(), mode }, waits }))).toMatchObject({
        do: 'refuse',
        incident: { attempt: 0 },
        refusal: { refuse: 'staggered', retryAfterMs: 10_000 },
      });
  });

  it('need not wait to say what would be done', () => {
    expect(decideDispatch(facts({ fleet: { ...bitcoinFleet(), mode: 'plan' }, waits }))).toMatchObject({ do: 'start' });
  });

  it('is paused first where it is paused', () => {
    expect(decideDispatch(facts({ paused, waits }))).toMatchObject({ refusal: { refuse: 'paused' } });
  });
});

describe('trouble that is new', () => {
  it('opens an incident and starts its first attempt, both written in order', () => {
    const dispatch = decideDispatch(facts());
    expect(dispatch).toMatchObject({
      do: 'start',
      write: [
        { state: 'open', attempt: 0, version: 1 },
        { state: 'allocated', attempt: 1, version: 2, allocatedAtMs: NOON_MS + 1_000 },
      ],
      payload: { attempt: 1, mode: 'act', onsetMs: NOON_MS, node: 'node2' },
    });
  });

  it('is given a deadline, and where a person is asked, the time to answer as well', () => {
    const deadline = (mode: Mode) => {
      const dispatch = decideDispatch(facts({ fleet: bitcoinFleet({ mode, ask: { expiresAfterHours: 5 } }) }));
      return dispatch.do === 'start' ? (dispatch.payload.deadlineMs - NOON_MS - 1_000) / HOUR_MS : undefined;
    };
    expect([deadline('act'), deadline('plan'), deadline('ask')]).toEqual([8, 8, 13]);
  });

  it('has a payload that the heal accepts', () => {
    const dispatch = decideDispatch(facts());
    if (dispatch.do !== 'start') throw new Error(dispatch.do);
    expect(parseHealPayload(JSON.parse(JSON.stringify(dispatch.payload)))).toEqual(dispatch.payload);
  });

  it('has the same incident whoever tells of it: instance, trouble and onset name it', () => {
    const idOf = (more: Partial<DispatchFacts>) => {
      const dispatch = decideDispatch(facts(more));
      return dispatch.do === 'start' ? dispatch.payload.incidentId : undefined;
    };
    expect(idOf({})).toBe(idOf({ nowMs: NOON_MS + HOUR_MS, node: 'renamed' }));
    const ids = [
      {},
      { trigger: { kind: 'disk', subject: 'ancient' } } as const,
      { candidate: candidate({ onsetMs: NOON_MS + 1 }) },
    ].map(idOf);
    expect(new Set(ids).size).toBe(3);
  });

  it('on a node that another heal holds is noted, for a person or a contributor tells only once', () => {
    expect(decideDispatch(facts(held))).toMatchObject({
      do: 'leave',
      code: 'busy',
      reason: 'busy',
      write: { state: 'open', attempt: 0, version: 1 },
    });
  });

  it('in a pause is refused and noted, and looked at by every sweep', () => {
    expect(decideDispatch(facts({ paused }))).toMatchObject({
      do: 'refuse',
      isNew: true,
      incident: { state: 'open', attempt: 0 },
      refusal: { refuse: 'paused', retryAfterMs: 50_000 },
    });
  });

  it('whose alarm a person has silenced is left alone, pause or not', () => {
    const silenced = candidate({ suppressedBy: 'a mute rule' });
    for (const pause of [null, paused])
      expect(decideDispatch(facts({ candidate: silenced, paused: pause }))).toMatchObject({
        do: 'refuse',
        refusal: {
          refuse: 'suppressed',
          reason: 'chainmend-bitcoin-node2-disk is suppressed by a mute rule',
          page: false,
          retryAfterMs: 5 * MINUTE_MS,
        },
      });
  });
});

describe('trouble that is known', () => {
  it('starts its next attempt when it is time', () => {
    const incident = openIncidentRecord({ attempt: 2, notBeforeMs: NOON_MS });
    expect(decideDispatch(facts({ incident }))).toMatchObject({
      do: 'start',
      write: [{ state: 'allocated', attempt: 3, version: 4 }],
      payload: { attempt: 3, incidentId: '7f3a0c1d' },
    });
    expect(decideDispatch(facts({ incident: { ...incident, notBeforeMs: NOON_MS + HOUR_MS } }))).toEqual({
      do: 'leave',
      code: 'later',
      reason: 'later',
    });
  });

  it('spends no number on a node that another heal holds, and writes nothing', () => {
    expect(decideDispatch(facts({ incident: openIncidentRecord(), ...held }))).toEqual({
      do: 'leave',
      code: 'busy',
      reason: 'busy',
    });
  });

  it('is refused once a look, not once a call', () => {
    const incident = openIncidentRecord({ notBeforeMs: NOON_MS + MINUTE_MS });
    expect(decideDispatch(facts({ incident, paused }))).toEqual({
      do: 'leave',
      code: 'refused-lately',
      reason: 'paused, looked at a moment ago',
    });
    expect(decideDispatch(facts({ incident, paused, nowMs: NOON_MS + MINUTE_MS }))).toMatchObject({
      do: 'refuse',
      isNew: false,
    });
  });

  it('that was healed minutes ago waits for its alarm', () => {
    expect(decideDispatch(facts({ incident: endedIncident('healed', NOON_MS + 500) }))).toEqual({
      do: 'leave',
      code: 'healed-lately',
      reason: 'healed minutes ago; the alarm lags behind the cure',
    });
  });

  it('that a person was paged for, or that a heal works on, is left', () => {
    expect(decideDispatch(facts({ incident: endedIncident('escalated', NOON_MS) }))).toEqual({
      do: 'leave',
      code: 'ended',
      reason: 'ended',
    });
    expect(decideDispatch(facts({ incident: claimedIncident() }))).toEqual({
      do: 'leave',
      code: 'working',
      reason: 'working',
    });
    expect(decideDispatch(facts({ incident: claimedIncident(), paused }))).toEqual({
      do: 'leave',
      code: 'working',
      reason: 'working',
    });
  });

  it('whose attempt never began is invoked again with what was stored', () => {
    const incident = allocatedIncident({}, NOON_MS);
    expect(decideDispatch(facts({ incident, nowMs: NOON_MS + INVOKE_AGAIN_MS }))).toEqual({
      do: 'invoke-again',
      payload: payload(),
    });
  });

  it('is planned again only after hours, but acted upon at once when the mode allows it', () => {
    const incident = { ...openIncidentRecord(), plannedUntilMs: NOON_MS + HOUR_MS };
    expect(decideDispatch(facts({ incident, fleet: bitcoinFleet({ mode: 'plan' }) }))).toMatchObject({ do: 'leave' });
    expect(decideDispatch(facts({ incident }))).toMatchObject({ do: 'start' });
  });
});

describe('the name of an execution', () => {
  it('fits, and is the attempt’s alone', () => {
    const names = [
      payload(),
      payload({ attempt: 2 }),
      payload({ incidentId: 'other' }),
      payload({ trigger: 'disk:ancient' }),
      payload({ instanceId: 'i-0fedcba9876543210' }),
    ].map(executionName);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(executionName(payload({ mode: 'plan', deadlineMs: 1 }))).toBe(names[0]);
  });
});

describe('whose node an instance is', () => {
  const bitcoin = bitcoinFleet();
  const validators = bitcoinFleet({ fleet: 'validators', nodes: { tag: { ...NODE_TAGS, Role: 'validator' } } });

  it('is told by all of a fleet’s tags', () => {
    expect(fleetOf({ ...NODE_TAGS, Name: 'node2' }, [bitcoin])).toBe(bitcoin);
    expect(fleetOf({ Role: 'validator' }, [bitcoin, validators])).toEqual({
      refuse: 'node-unknown',
      reason: 'the instance carries no fleet’s tags',
    });
  });

  it('is nobody’s where two fleets claim it', () => {
    expect(fleetOf({ ...NODE_TAGS, Role: 'validator' }, [bitcoin, validators])).toEqual({
      refuse: 'node-unknown',
      reason: 'the instance carries the tags of bitcoin, validators',
    });
  });

  it('is nobody’s where there is no fleet', () => {
    expect(fleetOf(NODE_TAGS, [])).toMatchObject({ refuse: 'node-unknown' });
  });
});

describe('what an alarm’s path is about', () => {
  const fleet = bitcoinFleet({ volumes: { data: '/data', ancient: '/ancient' } });

  it('is a volume by its role, to the letter', () => {
    expect(diskTriggerOf(fleet, { path: '/ancient' })).toEqual({ kind: 'disk', subject: 'ancient' });
    for (const path of ['/', '/data/', '/Data', '']) expect(diskTriggerOf(fleet, { path })).toBeNull();
  });

  it('may be left out only where a node has one volume', () => {
    expect(diskTriggerOf(fleet, {})).toBeNull();
    expect(diskTriggerOf(bitcoinFleet(), {})).toEqual({ kind: 'disk', subject: 'data' });
  });
});

describe('an alarm’s event', () => {
  const left = (kind: 'alarm' | 'contributor', namespace?: string, name = 'disk_used_percent') =>
    reasonToIgnore('chainmend', {
      kind,
      alarmName: 'chainmend-x',
      metric: namespace === undefined ? undefined : { namespace, name },
    });

  it('about the bytes or inodes of a filesystem is looked at, of a node and of a fleet', () => {
    expect(left('alarm', 'CWAgent')).toBeNull();
    expect(left('alarm', 'Custom/Agent', 'disk_inodes_used')).toBeNull();
    expect(left('contributor', 'CWAgent')).toBeNull();
  });

  it.each([
    ['full by chainmend’s own count', 'chainmend', 'DiskUsedPercent'],
    ['halted', 'chainmend', 'Halted'],
    ['voting-power-low', 'chainmend', 'OnlineVotingPowerPercent'],
  ])('of another kind (%s) is left to people, with a sentence', (_, namespace, name) => {
    const sentence = `no heal takes chainmend-x: it is about ${namespace} ${name}`;
    expect([left('alarm', namespace, name), left('contributor', namespace, name)]).toEqual([sentence, sentence]);
  });

  it('about the health of a node, or about EC2’s checks of it, is looked at, too', () => {
    for (const [namespace, name] of [
      ['chainmend', 'Health'],
      ['AWS/EC2', 'StatusCheckFailed'],
      ['AWS/EC2', 'StatusCheckFailed_AttachedEBS'],
    ] as const)
      expect([left('alarm', namespace, name), left('contributor', namespace, name)]).toEqual([null, null]);
  });

  it('that names no metric tells of no node', () => {
    expect(left('alarm')).toBe('chainmend-x as a whole tells of no node');
    expect(left('contributor')).toMatch(/^nothing in the query/);
  });
});

describe('an alarm of a disk', () => {
  const dimensions = { InstanceId: INSTANCE, path: '/data' };
  const fleet = (...namePatterns: string[]) => [bitcoinFleet({ alarms: { namePatterns } })];
  const alarmNow = (more: Partial<AlarmStatus['fact'] & Pick<AlarmStatus, 'metricName' | 'about'>> = {}) => ({
    fact: {
      alarmName: more.alarmName ?? 'chainmend-x',
      namespace: more.namespace ?? 'CWAgent',
      dimensions: more.dimensions ?? dimensions,
    },
    metricName: 'metricName' in more ? more.metricName : 'disk_used_percent',
    about: more.about ?? 'node',
  });
  const isDisk = (alarmName: string, ...patterns: string[]) =>
    relevantSubject(alarmNow({ alarmName }), fleet(...patterns)) === 'disk';

  it('is ours by name, or one that a fleet file takes in', () => {
    expect(isDisk('chainmend-bitcoin-node2-disk')).toBe(true);
    expect(isDisk('bitcoin-node2-disk-filling')).toBe(false);
    expect(isDisk('bitcoin-node2-disk-filling', 'litecoin-*', 'bitcoin-*-disk-filling')).toBe(true);
  });

  it.each([
    ['of another metric', 'mem_used_percent', dimensions],
    ['of disk traffic', 'diskio_read_bytes', dimensions],
    ['of no metric', undefined, dimensions],
    ['of no instance', 'disk_used_percent', { path: '/data' }],
    ['of no path', 'disk_used_percent', { InstanceId: INSTANCE }],
  ])('is not one %s', (_, metricName, its) => {
    expect(relevantSubject(alarmNow({ metricName, dimensions: its }), [])).toBeNull();
  });

  it('is not one of chainmend’s own metrics, whatever their name', () => {
    expect(relevantSubject(alarmNow({ namespace: 'chainmend' }), [])).toBeNull();
  });

  it('of a whole fleet names no node, and its contributor need name no path', () => {
    expect(relevantSubject(alarmNow({ about: 'fleet', dimensions: {} }), [])).toBe('disk');
    expect(relevantSubject(alarmNow({ about: 'contributor', dimensions: { InstanceId: INSTANCE } }), [])).toBe('disk');
    expect(relevantSubject(alarmNow({ about: 'contributor', dimensions: { path: '/data' } }), [])).toBeNull();
    expect(relevantSubject(alarmNow({ about: 'fleet', metricName: 'Health', dimensions: {} }), [])).toBeNull();
  });

  it('matches a pattern as the simplest oracle does', () => {
    const letter = fc.constantFrom('a', 'b', '-', '.');
    const pattern = fc.string({ unit: fc.oneof(letter, letter, fc.constant('*')), minLength: 0, maxLength: 6 });
    const oracle = (name: string, glob: string): boolean =>
      new RegExp(
        `^${glob
          .split('*')
          .map((part) => part.replaceAll(/[.-]/g, '\\$&'))
          .join('[^]*')}$`,
      ).test(name);
    fc.assert(
      fc.property(fc.string({ unit: letter, maxLength: 8 }), pattern, (name, glob) => {
        // The schema refuses patterns of fewer than three letters: this tests the decision alone.
        const takingIn = bitcoinFleet();
        const fleets = [{ ...takingIn, alarms: { ...takingIn.alarms, namePatterns: [glob] } }];
        expect(relevantSubject(alarmNow({ alarmName: name }), fleets) === 'disk').toBe(oracle(name, glob));
      }),
      tries('dispatch', 3_000),
    );
  });
});

describe('an alarm on a PromQL query', () => {
  const read = async (Query: string) => {
    const alarm = {
      AlarmName: 'chainmend-bitcoin-x',
      EvaluationCriteria: { PromQLCriteria: { Query } },
      StateTransitionedTimestamp: new Date(0),
    };
    const client = { send: async () => ({ MetricAlarms: [alarm] }) } as unknown as CloudWatchClient;
    const [found] = await readActiveAlarms(client);
    return found && { ...found, subject: relevantSubject(found, []) };
  };

  it.each([
    ['max by (Node) (chainmend_health{Fleet="bitcoin"}) >= 5', 'health'],
    ['max by (InstanceId, path) (chainmend_disk_used_percent{Fleet="bitcoin"}) >= 91', 'disk'],
    ['max by (InstanceId, path) (chainmend_inodes_used_percent{Fleet="bitcoin"}) >= 91', 'disk'],
    ['max by (InstanceId) (chainmend_status_check_failed{Fleet="bitcoin"}) >= 1', 'checks'],
    ['max by (InstanceId) (chainmend_attached_ebs_failed{Fleet="bitcoin"}) >= 1', 'checks'],
  ])('%s is one of the whole fleet, and its contributors are about %s', async (query, subject) => {
    expect(await read(query)).toMatchObject({ about: 'fleet', subject });
  });

  it.each([
    'max by (Fleet) (chainmend_halted{Fleet="bitcoin"}) >= 1',
    'max(chainmend_health_of_mine{a="b"}) > 1',
    'up == 0',
  ])('%s is for people', async (query) => {
    expect(await read(query)).toMatchObject({ subject: null });
  });
});
