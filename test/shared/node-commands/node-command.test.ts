// The parameters that functions put into SendCommand for a node's clients and volumes, and their reading of the answer. And the masking of a new
// instance.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { maskedUserData } from '../../../shared/node-commands/masked-user-data.ts';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import {
  type ClientOnNode,
  type NodeCommand,
  nodeCommandOverByMs,
  nodeCommandParameters,
  nodeRunLimitSeconds,
} from '../../../shared/node-commands/node-command.ts';
import { operationParameters, parameterRules } from '../../../shared/node-commands/parameters.ts';

const atMs = Date.UTC(2026, 0, 1, 12, 0, 5, 900);
const FOUND = 'vol-0a1b2c3d4e5f60718';
const NEW = 'vol-0fedcba9876543210';
const geth: ClientOnNode = {
  runtime: { kind: 'systemd', unit: 'geth@*' },
  stopGraceSeconds: 300,
  cleanLine: 'Blockchain stopped|bye é',
};
const beacon: ClientOnNode = {
  runtime: { kind: 'compose', file: '/srv/compose.yaml', service: 'beacon' },
  stopGraceSeconds: 60,
  cleanLine: null,
};
const swap = {
  operation: 'swap-volumes',
  clients: [geth, beacon],
  from: [{ path: '/data', volumeId: FOUND }],
  to: [{ path: '/data', volumeId: NEW }],
  identity: ['/data/geth/nodekey', '/data/keystore'],
  carry: 'ours',
  keepNewest: [],
} as const satisfies NodeCommand;
const parametersOf = (command: NodeCommand) => nodeCommandParameters({ fence: 4, ordinal: 2 }, command, atMs);
const unpacked = (value: string[] | undefined): string => Buffer.from(value?.[0] ?? '?', 'base64').toString();

