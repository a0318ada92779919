import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { queriedMetric } from '../../../shared/events/alarm.ts';
import { type DispatchEvent, parseDispatchEvent } from '../../../shared/events/dispatch.ts';
import { EventError } from '../../../shared/events/errors.ts';

const folder = new URL('../../../events/', import.meta.url);
const sample = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
const tags = { fleet: 'bitcoin', node: 'node2', kind: 'disk' };
const noTags = { fleet: undefined, node: undefined, kind: undefined };
const alarm = {
  kind: 'alarm' as const,
  alarmName: 'chainmend-bitcoin-node2-disk',
  state: 'ALARM' as const,
  previousState: 'OK' as const,
  atMs: Date.UTC(2026, 0, 1, 12),
  tags,
  suppressedBy: undefined,
  muted: false,
};
/** An owner's own alarm propagates no tags of chainmend. */
const own = { ...alarm, tags: noTags };
const composite = { ...alarm, alarmName: 'bitcoin-fleet', atMs: alarm.atMs + 394, tags: noTags };

const request = { kind: 'request', fleet: 'bitcoin', node: { name: 'node2' }, plan: false } as const;

const samples: Readonly<Record<string, DispatchEvent>> = {
  alarm,
  'alarm-first-transition': { ...alarm, previousState: 'INSUFFICIENT_DATA', tags: noTags },
  'alarm-muted': { ...alarm, muted: true },
  'alarm-composite': composite,
  'alarm-suppressed': { ...composite, suppressedBy: 'WaitPeriod' },
  'alarm-metrics-insights': {
    ...alarm,
    alarmName: 'chainmend-bitcoin-disk',
    previousState: 'INSUFFICIENT_DATA',
    atMs: alarm.atMs + 919,
    tags: { ...tags, node: undefined },
  },
  contributor: {
    kind: 'contributor',
    alarmName: 'chainmend-bitcoin-disk',
    state: 'ALARM',
    atMs: alarm.atMs + 919,
    tags: { ...tags, node: undefined },
    suppressedBy: undefined,
    muted: false,
    contributorId: '6d442278dba546f6',
  },
  action: { ...own, alarmName: 'bitcoin-node2-height' },
  'action-composite': { ...own, alarmName: 'bitcoin-any-height', atMs: alarm.atMs + 394 },
  'action-contributor': {
    kind: 'contributor',
    alarmName: 'bitcoin-heights',
    state: 'ALARM',
    atMs: alarm.atMs + 919,
    tags: noTags,
    suppressedBy: undefined,
    muted: false,
    contributorId: '6d442278dba546f6',
  },
  notification: { ...own, alarmName: 'bitcoin-node2-height' },
  'notification-composite': { ...own, alarmName: 'bitcoin-any-height', atMs: alarm.atMs + 394 },
  'notification-other': { kind: 'ignored', reason: 'a message of a topic that is no alarm of CloudWatch' },
  'ec2-state-change': { kind: 'ignored', reason: "an instance's state change opens no incident" },
  sweep: { kind: 'sweep' },
  snapshots: { kind: 'snapshots' },
  heal: { kind: 'manual', fleet: 'bitcoin', node: { name: 'node2' }, trigger: { kind: 'disk', subject: 'data' } },
  'restore-node': { ...request, want: { do: 'restore', snapshotId: null, acknowledgesValidator: false } },
  'restore-node-from-snapshot': {
    ...request,
    node: { instanceId: 'i-0b2c3d4e5f6071829' },
    want: { do: 'restore', snapshotId: 'snap-0c1d2e3f405162738', acknowledgesValidator: false },
  },
  'replace-instance': { ...request, want: { do: 'replace-instance' } },
  'undo-restore': { ...request, want: { do: 'undo' } },
  'shrink-node': { ...request, want: { do: 'shrink', toGiB: 700 } },
  'snapshot-node': {
    ...{ kind: 'snapshot', fleet: 'bitcoin', node: undefined },
    ...{ acknowledgesValidator: false, plan: false },
  },
  upgrade: { kind: 'upgrade', fleet: 'bitcoin', to: '28.1', plan: false },
  'upgrade-blue-green': { kind: 'upgrade', fleet: 'bitcoin', to: '28.1', strategy: 'blue-green', plan: false },
  'upgrade-rehearsed': { kind: 'upgrade', fleet: 'bitcoin', to: '28.1', rehearse: true, plan: false },
  'upgrade-at-height': { kind: 'upgrade', fleet: 'irita', to: 'v2', atHeight: 22_491_000, plan: false },
  'upgrade-validator': {
    ...{ kind: 'request', fleet: 'irita', node: { name: 'validator2' }, plan: false },
    want: { do: 'upgrade', to: 'v2', acknowledgesValidator: true },
  },
};

