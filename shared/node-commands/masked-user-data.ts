// The user data of a replacement instance: its clients are masked before they can start, and stay masked until start-client unmasks them. They take the
// place of the launch template's own user data, which would set up the node again, mkfs included; or they come before them (user-data.ts).

import { checkedParameter, unitOf } from './command.ts';
import type { ClientOnNode } from './node-command.ts';

/** While this file exists, no client of ours starts; the same path as in mask.sh. */
const MASK_FILE = '/etc/chainmend/client-masked';
const DROP_IN = 'chainmend-masked.conf';

/**
 * cloud-config, as text: RunInstances takes it in base64. Throws a `TypeError` for a client that only its owner's commands start: nothing on disk
 * could stop them from starting it.
 */
export function maskedUserData(clients: readonly ClientOnNode[]): string {
  // JSON is YAML.
  return `#cloud-config\n${JSON.stringify({ bootcmd: [onceAs(maskScript(clients))] })}\n`;
}

/** The same as a program, for a boothook: cloud-init executes it at each boot, and it does something at the first. Throws as well. */
export function maskHook(clients: readonly ClientOnNode[]): string {
  const words = onceAs(maskScript(clients)).map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  return `#!/bin/sh\nexec ${words.join(' ')}\n`;
}

/** cloud-init-per: once for this instance, so that a boot after unmasking does not mask again ("bootcmd", cloud-init's reference). */
const onceAs = (script: string): readonly string[] => [
  ...['cloud-init-per', 'instance', 'chainmend-mask', 'sh', '-c'],
  script,
];

function maskScript(clients: readonly ClientOnNode[]): string {
  if (clients.length === 0) throw new TypeError('masked user data: no clients given, expected at least one');
  const units = [...new Set(clients.map(maskedUnit))];
  return [
    'mkdir -p /etc/chainmend',
    `: >${MASK_FILE}`,
    ...units.flatMap((unit) => [
      `mkdir -p '/etc/systemd/system/${unit}.d'`,
      `printf '[Unit]\\nConditionPathExists=!${MASK_FILE}\\n' >'/etc/systemd/system/${unit}.d/${DROP_IN}'`,
    ]),
    'systemctl daemon-reload',
    // Stops units that began before this.
    ...units.map((unit) => `systemctl stop --no-block '${unit.replace('@.', '@*.')}'`),
  ].join('; ');
}

/** The unit whose start is blocked: for a template unit all its instances; for containers the daemon that starts them. */
function maskedUnit({ runtime }: ClientOnNode): string {
  if (runtime.kind === 'commands')
    throw new TypeError(`masked user data: client ${runtime.start} given, expected one of systemd or docker`);
  if (runtime.kind !== 'systemd') return 'docker.service';
  const unit = checkedParameter('Unit', unitOf(runtime)).replace(/\.service$/, '');
  // It becomes part of a file's name.
  if (/[/#]/.test(unit)) throw new TypeError(`masked user data: unit ${unit} given, expected none with "/" or "#"`);
  const at = unit.indexOf('@');
  return `${at < 0 ? unit : unit.slice(0, at + 1)}.service`;
}
