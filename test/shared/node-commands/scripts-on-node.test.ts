// What the shipped scripts do on a node, and what they refuse: commands in, files and calls out. They run without root and without a spare disk.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, describe as group, it } from '@jest/globals';
import { base64, type ScriptedNode, scriptedNode, UNIT, UP_SECONDS } from '../../fixtures/scripted-node.ts';

/** The scripts are for Linux: flock(1), mapfile, /proc. */
const describe: typeof group =
  process.platform === 'linux'
    ? group
    : (((name: string, body: () => void) => group.skip(`${name} (left out: needs Linux)`, body)) as typeof group);

const nodes: ScriptedNode[] = [];
function node(...client: Parameters<typeof scriptedNode>): ScriptedNode {
  const made = scriptedNode(...client);
  nodes.push(made);
  return made;
}
afterEach(() => {
  for (const made of nodes.splice(0)) made.remove();
});

const inSeconds = (seconds: number): string => String(Math.floor(Date.now() / 1000) + seconds);
const id = (OperationId: string, seconds = 60) => ({
  OperationId,
  StartBy: inSeconds(seconds),
  RunLimitSeconds: '60',
});
const CLIENTS = base64(`systemd ${UNIT} 60 ${Buffer.from('shutdown complete').toString('base64')}`);
const stop = { Clients: CLIENTS, Places: '', Unmount: 'no', Mask: 'no', RequireClean: 'no', Back: '0' };
const restart = { Clients: CLIENTS, Paths: '', Only: 'restart', Version: '_', Own: '_' };

describe('a client that needs another version at a height', () => {
  const template = { Clients: base64('systemd node@* 60 -'), Paths: '', Cached: 'no' };
  const PANIC = [
    'ERR UPGRADE "v2" NEEDED at height: 100:  module=x/upgrade',
    'panic: UPGRADE "v2" NEEDED at height: 100: ',
    ...Array.from({ length: 60 }, (_, at) => `\t/go/pkg/mod/cometbft/consensus/replay.go:${at} +0x8f`),
  ].join('\n');
  const clientsOf = async (log: string, parameters: Readonly<Record<string, string>> = template) => {
    const here = node();
    here.put('run/client/units/node@1.service', 'LoadState=loaded\nActiveState=active\nSubState=running\n');
    here.put('run/client/log', `${log}\n`);
    const { after } = await here.run('inspect-node', { ...id('4.1'), ...parameters });
    return (after as { readonly clients: readonly unknown[] }).clients;
  };

  it('has said so before the trace of its panic, which is what its log ends with', async () => {
    expect(await clientsOf(PANIC)).toMatchObject([
      { lastLine: expect.stringContaining('replay.go:59'), needs: 'UPGRADE "v2" NEEDED at height: 100' },
    ]);
  });

  it('says it by the height of its configuration, too', async () => {
    expect(await clientsOf('panic: halt per configuration height 100 time 0\ngoroutine 1 [running]:')).toMatchObject([
      { needs: 'halt per configuration height 100' },
    ]);
  });

  it('and any other one says nothing of it', async () => {
    expect(await clientsOf('committed state height=99')).not.toMatchObject([{ needs: expect.anything() }]);
    expect(await clientsOf(PANIC, { Clients: CLIENTS, Paths: '', Cached: 'no' })).not.toMatchObject([
      { needs: expect.anything() },
    ]);
  });
});