/** Other test files cover their parsers. */
const ofOtherFunctions = [
  'check-readiness',
  'prune-retired',
  'register-nodes',
  'rotate-peers',
  'scale',
  'seed-groups',
  'watch-releases',
];

describe('the sample events', () => {
  it('are all understood', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
    expect(files.map((file) => file.replace('.json', '')).sort()).toEqual(
      [...Object.keys(samples), ...ofOtherFunctions].sort(),
    );
  });

  it.each(Object.entries(samples))('%s.json', (name, expected) => {
    expect(parseDispatchEvent(sample(name))).toEqual(expected);
  });
});

describe('an event that dispatch-heal understands', () => {
  it('may carry fields that AWS adds tomorrow', () => {
    const event = sample('alarm');
    event.detail.state.newField = { a: 1 };
    event.newField = 1;
    expect(parseDispatchEvent(event)).toEqual(alarm);
  });

  it('may say its time with Z, or with an offset', () => {
    const event = sample('alarm');
    for (const timestamp of ['2026-01-01T12:00:00Z', '2026-01-01T14:00:00.000+0200']) {
      event.detail.state.timestamp = timestamp;
      expect(parseDispatchEvent(event)).toMatchObject({ atMs: Date.UTC(2026, 0, 1, 12) });
    }
  });

  it('is ignored when an alarm is only reconfigured', () => {
    const event = { ...sample('alarm'), 'detail-type': 'CloudWatch Alarm Configuration Change' };
    expect(parseDispatchEvent(event)).toMatchObject({ kind: 'ignored' });
  });

  it('is not understood with a word for its trouble that nobody knows, under whatever key', () => {
    expect(errorOf({ ...sample('heal'), trouble: 'x' })).toMatchObject({
      field: 'trouble',
      expectation: 'no such field',
    });
  });

  it.each(['x', 'disk', 'disk:', 'disk:data:more'])('is not understood with the trigger %j', (trigger) => {
    expect(errorOf({ ...sample('heal'), trigger })).toMatchObject({
      field: 'trigger',
      expectation: 'a trigger such as disk:data or node:health',
    });
  });

  it('is not understood where it acknowledges a validator and names none', () => {
    expect(errorOf({ kind: 'snapshot', fleet: 'irita', acknowledgesValidator: true })).toMatchObject({
      field: 'node',
      expectation: 'node or instanceId, one of them',
    });
  });

  it('may name an instance instead of a node, and leave the trigger to be found', () => {
    const instanceId = 'i-0b2c3d4e5f6071829';
    expect(parseDispatchEvent({ kind: 'heal', fleet: 'bitcoin', instanceId })).toEqual({
      kind: 'manual',
      fleet: 'bitcoin',
      node: { instanceId },
      trigger: undefined,
    });
  });
});

