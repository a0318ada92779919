// What the first boot of a deployed node makes of a simulated machine: the steps of shared/node-commands/first-boot.sh, with its values. Only that script
// itself is played so: of another text nobody here knows what it would do.
import { createHash } from 'node:crypto';
import { firstBootScript } from '../../shared/node-commands/index.ts';
import type { FilesystemType } from './content.ts';
import type { DeviceReport, MountOptions } from './disks.ts';
import { FSTAB } from './disks.ts';
import { bootLines, pinnedAt } from './fstab.ts';

export interface DeployedBoot {
  readonly volumeId: string;
  readonly mountPath: string;
  readonly filesystem: FilesystemType;
  readonly waitSeconds: number;
  /** "bitcoind.service" */
  readonly unit: string;
}

const SCRIPT = firstBootScript();

/** Undefined: this is another text. */
export function deployedBootOf(text: string): DeployedBoot | undefined {
  if (!text.endsWith(SCRIPT)) return undefined;
  const said = (name: string): string =>
    (new RegExp(`^readonly ${name}='((?:[^']|'\\\\'')*)'$`, 'm').exec(text)?.[1] ?? '').replaceAll("'\\''", "'");
  const filesystem = said('FILESYSTEM');
  if (filesystem !== 'xfs' && filesystem !== 'ext4') return undefined;
  return {
    ...{ volumeId: said('VOLUME'), mountPath: said('MOUNT_PATH'), filesystem },
    ...{ waitSeconds: Number(said('WAIT_SECONDS')), unit: `${said('UNIT')}.service` },
  };
}

export interface BootingMachine {
  readonly isClientMasked: boolean;
  devices(): DeviceReport[];
  /** Each returns the tool's message, or undefined after success. */
  format(volumeId: string, filesystem: FilesystemType, uuid?: string): string | undefined;
  mount(volumeId: string, path: string, options?: MountOptions): string | undefined;
  readFile(path: string): string | undefined;
  writeFile(path: string, text: string): void;
}

/** wait: the volume is not there yet. masked: all is set up, and no volume was touched. */
export type BootOutcome = 'wait' | 'masked' | 'mounted' | { readonly refused: string };

export function playDeployedBoot(
  { volumeId, mountPath, filesystem }: DeployedBoot,
  machine: BootingMachine,
): BootOutcome {
  if (machine.isClientMasked) return 'masked';
  const there = machine.devices().find(({ mountedAt }) => mountedAt === mountPath);
  const fstab = machine.readFile(FSTAB) ?? '';
  if (pinnedAt(fstab, mountPath) !== undefined)
    return there
      ? 'mounted'
      : { refused: `/etc/fstab has a line of chainmend for ${mountPath}, and nothing is mounted there` };
  const disk = machine.devices().find((device) => device.volumeId === volumeId);
  if (!disk) return 'wait';
  if (there && there !== disk && there.volumeId !== volumeId)
    return { refused: `something else than ${volumeId} is mounted at ${mountPath}` };
  const uuid = ownUuid(volumeId);
  if (disk.filesystem === undefined) {
    const fault = machine.format(volumeId, filesystem, uuid);
    if (fault !== undefined) return { refused: fault };
  } else if (disk.filesystem.uuid !== uuid)
    return { refused: `${volumeId} has ${disk.filesystem.type}, which this script has not made there` };
  const lines = bootLines(fstab).filter(({ path }) => path === mountPath);
  if (lines.some(({ spec }) => spec !== `UUID=${uuid}`))
    return { refused: `/etc/fstab has another line for ${mountPath}` };
  if (lines.length === 0)
    machine.writeFile(
      FSTAB,
      `${fstab}UUID=${uuid} ${mountPath} ${filesystem} defaults,nofail,x-systemd.device-timeout=90s 0 2\n`,
    );
  if (there) return 'mounted';
  const fault = machine.mount(volumeId, mountPath);
  return fault === undefined ? 'mounted' : { refused: fault };
}

/** As the script computes it: the UUID of a volume's own filesystem. */
function ownUuid(volumeId: string): string {
  const digits = createHash('sha256').update(`chainmend ${volumeId}`).digest('hex');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}