describe('a client that ends on its data', () => {
  const ENDS = [
    'Opening LevelDB in /node-data/regtest/blocks/index',
    'Fatal LevelDB error: Corruption: checksum mismatch',
    ': Error opening block database.',
    'Please restart with -reindex or -reindex-chainstate to recover.',
    'Aborted block database rebuild. Exiting.',
    'Shutdown: In progress...',
    'scheduler thread exit',
    'Shutdown: done',
  ];
  const startOf = async (log: readonly string[]) => {
    const here = node('failed');
    here.put('data/refused', '');
    here.put('run/client/last-words', log.map((line) => `${line}\n`).join(''));
    return here.run('start-client', { ...id('4.1'), Clients: CLIENTS, Places: '', Scrub: '', Unmask: 'no' });
  };

  it('is quoted with its reason, as Bitcoin Core writes it, and not with the end of its shutdown', async () => {
    expect(await startOf(ENDS)).toMatchObject({
      result: 'failed',
      reason: expect.stringContaining('its last line is ": Error opening block database."'),
    });
  });

  it('also where it asks for another configuration (bitcoin#23816)', async () => {
    const unpruned = ENDS.slice(3);
    const line = ': You need to rebuild the database using -reindex to go back to unpruned mode.';
    expect(await startOf([line, ...unpruned])).toMatchObject({
      reason: expect.stringContaining(`its last line is "${line}"`),
    });
  });

  it('also when its node is asked later', async () => {
    const here = node('failed');
    here.put('run/client/log', ENDS.map((line) => `${line}\n`).join(''));
    expect(await here.run('inspect-node', { ...id('4.1'), Clients: CLIENTS, Paths: '', Cached: 'no' })).toMatchObject({
      after: { clients: [{ state: 'failed', lastLine: ': Error opening block database.' }] },
    });
  });

  it('and with its last line where it gives none', async () => {
    expect(await startOf(['starting', 'shutdown complete'])).toMatchObject({
      reason: expect.stringContaining('its last line is "shutdown complete"'),
    });
  });
});

describe('a command', () => {
  it('is carried out once, and answered the same each time that it comes', async () => {
    const here = node();
    const first = await here.run('stop-client', { ...id('4.1'), ...stop });
    expect(first).toMatchObject({ result: 'done', fence: 4, stop: { clean: true, exitStatus: 0 } });
    here.put(`run/client/units/${UNIT}`, 'LoadState=loaded\nActiveState=active\nSubState=running\n');
    expect(await here.run('stop-client', { ...id('4.1'), ...stop })).toEqual(first);
    expect(here.told()).toEqual([`stop ${UNIT}`]);
  });

  it.each([
    ['of a fence below the highest that the node has seen', '3.9'],
    ['that is older than another one of its fence', '4.1'],
  ])('%s does nothing', async (_, late) => {
    const here = node();
    await here.run('inspect-node', { ...id('4.2'), Clients: CLIENTS, Paths: '', Cached: 'no' });
    expect(await here.run('stop-client', { ...id(late), ...stop })).toMatchObject({ result: 'stale', fence: 4 });
    expect(here.told()).toEqual([]);
  });

  it('whose start-by has passed does nothing', async () => {
    const here = node();
    expect(await here.run('stop-client', { ...id('4.1', -5), ...stop })).toMatchObject({
      result: 'late',
      reason: expect.stringMatching(
        /^this was to begin by \d\d:\d\d:\d\dZ, and the clock here says \d\d:\d\d:\d\dZ: the command came late, or that clock is ahead$/,
      ),
    });
    expect(here.told()).toEqual([]);
  });

  it('that the node cannot write down does nothing', async () => {
    const here = node();
    here.put('/var/lib/chainmend', 'in the way');
    mkdirSync(here.at('/run/chainmend/last-command.new'), { recursive: true });
    expect(await here.run('stop-client', { ...id('4.1'), ...stop })).toMatchObject({
      result: 'failed',
      reason: expect.stringContaining('nothing was done'),
    });
    expect(here.told()).toEqual([]);
  });

  it('stops no client of which nobody knows whether it runs', async () => {
    const here = node();
    here.put(`run/client/units/${UNIT}`, 'LoadState=not-found\nActiveState=inactive\nSubState=dead\n');
    expect(await here.run('stop-client', { ...id('4.1'), ...stop })).toMatchObject({
      result: 'failed',
      reason: expect.stringContaining('nothing was changed'),
    });
    expect(here.told()).toEqual([]);
  });
});