describe('an alarm’s action or notification', () => {
  it('may tell of a series that is new, and of any state', () => {
    const event = sample('action');
    delete event.alarmData.previousState;
    event.alarmData.state.value = 'OK';
    expect(parseDispatchEvent(event)).toMatchObject({ state: 'OK', previousState: 'INSUFFICIENT_DATA' });
  });

  it('is no alarm’s where its message is a text, a number or other JSON', () => {
    for (const message of ['', 'x', '7', 'null', '[]', '{"AlarmArn":"x"}', '{'.repeat(1_000)]) {
      const event = sample('notification');
      event.Records[0].Sns.Message = message;
      expect(parseDispatchEvent(event)).toMatchObject({ kind: 'ignored' });
    }
  });

  it.each<[string, (event: ReturnType<typeof sample>) => void, string]>([
    ['an action comes from elsewhere', (event) => Object.assign(event, { source: 'my.app' }), 'source'],
    ['an action names no alarm', (event) => delete event.alarmData.alarmName, 'alarmData.alarmName'],
    ['an action has no state', (event) => delete event.alarmData.state, 'alarmData.state'],
    ['an action has an unknown state', (event) => (event.alarmData.state.value = 'RED'), 'alarmData.state.value'],
    ['an action’s data are a text', (event) => Object.assign(event, { alarmData: 'x' }), 'alarmData'],
  ])('is refused where %s', (_, change, field) => {
    const event = sample('action');
    change(event);
    expect(errorOf(event)).toMatchObject({ field });
  });

  it.each<[string, (event: ReturnType<typeof sample>) => void, string]>([
    ['nothing is in it', (event) => Object.assign(event, { Records: [] }), 'Records.0'],
    ['two records are in it', (event) => event.Records.push(event.Records[0]), 'Records.1'],
    ['a queue sends it', (event) => (event.Records[0].EventSource = 'aws:sqs'), 'Records.0.EventSource'],
    ['its message is no text', (event) => (event.Records[0].Sns.Message = 7), 'Records.0.Sns.Message'],
  ])('of a topic is refused where %s', (_, change, field) => {
    const event = sample('notification');
    change(event);
    expect(errorOf(event)).toMatchObject({ field });
  });

  it.each([
    ['NewStateValue', 'RED'],
    ['StateChangeTime', 'yesterday'],
    ['AlarmName', ''],
  ])('of a topic is refused where %s of its alarm is %j', (field, value) => {
    const event = sample('notification');
    event.Records[0].Sns.Message = JSON.stringify({ ...JSON.parse(event.Records[0].Sns.Message), [field]: value });
    expect(errorOf(event)).toMatchObject({ field });
  });
});

describe('a person’s wish', () => {
  it('may be to hear only what would be done', () => {
    expect(parseDispatchEvent({ ...sample('replace-instance'), plan: true })).toMatchObject({ plan: true });
    expect(parseDispatchEvent({ ...sample('snapshot-node'), node: 'node3', plan: true })).toMatchObject({
      node: { name: 'node3' },
      plan: true,
    });
  });

  it('for a validator says so itself', () => {
    const event = { ...sample('restore-node'), acknowledgesValidator: true };
    expect(parseDispatchEvent(event)).toMatchObject({ want: { acknowledgesValidator: true } });
  });

  it.each<[string, object, string]>([
    ['a snapshot of another service', { snapshotId: 'rds:daily' }, 'snapshotId'],
    ['an acknowledgement in words', { acknowledgesValidator: 'yes' }, 'acknowledgesValidator'],
    ['a trigger of its own', { trigger: 'node:health' }, 'trigger'],
    ['no node', { node: undefined }, 'node'],
  ])('is not understood with %s', (_, more, field) => {
    expect(errorOf({ ...sample('restore-node'), ...more })).toMatchObject({ field });
  });

  it('to undo takes no snapshot', () => {
    expect(errorOf({ ...sample('undo-restore'), snapshotId: 'snap-0c1d2e3f405162738' })).toMatchObject({
      field: 'snapshotId',
      expectation: 'no such field',
    });
  });
});

describe('a wish for another version', () => {
  it.each<[string, object, string]>([
    ['a node that nobody says to be a validator', { node: 'node2' }, 'node'],
    ['a validator without a name', { acknowledgesValidator: true }, 'node'],
    ['a height of no block', { atHeight: 0 }, 'atHeight'],
    ['a height in words', { atHeight: 'tomorrow' }, 'atHeight'],
    ['a version that is part of a path', { to: '../28' }, 'to'],
  ])('is not understood with %s', (_, more, field) => {
    expect(errorOf({ ...sample('upgrade'), ...more })).toMatchObject({ field });
  });
});

