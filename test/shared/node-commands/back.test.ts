// What the timer that a stop leaves on its node may do: the decision, and the script that carries it out, by one table.
import { afterEach, expect, describe as group, it } from '@jest/globals';
import {
  type BackFacts,
  type BackTicket,
  backSeconds,
  judgeBack,
  keptBy,
  staysDownUntilMs,
  triesAgain,
} from '../../../shared/node-commands/back.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { base64, type ScriptedNode, scriptedNode, UNIT, UP_SECONDS } from '../../fixtures/scripted-node.ts';

/** The script is for Linux: flock(1), /proc. */
const onLinux: typeof group =
  process.platform === 'linux'
    ? group
    : (((name: string, body: () => void) => group.skip(`${name} (left out: needs Linux)`, body)) as typeof group);

const TICKET: BackTicket = { knownTo: '4.1', dueSeconds: 1_000, marks: 'stopped' };
const NOW: BackFacts = {
  ...{ upSeconds: 1_000, isBusy: false, lastCommand: '4.1', isPaused: false, isMasked: false },
  ...{ marks: 'stopped', isPlaced: true },
};
const ARMED = 'run/chainmend/back/armed';
const UNIT_FILE = `run/client/units/${UNIT}`;
const set = (node: ScriptedNode, properties: Readonly<Record<string, string>>): void => {
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  node.put(UNIT_FILE, `${node.text(UNIT_FILE) ?? ''}${lines.join('')}`);
};
const START = { Clients: '', Places: '', Scrub: '', Unmask: 'no' };

interface Row {
  readonly says: string;
  readonly ticket?: BackTicket | null;
  readonly now?: Partial<BackFacts>;
  readonly decides: ReturnType<typeof judgeBack>;
  /** What makes the same of a node that a stop with a timer has left. */
  readonly on?: (node: ScriptedNode) => unknown;
}

const SOMEBODY = 'somebody has started, stopped, masked, enabled or disabled it since';
const ROWS: readonly Row[] = [
  { says: 'nothing has come since our stop: the client is started', decides: 'start', on: () => {} },
  {
    says: 'its time has not come',
    now: { upSeconds: 999 },
    decides: 'wait',
    on: (node) => node.put(ARMED, '4.1 999999999\n'),
  },
  { says: 'a command has the node’s lock', now: { isBusy: true }, decides: 'wait' },
  {
    says: 'its client was started by a command, so that nothing is due',
    ticket: null,
    decides: { void: 'nothing is due' },
    on: (node) => node.run('start-client', { ...id('4.2'), ...START, Clients: TO_START }),
  },
  {
    says: 'another heal has sent a command, whatever it was',
    now: { lastCommand: '5.1' },
    decides: { void: 'another command has come since' },
    on: (node) => node.put('var/lib/chainmend/last-command', '5.1\n\n'),
  },
  {
    says: 'a person has paused the node on the node',
    now: { isPaused: true },
    decides: { void: '/etc/chainmend/paused is there' },
    on: (node) => node.put('etc/chainmend/paused', ''),
  },
  {
    says: 'its identity has left: it is masked',
    now: { isMasked: true },
    decides: { void: 'the clients are masked' },
    on: (node) => node.put('etc/chainmend/client-masked', ''),
  },
  {
    says: 'a person has started it',
    now: { marks: 'running' },
    decides: { void: SOMEBODY },
    on: (node) => set(node, { ActiveState: 'active', SubState: 'running' }),
  },
  {
    says: 'a person has started it and stopped it again',
    now: { marks: 'stopped later' },
    decides: { void: SOMEBODY },
    on: (node) => set(node, { InactiveEnterTimestampMonotonic: '99001' }),
  },
  {
    says: 'a person has disabled it',
    now: { marks: 'stopped disabled' },
    decides: { void: SOMEBODY },
    on: (node) => set(node, { UnitFileState: 'disabled' }),
  },
  {
    says: 'a person has masked it with systemctl',
    now: { marks: 'unknown masked' },
    decides: { void: SOMEBODY },
    on: (node) => set(node, { LoadState: 'masked' }),
  },
  { says: 'its volume is attached no more', now: { isPlaced: false }, decides: { void: 'its volumes are not there' } },
];

const nodes: ScriptedNode[] = [];
afterEach(() => {
  for (const made of nodes.splice(0)) made.remove();
});
const CLIENTS = base64(`systemd ${UNIT} 60 ${Buffer.from('shutdown complete').toString('base64')} ran`);
const TO_START = base64(`systemd ${UNIT} 60 -`);
const id = (OperationId: string) => ({
  OperationId,
  StartBy: String(Math.floor(Date.now() / 1000) + 60),
  RunLimitSeconds: '60',
});
const STOP = { Clients: CLIENTS, Places: '', Unmount: 'yes', Mask: 'no', RequireClean: 'yes' };

/** A node whose client was stopped by command 4.1, and whose timer is due. */
async function stoppedNode(Back = '600'): Promise<ScriptedNode> {
  const node = scriptedNode();
  nodes.push(node);
  expect(await node.run('stop-client', { ...id('4.1'), ...STOP, Back })).toMatchObject({ result: 'done' });
  if (node.text(ARMED) !== null) node.put(ARMED, '4.1 1\n');
  return node;
}
const starts = (node: ScriptedNode): number => node.told().filter((line) => line === `start ${UNIT}`).length;