describe('a look at the clients', () => {
  const look = (OperationId = '0.0') => ({ ...id(OperationId), Clients: CLIENTS });

  it('tells whether they run, in what one page of answers shows, and takes neither a number nor a memory', async () => {
    const here = node();
    await here.run('inspect-node', { ...id('4.2'), Clients: CLIENTS, Paths: '', Cached: 'no' });
    const told = await here.run('see-clients', look());
    expect(told).toMatchObject({ result: 'done', after: { clients: [{ state: 'running' }], volumes: [] } });
    // ListCommandInvocations shows 2,500 characters.
    expect(JSON.stringify(told).length).toBeLessThan(1_200);
    // What a heal has sent is the newest still.
    expect(await here.run('stop-client', { ...id('4.2'), ...stop })).toMatchObject({ fence: 4 });
    expect(here.told()).toEqual([]);
  });

  it('tells of one that was killed, and starts nothing', async () => {
    const here = node();
    here.put(
      `run/client/units/${UNIT}`,
      'LoadState=loaded\nActiveState=failed\nSubState=failed\nExecMainCode=2\nExecMainStatus=9\n',
    );
    expect(await here.run('see-clients', look())).toMatchObject({
      after: { clients: [{ state: 'failed', exitStatus: 137 }] },
    });
    expect(here.told()).toEqual([]);
  });
});

describe('since when a client runs', () => {
  const runsOf = async (unit: string, operation: 'see-clients' | 'inspect-node' = 'see-clients') => {
    const here = node();
    here.put(`run/client/units/${UNIT}`, `LoadState=loaded\nActiveState=active\nSubState=running\n${unit}`);
    const more = operation === 'inspect-node' ? { Paths: '', Cached: 'no' } : {};
    const { after } = await here.run(operation, { ...id('4.1'), Clients: CLIENTS, ...more });
    return (after as { readonly runs: readonly unknown[] }).runs;
  };

  it('and how often its unit has started it again by itself, the node tells in a look and in a question', async () => {
    const began = `ExecMainStartTimestampMonotonic=${Math.floor((UP_SECONDS - 90) * 1e6)}\nNRestarts=41\n`;
    for (const operation of ['see-clients', 'inspect-node'] as const) {
      const [run] = await runsOf(began, operation);
      expect(run).toMatchObject({ restarts: 41, startedSecondsAgo: 90 });
    }
  });

  it.each([
    [
      'of one that never ran',
      'ExecMainStartTimestampMonotonic=0\nNRestarts=0\n',
      { startedSecondsAgo: null, restarts: 0 },
    ],
    ['where systemd counts none', '', { startedSecondsAgo: null, restarts: null }],
    [
      'where what it says is no number',
      'ExecMainStartTimestampMonotonic=x$(id)\nNRestarts=-1\n',
      { startedSecondsAgo: null, restarts: null },
    ],
    [
      'where it is later than now',
      `ExecMainStartTimestampMonotonic=${Math.floor((UP_SECONDS + 9e6) * 1e6)}\n`,
      { startedSecondsAgo: null, restarts: null },
    ],
  ])('is unknown %s', async (_, unit, run) => {
    expect(await runsOf(unit)).toEqual([{ ...run, lacks: null }]);
  });
});

describe('what a unit would lack at its next start', () => {
  const lackOf = async (properties: string) => {
    const here = node();
    here.put(`run/client/units/${UNIT}`, `ActiveState=active\nSubState=running\n${properties}`);
    const { after } = await here.run('see-clients', { ...id('4.1'), Clients: CLIENTS });
    return (after as { readonly runs: readonly { readonly lacks: string | null }[] }).runs[0]?.lacks;
  };
  const executes = (path: string) => `ExecStart={ path=${path} ; argv[]=${path} -daemon ; ignore_errors=no }\n`;

  it('is nothing where its file and its executable are there, or systemd tells of none', async () => {
    expect(await lackOf(`LoadState=loaded\nFragmentPath=/etc/passwd\n${executes('/bin/bash')}`)).toBeNull();
    expect(await lackOf('LoadState=loaded\n')).toBeNull();
  });

  it.each([
    [
      'its file',
      'LoadState=loaded\nFragmentPath=/etc/systemd/system/gone.service\n',
      /gone\.service, the file of .* is gone/,
    ],
    [
      'its executable',
      `LoadState=loaded\n${executes('/opt/28.0/bitcoind')}`,
      /^\/opt\/28\.0\/bitcoind, which .* is not there/,
    ],
    ['systemd’s own knowledge of it', 'LoadState=not-found\n', /systemd knows no unit/],
  ])('is %s', async (_, properties, why) => {
    expect(await lackOf(properties)).toMatch(why);
  });
});

