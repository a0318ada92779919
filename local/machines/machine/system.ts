// What a machine's system has besides Debian: its image's own files, and two services that replace what a container lacks. In a container systemd
// ignores devices in /etc/fstab (fstab-generator: "Running in a container, ignoring fstab device entry"), and no udev reports that a disk is there.
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RESOLVER } from './lan.ts';

/** Files of an image by their absolute paths: a text, or a copy of a file of the host. */
export type ImageFile = ({ readonly text: string } | { readonly from: string }) & { readonly mode?: number };
export type ImageFiles = Readonly<Record<string, ImageFile | string>>;

/** Written when the machine's devices are there. */
export const DISKS_READY = '/run/disks-ready';

const MOUNT_UNIT = `[Unit]
Description=Mounts what /etc/fstab names, when its devices are there
DefaultDependencies=no
After=systemd-tmpfiles-setup.service
Before=multi-user.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'n=0; until [ -e ${DISKS_READY} ] || [ $$n -ge 200 ]; do n=$$((n + 1)); sleep 0.05; done'
ExecStart=-/bin/mount --all
[Install]
WantedBy=multi-user.target
`;

/** The part of cloud-init's program that user data need: "cloud-init-per instance NAME COMMAND": once for this instance. */
const CLOUD_INIT_PER = `#!/bin/sh
done=/var/lib/cloud/instance/sem/bootper.$2
[ ! -e "$done" ] || exit 0
shift 2
"$@" || exit
mkdir -p "\${done%/*}" && : >"$done"
`;

/** cloud-init's bootcmd: "very early in the boot process", at each boot. */
const USER_DATA_UNIT = `[Unit]
Description=Carries out the instance's user data
DefaultDependencies=no
After=systemd-tmpfiles-setup.service
Before=mount-fstab.service multi-user.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /var/lib/cloud/bootcmd
[Install]
WantedBy=multi-user.target
`;

/** Writes an image's files and its services below a root directory. */
export function furnish(root: string, files: ImageFiles, userData: string): void {
  const write = (path: string, { mode = 0o644, ...file }: ImageFile): void => {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    if ('from' in file) copyFileSync(file.from, target);
    else writeFileSync(target, file.text);
    chmodSync(target, mode);
  };
  for (const [path, file] of Object.entries(files)) write(path, typeof file === 'string' ? { text: file } : file);
  // As Debian's installer writes it: a DNS server does not know these names.
  if (files['/etc/hosts'] === undefined) write('/etc/hosts', { text: '127.0.0.1 localhost\n::1 localhost\n' });
  write('/etc/systemd/system/mount-fstab.service', { text: MOUNT_UNIT });
  enable(root, 'mount-fstab.service', 'mount-fstab.service');
  const bootcmd = bootCommands(userData);
  if (bootcmd === undefined) return;
  write('/usr/bin/cloud-init-per', { text: CLOUD_INIT_PER, mode: 0o755 });
  write('/var/lib/cloud/bootcmd', { text: bootcmd });
  write('/etc/systemd/system/user-data.service', { text: USER_DATA_UNIT });
  enable(root, 'user-data.service', 'user-data.service');
}

/** @param of the template of an instance, or the unit itself */
export function enable(root: string, unit: string, of: string): void {
  const wants = join(root, 'etc/systemd/system/multi-user.target.wants');
  mkdirSync(wants, { recursive: true });
  symlinkSync(`/etc/systemd/system/${of}`, join(wants, unit));
}

/** Written after a boot, since a container comes with its own resolv.conf. */
export const RESOLV_CONF = `nameserver ${RESOLVER}\noptions timeout:1 attempts:2\n`;

/** Reads cloud-config that is JSON with only bootcmd, as our own is. A shell script runs at the first boot only. */
function bootCommands(userData: string): string | undefined {
  if (!userData.startsWith('#cloud-config\n')) return undefined;
  const { bootcmd = [] } = JSON.parse(userData.slice(userData.indexOf('\n'))) as {
    readonly bootcmd?: readonly (readonly string[])[];
  };
  return bootcmd.map((words) => `${words.map(quoted).join(' ')}\n`).join('');
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
