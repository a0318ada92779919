// A fleet that says `deploy`, on real machines: its file with the digest of the release that is really fetched, as its owner writes it, and the image that
// its launch template's first boot meets, which has nothing of the client and nothing of its node.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ImageFiles } from './machine/system.ts';
import type { Software, Task } from './run-events.ts';

/** What the makers of a client publish: an archive with its program. */
export interface Release {
  readonly program: keyof Software;
  /** Its path in the archive. */
  readonly path: string;
}

export interface Published {
  /** Folder of the fleet files. */
  readonly fleets: string;
  /** Paths of the archives by the addresses that the fleet files name. */
  readonly files: ReadonlyMap<string, string>;
}

const PACK_LIMIT_MS = 120_000;
/** In the file as it is kept: the owner puts that of the release there. */
const NO_DIGEST = '0'.repeat(64);

/**
 * Packs each fleet's release, and writes its fleet file with the digest of that.
 * @param from folder of the fleet files @param releases by the names of fleets
 */
export function publish(
  { runDirectory, software }: Task,
  from: string,
  releases: Readonly<Record<string, Release>>,
): Published {
  const fleets = join(runDirectory, 'fleets');
  mkdirSync(fleets);
  const files = new Map<string, string>();
  for (const [fleet, release] of Object.entries(releases)) {
    const text = readFileSync(join(from, `${fleet}.yaml`), 'utf8');
    const { deploy } = parse(text) as { readonly deploy?: { readonly install?: { readonly url?: string } } };
    const url = deploy?.install?.url;
    const program = software[release.program];
    if (url === undefined || !text.includes(NO_DIGEST) || program === undefined)
      throw new Error(
        `${fleet}: expected deploy.install with a url and the digest ${NO_DIGEST}, and ${release.program}`,
      );
    const archive = join(runDirectory, `release-${fleet}.tar.gz`);
    pack(archive, program, release.path);
    const digest = createHash('sha256').update(readFileSync(archive)).digest('hex');
    writeFileSync(join(fleets, `${fleet}.yaml`), text.replace(NO_DIGEST, digest));
    files.set(url, archive);
  }
  return { fleets, files };
}

/** Under its path in the archive, without a copy. */
function pack(archive: string, program: string, path: string): void {
  execFileSync('tar', ['-c', '-f', archive, '-I', 'gzip -1', '--transform', `s|.*|${path}|`, '-P', program], {
    stdio: 'pipe',
    timeout: PACK_LIMIT_MS,
  });
}

/** The played agent is given its configuration by the command of the real one: it takes none that is not JSON. */
const AGENT_CTL = `#!/bin/sh
for word; do case $word in file:*) exec jq --exit-status .logs "\${word#file:}" ;; esac; done
exit 1
`;
const AGENT = '/opt/aws/amazon-cloudwatch-agent';
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/** What its image has besides Debian: the authority of this run, and the command of the CloudWatch agent. */
export const deployedImage = (baseDirectory: string, authority: string): ImageFiles => ({
  [AUTHORITIES]: `${readFileSync(join(baseDirectory, AUTHORITIES), 'utf8')}${authority}`,
  // Debian's package of the AWS CLI has a list of its own.
  '/root/.aws/config': `[default]\nca_bundle = ${AUTHORITIES}\n`,
  [`${AGENT}/bin/amazon-cloudwatch-agent-ctl`]: { text: AGENT_CTL, mode: 0o755 },
  [`${AGENT}/etc/.keep`]: '',
});