describe('a stop that has to be clean', () => {
  it('is none where the client was killed: it is started again, and nothing else is done', async () => {
    const here = node();
    here.put('run/client/killed', '');
    const told = await here.run('stop-client', { ...id('4.1'), ...stop, Mask: 'yes', RequireClean: 'yes' });
    expect(told).toMatchObject({ result: 'failed', stop: { clean: false, exitStatus: 137 } });
    expect(here.told()).toEqual([`stop ${UNIT}`, `start ${UNIT}`]);
    expect(here.text('etc/chainmend/client-masked')).toBeNull();
  });

  it('is one where it said that it had ended, and it stays down', async () => {
    const here = node();
    const told = await here.run('stop-client', { ...id('4.1'), ...stop, RequireClean: 'yes' });
    expect(told).toMatchObject({ result: 'done', stop: { clean: true, lastLine: 'shutdown complete' } });
    expect(here.told()).toEqual([`stop ${UNIT}`]);
  });
});

describe('a masked client', () => {
  const masking = { ...id('4.1'), ...stop, Mask: 'yes' };

  it('is kept from starting on disk, over every boot', async () => {
    const here = node();
    expect(await here.run('stop-client', masking)).toMatchObject({
      result: 'done',
      after: { clients: [{ state: 'stopped', masked: true }] },
    });
    const mask = here.at('etc/chainmend/client-masked');
    expect(here.text('etc/chainmend/client-masked')).toBe('');
    expect(here.text(`etc/systemd/system/${UNIT}.d/chainmend-masked.conf`)).toBe(
      `[Unit]\nConditionPathExists=!${mask}\n`,
    );
  });

  it('that runs all the same is not restarted: nobody could start it again', async () => {
    const here = node();
    here.put('etc/chainmend/client-masked', '');
    expect(await here.run('restart-client', { ...id('4.1'), ...restart })).toMatchObject({ result: 'failed' });
    expect(here.told()).toEqual([]);
  });

  it('is started by no other command than the one that unmasks it', async () => {
    const here = node();
    await here.run('stop-client', masking);
    expect(await here.run('restart-client', { ...id('4.2'), ...restart, Only: 'start' })).toMatchObject({
      result: 'failed',
      reason: expect.stringContaining('masked'),
    });
    expect(here.told()).toEqual([`stop ${UNIT}`]);
    const start = { Clients: CLIENTS, Places: '', Scrub: '', Unmask: 'yes' };
    expect(await here.run('start-client', { ...id('4.3'), ...start })).toMatchObject({
      result: 'done',
      after: { clients: [{ state: 'running', masked: false }] },
    });
  });
});

