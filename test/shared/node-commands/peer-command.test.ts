// The commands to a node about peers, and the reading of their answers.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { operationParameters, parameterRules } from '../../../shared/node-commands/parameters.ts';
import {
  type PeerCommand,
  parsePeerAnswer,
  peerCommandParameters,
  peerRunLimitSeconds,
  unpackAnswers,
  unpackConfig,
} from '../../../shared/node-commands/peer-command.ts';

const AT = Date.UTC(2026, 0, 15, 12, 0, 5, 900);
const id = { epochSeconds: 1_768_478_400, ordinal: 3 };
const write: PeerCommand = {
  operation: 'write-config',
  file: '/data/node/irita/config/config.toml',
  sha256: 'a'.repeat(64),
  edits: [
    { start: 10, length: 2, text: 'ümläut\n' },
    { start: 40, length: 5, text: '' },
  ],
  runtime: { kind: 'docker', container: 'node' },
  restartGraceSeconds: 120,
};
const ask: PeerCommand = {
  operation: 'ask-peers',
  endpoint: 'http://127.0.0.1:26657',
  credentialsFile: undefined,
  requests: [
    { method: 'GET', path: '/status', expects: 'json' },
    { method: 'POST', path: '', body: '{}', expects: 'json' },
  ],
};

const decoded = (value: string | undefined): string => Buffer.from(value ?? '', 'base64').toString('utf8');

describe('a command about peers', () => {
  it('carries its parameters as the document declares them', () => {
    for (const command of [write, ask, { operation: 'read-config', file: '/etc/x.conf' } as const]) {
      const parameters = peerCommandParameters(id, command, AT);
      expect(Object.keys(parameters)).toEqual(operationParameters[command.operation]);
      expect(parameters['OperationId']).toEqual(['1768478400.3']);
      expect(parameters['StartBy']).toEqual([String(Math.floor(AT / 1000) + 120)]);
    }
  });

  it('names edits by bytes, and requests by their words', () => {
    const edits = Buffer.from('ümläut\n').toString('base64');
    expect(decoded(peerCommandParameters(id, write, AT)['Edits']?.[0])).toBe(`10 2 ${edits}\n40 5 -\n`);
    expect(decoded(peerCommandParameters(id, ask, AT)['Requests']?.[0])).toBe('GET /status -\nPOST - e30=\n');
  });

  it('may run as long as its client may take to stop, twice, and as long as it may wait for the lock', () => {
    expect(peerRunLimitSeconds(write)).toBe(480);
    expect(peerRunLimitSeconds({ ...write, restartGraceSeconds: undefined })).toBe(180);
    expect(peerRunLimitSeconds({ ...write, restartGraceSeconds: 600 })).toBe(1_440);
    expect(peerRunLimitSeconds(ask)).toBe(60);
  });

  it.each<[PeerCommand, string]>([
    [{ ...ask, endpoint: 'http://10.0.0.1:26657' }, 'Endpoint'],
    [{ ...ask, endpoint: 'http://127.0.0.1.evil.example:1' }, 'Endpoint'],
    [{ ...ask, credentialsFile: '../x' }, 'CredentialsFile'],
    [{ ...write, file: '/etc/../shadow' }, 'File'],
    [{ ...write, sha256: 'no' }, 'Sha256'],
    [{ ...write, edits: [{ start: 0, length: 0, text: 'x'.repeat(30_000) }] }, 'Edits'],
  ])('that is not clean is never sent: %#', (command, name) => {
    expect(() => peerCommandParameters(id, command, AT)).toThrow(`parameter ${name}`);
  });

  it('carries nothing that a shell would interpret', () => {
    for (const name of ['File', 'Endpoint', 'CredentialsFile', 'Requests', 'Edits', 'Sha256'] as const) {
      fc.assert(
        fc.property(fc.string({ maxLength: 20 }), fc.constantFrom(...' $`"\'\\;&|<>()*?[]{}!#\n'), (text, mark) => {
          const pattern = new RegExp(parameterRules[name].pattern);
          return !pattern.test(text + mark) && !pattern.test(mark + text);
        }),
      );
    }
  });
});

describe('a node’s answer about peers', () => {
  const envelope = { operationId: '1.1', fence: 1, result: 'done', before: null };
  const packed = (text: string): string => gzipSync(text).toString('base64');
  const answered = (text: string) =>
    unpackAnswers({ answers: packed(text) }, ask.operation === 'ask-peers' ? ask.requests : [], 7);

  it('is read by what was asked', () => {
    const config = { sha256: 'b'.repeat(64), bytes: 3, gzip: packed('abc') };
    const { after } = parsePeerAnswer('read-config', JSON.stringify({ ...envelope, after: config }));
    expect(after && new TextDecoder().decode(unpackConfig(after))).toBe('abc');
    expect(() => parsePeerAnswer('write-config', JSON.stringify({ ...envelope, after: config }))).toThrow(
      'field after',
    );
    expect(() => parsePeerAnswer('read-config', 'Killed')).toThrow('not JSON');
    expect(() => unpackConfig({ ...config, bytes: 4 })).toThrow('4 bytes, and 3 were told');
  });

  it('holds the client’s own answers, or why there are none', () => {
    expect(answered('200 0 7\n{"a":1}000 7 0\n')).toEqual([
      { kind: 'answered', status: 200, body: { a: 1 }, atMs: 7 },
      { kind: 'failed', code: 'unreachable', reason: 'nothing listens at the RPC port of the node' },
    ]);
    expect(answered('401 0 0\n503 0 4\nbusy')).toMatchObject([{ code: 'unauthorized' }, { code: 'busy' }]);
    expect(answered('000 28 0\n302 0 0\n')).toMatchObject([{ code: 'slow' }, { code: 'redirected' }]);
    expect(answered('200 0 2\nno404 0 0\n')).toMatchObject([{ code: 'malformed' }, { code: 'refused' }]);
  });

  it('that is cut off or of another form is refused', () => {
    expect(() => answered('200 0 9\n{"a":1}')).toThrow('cut off');
    expect(() => answered('hello')).toThrow('do not come in their form');
    expect(() => answered('200 0 2\n{}')).toThrow('do not come in their form');
  });
});