group('the timer of a stop', () => {
  it.each(ROWS.map((row) => [row.says, row] as const))('%s', (_, { ticket, now, decides }) => {
    expect(judgeBack(ticket === undefined ? TICKET : ticket, { ...NOW, ...now })).toEqual(decides);
  });

  it('is known to a look or a start that follows at once, and to no later command', () => {
    expect(keptBy(TICKET, '4.1', '5.1')).toEqual({ ...TICKET, knownTo: '5.1' });
    expect(keptBy(TICKET, '5.1', '5.2')).toEqual(TICKET);
    expect(keptBy(null, '4.1', '5.1')).toBeNull();
  });

  it('tries again for ten minutes where the client does not come up', () => {
    expect(triesAgain(TICKET, { upSeconds: 1_599 })).toBe(true);
    expect(triesAgain(TICKET, { upSeconds: 1_600 })).toBe(false);
  });

  it('is of followers alone, and of clients that tell whether somebody has stopped them', () => {
    const commands = { kind: 'commands', start: '/a', stop: '/b', status: '/c' } as const;
    const [unit] = bitcoinFleet().units;
    expect(backSeconds(bitcoinFleet(), 'follower')).toBe(600);
    expect(backSeconds(bitcoinFleet(), 'validator')).toBe(0);
    expect(backSeconds(bitcoinFleet(), 'unknown')).toBe(0);
    expect(backSeconds({ units: unit ? [{ ...unit, runtime: commands }] : [] }, 'follower')).toBe(0);
  });

  it('lets nothing be begun in the last minute before it, counted from the end of the stop', () => {
    expect(staysDownUntilMs({ seconds: 40, sentAtMs: NOON_MS }, 600)).toBe(NOON_MS + 580_000);
    expect(staysDownUntilMs({ seconds: 40, sentAtMs: NOON_MS }, 0)).toBeNull();
  });
});

onLinux('its script', () => {
  it.each(ROWS.flatMap((row) => (row.on ? [[row.says, row] as const] : [])))('%s', async (_, { on, decides }) => {
    const node = await stoppedNode();
    await on?.(node);
    const before = starts(node);
    const said = await node.look();
    expect(starts(node) - before).toBe(decides === 'start' ? 1 : 0);
    expect(node.text(ARMED) !== null).toBe(decides === 'wait');
    if (typeof decides === 'object' && decides.void !== 'nothing is due')
      expect(said).toContain(decides.void.replace('the clients are masked', 'the clients are masked ('));
  });

  it('leaves no timer where none was asked for, and takes that of an earlier stop away', async () => {
    const node = await stoppedNode();
    await node.run('start-client', { ...id('4.2'), ...START, Clients: TO_START });
    await node.run('stop-client', { ...id('4.3'), ...STOP, Back: '0' });
    expect(node.text('run/chainmend/back/marks')).toBeNull();
    expect(node.text('run/chainmend/back/script')).toBeNull();
  });

  it('stops nothing where no timer can be made', async () => {
    const node = scriptedNode();
    nodes.push(node);
    node.put('run/systemd/system/chainmend-back.timer/in-the-way', '');
    expect(await node.run('stop-client', { ...id('4.1'), ...STOP, Back: '600' })).toMatchObject({
      result: 'failed',
      fault: 'node',
      reason: expect.stringContaining('no timer can be made'),
    });
    expect(node.told()).toEqual([]);
  });

  it('is known to the question that follows, so that the client is started where that heal dies, too', async () => {
    const node = await stoppedNode();
    await node.run('inspect-node', { ...id('5.1'), Clients: CLIENTS, Paths: '', Cached: 'no' });
    expect(node.text(ARMED)).toBe('5.1 1\n');
    await node.look();
    expect(starts(node)).toBe(1);
  });

  it('a start tells what came before it: nothing, the timer, or somebody else', async () => {
    const start = (node: ScriptedNode, OperationId: string) =>
      node.run('start-client', { ...id(OperationId), ...START, Clients: TO_START });
    const untouched = await stoppedNode();
    expect(await start(untouched, '4.2')).toMatchObject({ result: 'done', ran: null });
    // Its answer was lost: the next one tells of the start before.
    expect(await start(untouched, '4.3')).toMatchObject({ result: 'done', ran: expect.any(Number) });
    const timed = await stoppedNode();
    await timed.look();
    expect(await start(timed, '4.2')).toMatchObject({ result: 'done', ran: expect.any(Number) });
    const touched = await stoppedNode();
    set(touched, { ActiveState: 'active', SubState: 'running' });
    expect(await start(touched, '4.2')).toMatchObject({ result: 'done', ran: 'unknown' });
    const stopped = await stoppedNode();
    await stopped.look();
    set(stopped, { ActiveState: 'inactive', SubState: 'dead', InactiveEnterTimestampMonotonic: '99001' });
    const before = starts(stopped);
    expect(await start(stopped, '4.2')).toMatchObject({
      ...{ result: 'failed', fault: 'person', ran: expect.any(Number) },
      reason: expect.stringContaining('somebody has stopped node.service, which ran again'),
    });
    expect(starts(stopped)).toBe(before);
    const plain = await stoppedNode('0');
    expect(await start(plain, '4.2')).not.toHaveProperty('ran');
  });

  it('is looked at again where the client ends at once, and is over after ten minutes', async () => {
    const node = await stoppedNode();
    node.put('data/refused', '');
    node.put(ARMED, `4.1 ${UP_SECONDS - 5}\n`);
    expect(await node.look()).toContain('was started and is failed');
    expect(node.text(ARMED)).not.toBeNull();
    node.put(ARMED, `4.1 ${UP_SECONDS - 700}\n`);
    await node.look();
    expect(starts(node)).toBe(2);
    expect(node.text(ARMED)).toBeNull();
  });
});