describe('a filesystem', () => {
  /** A node whose /data is on this volume, as the kernel reports it. */
  function mounted(serial: string): ScriptedNode {
    const here = node();
    here.put('proc/self/mountinfo', `30 1 259:1 / ${here.at('data')} rw - xfs /dev/nvme1n1 rw\n`);
    here.put('sys/dev/block/259:1/size', '2097152\n');
    here.put('sys/class/block/259:1/size', '2097152\n');
    here.put('sys/class/block/259:1/device/serial', `${serial}\n`);
    here.put('bin/xfs_growfs', `#!/bin/bash\n[ "$1" != -d ] || echo grown >>${here.at('grown')}\n`);
    chmodSync(here.at('bin/xfs_growfs'), 0o755);
    return here;
  }
  const grow = (here: ScriptedNode, VolumeId: string) =>
    here.run('grow-filesystem', {
      ...id('4.1'),
      ...{ Path: here.at('data'), VolumeId, Runtime: 'none', Unit: '', MinimumSizeBytes: '0', StartClient: 'no' },
    });

  it('is grown on the very volume that is meant', async () => {
    const here = mounted('vol0a1b2c3d4e5f60718');
    await grow(here, 'vol-0a1b2c3d4e5f60718');
    expect(here.text('grown')).toContain('grown');
  });

  it.each(['vol-0a1b2c3d4e5f60719', ''])('is left alone where the command means another one: %j', async (volumeId) => {
    const here = mounted('vol0a1b2c3d4e5f60718');
    expect(await grow(here, volumeId)).toMatchObject({ result: 'failed' });
    expect(here.text('grown')).toBeNull();
  });
});

describe('a configuration', () => {
  const FILE = 'data/node.conf';
  const OLD = 'peers=one\n';
  const NEW = 'peers=two\n';
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const edit = (here: ScriptedNode, Sha256: string) =>
    here.run('write-config', {
      ...id('1700000000.1'),
      ...{ Runtime: 'systemd', Unit: UNIT, File: here.at(FILE), Sha256, Restart: 'yes', StopGraceSeconds: '60' },
      Edits: base64(`6 3 ${Buffer.from('two').toString('base64')}`),
    });

  it('is edited, and its client restarted to take it', async () => {
    const here = node();
    here.put(FILE, OLD);
    expect(await edit(here, sha256(OLD))).toMatchObject({ result: 'done', after: { sha256: sha256(NEW) } });
    expect([here.text(FILE), here.told()]).toEqual([NEW, [`stop ${UNIT}`, `start ${UNIT}`]]);
  });

  it('that somebody has changed since it was read is left as it is', async () => {
    const here = node();
    here.put(FILE, 'peers=mine\n');
    expect(await edit(here, sha256(OLD))).toMatchObject({ result: 'failed' });
    expect([here.text(FILE), here.told()]).toEqual(['peers=mine\n', []]);
  });

  it('is told without its secrets, every other byte in its place', async () => {
    const here = node();
    here.put(FILE, 'peers=one\nrpcpassword=hunter2\n');
    const command = { ...id('1700000000.1'), File: here.at(FILE) };
    const { after } = (await here.run('read-config', command)) as unknown as { after: { gzip: string } };
    expect(gunzipSync(Buffer.from(after.gzip, 'base64')).toString()).toBe('peers=one\nrpcpassword=*******\n');
  });

  it('with which the client does not come up makes way for the old one, and the client runs on that', async () => {
    const here = node();
    here.put(FILE, OLD);
    // The client does not start as long as the new file is there.
    const systemctl = here.text('bin/systemctl') ?? '';
    const refusing = systemctl.replace(`-e ${here.at('data/refused')}`, `"$(<${here.at(FILE)})" = peers=two`);
    here.put('bin/systemctl', refusing);
    expect(await edit(here, sha256(OLD))).toMatchObject({
      result: 'failed',
      after: { sha256: sha256(OLD), putBack: true, client: 'running' },
    });
    expect(here.text(FILE)).toBe(OLD);
  });
});

it('the owner’s own commands are not run by root where others can change them', async () => {
  const here = node();
  const own = ['start', 'stop', 'status'].map((name) => here.at(`owner/${name}`));
  for (const path of own) {
    here.put(path.slice(here.at('').length), `#!/bin/bash\necho ran >>${here.at('ran')}\n`);
    chmodSync(path, 0o755);
  }
  chmodSync(here.at('owner'), 0o777);
  const Clients = base64(`commands ${own.join('#')} 60 -`);
  expect(await here.run('inspect-node', { ...id('4.1'), Clients, Paths: '', Cached: 'no' })).toMatchObject({
    after: { clients: [{ state: 'unknown' }] },
  });
  expect(here.text('ran')).toBeNull();
});

