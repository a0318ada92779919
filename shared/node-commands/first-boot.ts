// The user data of a node that `deploy:` makes: first-boot.sh behind the values of one node. Every value is quoted, so that the shell reads it as text; the
// owner's own lines to install the client are text as well, which the script writes to a file and runs.
import { gzipSync } from 'fflate/browser';

/** "User data is limited to 16 KB, in raw form, before it is base64-encoded" ("Run commands at launch using instance user data", EC2 user guide). */
export const USER_DATA_BYTES_MAX = 16 * 1_024;

export interface FirstBoot {
  /** Of a volume that is there before the instance; undefined: the launch makes it. */
  readonly volumeId?: string;
  readonly mountPath: string;
  readonly filesystem: 'ext4' | 'xfs';
  /** How long the volume may take to be attached. */
  readonly waitSeconds: number;
  /** The unit that is started: "node@28.1". */
  readonly unit: string;
  readonly install: {
    /** A file that is fetched over https, and opened where its digest is right. */
    readonly file?: { readonly url: string; readonly sha256: string; readonly unpack?: string };
    /** The owner's own lines, for bash. */
    readonly lines: readonly string[];
  };
  /** JSON for the CloudWatch agent. */
  readonly agentConfig: string;
  /** Of a member of a group. */
  readonly group?: GroupBoot;
}

export interface GroupBoot {
  /** What is removed from a copy of another member's data. */
  readonly identity: readonly string[];
  /** Where it answers whether it has caught up. */
  readonly healthPort: number;
  readonly asks: { readonly url: string; readonly body: string; readonly pattern: string; readonly most: number };
  /** Path of the file with the credentials of its RPC; empty without. */
  readonly credentials: string;
}

/** first-boot.sh as it is shipped: of an instance of its own, and of a member of a group, with first-boot-group.sh. */
export type FirstBootScripts = Readonly<Record<'single' | 'group', string>>;

export function firstBootUserData(
  { volumeId, mountPath, filesystem, waitSeconds, unit, install, agentConfig, group }: FirstBoot,
  scripts: FirstBootScripts,
): string {
  const { file, lines } = install;
  const values = {
    ...(volumeId !== undefined && { VOLUME: volumeId }),
    MOUNT_PATH: mountPath,
    FILESYSTEM: filesystem,
    WAIT_SECONDS: String(waitSeconds),
    UNIT: unit,
    URL: file?.url ?? '',
    SHA256: file?.sha256 ?? '',
    UNPACK: file?.unpack ?? '',
    INSTALL: lines.join('\n'),
    AGENT_CONFIG: agentConfig,
  };
  return [
    '#!/bin/bash',
    '# chainmend first-boot. A step that fails refuses, whichever it is:',
    '# shellcheck disable=SC2015',
    'set -u -o pipefail',
    'umask 022',
    'export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
    ...Object.entries(values).map(([name, value]) => `readonly ${name}=${quoted(value)}`),
    ...(group ? [...groupValues(group), packed(scripts.group)] : [scripts.single]),
  ].join('\n');
}

export function groupValues({ identity, healthPort, asks, credentials }: GroupBoot): string[] {
  const values = {
    ...{ HEALTH_PORT: String(healthPort), URL_SYNCED: asks.url, BODY_SYNCED: asks.body, SYNCED: asks.pattern },
    ...{ MOST: String(asks.most), CREDENTIALS: credentials },
  };
  return [
    // own_volume finds it.
    'VOLUME=',
    `readonly IDENTITY=(${identity.map(quoted).join(' ')})`,
    ...Object.entries(values).map(([name, value]) => `readonly ${name}=${quoted(value)}`),
  ];
}

/**
 * The script in a third of its room, for bash: what a member of a group does besides would leave an owner's own lines none. fflate makes the same bytes
 * on every machine, so that nothing but a change of the script makes another version of a launch template.
 */
export const packed = (script: string): string =>
  [
    '# first-boot.sh with first-boot-group.sh: base64 -d | gzip -d shows it.',
    `SCRIPT=$(base64 -d <<<'${Buffer.from(gzipSync(Buffer.from(script), { level: 9, mtime: 0 })).toString('base64')}' | gzip -d) && eval "$SCRIPT"`,
    'exit 1',
    '',
  ].join('\n');

/** One word for any shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
