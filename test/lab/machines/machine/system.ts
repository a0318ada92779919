// What a machine's system has besides Debian: its image's own files, the user data of its instance, and a service that replaces what a container
// lacks. In a container systemd ignores devices in /etc/fstab (fstab-generator: "Running in a container, ignoring fstab device entry"), and no udev
// reports that a disk is there.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RESOLVER } from './lan.ts';

/** Files of an image by their absolute paths: a text, or a copy of a file of the host. */
export type ImageFile = TextFile | { readonly from: string; readonly mode?: number };
export type TextFile = { readonly text: string; readonly mode?: number };
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

/** Where cloud-init looks for user data on a machine without a metadata service ("NoCloud", its reference). */
const SEED = '/var/lib/cloud/seed/nocloud';

/** A new instance's first boot: what EC2 gives to its cloud-init. */
export interface FirstBoot {
  readonly instanceId: string;
  /** As text; empty for an instance without user data. */
  readonly userData: string;
}

/**
 * Writes an image's files and its services below a root directory. With user data Debian's own cloud-init runs at each boot, as its units say; without
 * any it never does.
 */
export function furnish(
  root: string,
  files: Readonly<Record<string, TextFile | string>>,
  { instanceId, userData }: FirstBoot,
): void {
  const write = (path: string, { mode = 0o644, text }: TextFile): void => {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    chmodSync(target, mode);
  };
  for (const [path, file] of Object.entries(files)) write(path, typeof file === 'string' ? { text: file } : file);
  // As Debian's installer writes it: a DNS server does not know these names.
  if (files['/etc/hosts'] === undefined) write('/etc/hosts', { text: '127.0.0.1 localhost\n::1 localhost\n' });
  write('/etc/systemd/system/mount-fstab.service', { text: MOUNT_UNIT });
  enable(root, 'mount-fstab.service', 'mount-fstab.service');
  if (userData === '') return;
  write(`${SEED}/user-data`, { text: userData, mode: 0o600 });
  write(`${SEED}/meta-data`, { text: `instance-id: ${instanceId}\n` });
  // What cloud-init's generator does where it finds a data source: it writes the same link.
  link(root, 'cloud-init.target', '/lib/systemd/system/cloud-init.target');
}

/** @param of the template of an instance, or the unit itself */
export function enable(root: string, unit: string, of: string): void {
  link(root, unit, `/etc/systemd/system/${of}`);
}

function link(root: string, unit: string, target: string): void {
  const wants = join(root, 'etc/systemd/system/multi-user.target.wants');
  mkdirSync(wants, { recursive: true });
  symlinkSync(target, join(wants, unit));
}

/** Written after a boot, since a container comes with its own resolv.conf. */
export const RESOLV_CONF = `nameserver ${RESOLVER}\noptions timeout:1 attempts:2\n`;
