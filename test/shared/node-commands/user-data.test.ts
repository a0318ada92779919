// User data of a launch template that run behind the mask: what cloud-init is given. test/lab/host/own-user-data.test.ts has cloud-init itself read them.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../../../infra/paths.ts';
import { isMaskedBy, partsOf } from '../../../local/nodes/cloud-init.ts';
import { maskHook } from '../../../shared/node-commands/masked-user-data.ts';
import { userDataWithOwn } from '../../../shared/node-commands/user-data.ts';

const MASK_FILE = '/etc/chainmend/client-masked';
const hook = maskHook([
  {
    runtime: { kind: 'systemd', unit: 'node@*' },
    stopGraceSeconds: 60,
    cleanLine: null,
  },
]);
const bytesOf = (own: string | Uint8Array): Buffer => {
  const made = userDataWithOwn(hook, Buffer.from(own));
  if ('fault' in made) throw new Error(made.fault);
  return Buffer.from(made.bytes);
};
const faultOf = (own: string | Uint8Array): string => {
  const made = userDataWithOwn(hook, Buffer.from(own));
  return 'fault' in made ? made.fault : 'none';
};

const SCRIPT = '#!/bin/sh\necho "grüße" >/root/set-up\n--chainmend-0\nMIME-Version: 1.0\n';
const CONFIG = '#cloud-config\nbootcmd: [rm -f /etc/chainmend/client-masked]\n';
const MESSAGE = [
  'Content-Type: multipart/mixed; boundary="==owner=="',
  'MIME-Version: 1.0',
  '',
  '--==owner==',
  'Content-Type: text/cloud-config; charset="us-ascii"',
  '',
  'packages: [jq]',
  '--==owner==',
  'Content-Type: text/x-shellscript; charset="us-ascii"',
  'Content-Disposition: attachment; filename="set-up.sh"',
  '',
  '#!/bin/sh',
  'true',
  '--==owner==--',
  '',
].join('\n');

describe('the owner’s user data behind the mask', () => {
  it.each<[string, string | Uint8Array, readonly (readonly [string, string])[]]>([
    ['a script, to the byte', SCRIPT, [['text/plain', SCRIPT]]],
    ['cloud-config', CONFIG, [['text/plain', CONFIG]]],
    ['what is packed', gzipSync(SCRIPT), [['text/plain', SCRIPT]]],
    [
      'a message, part by part in its order',
      MESSAGE,
      [
        ['text/cloud-config', 'packages: [jq]'],
        ['text/x-shellscript', '#!/bin/sh\ntrue'],
      ],
    ],
  ])('%s', (_, own, parts) => {
    const [first, ...others] = partsOf(bytesOf(own).toString());
    expect(first).toEqual({ type: 'text/cloud-boothook', text: hook });
    expect(others.map(({ type, text }) => [type, text])).toEqual(parts);
  });

  it('cannot take the mask back, as a second cloud-config could that of a first', () => {
    expect(isMaskedBy(partsOf(bytesOf(CONFIG).toString()), MASK_FILE)).toBe(true);
  });

  it('are packed where they would be too long otherwise, and refused where that is not enough', () => {
    const long = `#!/bin/sh\n${'echo a line of a long script\n'.repeat(500)}`;
    const packed = bytesOf(long);
    expect(packed.length).toBeLessThan(16_384);
    expect(partsOf(gunzipSync(packed).toString())[1]?.text).toBe(long);
    const noise = Array.from({ length: 16_000 }, (_, at) =>
      String.fromCharCode(33 + ((at * 7_919 + at * at * 31) % 90)),
    );
    expect(faultOf(gzipSync(`#!/bin/sh\n${noise.map((one, at) => one + ((at * at) % 9_973)).join('')}`))).toMatch(
      /have \d+ bytes, and EC2 takes 16384/,
    );
  });

  it.each([
    ['Ignition', '{ "ignition": { "version": "3.3.0" } }', 'Ignition'],
    ['Bottlerocket', '# secret\n[settings.kubernetes]\ncluster-name = "secret"', 'Bottlerocket'],
    ['Windows', '<powershell>secret</powershell>', 'Windows'],
    ['base64 twice', Buffer.from(`${SCRIPT}${SCRIPT}`).toString('base64'), 'base64 within base64'],
    ['of no kind', 'secret=1', 'of no kind that cloud-init runs'],
    ['no text', Buffer.from([0x23, 0x21, 0xff, 0xfe]), 'no text in UTF-8'],
    ['packed badly', Buffer.from([0x1f, 0x8b, 1, 2]), 'cannot be unpacked'],
  ])('are refused where they are %s, without a word of what is in them', (_, own, says) => {
    expect(faultOf(own)).toContain(says);
    expect(faultOf(own)).not.toMatch(/secret|echo|Z3LDvMOfZQ/);
  });
});

describe('a node says how far cloud-init is', () => {
  const directory = mkdtempSync(join(tmpdir(), 'chainmend-cloud-init-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const script = join(repositoryRoot, 'shared/node-commands/inspect-node.sh');
  const said = (place: string): string =>
    spawnSync('bash', ['-c', '. "$0"; CLOUD_INIT=$1 cloud_init', script, join(directory, place)], { encoding: 'utf8' })
      .stdout;
  const resultOf = (place: string, errors: readonly string[]): void => {
    mkdirSync(join(directory, place));
    const result = { v1: { datasource: 'DataSourceEc2Local', errors } };
    writeFileSync(join(directory, place, 'result.json'), JSON.stringify(result, null, 1));
  };

  it('by its result, which it writes at the very end, and without a word of it', () => {
    mkdirSync(join(directory, 'begun'));
    resultOf('ended', []);
    resultOf('failed', ["('scripts_user', RuntimeError('token=secret'))"]);
    expect(said('none')).toBe('');
    expect(said('begun')).toBe(',"cloudInit":"running"');
    expect(said('ended')).toBe(',"cloudInit":"done"');
    expect(said('failed')).toBe(',"cloudInit":"error"');
  });
});
