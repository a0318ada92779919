// First and later boots of a new machine whose launch template has user data of its own, by Debian's own cloud-init: what the mask, the owner's part and
// inspect-node see of each other. The machine is this host with a layer of its own above its files, in namespaces of its own; its systemd is played.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { maskHook } from '../../../shared/node-commands/masked-user-data.ts';
import { userDataWithOwn } from '../../../shared/node-commands/user-data.ts';
import { loudly } from './lacking.ts';

const directory = mkdtempSync(join(tmpdir(), 'chainmend-boots-'));
afterAll(() => rmSync(directory, { recursive: true }));
const at = (...path: string[]): string => join(directory, ...path);

/** Each boot takes some five seconds. */
const run = (program: string, args: readonly string[]) =>
  spawnSync(program, args, { cwd: directory, encoding: 'utf8', timeout: 120_000 });

/** No process, name, network or mount of the host's is touched. */
const APART = ['--mount', '--propagation', 'private', '--uts', '--pid', '--fork', '--net', '--ipc'];

/** The host's files, with a layer above them that ends with the namespace. */
const LAYER = `
set -e
mount -t tmpfs layer "$1/layer"
mkdir "$1/layer/upper" "$1/layer/work" "$1/layer/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/layer/upper,workdir=$1/layer/work" "$1/layer/root"
cd "$1/layer/root"
`;

/** Boots the machine once for each further argument: \`as-it-is\`, or \`unmasked\`, for which a heal has taken the mask away before. */
const BOOTS = `${LAYER}
cp -a "$1/packages/." "$1/layer/put"
cp -a "$1/layer/put/etc" "$1/layer/put/usr" .
cp "$1/inspect-node.sh" .
mount -t proc proc proc
mount -t tmpfs tmp tmp
seed=var/lib/cloud/seed/nocloud
mkdir -p "$seed" dev
mount --bind /dev dev
cp "$1/user-data" "$seed/user-data"
echo 'instance-id: i-0000000000000new1' >"$seed/meta-data"
cat >etc/cloud/cloud.cfg <<'END'
datasource_list: [NoCloud]
network: {config: disabled}
cloud_init_modules: [bootcmd]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user]
system_info: {distro: debian, paths: {cloud_dir: /var/lib/cloud/, templates_dir: /etc/cloud/templates/, run_dir: /run/cloud-init}}
END
printf '#!/bin/sh\\necho "systemctl $*" >>/told\\n' >usr/local/bin/systemctl
chmod +x usr/local/bin/systemctl
export PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin
for as in "\${@:2}"; do
  [ "$as" != unmasked ] || rm etc/chainmend/client-masked
  echo "boot $as" >>told
  mount -t tmpfs run run
  for step in 'init --local' init 'modules --mode=config' 'modules --mode=final'; do
    chroot . /usr/bin/python3 /usr/bin/cloud-init $step >/dev/null 2>&1 || true
  done
  chroot . bash -c '. /inspect-node.sh; echo "then $(ls /etc/chainmend)$(cloud_init)"' >>told
  umount run
done
cat told
`;

/** What an owner's part sees, as it runs. */
const SEES = 'echo "owner $(ls /etc/chainmend)$(bash -c \'. /inspect-node.sh; cloud_init\')" >>/told';

function whyNoBoots(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  for (const name of ['layer', 'archives/partial', 'packages']) mkdirSync(at(name), { recursive: true });
  if (run('unshare', [...APART, 'bash', '-c', LAYER, 'trial', directory]).status !== 0)
    return 'needs namespaces and overlay filesystems';
  run('apt-get', [
    ...['install', '-q', '-y', '--no-install-recommends', '--download-only', '-o', 'Debug::NoLocking=1'],
    ...['-o', `Dir::Cache::archives=${at('archives')}`, 'cloud-init'],
  ]);
  const files = readdirSync(at('archives')).filter((name) => name.endsWith('.deb'));
  const isThere = files.some((name) => name.startsWith('cloud-init_'));
  if (!isThere || files.some((name) => run('dpkg-deb', ['-x', at('archives', name), at('packages')]).status !== 0))
    return 'needs Debian’s package cloud-init, not installed, and what it depends on (apt-get update)';
  return undefined;
}

const lackingForBoots = loudly('boots of a new machine with the owner’s user data', whyNoBoots());
const withBoots = lackingForBoots === undefined ? describe : describe.skip;

withBoots('a new machine whose launch template has user data of its own', () => {
  cpSync(new URL('../../../shared/node-commands/inspect-node.sh', import.meta.url), at('inspect-node.sh'));
  const hook = maskHook([{ runtime: { kind: 'systemd', unit: 'node@*' }, stopGraceSeconds: 60, cleanLine: null }]);

  /** What was told, in its order, by all boots. */
  function boots(own: string, ...as: readonly ('as-it-is' | 'unmasked')[]): readonly string[] {
    const made = userDataWithOwn(hook, Buffer.from(own));
    if ('fault' in made) throw new Error(made.fault);
    writeFileSync(at('user-data'), made.bytes);
    const { stdout, stderr, status } = run('unshare', [...APART, 'bash', '-c', BOOTS, 'boots', directory, ...as]);
    if (status !== 0) throw new Error(stderr);
    return stdout.trim().split('\n');
  }
  const masked = ['boot as-it-is', 'systemctl daemon-reload', 'systemctl stop --no-block node@*.service'];

  it('is masked before the owner’s script begins, and says that cloud-init is at work until that has ended', () => {
    expect(boots(`#!/bin/sh\n${SEES}\n`, 'as-it-is')).toEqual([
      ...masked,
      'owner client-masked,"cloudInit":"running"',
      'then client-masked,"cloudInit":"done"',
    ]);
  });

  it('is masked before commands of the owner’s cloud-config, the earliest there are', () => {
    const config = `#cloud-config\n${JSON.stringify({ bootcmd: [['sh', '-c', SEES]], runcmd: [['sh', '-c', SEES]] })}\n`;
    expect(boots(config, 'as-it-is')).toEqual([
      ...masked,
      'owner client-masked,"cloudInit":"running"',
      'owner client-masked,"cloudInit":"running"',
      'then client-masked,"cloudInit":"done"',
    ]);
  });

  it('says that the owner’s part has failed, and stays masked', () => {
    expect(boots('#!/bin/sh\nexit 3\n', 'as-it-is')).toEqual([...masked, 'then client-masked,"cloudInit":"error"']);
  });

  it('stays masked over a boot, and is not masked again once a heal has unmasked it; the owner’s script ran once', () => {
    expect(boots(`#!/bin/sh\n${SEES}\n`, 'as-it-is', 'as-it-is', 'unmasked')).toEqual([
      ...masked,
      'owner client-masked,"cloudInit":"running"',
      'then client-masked,"cloudInit":"done"',
      'boot as-it-is',
      'then client-masked,"cloudInit":"done"',
      'boot unmasked',
      'then ,"cloudInit":"done"',
    ]);
  });

  it('leaves this host as it was', () => {
    expect(run('ls', ['/told', '/inspect-node.sh']).status).not.toBe(0);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(directory);
  });
});