/** Functions of the parts that swap volumes, on two folders in place of the volumes. */
function identity(call: string, files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const here = node();
  for (const [name, text] of Object.entries(files)) here.put(name, text);
  for (const side of ['ours', 'theirs']) mkdirSync(here.at(side), { recursive: true });
  const parts = ['answer', 'node-state', 'volumes', 'identity'].map((part) =>
    readFileSync(new URL(`../../../shared/node-commands/${part}.sh`, import.meta.url), 'utf8'),
  );
  const harness = `set -u -o pipefail\nexport LC_ALL=C SYS=/sys/class/block\n${parts.join('\n')}\n${call} && echo carried || echo "refused: $WHY"\n`;
  const said = execFileSync('bash', ['-c', harness, 'node', here.at('ours'), here.at('theirs')], { encoding: 'utf8' });
  return { said: said.trim(), ours: '', theirs: '', ...read(here) };
}

const STATE = 'data/priv_validator_state.json';
const read = (here: ScriptedNode) =>
  Object.fromEntries(['ours', 'theirs'].map((side) => [side, here.text(join(side, STATE)) ?? 'none']));
const signed = (height: number, round = 0, step = 3): string => JSON.stringify({ height: String(height), round, step });

describe('the signing state of a validator', () => {
  it.each<[string, string | null, string | null]>([
    ['the node has its own', signed(1000), signed(999)],
    ['the copy has none either', null, null],
    ['the copy is of a node that never signed', null, signed(0, 0, 0)],
  ])('may come from a copy where %s', (_, ours, theirs) => {
    expect(kept(ours, theirs, 'not_lost').said).toBe('carried');
  });

  it('that is neither on its own disk nor on the copy is missed, where the node may sign', () => {
    expect(kept(null, null, 'SSM_Carry=own-signed not_lost').said).toBe(
      `refused: ${STATE} is not there: nobody knows what was signed`,
    );
  });

  it.each([signed(1000), signed(1, 0, 0), '{"hei', '{"round": 0}'])(
    'does not come from a copy that says %s where the node has lost its own',
    (theirs) => {
      expect(kept(null, theirs, 'not_lost')).toMatchObject({
        said: `refused: ${STATE} is not there: nobody knows what was signed`,
        theirs,
      });
    },
  );

  const kept = (ours: string | null, theirs: string | null, call = 'keep_newest') =>
    identity(`${call} "$1" "$2" ${STATE}`, {
      'theirs/data/genesis.json': '{}',
      'ours/data/genesis.json': '{}',
      ...(ours !== null && { [`ours/${STATE}`]: ours }),
      ...(theirs !== null && { [`theirs/${STATE}`]: theirs }),
    });

  it.each<[string, string | null, string | null, string]>([
    ['the node’s own is newer', signed(1001), signed(1000), signed(1001)],
    ['by more digits', signed(10_000), signed(9_999), signed(10_000)],
    ['by its round', signed(1000, 1, 1), signed(1000, 0, 3), signed(1000, 1, 1)],
    ['the copy’s is newer', signed(1000), signed(1001), signed(1001)],
    ['the copy has none', signed(1000), null, signed(1000)],
    ['the node has none', null, signed(1000), signed(1000)],
  ])('never goes back: %s', (_, ours, theirs, stays) => {
    expect(kept(ours, theirs)).toMatchObject({ said: 'carried', theirs: stays });
  });

  it.each<[string, string, string]>([
    ['is cut off', '{"height": "10', signed(1000)],
    ['names two heights', '{"height": "1", "height": "2000"}', signed(1000)],
    ['has no height', '{"round": 0}', signed(1000)],
    ['of the copy is cut off', signed(1000), '{"hei'],
  ])('that %s ends the exchange: nobody knows what was signed', (_, ours, theirs) => {
    expect(kept(ours, theirs)).toMatchObject({ said: expect.stringContaining('nobody knows'), theirs });
  });
});
