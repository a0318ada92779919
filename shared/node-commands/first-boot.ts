// The user data of a node that `deploy:` makes: first-boot.sh behind the values of one node. Every value is quoted, so that the shell reads it as text; the
// owner's own lines to install the client are text as well, which the script writes to a file and runs.

/** "User data is limited to 16 KB, in raw form, before it is base64-encoded" ("Run commands at launch using instance user data", EC2 user guide). */
export const USER_DATA_BYTES_MAX = 16 * 1_024;

export interface FirstBoot {
  readonly volumeId: string;
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
}

/** @param script first-boot.sh, as it is shipped */
export function firstBootUserData(
  { volumeId, mountPath, filesystem, waitSeconds, unit, install, agentConfig }: FirstBoot,
  script: string,
): string {
  const { file, lines } = install;
  const values = {
    VOLUME: volumeId,
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
    script,
  ].join('\n');
}

/** One word for any shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
