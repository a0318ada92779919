import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isOwed, reopenLeftOpen } from '../../../shared/heal/incident.ts';
import {
  answered,
  freeDead,
  grant,
  type Holder,
  holds,
  intend,
  leaseFree,
  leftStopped,
  mayHold,
  maySettle,
  newNode,
  owesClient,
  passedOver,
  prove,
  provedFrom,
  raiseQuiet,
  recentModifications,
  release,
  unsettled,
  withdraw,
  withHistoryOf,
} from '../../../shared/heal/lease.ts';
import type { GrowOperation, NodeRecord, PruneNote, ReplaceOperation } from '../../../shared/heal/records.ts';
import {
  DAY_MS,
  type ExecutionStatus,
  FUNCTION_TIMEOUT_MS,
  INTENT_COUNTS_MS,
  REQUEST_LIFETIME_MS,
} from '../../../shared/model/execution.ts';
import { tries } from '../../fixtures/any.ts';
import { endedIncident, ME, OTHER, openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME, INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const RUNNING: ExecutionStatus = { state: 'running' };
const UNKNOWN: ExecutionStatus = { state: 'unknown' };
const ended = (endedAtMs: number): ExecutionStatus => ({ state: 'ended', endedAtMs });
const DIED_OUT_MS = FUNCTION_TIMEOUT_MS + REQUEST_LIFETIME_MS;
const OTHER_VOLUME = 'vol-0b1b2c3d4e5f60718';

const me: Holder = { execution: ME, fence: 4 };
const mine = (more: Partial<NodeRecord> = {}) => nodeRecord({ owner: ME, fence: 4, version: 7, ...more });
const others = (more: Partial<NodeRecord> = {}) => nodeRecord({ owner: OTHER, fence: 4, version: 7, ...more });
const operation = (more: Partial<GrowOperation> = {}): GrowOperation => ({
  kind: 'grow',
  phase: 'preparing',
  incidentId: '7f3a0c1d',
  volumeId: DATA_VOLUME,
  found: { sizeGiB: 500 },
  toGiB: 900,
  intentAtMs: NOON_MS,
  ...more,
});
const intent = (atMs: number, volumeId = DATA_VOLUME) => ({ volumeId, toGiB: 900, atMs });

describe('the fence of an attempt that the table has forgotten', () => {
  it('is left out on a free node', () => {
    expect(passedOver(newNode('bitcoin', INSTANCE))).toMatchObject({ owner: null, fence: 1, version: 1 });
  });

  it('is in use while somebody holds the node', () => {
    expect(passedOver(others())).toBeUndefined();
  });
});

describe('a node', () => {
  it('that was never held is free', () => {
    expect(leaseFree(newNode('bitcoin', INSTANCE), UNKNOWN, NOON_MS)).toBe(true);
  });

  it('is not free because time has passed: its holder must have ended', () => {
    for (const owner of [RUNNING, UNKNOWN]) expect(leaseFree(others(), owner, NOON_MS + 1_000 * HOUR_MS)).toBe(false);
  });

  it('is free when its holder’s last request has died out', () => {
    expect(leaseFree(others(), ended(NOON_MS), NOON_MS + DIED_OUT_MS)).toBe(false);
    expect(leaseFree(others(), ended(NOON_MS), NOON_MS + DIED_OUT_MS + 1)).toBe(true);
  });

  it('is not free while a command of its dead holder may still run', () => {
    const read = others({ quietAfterMs: NOON_MS });
    expect(leaseFree(read, ended(0), NOON_MS)).toBe(false);
    expect(leaseFree(read, ended(0), NOON_MS + 1)).toBe(true);
  });

  it('whose client is down to be pruned waits for no command: the next heal asks it first', () => {
    const prune = { command: '/opt/node/prune', height: null };
    const down = (more: Partial<GrowOperation>) => ({
      quietAfterMs: NOON_MS,
      operation: operation({ phase: 'down', ...more } as Partial<GrowOperation>),
    });
    expect(leaseFree(others(down({ prune })), ended(0), NOON_MS)).toBe(true);
    expect(leaseFree(others(down({})), ended(0), NOON_MS)).toBe(false);
  });

  it('is granted with a higher fence; what was begun on it, and its quiet time, stay', () => {
    const before = others({ operation: operation(), quietAfterMs: 5, modifications: [intent(1)] });
    expect(grant(before, ME, ended(0), NOON_MS)).toEqual({ next: { ...before, owner: ME, fence: 5, version: 8 } });
  });

  it('is granted only once to the same execution, whose fence stays', () => {
    expect(grant(mine(), ME, UNKNOWN, NOON_MS)).toEqual({ held: me });
  });

  it('is refused with the name of who holds it', () => {
    expect(grant(others(), ME, RUNNING, NOON_MS)).toEqual({ refused: OTHER });
  });

  it('is held by an execution and a fence together', () => {
    expect(holds(mine(), me)).toBe(true);
    expect(holds(mine({ fence: 5 }), me)).toBe(false);
    expect(holds(others(), me)).toBe(false);
    expect(holds(undefined, me)).toBe(false);
  });
});

describe('a holder that lost the node', () => {
  it.each<[string, (read: NodeRecord) => unknown]>([
    ['raises no quiet time', (read) => raiseQuiet(read, me, NOON_MS)],
    ['intends nothing', (read) => intend(read, me, operation(), 3)],
    ['withdraws nothing', (read) => withdraw(read, me, intent(NOON_MS))],
    ['proves nothing', (read) => prove(read, me)],
    ['releases nothing', (read) => release(read, me, true, NOON_MS)],
  ])('%s', (_, act) => {
    for (const read of [others(), mine({ fence: 5 }), nodeRecord()]) expect(act(read)).toEqual({ lost: true });
  });
});

describe('the quiet time', () => {
  it('ends with the answer of the last command, and only for the holder', () => {
    const later = NOON_MS + 2 * HOUR_MS;
    expect(answered(mine({ quietAfterMs: later }), me, NOON_MS)).toMatchObject({
      next: { quietAfterMs: NOON_MS, version: 8 },
    });
    expect(answered(mine({ quietAfterMs: NOON_MS }), me, NOON_MS)).toEqual({ enough: true });
    expect(answered(others({ quietAfterMs: later }), me, NOON_MS)).toEqual({ lost: true });
  });

  type Ladder = Extract<NodeRecord['operation'], { kind: 'replace' }>;
  const ladderIn = (rung: Ladder['memory']['rung'], phase: Ladder['phase'] = 'down') =>
    ({ kind: 'replace', phase, incidentId: '7f3a0c1d', memory: { rung } }) as NodeRecord['operation'];
  const donor = { kind: 'snapshot', phase: 'down', incidentId: '7f3a0c1d' } as NodeRecord['operation'];

  it.each<[string, NodeRecord['operation']]>([
    ['a donor', donor],
    ['a node in the middle of its restart', ladderIn('restart')],
    ['a node in the middle of its swap', ladderIn('swap')],
  ])('keeps nobody from %s, whose client may be down: its next heal raises the fence first', (_, down) => {
    const quietAfterMs = NOON_MS + 2 * HOUR_MS;
    const dead = others({ quietAfterMs, operation: down });
    expect(leaseFree(dead, ended(NOON_MS), NOON_MS + DIED_OUT_MS + 1)).toBe(true);
    expect(leaseFree(dead, RUNNING, NOON_MS + HOUR_MS)).toBe(false);
    expect(leaseFree(others({ quietAfterMs }), ended(NOON_MS), NOON_MS + DIED_OUT_MS + 1)).toBe(false);
    const left = release(mine({ quietAfterMs, operation: down }), me, false, NOON_MS, 0, true);
    expect(left).toMatchObject({ next: { owner: null, operation: down } });
    expect(release(mine({ quietAfterMs, operation: down }), me, false, NOON_MS)).toMatchObject({
      waitUntilMs: quietAfterMs + 1,
    });
  });

  it.each<[string, NodeRecord['operation']]>([
    ['another instance is to take its place', ladderIn('replace')],
    ['its instance is stopped and started', ladderIn('stop-start')],
    ['no rung is under way', ladderIn(null)],
    ['its client is as it was', ladderIn('swap', 'preparing')],
    ['it has proved itself', ladderIn('swap', 'proved')],
    ['nothing is open', null],
  ])('keeps everybody from a node of which %s', (_, operation) => {
    const read = { quietAfterMs: NOON_MS + HOUR_MS, operation };
    expect(leaseFree(others(read), ended(0), NOON_MS)).toBe(false);
    expect(release(mine(read), me, false, NOON_MS, 0, true)).toMatchObject({ waitUntilMs: NOON_MS + HOUR_MS + 1 });
  });

  it('is raised by what is sent', () => {
    expect(raiseQuiet(mine({ quietAfterMs: 10 }), me, 11)).toMatchObject({ next: { quietAfterMs: 11, version: 8 } });
    for (const overAtMs of [10, 9])
      expect(raiseQuiet(mine({ quietAfterMs: 10 }), me, overAtMs)).toEqual({ enough: true });
  });
});

describe('a client that the full disk stopped', () => {
  const owing = mine({ clientOwedSinceMs: NOON_MS });

  it('is owed from before the command that starts it, since the first one', () => {
    expect(raiseQuiet(mine({ quietAfterMs: 10 }), me, 9, NOON_MS)).toMatchObject({
      next: { quietAfterMs: 10, clientOwedSinceMs: NOON_MS },
    });
    expect(raiseQuiet(owing, me, owing.quietAfterMs, NOON_MS + 5)).toEqual({ enough: true });
    expect(raiseQuiet(mine({ quietAfterMs: 10 }), me, 9)).toEqual({ enough: true });
  });

  it('is owed until it is proved, whoever proves it', () => {
    const proved = prove(owing, me);
    expect('next' in proved && Object.keys(proved.next)).not.toContain('clientOwedSinceMs');
    expect('next' in proved && proved.next.version).toBe(owing.version + 1);
  });

  it('is not owed any more once it was seen running: who stops it then is somebody else', () => {
    const released = (clientUp: boolean) => release(owing, me, true, NOON_MS, 0, true, clientUp);
    expect(released(false)).toMatchObject({ next: { clientOwedSinceMs: NOON_MS } });
    const after = released(true);
    expect('next' in after && Object.keys(after.next)).not.toContain('clientOwedSinceMs');
  });

  it('is owed for a day: later nobody can tell who stopped it', () => {
    expect(owesClient(owing, NOON_MS + 24 * HOUR_MS - 1)).toBe(true);
    expect(owesClient(owing, NOON_MS + 24 * HOUR_MS)).toBe(false);
    expect(owesClient(mine(), NOON_MS)).toBe(false);
    expect(owesClient(undefined, NOON_MS)).toBe(false);
  });

  it('is left stopped by its heal only while it has made no progress since: else somebody else has stopped it', () => {
    expect(leftStopped(owing, NOON_MS, NOON_MS + HOUR_MS)).toBe(true);
    expect(leftStopped(owing, NOON_MS + 1, NOON_MS + HOUR_MS)).toBe(false);
    expect(leftStopped(owing, null, NOON_MS + HOUR_MS)).toBe(false);
    expect(leftStopped(owing, NOON_MS, NOON_MS + 24 * HOUR_MS)).toBe(false);
    expect(leftStopped(mine(), 0, NOON_MS)).toBe(false);
  });
});

describe('an instance to which the volumes of another one go', () => {
  const earlier = intent(NOON_MS - HOUR_MS);
  const later = intent(NOON_MS);
  const pruned = (atMs: number, ended?: { as: 'done' }): PruneNote => ({
    ...{ key: 'a/1', command: '/opt/prune', volumeId: DATA_VOLUME, atMs, usedBytesBefore: 1, usedBytesAfter: null },
    ...(ended && { ended }),
  });
  const done = { as: 'done' } as const;

  it('knows what was done to them, once, in the order of time', () => {
    const one = mine({ modifications: [later] });
    const other = nodeRecord({ modifications: [earlier, later] });
    expect(withHistoryOf(one, other)).toEqual({ ...one, modifications: [earlier, later] });
    const ofAnother = intent(NOON_MS, OTHER_VOLUME);
    expect(withHistoryOf(one, nodeRecord({ modifications: [ofAnother] })).modifications).toEqual([later, ofAnother]);
  });

  it('stays as it is where there is nothing that it does not know', () => {
    const one = mine({ modifications: [earlier, later], pruned: pruned(NOON_MS, done) });
    for (const other of [
      undefined,
      nodeRecord(),
      nodeRecord({ modifications: [later] }),
      nodeRecord({ pruned: pruned(NOON_MS, done) }),
    ])
      expect(withHistoryOf(one, other)).toBe(one);
  });

  it('keeps no more of them than one instance does, and the newest', () => {
    const many = Array.from({ length: 30 }, (_, at) => intent(NOON_MS + at));
    const others = Array.from({ length: 30 }, (_, at) => intent(NOON_MS + 100 + at));
    const { modifications } = withHistoryOf(mine({ modifications: many }), nodeRecord({ modifications: others }));
    expect([modifications.length, modifications.at(-1)]).toEqual([32, others.at(-1)]);
  });

  it('knows when the last pruning was that has ended, and leaves one of its own that has not', () => {
    const newer = nodeRecord({ pruned: pruned(NOON_MS, done) });
    expect(withHistoryOf(mine(), newer).pruned).toEqual(newer.pruned);
    expect(withHistoryOf(mine({ pruned: pruned(NOON_MS - HOUR_MS, done) }), newer).pruned).toEqual(newer.pruned);
    const open = mine({ pruned: pruned(NOON_MS - HOUR_MS) });
    expect(withHistoryOf(open, newer)).toBe(open);
    expect(withHistoryOf(mine(), nodeRecord({ pruned: pruned(NOON_MS) })).pruned).toBeUndefined();
  });
});

describe('an intent', () => {
  it('is written with the operation, and counted', () => {
    expect(intend(mine(), me, operation(), 3)).toEqual({
      next: mine({ operation: operation(), modifications: [intent(NOON_MS)], version: 8 }),
    });
  });

  it('that AWS has refused is withdrawn with its operation, and nothing else is', () => {
    const before = intent(NOON_MS - HOUR_MS);
    const other = intent(NOON_MS, OTHER_VOLUME);
    const after = mine({ operation: operation(), modifications: [before, intent(NOON_MS), other] });
    expect(withdraw(after, me, intent(NOON_MS))).toEqual({
      next: mine({ operation: null, modifications: [before, other], version: 8 }),
    });
    expect(withdraw(mine({ modifications: [before] }), me, intent(NOON_MS))).toEqual({ written: true });
    // An intent of another attempt since then belongs to that attempt.
    const since = operation({ intentAtMs: NOON_MS + 1 });
    const kept = withdraw(mine({ operation: since, modifications: [intent(NOON_MS)] }), me, intent(NOON_MS));
    expect(kept).toMatchObject({ next: { operation: since, modifications: [] } });
  });

  it('that is written already is not counted twice', () => {
    const after = mine({ operation: operation(), modifications: [intent(NOON_MS)] });
    expect(intend(after, me, operation(), 1)).toEqual({ written: true });
    expect(intend(after, me, operation({ toGiB: 950 }), 3)).toHaveProperty('next');
  });

  it('is refused when the day’s are spent, by the very intents that spend it', () => {
    const spent = [1, 2, 3].map((hours) => intent(NOON_MS - hours * HOUR_MS));
    expect(intend(mine({ modifications: spent }), me, operation(), 3)).toEqual({ spent });
    expect(intend(mine({ modifications: spent.slice(1) }), me, operation(), 3)).toHaveProperty('next');
  });

  it('of another volume spends nothing of this one', () => {
    const spent = [1, 2, 3].map((hours) => intent(NOON_MS - hours * HOUR_MS, OTHER_VOLUME));
    expect(intend(mine({ modifications: spent }), me, operation(), 3)).toHaveProperty('next');
  });

  it('counts for a day and the hour in which its call may take effect', () => {
    const at = (ageMs: number) =>
      recentModifications({ modifications: [intent(NOON_MS - ageMs)] }, DATA_VOLUME, NOON_MS);
    expect(INTENT_COUNTS_MS).toBeGreaterThanOrEqual(DAY_MS + DIED_OUT_MS);
    expect(at(INTENT_COUNTS_MS - 1)).toHaveLength(1);
    expect(at(INTENT_COUNTS_MS)).toHaveLength(0);
  });

  it('inherits what was found from whoever began, for the same volume', () => {
    const begun = mine({ operation: operation({ found: { sizeGiB: 300 }, intentAtMs: 1 }) });
    expect(intend(begun, me, operation(), 3)).toMatchObject({ next: { operation: { found: { sizeGiB: 300 } } } });
    expect(intend(begun, me, operation({ volumeId: OTHER_VOLUME }), 3)).toMatchObject({
      next: { operation: { found: { sizeGiB: 500 } } },
    });
  });

  it('is kept as long as it counts; the list never grows beyond its bound', () => {
    const old = Array.from({ length: 40 }, (_, i) => intent(NOON_MS - INTENT_COUNTS_MS - i, OTHER_VOLUME));
    const recent = Array.from({ length: 40 }, (_, i) => intent(NOON_MS - 40 + i, OTHER_VOLUME));
    const after = intend(mine({ modifications: [...old, ...recent] }), me, operation(), 3);
    expect('next' in after && after.next.modifications).toEqual([...recent.slice(-31), intent(NOON_MS)]);
  });
});

describe('the end of a heal', () => {
  it('is proved on the node first', () => {
    expect(prove(mine({ operation: operation() }), me)).toMatchObject({
      next: { operation: { phase: 'proved' }, version: 8 },
    });
    expect(prove(mine({ operation: operation({ phase: 'proved' }) }), me)).toEqual({ written: true });
    expect(prove(mine(), me)).toEqual({ written: true });
  });

  it('lets the next grant be above what the node itself knows', () => {
    expect(release(mine({ fence: 4 }), { ...me, fence: 4 }, true, NOON_MS, 9)).toMatchObject({ next: { fence: 9 } });
    expect(release(mine({ fence: 4 }), { ...me, fence: 4 }, true, NOON_MS, 2)).toMatchObject({ next: { fence: 4 } });
  });

  it('gives the node back at once where every command has answered', () => {
    expect(release(mine({ quietAfterMs: NOON_MS + HOUR_MS, operation: operation() }), me, true, NOON_MS)).toEqual({
      next: mine({ owner: null, quietAfterMs: NOON_MS + HOUR_MS, version: 8 }),
    });
  });

  it('waits where one has not, to the millisecond after which it cannot run', () => {
    const read = mine({ quietAfterMs: NOON_MS });
    const early = release(read, me, false, NOON_MS);
    expect(early).toEqual({ waitUntilMs: NOON_MS + 1 });
    expect(release(read, me, false, NOON_MS + 1)).toMatchObject({ next: { owner: null } });
  });
});

/** A ladder's memory, as far as the lease reads it. */
const ladder = (phase: ReplaceOperation['phase'], memory: object = {}): ReplaceOperation =>
  ({
    kind: 'replace',
    phase,
    incidentId: '7f3a0c1d',
    memory: { restoredVolumes: null, replacement: null, upSinceMs: null, ...memory },
  }) as ReplaceOperation;

describe('what a ladder has left open', () => {
  it.each<[string, ReplaceOperation, boolean]>([
    ['nothing but what it learnt', ladder('preparing'), false],
    ['volumes that it made', ladder('preparing', { restoredVolumes: {} }), true],
    ['an instance that it launched', ladder('preparing', { replacement: {} }), true],
    ['a client that it may have stopped', ladder('down'), true],
    ['only the clearing up', ladder('proved'), true],
  ])('%s: %j, unsettled %s', (_, operation, expected) => {
    expect(unsettled(nodeRecord({ operation }))).toBe(expected);
    expect(maySettle(nodeRecord({ operation }), 'replace')).toBe(true);
    expect(maySettle(nodeRecord({ operation }), 'snapshot')).toBe(!expected);
  });

  it('is not called proved by a growth on the same node', () => {
    const read = mine({ operation: ladder('preparing') });
    expect(prove(read, me)).toEqual({ written: true });
    expect(prove({ ...read, clientOwedSinceMs: 5 }, me)).toEqual({ next: { ...read, version: 8 } });
  });

  it('is cleared when it gives the node back, unless it gives up in the middle', () => {
    const read = mine({ operation: ladder('down') });
    expect(release(read, me, true, NOON_MS)).toMatchObject({ next: { operation: null } });
    expect(release(read, me, true, NOON_MS, 0, true)).toMatchObject({
      next: { owner: null, operation: ladder('down') },
    });
  });

  const proving = ladder('down', { rung: 'swap', upSinceMs: NOON_MS });
  it.each<[string, ReplaceOperation, boolean]>([
    ['its client was started, and only the proof is missing', proving, true],
    ['its client may be down', ladder('down', { rung: 'swap' }), false],
    ['only the clearing up is missing', ladder('proved', { rung: 'swap', upSinceMs: NOON_MS }), false],
    ['another instance takes its place', ladder('down', { upSinceMs: NOON_MS, replacement: {} }), false],
    ['another instance runs beside it', ladder('down', { upSinceMs: NOON_MS, beside: {} }), false],
  ])('lets a disk be grown meanwhile where %s: %j, %s', (_, operation, expected) => {
    expect(mayHold(nodeRecord({ operation }), 'grow')).toBe(expected);
    expect(mayHold(nodeRecord({ operation }), 'snapshot')).toBe(false);
    expect(mayHold(nodeRecord({ operation }), 'replace')).toBe(true);
    expect('next' in grant(nodeRecord({ operation }), ME, UNKNOWN, NOON_MS)).toBe(expected);
  });

  it('stays in its place while a disk is grown beside it, from the intent to the release', () => {
    const intended = intend(mine({ operation: proving }), me, operation(), 3);
    if (!('next' in intended)) throw new Error('not written');
    expect(intended.next).toMatchObject({
      operation: proving,
      modifications: [{ volumeId: DATA_VOLUME, atMs: NOON_MS }],
    });
    expect(intend(intended.next, me, operation(), 3)).toEqual({ written: true });
    expect(withdraw(intended.next, me, intent(NOON_MS))).toMatchObject({
      next: { operation: proving, modifications: [] },
    });
    expect(prove(intended.next, me)).toEqual({ written: true });
    expect(release(intended.next, me, true, NOON_MS, 0, true)).toMatchObject({
      next: { owner: null, operation: proving },
    });
  });

  it('is proved from where a growth has started its client, and only where its proof is missing', () => {
    const at = (operation: NodeRecord['operation']) => provedFrom(nodeRecord({ operation }), NOON_MS + 1).operation;
    const asked = ladder('down', { rung: 'swap', upSinceMs: 5, inspectedAtMs: 6 });
    expect(at(asked)).toMatchObject({
      phase: 'down',
      memory: { rung: 'swap', upSinceMs: NOON_MS + 1, inspectedAtMs: null },
    });
    for (const other of [
      null,
      operation(),
      ladder('down', { rung: 'swap' }),
      ladder('down', { upSinceMs: 5, beside: {} }),
    ])
      expect(at(other)).toEqual(other);
  });

  it('is kept where it has only learnt, too', () => {
    const learnt = ladder('preparing', { failed: [{ rung: 'restart' }] });
    expect(intend(mine({ operation: learnt }), me, operation(), 3)).toMatchObject({ next: { operation: learnt } });
  });

  it('is not a pruning, in whose place its growth comes', () => {
    const prune = { command: '/opt/node/prune', height: null };
    const pruning = operation({ phase: 'down', prune } as Partial<GrowOperation>);
    expect(intend(mine({ operation: pruning }), me, operation(), 3)).toEqual({ written: true });
    const later = operation({ intentAtMs: NOON_MS + 1 });
    expect(intend(mine({ operation: pruning }), me, later, 3)).toMatchObject({ next: { operation: later } });
  });

  it('counts each growth beside it: of another volume, and of another moment', () => {
    const read = mine({ operation: proving, modifications: [intent(NOON_MS, OTHER_VOLUME), intent(NOON_MS - 1)] });
    expect(intend(read, me, operation(), 3)).toMatchObject({
      next: { operation: proving, modifications: { length: 3 } },
    });
    expect(intend(read, me, operation(), 1)).toMatchObject({ spent: { length: 1 } });
  });

  it('outlives a dead holder, for its next attempt, where it binds nobody', () => {
    const operation = ladder('preparing');
    expect(freeDead(others({ operation }), ended(0), NOON_MS)).toEqual({
      next: others({ owner: null, operation, version: 8 }),
    });
  });
});

describe('the incident of what was left open', () => {
  const down = (more: Partial<NodeRecord> = {}) => nodeRecord({ operation: ladder('down'), fence: 4, ...more });
  const healed = endedIncident('healed', NOON_MS);
  const escalated = endedIncident('escalated', NOON_MS);

  it('is opened again when its holder has died, even if a person was paged', () => {
    for (const incident of [healed, escalated]) {
      const reopened = reopenLeftOpen(down({ owner: OTHER }), incident, ended(0), NOON_MS);
      expect(reopened).toMatchObject({ next: { state: 'open', notBeforeMs: 0 } });
    }
  });

  it('is opened again when the node was given back in the middle, but not when it was given up for good', () => {
    expect(reopenLeftOpen(down(), healed, UNKNOWN, NOON_MS)).toMatchObject({ next: { state: 'open' } });
    expect(reopenLeftOpen(down(), escalated, UNKNOWN, NOON_MS)).toEqual({ leave: true });
  });

  it.each<[string, NodeRecord, ExecutionStatus]>([
    ['its holder lives', down({ owner: OTHER }), RUNNING],
    ['its holder cannot be read', down({ owner: OTHER }), UNKNOWN],
    ['nothing is open', nodeRecord(), UNKNOWN],
    ['another incident left it', nodeRecord({ operation: { ...ladder('down'), incidentId: 'another' } }), UNKNOWN],
  ])('is left alone while %s', (_, node, owner) => {
    expect(reopenLeftOpen(node, healed, owner, NOON_MS)).toEqual({ leave: true });
  });

  it('is not over, whatever its alarm says, until that is settled', () => {
    const open = openIncidentRecord();
    expect(isOwed(open, down(), NOON_MS)).toBe(true);
    expect(isOwed(open, nodeRecord({ operation: ladder('preparing') }), NOON_MS)).toBe(false);
    expect(isOwed({ ...open, incidentId: 'another' }, down(), NOON_MS)).toBe(false);
    expect(isOwed(open, nodeRecord({ clientOwedSinceMs: NOON_MS }), NOON_MS)).toBe(true);
    expect(isOwed(escalated, down(), NOON_MS)).toBe(false);
    expect(isOwed(open, undefined, NOON_MS)).toBe(false);
  });
});

describe('a node whose holder is dead', () => {
  it('is freed by the sweep, and its fence is kept', () => {
    for (const phase of ['preparing', 'proved'] as const)
      expect(freeDead(others({ operation: operation({ phase }) }), ended(0), NOON_MS)).toEqual({
        next: others({ owner: null, version: 8 }),
      });
  });

  it('is left to a successor where the client may be down', () => {
    const down = others({ operation: operation({ phase: 'down' }) });
    expect(unsettled(down)).toBe(true);
    expect(freeDead(down, ended(0), NOON_MS)).toEqual({ leave: true });
  });

  it.each<[string, NodeRecord, ExecutionStatus]>([
    ['nobody holds it', nodeRecord(), UNKNOWN],
    ['its holder lives', others(), RUNNING],
    ['its holder cannot be read', others(), UNKNOWN],
    ['its holder ended a moment ago', others(), ended(NOON_MS - DIED_OUT_MS)],
    ['a command may still run', others({ quietAfterMs: NOON_MS }), ended(0)],
  ])('is left alone while %s', (_, read, owner) => {
    expect(freeDead(read, owner, NOON_MS)).toEqual({ leave: true });
  });
});

describe('whatever two executions and the sweep do to a node, in whatever order', () => {
  const anyAct = fc.record({
    act: fc.constantFrom('grant', 'quiet', 'intend', 'prove', 'release', 'free', 'end'),
    by: fc.constantFrom(ME, OTHER),
    fence: fc.integer({ min: 0, max: 2 }),
    seconds: fc.integer({ min: 0, max: 900 }),
    volumeId: fc.constantFrom(DATA_VOLUME, OTHER_VOLUME),
    commandsOver: fc.boolean(),
  });

  it('the fence and the quiet time never fall, nobody is overtaken alive, and the day’s budget holds', () => {
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 80 }), fc.integer({ min: 1, max: 3 }), (acts, limit) => {
        let node = newNode('bitcoin', INSTANCE);
        let nowMs = NOON_MS;
        const endedAt = new Map<string, number>();
        const statusOf = (execution: string | null): ExecutionStatus => {
          const at = execution === null ? undefined : endedAt.get(execution);
          return at === undefined ? RUNNING : ended(at);
        };
        for (const { act, by, fence, seconds, volumeId, commandsOver } of acts) {
          nowMs += seconds * 1_000;
          const before = node;
          if (act === 'end') {
            if (!endedAt.has(by)) endedAt.set(by, nowMs);
            continue;
          }
          const holder = { execution: by, fence: Math.max(0, before.fence - fence) };
          const decided = (() => {
            if (act === 'grant') return grant(before, by, statusOf(before.owner), nowMs);
            if (act === 'quiet') return raiseQuiet(before, holder, nowMs + seconds * 1_000);
            if (act === 'intend') return intend(before, holder, operation({ volumeId, intentAtMs: nowMs }), limit);
            if (act === 'prove') return prove(before, holder);
            if (act === 'release') return release(before, holder, commandsOver, nowMs);
            return freeDead(before, statusOf(before.owner), nowMs);
          })();
          if (!('next' in decided)) continue;
          node = decided.next;
          expect(node.version).toBe(before.version + 1);
          expect(node.quietAfterMs).toBeGreaterThanOrEqual(before.quietAfterMs);
          expect(node.fence - before.fence).toBe(act === 'grant' ? 1 : 0);
          if (act === 'grant' || act === 'free') {
            if (before.owner !== null) {
              expect(statusOf(before.owner)).toMatchObject({ state: 'ended' });
              expect(nowMs).toBeGreaterThan((endedAt.get(before.owner) ?? nowMs) + DIED_OUT_MS);
              expect(nowMs).toBeGreaterThan(before.quietAfterMs);
            }
          } else expect(holds(before, holder)).toBe(true);
          if (act === 'release' && !commandsOver) expect(nowMs).toBeGreaterThan(before.quietAfterMs);
          for (const volume of [DATA_VOLUME, OTHER_VOLUME])
            expect(recentModifications(node, volume, nowMs).length).toBeLessThanOrEqual(limit);
        }
      }),
      tries('lease', 500),
    );
  });

  it('a lost release does not need to be waited out twice', () => {
    const read = mine({ quietAfterMs: NOON_MS + MINUTE_MS });
    const waits = release(read, me, false, NOON_MS);
    expect('waitUntilMs' in waits && release(read, me, false, waits.waitUntilMs)).toHaveProperty('next');
  });
});

