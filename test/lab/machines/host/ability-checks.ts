// Checks what this host can do by doing it on a small scale: a loop device that was made proves more than flags and versions.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AbilityChecks, abilitiesOf, type HostAbilities } from './abilities.ts';
import { attempt, missingCommands, whyFailed } from './commands.ts';
import { enclose } from './enclosure.ts';

/** Makes a loop device like a volume's, mounts it in a namespace of its own, and removes both again. */
const TRY_LOOP = `
set -e
file=$(mktemp)
loop=
trap '[ -z "$loop" ] || losetup --detach "$loop"; rm -f "$file"' EXIT
truncate -s 320M "$file"
loop=$(losetup --find --show "$file")
mkfs.xfs -q "$loop"
unshare --mount --propagation private mount "$loop" /mnt
`;

const TRY_NAMESPACES = 'ip link add trial type bridge && mount -t tmpfs trial /mnt && test "$$" -lt 10';

const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** @param baseDirectory of the base system; without it containers are not checked, and assumed to be possible */
export async function checkHost(baseDirectory?: string): Promise<HostAbilities> {
  return abilitiesOf(await runAllChecks(baseDirectory));
}

async function runAllChecks(baseDirectory: string | undefined): Promise<AbilityChecks> {
  const [linux, root] = [whyNoLinux(), whyNoRoot()];
  const go = linux === undefined ? await whyMissing(['go']) : undefined;
  // Without root the checks below would only fail for the same reason.
  if (linux !== undefined || root !== undefined)
    return { linux, root, go, apt: undefined, loopDevices: undefined, namespaces: undefined, containers: undefined };
  const apt = await whyMissing(['apt-get', 'dpkg-query']);
  const loopDevices =
    (await whyMissing(['losetup', 'mkfs.xfs', 'unshare'])) ?? (await whyNot('sh', ['-c', TRY_LOOP], 30));
  const namespaces =
    (await whyMissing(['unshare', 'ip'])) ?? (await whyNot('unshare', [...NAMESPACES, 'sh', '-c', TRY_NAMESPACES], 10));
  const containers = namespaces ?? (baseDirectory === undefined ? undefined : await whyNoContainers(baseDirectory));
  return { linux, root, apt, loopDevices, namespaces, containers, go };
}

const whyNoLinux = (): string | undefined =>
  process.platform === 'linux' && existsSync('/proc/self/stat') ? undefined : `this is ${process.platform}`;

const whyNoRoot = (): string | undefined =>
  process.getuid?.() === 0 ? undefined : `this runs as user ${process.getuid?.() ?? 'unknown'}`;

async function whyNoContainers(baseDirectory: string): Promise<string | undefined> {
  const missing = await whyMissing(['podman', 'runc', 'conmon']);
  if (missing !== undefined) return missing;
  const { ended } = await enclose({
    entry: fileURLToPath(new URL('try-container.ts', import.meta.url)),
    words: (runDirectory) => [runDirectory, baseDirectory],
    onEvent: () => {},
    limitSeconds: 60,
  });
  const { status, endedBy, remarks } = await ended;
  if (status === 0) return undefined;
  return endedBy === 'limit' ? 'a container did not end within 60 s' : remarks.trim().replaceAll('\n', ' ').slice(-400);
}

async function whyMissing(names: readonly string[]): Promise<string | undefined> {
  const missing = await missingCommands(names);
  return missing.length === 0 ? undefined : `there is no ${missing.join(', no ')}`;
}

async function whyNot(command: string, words: readonly string[], limitSeconds: number): Promise<string | undefined> {
  const outcome = await attempt(command, words, { limitSeconds });
  return outcome.status === 0 ? undefined : whyFailed(outcome, limitSeconds).replaceAll('\n', ' ');
}
