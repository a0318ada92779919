import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAnswer } from '../../../shared/node-commands/answer.ts';
import {
  type CommandInput,
  checkedParameter,
  commandParameters,
  leastFilesystemBytes,
  overByMs,
  startByMs,
} from '../../../shared/node-commands/command.ts';
import { composeScript, withoutUnused } from '../../../shared/node-commands/compose.ts';
import { commandDocuments, script, shipped } from '../../../shared/node-commands/index.ts';
import { operationParameters, type ParameterName, parameterRules } from '../../../shared/node-commands/parameters.ts';
import { tries } from '../../fixtures/any.ts';

const atMs = Date.UTC(2026, 0, 1, 12, 0, 5, 900);
const grow: CommandInput = {
  operation: 'grow-filesystem',
  fence: 4,
  ordinal: 2,
  sentAtMs: atMs,
  path: '/node-data',
  volumeId: 'vol-0a1b2c3d4e5f60718',
  runtime: { kind: 'systemd', unit: 'node@*' },
  minimumSizeBytes: leastFilesystemBytes(900),
  startClient: true,
};

describe('the command documents', () => {
  const documents = Object.values(commandDocuments());

  it('are named by their content, the same at every synth', () => {
    expect(documents.map(({ name }) => name)).toEqual(Object.values(commandDocuments()).map(({ name }) => name));
    for (const { operation, name } of documents)
      expect(name).toMatch(new RegExp(`^chainmend-${operation}-[0-9a-f]{8}$`));
  });

  it('take every parameter as an environment variable of a checked form', () => {
    for (const { operation, content } of documents) {
      expect(Object.keys(content.parameters)).toEqual(operationParameters[operation]);
      for (const parameter of Object.values(content.parameters)) {
        expect(parameter).toMatchObject({ type: 'String', interpolationType: 'ENV_VAR' });
        expect(parameter.allowedPattern).toMatch(/^\^.*\$$/);
      }
    }
  });

  // 64 KB is SSM's limit for the content of a document. swap-volumes is the largest: a fifth of the limit stays free for changes that AWS's own
  // answers may require.
  it('are small enough for SSM, and have nothing that SSM would interpolate', () => {
    const sizes = documents.map(({ content }) => JSON.stringify(content).length);
    expect(Math.max(...sizes)).toBeLessThan(0.8 * 64 * 1_024);
    for (const { content } of documents) expect(JSON.stringify(content)).not.toContain('{{');
  });

  it('carry the very scripts that are here, without comments and indentation, as bash reads them', () => {
    const [major = 0, minor = 0] = execFileSync('bash', ['-c', `echo "\${BASH_VERSINFO[@]:0:2}"`], { encoding: 'utf8' })
      .split(' ')
      .map(Number);
    if (major < 5 || (major === 5 && minor < 2)) {
      process.stderr.write('\nSKIPPED: what is shipped, as bash reads it: needs bash 5.2 (--pretty-print)\n\n');
      return;
    }
    const read = (text: string): string =>
      execFileSync('bash', ['--pretty-print'], { input: text, encoding: 'utf8' })
        // Outside of functions bash prints what follows one on the same line, where it stands on the same line.
        .replaceAll(/^(fi|\}); /gm, '$1\n')
        .split('\n')
        .map((line) => line.trimEnd())
        .filter((line) => line !== '')
        .join('\n');
    for (const { operation } of documents) {
      const text = script(operation);
      expect(shipped(text).length).toBeLessThan(0.9 * text.length);
      expect(read(shipped(text))).toBe(read(text));
    }
  });

  it.each([
    ["x='a\n  # b\n    c'", "x='a\n  # b\n    c'"],
    ['x="a\n  # b"   # c', 'x="a\n  # b"'],
    ["  if x; then # don't\n    y\n\n  fi", 'if x; then y\nfi'],
    ['f() {\n  case $1 in\n    a)\n      b\n      ;;\n  esac\n}\ng', 'f() { case $1 in a)\nb\n;;esac;};g'],
    ["x='case a in\n  b) c ;;\n'", "x='case a in\n  b) c ;;\n'"],
    [`echo \\# "#" '#' a#b $# \${#x}`, `echo \\# "#" '#' a#b $# \${#x}`],
  ])('are shipped with what stands in quotes as it is: %j', (text, kept) => {
    expect(shipped(`#!/bin/bash\n${text}\n`)).toBe(`#!/bin/bash\n${kept}\n`);
  });

  it('leave out a function that nothing mentions, and what only that one uses', () => {
    const text =
      'main\n# used\nmain() {\n  one\n}\none() { :; }\n# not\ntwo() {\n  three\n}\nthree() (\n  :\n)\n# one() two() three()\n';
    expect(withoutUnused(text)).toBe('main\n# used\nmain() {\n  one\n}\none() { :; }\n# one() two() three()\n');
  });

  it('carry scripts that bash can read and that check each parameter of theirs', () => {
    for (const { operation } of documents) {
      execFileSync('bash', ['-n'], { input: script(operation) });
      for (const name of operationParameters[operation])
        expect(script(operation)).toMatch(new RegExp(`^  check ${name} ('\\^|"\\$PACKED"$)`, 'm'));
    }
  });

  // Bash before 5.1 writes here-documents and here-strings into files.
  it('write nothing to a disk that may be full but their memory; what they need for a moment lies in /run', () => {
    for (const { operation } of documents) expect(script(operation)).not.toMatch(/<<|mktemp(?!( -d)? -p \/run )/);
  });

  it('refuse a part that SSM would interpolate', () => {
    expect(() => composeScript('observe-node', () => "docker inspect --format '{{.State}}'")).toThrow(
      /contains "\{\{"/,
    );
  });
});

