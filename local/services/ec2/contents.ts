// What is on volumes, wherever they are: on a machine, which knows, or on none, where it is kept here.
import { frozen, type StoredContent } from '../../nodes/content.ts';
import type { Machine } from '../../nodes/machine.ts';
import type { Volume } from './model.ts';
import type { Ec2State } from './state.ts';

const GIB = 2 ** 30;

/** As it is at this moment. Undefined: nothing is on it, or nobody knows what. Looking changes nothing. */
export function contentOf(state: Ec2State, volumeId: string): StoredContent | undefined {
  const { contents, snapshots } = state.ebs;
  if (contents.has(volumeId)) return contents.get(volumeId);
  const volume = state.volumes.get(volumeId);
  const holder = holderOf(state, volumeId);
  if (holder) return holder.contentOf?.(volumeId);
  // Launched with an instance whose machine does not know of it.
  return snapshots.get(volume?.snapshotId ?? '')?.content;
}

/** The same, kept as it is now: for a snapshot or a copy, whatever is written on the volume afterwards. */
export const contentNow = (state: Ec2State, volumeId: string): StoredContent | undefined =>
  frozen(contentOf(state, volumeId));

/** The bytes that a snapshot or a copy of it has to carry; of a volume of which nothing is known, all that it has room for. */
export function writtenBytes(state: Ec2State, { volumeId, performance }: Volume): number {
  const content = contentOf(state, volumeId);
  if (content) return content.usedBytes;
  return state.ebs.contents.has(volumeId) ? 0 : performance.sizeGiB * GIB;
}

/** The volume leaves its machine: what is on it is kept. */
export function detachContent(state: Ec2State, volumeId: string, machine: Machine | undefined): void {
  if (!machine) return;
  const content = machine.contentOf?.(volumeId);
  if (content) state.ebs.contents.set(volumeId, content);
  machine.volumeDetached(volumeId);
}

/** The volume comes to a machine, and leaves the one that had it when its instance was terminated. */
export function attachContent(
  state: Ec2State,
  { volumeId, performance, initialization }: Volume,
  to: Machine | undefined,
  device: string,
): void {
  const { contents } = state.ebs;
  const holder = holderOf(state, volumeId);
  if (holder && holder !== to) detachContent(state, volumeId, holder);
  if (!to) return;
  const known = contents.has(volumeId) || contentOf(state, volumeId) !== undefined;
  const disk = { content: contentOf(state, volumeId), initializedAtMs: initialization?.dueAtMs };
  contents.delete(volumeId);
  if (known && holder !== to) to.volumeAttached(volumeId, device, performance.sizeGiB, disk);
  else to.volumeAttached(volumeId, device, performance.sizeGiB);
}

/** The machine that has it: its instance's, or the one that had it to the end. */
function holderOf(state: Ec2State, volumeId: string): Machine | undefined {
  const { attachment } = state.volumes.get(volumeId) ?? {};
  const own = attachment && state.machines.get(attachment.instanceId);
  if (own?.contentOf?.(volumeId)) return own;
  return state.machines.all().find((machine) => machine.contentOf?.(volumeId) !== undefined);
}
