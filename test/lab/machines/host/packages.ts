// Debian packages that the host itself needs for machines: installs the missing ones.
import type { ReportProgress } from '../../../fixtures/cache.ts';
import { attempt, run } from './commands.ts';
import { withLock } from './lock.ts';

const PACKAGES = [
  ...['podman', 'runc', 'conmon', 'netavark', 'debootstrap', 'debian-archive-keyring'],
  ...['xfsprogs', 'util-linux', 'mount', 'iproute2', 'procps', 'openssl'],
] as const;

const UPDATE_LIMIT_SECONDS = 180;
const INSTALL_LIMIT_SECONDS = 600;
/** How long apt waits for another apt: apt.conf(5), DPkg::Lock::Timeout. */
const LOCK_SECONDS = 120;

/** @throws with a sentence that names what could not be installed */
export async function ensurePackages(say: ReportProgress): Promise<void> {
  if ((await missingPackages()).length === 0) return;
  await withLock('/run/lock/chainmend-packages', UPDATE_LIMIT_SECONDS + INSTALL_LIMIT_SECONDS, async () => {
    const missing = await missingPackages();
    if (missing.length === 0) return;
    say(`installing ${missing.join(', ')}`);
    const options = ['-y', '-qq', '--no-install-recommends', '-o', `DPkg::Lock::Timeout=${LOCK_SECONDS}`];
    const environment = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
    // If the lists cannot be updated, the existing copy may be good enough.
    await attempt('apt-get', ['update', '-qq'], { limitSeconds: UPDATE_LIMIT_SECONDS, environment });
    try {
      await run('apt-get', ['install', ...options, ...missing], { limitSeconds: INSTALL_LIMIT_SECONDS, environment });
    } catch (error) {
      throw new Error(`${missing.join(', ')} could not be installed: ${(error as Error).message}`);
    }
  });
}

async function missingPackages(): Promise<readonly string[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own syntax
  const format = ['--showformat', '${Package} ${db:Status-Status}\n'];
  // Fails if it does not know one of the packages, and lists the others nevertheless.
  const { stdout } = await attempt('dpkg-query', ['--show', ...format, ...PACKAGES], { limitSeconds: 30 });
  const installed = new Set(
    stdout.split('\n').flatMap((line) => (line.endsWith(' installed') ? (line.split(' ')[0] ?? '') : [])),
  );
  return PACKAGES.filter((name) => !installed.has(name));
}