describe('a node at its edges', () => {
  it('begins with nothing', () => {
    expect(newNode('bitcoin', INSTANCE)).toMatchObject({ modifications: [], operation: null, owner: null });
  });

  it('is not granted to another kind of heal than the one that left something open', () => {
    const swap = {
      kind: 'replace',
      phase: 'down',
      incidentId: '7f3a0c1d',
      memory: { rung: 'swap', upSinceMs: null },
    } as ReplaceOperation;
    const left = others({ operation: swap });
    const as = (kind?: 'grow' | 'replace') => grant(left, ME, ended(0), NOON_MS, kind);
    expect(as('grow')).toEqual({ refused: 'what incident 7f3a0c1d left open' });
    expect(as()).toEqual({ refused: 'what incident 7f3a0c1d left open' });
    expect(as('replace')).toMatchObject({ next: { owner: ME } });
    const grown = others({ operation: operation({ phase: 'down' } as never) });
    expect(grant(grown, ME, ended(0), NOON_MS)).toMatchObject({ next: { owner: ME } });
  });

  it('remembers the intents of a day and an hour, and no older ones', () => {
    const modifications = [
      intent(NOON_MS - INTENT_COUNTS_MS, OTHER_VOLUME),
      intent(NOON_MS - INTENT_COUNTS_MS + 1, OTHER_VOLUME),
    ];
    expect(intend(mine({ modifications }), me, operation(), 3)).toMatchObject({
      next: { modifications: [modifications[1], { volumeId: DATA_VOLUME, atMs: NOON_MS }] },
    });
  });

  it('keeps the operation of another volume, of another moment and of another heal where an intent is withdrawn', () => {
    const swap = { kind: 'replace', phase: 'preparing', incidentId: '7f3a0c1d' } as ReplaceOperation;
    const outcomeOf = (held: NodeRecord['operation']) => {
      const done = withdraw(mine({ operation: held, modifications: [intent(NOON_MS)] }), me, intent(NOON_MS));
      return 'next' in done ? done.next.operation : done;
    };
    expect(outcomeOf(operation())).toBeNull();
    for (const other of [operation({ volumeId: OTHER_VOLUME }), operation({ intentAtMs: NOON_MS - 1 }), swap, null])
      expect(outcomeOf(other)).toEqual(other);
  });

  it('still owes a client that nobody has seen running when it is released', () => {
    const owing = mine({ clientOwedSinceMs: NOON_MS });
    expect(release(owing, me, true, NOON_MS)).toMatchObject({ next: { clientOwedSinceMs: NOON_MS } });
    const seen = release(owing, me, true, NOON_MS, 0, false, true);
    expect('next' in seen && Object.keys(seen.next)).not.toContain('clientOwedSinceMs');
    const owesNone = release(mine(), me, true, NOON_MS);
    expect('next' in owesNone && Object.keys(owesNone.next)).not.toContain('clientOwedSinceMs');
  });
});
