// User data of a launch template that run behind the mask, as Debian's own cloud-init reads them: our part first, the owner's as it would read them alone.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import { maskHook } from '../../../shared/node-commands/masked-user-data.ts';
import { userDataWithOwn } from '../../../shared/node-commands/user-data.ts';
import { loudly } from './lacking.ts';

const directory = mkdtempSync(join(tmpdir(), 'chainmend-cloud-init-'));
afterAll(() => rmSync(directory, { recursive: true }));

const run = (program: string, args: readonly string[], input?: Uint8Array) =>
  spawnSync(program, args, { cwd: directory, input, encoding: 'utf8', timeout: 120_000 });

const MODULES = 'x/usr/lib/python3/dist-packages';

function whyNoCloudInit(): string | undefined {
  run('apt-get', ['download', '-q', 'cloud-init']);
  const file = readdirSync(directory).find((name) => name.endsWith('.deb'));
  if (file === undefined || run('dpkg-deb', ['-x', file, 'x']).status !== 0)
    return 'needs Debian’s package cloud-init (apt-get update)';
  const imported = run('python3', ['-c', `import sys; sys.path.insert(0, "${MODULES}"); import cloudinit.user_data`]);
  return imported.status === 0
    ? undefined
    : 'needs python3 with python3-yaml, python3-jinja2 and what else cloud-init imports';
}

const lackingForCloudInit = loudly('the owner’s user data, read by cloud-init', whyNoCloudInit());
const withCloudInit = lackingForCloudInit === undefined ? describe : describe.skip;

/** Prints the parts in the order in which cloud-init would hand them to its handlers: the kind, and the bytes as text. */
const READ = `
import json, sys
sys.path.insert(0, sys.argv[1])
from cloudinit import user_data, util
processor = user_data.UserDataProcessor.__new__(user_data.UserDataProcessor)
processor.paths, processor.ssl_details = None, None
message = processor.process(sys.stdin.buffer.read())
parts = [part for part in message.walk() if part.get_content_maintype() != 'multipart']
print(json.dumps([[part.get_content_type(), util.decode_binary(util.fully_decoded_payload(part))] for part in parts]))
`;

function read(bytes: Uint8Array): readonly (readonly [string, string])[] {
  const { stdout, stderr } = run('python3', ['-c', READ, MODULES], bytes);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

const MESSAGE = `Content-Type: multipart/mixed; boundary="==owner=="
MIME-Version: 1.0

--==owner==
Content-Type: text/cloud-config; charset="us-ascii"

packages: [jq]
bootcmd: [rm -f /etc/chainmend/client-masked]
--==owner==
Content-Type: text/x-shellscript; charset="us-ascii"
Content-Disposition: attachment; filename="set-up.sh"

#!/bin/sh
true
--==owner==--
`;
const SCRIPT = '#!/bin/sh\necho "grüße"\n';

withCloudInit('the owner’s user data behind the mask', () => {
  const hook = maskHook([{ runtime: { kind: 'systemd', unit: 'node@*' }, stopGraceSeconds: 60, cleanLine: null }]);

  it.each<[string, string | Uint8Array, readonly string[]]>([
    ['a script', SCRIPT, ['text/x-shellscript']],
    [
      'a script that writes a message',
      '#!/bin/sh\ncat <<.\nMIME-Version: 1.0\n--chainmend-0\n.\n',
      ['text/x-shellscript'],
    ],
    ['cloud-config', '#cloud-config\nbootcmd: [rm -f /etc/chainmend/client-masked]\n', ['text/cloud-config']],
    ['a template', '## template: jinja\n#cloud-config\nruncmd: [echo {{ v1.region }}]\n', ['text/jinja2']],
    ['a boothook', '#cloud-boothook\n#!/bin/sh\ntrue\n', ['text/cloud-boothook']],
    ['a message', MESSAGE, ['text/cloud-config', 'text/x-shellscript']],
    ['a script that is packed', gzipSync(SCRIPT), ['text/x-shellscript']],
    ['a message that is packed', gzipSync(MESSAGE), ['text/cloud-config', 'text/x-shellscript']],
    ['a long script', `#!/bin/sh\n${'echo a line of a long script\n'.repeat(500)}`, ['text/x-shellscript']],
  ])('%s', (_, own, kinds) => {
    const made = userDataWithOwn(hook, Buffer.from(own));
    if ('fault' in made) throw new Error(made.fault);
    const [first, ...others] = read(made.bytes);
    expect(first).toEqual(['text/cloud-boothook', hook]);
    expect(others).toEqual(read(Buffer.from(own)));
    expect(others.map(([kind]) => kind)).toEqual(kinds);
  });
});