describe('a command', () => {
  it('is sent with what its document takes, in the form that its document allows', () => {
    expect(commandParameters(grow)).toEqual({
      OperationId: ['4.2'],
      StartBy: [String(Date.UTC(2026, 0, 1, 12, 2, 5) / 1000)],
      RunLimitSeconds: ['240'],
      Path: ['/node-data'],
      VolumeId: ['vol-0a1b2c3d4e5f60718'],
      Runtime: ['systemd'],
      Unit: ['node@*'],
      MinimumSizeBytes: [String(900 * 2 ** 30 - 256 * 2 ** 20)],
      StartClient: ['yes'],
    });
    const { MinimumSizeBytes, StartClient, ...observe } = commandParameters({
      ...grow,
      operation: 'observe-node',
      volumeId: '',
    });
    expect([MinimumSizeBytes, StartClient]).toEqual([undefined, undefined]);
    expect(observe).toMatchObject({ RunLimitSeconds: ['60'], VolumeId: [''] });
  });

  it('names its client as the runtime of the fleet does', () => {
    const unitOf = (runtime: CommandInput['runtime']) => {
      const { Runtime, Unit } = commandParameters({ ...grow, runtime });
      return [Runtime, Unit].flat();
    };
    expect(unitOf({ kind: 'docker', container: 'node' })).toEqual(['docker', 'node']);
    expect(unitOf({ kind: 'compose', file: '/srv/compose.yaml', service: 'geth' })).toEqual([
      'compose',
      '/srv/compose.yaml#geth',
    ]);
    expect(unitOf(undefined)).toEqual(['none', '']);
  });

  it('is over only when its start-by, its run limit and the skew of clocks have passed', () => {
    expect(startByMs(grow)).toBe(Date.UTC(2026, 0, 1, 12, 2, 5));
    expect(overByMs(grow)).toBe(Date.UTC(2026, 0, 1, 12, 2 + 4 + 1, 5));
  });

  it('asks for a little less than the volume, as a partition table takes some', () => {
    expect(leastFilesystemBytes(1)).toBe(2 ** 30 - 2 ** 24);
    expect(Number.isInteger(leastFilesystemBytes(65_536))).toBe(true);
  });

  it.each<[ParameterName, string]>([
    ['Path', '/data; rm -rf /'],
    ['Path', '/data/../etc'],
    ['Path', '/data\n'],
    ['Path', 'data'],
    ['VolumeId', 'vol-XYZ'],
    ['Unit', '-H root@elsewhere'],
    ['Unit', '*'],
    ['Unit', 'node@$(reboot)'],
    ['OperationId', '4'],
    ['OperationId', '04.1'],
    ['StartBy', '1e9'],
    ['RunLimitSeconds', '0'],
    ['StartClient', 'true'],
  ])('with %s %j is never sent', (name, value) => {
    expect(() => checkedParameter(name, value)).toThrow(
      `parameter ${name}: ${JSON.stringify(value)} given, expected ${parameterRules[name].pattern}`,
    );
  });

  it('never carries a character that means something to a shell, but for the * of a template unit, the # of a service and the end of base64', () => {
    const value = fc.string({ unit: fc.constantFrom(...'aZ0/._-@*#:+ $`"\'\\;&|<>(){}[]!~?%^=,\t\n'), maxLength: 12 });
    const name = fc.constantFrom(...(Object.keys(parameterRules) as ParameterName[]));
    fc.assert(
      fc.property(name, value, (parameter, text) => {
        fc.pre(new RegExp(parameterRules[parameter].pattern).test(text));
        expect(text).toMatch(/^[A-Za-z0-9/._:+@#-]*(={0,2}|@\*(\.service)?)?$/);
        expect(text.startsWith('-') || text.startsWith('#')).toBe(false);
      }),
      tries('documents', 2_000),
    );
  });

  it('means the same to bash as to JavaScript: both use the one pattern', () => {
    const names = Object.keys(parameterRules) as ParameterName[];
    const texts = [
      '',
      '/',
      '/data',
      '/a/..',
      '/..',
      '/.snap',
      '/a b',
      '4.2',
      '4.02',
      '0',
      '00',
      '9999',
      'vol-0a1b2c3d',
      'node@*',
      'node@*.service',
      '*',
      'a*',
      '/c.yaml#s',
      '-x',
      'yes',
      'docker',
      'é',
    ];
    const cases = names.flatMap((name) => texts.map((text) => ({ pattern: parameterRules[name].pattern, text })));
    const matches = execFileSync(
      'bash',
      ['--norc', '-c', "while IFS=$'\\t' read -r p t; do [[ $t =~ $p ]] && echo 1 || echo 0; done"],
      {
        input: cases.map(({ pattern, text }) => `${pattern}\t${text}\n`).join(''),
        env: { LC_ALL: 'C', PATH: process.env['PATH'] },
      },
    );
    expect(matches.toString().trim().split('\n')).toEqual(
      cases.map(({ pattern, text }) => (new RegExp(pattern).test(text) ? '1' : '0')),
    );
  });
});

describe("a node's answer", () => {
  const late = { operationId: '4.2', fence: 5, result: 'late', before: null, after: null, reason: 'too late' };

  it('is the last line of what the script wrote', () => {
    expect(parseAnswer(`noise\n${JSON.stringify(late)}\n`)).toEqual(late);
  });

  it('that is none, or cut off, or of another form, is refused with what is wrong', () => {
    expect(() => parseAnswer('')).toThrow('not JSON: ""');
    expect(() => parseAnswer(JSON.stringify(late).slice(0, -3))).toThrow('not JSON');
    expect(() => parseAnswer(JSON.stringify({ ...late, result: 'fine' }))).toThrow('field result');
  });
});