describe('an event that is not what it should be', () => {
  const changed = (change: (event: ReturnType<typeof sample>) => void) => {
    const event = sample('alarm');
    change(event);
    return event;
  };
  const rows: [string, unknown, { field: string; value: string; expectation: string }][] = [
    ['is not an object', 'alarm', { field: 'event', value: '"alarm"', expectation: 'Object' }],
    [
      'is of another kind',
      { 'detail-type': 'Object Created' },
      {
        field: 'detail-type',
        value: '"Object Created"',
        expectation: 'an event, an action or a notification of a CloudWatch alarm, or an object with the field kind',
      },
    ],
    [
      'has a typo in its kind',
      { kind: 'sweeep' },
      {
        field: 'kind',
        value: '"sweeep"',
        expectation:
          'one of heal, restore, replace-instance, undo, shrink, snapshot, upgrade, drill, acknowledge, sweep, snapshots',
      },
    ],
    [
      'has an unknown state',
      changed(({ detail }) => {
        detail.state.value = 'RED';
      }),
      { field: 'detail.state.value', value: '"RED"', expectation: 'OK, ALARM or INSUFFICIENT_DATA' },
    ],
    [
      'has no time',
      changed(({ detail }) => {
        delete detail.state.timestamp;
      }),
      { field: 'detail.state.timestamp', value: 'nothing', expectation: 'a field "timestamp"' },
    ],
    [
      'has a time that does not exist',
      changed(({ detail }) => {
        detail.state.timestamp = '2026-13-45T99:00:00Z';
      }),
      { field: 'detail.state.timestamp', value: '"2026-13-45T99:00:00Z"', expectation: 'a time that exists' },
    ],
    [
      'comes from elsewhere',
      changed((event) => {
        event.source = 'my.app';
      }),
      { field: 'source', value: '"my.app"', expectation: '"aws.cloudwatch"' },
    ],
    [
      'has a tag with shell metacharacters',
      changed(({ detail }) => {
        detail.alarmTags['chainmend:fleet'] = '$(reboot)';
      }),
      {
        field: 'detail.alarmTags.chainmend:fleet',
        value: '"$(reboot)"',
        expectation: 'a tag value of letters, digits and _.:/=+@-',
      },
    ],
    [
      'has a typo in a field of ours',
      { kind: 'heal', fleet: 'bitcoin', nod: 'node2' },
      { field: 'nod', value: '"node2"', expectation: 'no such field' },
    ],
    [
      'names a node twice',
      { kind: 'heal', fleet: 'bitcoin', node: 'node2', instanceId: 'i-0b2c3d4e5f6071829' },
      {
        field: 'node',
        value: '{"node":"node2","instanceId":"i-0b2c3d4e5f6071829"}',
        expectation: 'node or instanceId, one of them',
      },
    ],
    [
      'names no node',
      { kind: 'heal', fleet: 'bitcoin' },
      { field: 'node', value: '{}', expectation: 'node or instanceId, one of them' },
    ],
  ];

  it.each(rows)('%s', (_, event, expected) => {
    expect(errorOf(event)).toMatchObject(expected);
  });

  it('is shown shortened', () => {
    expect(errorOf({ kind: 'x'.repeat(1000) })).toMatchObject({ value: expect.stringMatching(/^"x{98}…$/) });
  });

  it('is never met with anything but an EventError', () => {
    fc.assert(fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), parsesOrEventError), {
      numRuns: 500,
    });
  });

  it('is never met with anything but an EventError, whichever part of a good event is broken', () => {
    const names = fc.constantFrom(...Object.keys(samples));
    fc.assert(
      fc.property(names, fc.nat(), fc.anything({ withBigInt: true }), (name, which, value) => {
        parsesOrEventError(broken(sample(name), which, value));
      }),
      { numRuns: 1000 },
    );
  });
});

function errorOf(event: unknown): EventError {
  try {
    parseDispatchEvent(event);
  } catch (error) {
    if (error instanceof EventError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

function parsesOrEventError(event: unknown): void {
  try {
    parseDispatchEvent(event);
  } catch (error) {
    expect(error).toBeInstanceOf(EventError);
  }
}

/** The event with a replacement at its `which`-th place; the count wraps around the whole tree. */
function broken(event: Record<string, unknown>, which: number, value: unknown): unknown {
  const places: [Record<string, unknown>, string][] = [];
  const visit = (tree: Record<string, unknown>) => {
    for (const [key, child] of Object.entries(tree)) {
      places.push([tree, key]);
      if (typeof child === 'object' && child !== null) visit(child as Record<string, unknown>);
    }
  };
  visit(event);
  const place = places[which % places.length];
  if (place) place[0][place[1]] = value;
  return event;
}

describe('the query of a fleet-wide alarm', () => {
  it.each<[string, string, string, boolean]>([
    [
      'SELECT MAX(disk_used_percent) FROM SCHEMA(CWAgent, InstanceId) GROUP BY InstanceId',
      'CWAgent',
      'disk_used_percent',
      true,
    ],
    ['select min("Height Lag")\nfrom "My/\\"Space"', 'My/"Space', 'Height Lag', false],
    [
      "SELECT MAX(Health) FROM SCHEMA(chainmend, Fleet, Node) WHERE Fleet = 'bitcoin'\nGROUP BY Node",
      'chainmend',
      'Health',
      true,
    ],
  ])('names its metric: %s', (expression, namespace, name, groups) => {
    expect(queriedMetric([undefined, '100 * m1', expression])).toEqual({ namespace, name, groups });
  });

  it.each(['', 'SELECT', 'SELECT MAX() FROM CWAgent', 'SELECT MAX(a) FRO b', 'IF(m1 == 3, 1, 0)'])(
    'is nobody’s where it is none: %s',
    (expression) => {
      expect(queriedMetric([expression])).toBeUndefined();
    },
  );

  it('may be missing in a contributor’s event', () => {
    const event = sample('contributor');
    delete event.detail.configuration;
    expect(parseDispatchEvent(event)).toEqual({ ...samples['contributor'], metric: undefined });
  });
});

describe('an upgrade that is tried on a copy first', () => {
  const asked = { kind: 'upgrade', fleet: 'bitcoin', to: '28.1', rehearse: true };

  it('is one where it is asked for', () => {
    const rolling = { kind: 'upgrade', fleet: 'bitcoin', to: '28.1', plan: false };
    expect(parseDispatchEvent(asked)).toEqual({ ...rolling, rehearse: true });
    expect(parseDispatchEvent({ ...asked, rehearse: false })).toEqual(rolling);
  });

  it.each<[string, object, RegExp]>([
    ['at a height', { atHeight: 22_491_000 }, /below it the version makes no block/],
    ['beside the nodes', { strategy: 'blue-green' }, /proves itself beside its node/],
    ['for a validator', { node: 'validator2', acknowledgesValidator: true }, /must not run twice/],
  ])('is refused %s', (_, more, why) => {
    expect(() => parseDispatchEvent({ ...asked, ...more })).toThrow(why);
  });
});

describe('an upgrade beside the nodes', () => {
  const asked = { kind: 'upgrade', fleet: 'irita', to: 'v2', strategy: 'blue-green' };

  it.each<[string, object, RegExp]>([
    ['at a height, where the whole chain stands', { atHeight: 22_491_000 }, /rolling with atHeight/],
    ['for a validator, which has one identity', { node: 'validator2', acknowledgesValidator: true }, /one identity/],
    ['by another name', { strategy: 'canary' }, /rolling or blue-green/],
  ])('is refused %s', (_, more, why) => {
    expect(() => parseDispatchEvent({ ...asked, ...more })).toThrow(why);
  });

  it('rolling is what is done unless it is asked for', () => {
    const rolling = { kind: 'upgrade', fleet: 'irita', to: 'v2', plan: false };
    expect(parseDispatchEvent({ ...asked, strategy: 'rolling' })).toEqual(rolling);
  });
});
