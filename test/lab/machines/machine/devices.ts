// A machine's block devices. An EBS volume appears under the name that instances on AWS give it, by its id ("Map Amazon EBS volumes to NVMe device
// names"), and under no other volume's name.
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { runInsideNow } from './namespaces.ts';

export const linkOf = (volumeId: string): string =>
  `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;

/** Major and minor, "7:12", of a device of the host. */
export const numberOf = (loop: string): string => readFileSync(`/sys/class/block/${basename(loop)}/dev`, 'utf8').trim();

/**
 * A machine's /dev is its own. While it boots it may still be the host's: then nothing is made or removed there.
 * @throws if it is the host's
 */
function checkOwn(pid: number): void {
  if (statSync(`/proc/${pid}/root/dev`).dev === statSync('/dev').dev)
    throw new Error(`process ${pid}: its /dev is the host's, and nothing is changed in that`);
}

/** What udev does for a new device: makes its node, and its link by id. */
const APPEAR = `
set -e
mkdir -p /dev/disk/by-id
[ -b "$1" ] || mknod -m 660 "$1" b "$2" "$3"
ln -sfn "../../\${1##*/}" "$4"
`;

export function appear(pid: number, volumeId: string, loop: string): void {
  checkOwn(pid);
  const [major = '', minor = ''] = numberOf(loop).split(':');
  runInsideNow(pid, ['sh', '-c', APPEAR, 'sh', loop, major, minor, linkOf(volumeId)]);
}

export function disappear(pid: number, volumeId: string, loop: string): void {
  checkOwn(pid);
  runInsideNow(pid, ['rm', '-f', '--', linkOf(volumeId), loop]);
}

/** A privileged container gets the host's own devices. This removes the host's disks from it. */
export function hideHostDisks(pid: number): void {
  checkOwn(pid);
  runInsideNow(pid, ['sh', '-c', 'for each in /dev/*; do if [ -b "$each" ]; then rm -f -- "$each"; fi; done']);
}