describe('a command on clients and volumes', () => {
  it('is sent as lines in base64, which no shell reads', () => {
    const parameters = parametersOf(swap);
    expect(Object.keys(parameters)).toEqual(operationParameters['swap-volumes']);
    expect(parameters).toMatchObject({ OperationId: ['4.2'], Carry: ['ours'], KeepNewest: [''] });
    expect(unpacked(parameters['Clients'])).toBe(
      `systemd geth@* 300 ${Buffer.from('Blockchain stopped|bye é').toString('base64')}\ncompose /srv/compose.yaml#beacon 60 -\n`,
    );
    expect(unpacked(parameters['From'])).toBe(`/data ${FOUND}\n`);
    expect(unpacked(parameters['To'])).toBe(`/data ${NEW}\n`);
    expect(unpacked(parameters['Identity'])).toBe('/data/geth/nodekey\n/data/keystore\n');
  });

  it('names the owner’s executable and its seconds only where data are taken back or pruned, and nothing that a shell could read', () => {
    const rollBack = (
      own: { command: string; seconds: number },
      only: 'roll-back' | 'prune' = 'roll-back',
    ): NodeCommand => ({ ...{ operation: 'restart-client', clients: [geth], paths: ['/data'], only }, own });
    const own = { command: '/opt/node/roll-back', seconds: 900 };
    expect(parametersOf(rollBack(own))).toMatchObject({ Only: ['roll-back'], Own: ['900:/opt/node/roll-back'] });
    expect(parametersOf(rollBack(own, 'prune'))).toMatchObject({ Only: ['prune'], Own: ['900:/opt/node/roll-back'] });
    expect(nodeRunLimitSeconds(rollBack(own, 'prune'))).toBe(nodeRunLimitSeconds(rollBack(own)));
    const restart = { operation: 'restart-client', clients: [geth], paths: ['/data'], only: 'restart' } as const;
    expect(parametersOf(restart)).toMatchObject({ Only: ['restart'], Own: ['_'] });
    expect(nodeRunLimitSeconds(rollBack(own))).toBe(nodeRunLimitSeconds(restart) + 900);
    for (const command of ['roll-back', '/opt/$(id)', '/opt/a b', '/opt/a;b', '/opt/../sh', ''])
      expect(() => parametersOf(rollBack({ ...own, command }))).toThrow(/parameter Own/);
  });

  it.each<[string, NodeCommand]>([
    ['inspect-node', { operation: 'inspect-node', clients: [geth], paths: ['/data'] }],
    ['inspect-node', { operation: 'inspect-node', clients: [geth], paths: ['/data'], cached: true }],
    ['restart-client', { operation: 'restart-client', clients: [geth], paths: ['/data'], only: 'restart' }],
    ['check-volume', { operation: 'check-volume', place: { path: '/data', volumeId: NEW }, like: '/data', warm: [] }],
    ['swap-volumes', swap],
    [
      'stop-client',
      { operation: 'stop-client', clients: [geth], places: [], unmount: true, mask: false, requireClean: true },
    ],
    ['start-client', { operation: 'start-client', clients: [], places: [], unmask: true, scrub: ['/data/keystore'] }],
  ])('%s has each parameter of its document, in the form that its document allows', (operation, command) => {
    const parameters = parametersOf(command);
    expect(Object.keys(parameters)).toEqual(operationParameters[command.operation]);
    expect(command.operation).toBe(operation);
    for (const [name, [value = '?']] of Object.entries(parameters))
      expect(value).toMatch(new RegExp(parameterRules[name as keyof typeof parameterRules].pattern));
  });

  it('looks at a node within a minute, and at what is in its memory within five', () => {
    const look = { operation: 'inspect-node', clients: [geth], paths: ['/data'] } as const;
    expect(parametersOf(look)).toMatchObject({ RunLimitSeconds: ['60'], Cached: ['no'] });
    expect(parametersOf({ ...look, cached: true })).toMatchObject({ RunLimitSeconds: ['300'], Cached: ['yes'] });
  });

  it('looks into a volume within three minutes, and reads files of it within fifteen, by lines that no shell reads', () => {
    const place = { path: '/data', volumeId: NEW };
    const check = (warm: Extract<NodeCommand, { operation: 'check-volume' }>['warm']): NodeCommand => ({
      ...{ operation: 'check-volume', place, like: '/data', warm },
    });
    const files = [
      { mib: 256, folder: 'blocks', name: 'blk*.dat' },
      { mib: 16_384, folder: '.', name: '*' },
    ];
    expect(unpacked(parametersOf(check(files))['Warm'])).toBe('256 blocks blk*.dat\n16384 . *\n');
    expect(parametersOf(check(files))).toMatchObject({ RunLimitSeconds: ['900'] });
    expect(parametersOf(check([]))).toMatchObject({ RunLimitSeconds: ['180'], Warm: [''] });
    for (const [folder, name] of [
      ['..', '*'],
      ['a/../b', '*'],
      ['/etc', '*'],
      ['blocks/', '*'],
      ['$(id)', '*'],
      ['a b', '*'],
      ['blocks', '-delete'],
      ['blocks', 'a/b'],
      ['blocks', '[a]'],
      ['blocks', '*\n1 . *'],
      ['blocks', ''],
    ] as const)
      expect(() => parametersOf(check([{ mib: 1, folder, name }]))).toThrow(/^parameter Warm: /);
    expect(() => parametersOf(check([{ mib: 0, folder: '.', name: '*' }]))).toThrow(/^parameter Warm: /);
    expect(() => parametersOf(check(Array.from({ length: 17 }, () => ({ mib: 1, folder: '.', name: '*' }))))).toThrow(
      /^parameter Warm: 17 lines/,
    );
  });

  it('names the executables of a client that its owner starts with commands', () => {
    const runtime = { kind: 'commands', start: '/opt/up', stop: '/opt/down', status: '/opt/is-up' } as const;
    const { Clients } = parametersOf({ ...swap, clients: [{ ...geth, runtime, cleanLine: null }] });
    expect(unpacked(Clients)).toBe('commands /opt/up#/opt/down#/opt/is-up 300 -\n');
  });

  it.each<[string, NodeCommand]>([
    ['a mount point that only one of both has', { ...swap, to: [{ path: '/other', volumeId: NEW }] }],
    ['no volume at all', { ...swap, from: [], to: [] }],
    ['one volume for both', { ...swap, to: [{ path: '/data', volumeId: FOUND }] }],
    [
      'the root of the machine',
      { ...swap, from: [{ path: '/', volumeId: FOUND }], to: [{ path: '/', volumeId: NEW }] },
    ],
    ['a volume without an id', { ...swap, to: [{ path: '/data', volumeId: '' }] }],
    [
      'a place without an id',
      { operation: 'check-volume', place: { path: '/data', volumeId: '' }, like: '/data', warm: [] },
    ],
    ['a path that climbs', { ...swap, identity: ['/data/../etc/shadow'] }],
    ['a path with a line in it', { ...swap, keepNewest: ['/data/a\n/etc/b'] }],
    ['a unit of a shell', { ...swap, clients: [{ ...geth, runtime: { kind: 'systemd', unit: 'a;b' } }] }],
    ['a grace of nothing', { ...swap, clients: [{ ...geth, stopGraceSeconds: 0 }] }],
    ['a thousand paths', { ...swap, identity: Array.from({ length: 1_000 }, (_, at) => `/data/${at}`) }],
    ['nine clients', { ...swap, clients: Array.from({ length: 9 }, () => geth) }],
  ])('with %s is never sent', (_, command) => {
    expect(() => parametersOf(command)).toThrow(/^parameter [A-Z][A-Za-z]+: .*(given|characters)/s);
  });

  it('has time for the graces of all clients twice, since what does not come up is stopped again', () => {
    expect(nodeRunLimitSeconds(swap)).toBe(2 * (300 + 15 + 60 + 15) + 360);
    expect(nodeRunLimitSeconds({ ...swap, clients: [{ ...geth, stopGraceSeconds: 9_000 }] })).toBe(9_000);
    expect(nodeCommandOverByMs(swap, atMs)).toBe(
      Date.UTC(2026, 0, 1, 12, 2, 5) + (nodeRunLimitSeconds(swap) + 60) * 1_000,
    );
  });
});

describe("a node's answer to it", () => {
  const stale = { operationId: '4.2', fence: 5, result: 'stale', before: null, after: null, reason: 'seen 5.1' };

  it('that refuses the command says nothing of what it did not do', () => {
    expect(parseNodeAnswer(`noise\n${JSON.stringify(stale)}\n`)).toEqual({
      ...stale,
      stop: null,
      startSeconds: null,
      putBack: false,
      fault: 'none',
    });
  });

  it('of another form is refused with the field that is wrong', () => {
    expect(() => parseNodeAnswer('')).toThrow('not JSON');
    expect(() => parseNodeAnswer(JSON.stringify({ ...stale, fault: 'moon' }))).toThrow('field fault');
    const after = { clients: [], volumes: [{ path: '/data' }], devices: [], rootUsedPercent: 1 };
    expect(() => parseNodeAnswer(JSON.stringify({ ...stale, after }))).toThrow(/field after\.volumes\.0\./);
  });
});

describe('the user data of an instance that takes the place of another', () => {
  it('masks its clients once, before anything starts them, by units that mean all instances of a template', () => {
    const text = maskedUserData([geth, beacon]);
    expect(text.startsWith('#cloud-config\n')).toBe(true);
    const { bootcmd } = JSON.parse(text.slice('#cloud-config\n'.length)) as { bootcmd: string[][] };
    const [[tool, how, , shell, c, line = ''] = []] = bootcmd;
    expect([tool, how, shell, c]).toEqual(['cloud-init-per', 'instance', 'sh', '-c']);
    expect(line).toContain('/etc/systemd/system/geth@.service.d/chainmend-masked.conf');
    expect(line).toContain('/etc/systemd/system/docker.service.d/chainmend-masked.conf');
    expect(line).toContain('ConditionPathExists=!/etc/chainmend/client-masked');
    execFileSync('sh', ['-n'], { input: line });
    expect(text.length).toBeLessThan(16_384);
  });

  it('is refused for a client that nothing on disk could hold back', () => {
    const runtime = { kind: 'commands', start: '/opt/up', stop: '/opt/down', status: '/opt/is-up' } as const;
    expect(() => maskedUserData([{ ...geth, runtime }])).toThrow('/opt/up');
    expect(() => maskedUserData([])).toThrow('no clients');
  });
});
