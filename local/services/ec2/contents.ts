// The content of volumes: the machine of an attached volume knows it; of a detached volume it is kept here.
import { frozen, type StoredContent } from '../../nodes/content.ts';
import type { Machine } from '../../nodes/machine.ts';
import type { Volume } from './model.ts';
import type { Ec2State } from './state.ts';

const GIB = 2 ** 30;

/** The content at this moment. Undefined: it is empty or unknown. Reading changes nothing. */
export function contentOf(state: Ec2State, volumeId: string): StoredContent | undefined {
  const { contents, snapshots } = state.ebs;
  if (contents.has(volumeId)) return contents.get(volumeId);
  const volume = state.volumes.get(volumeId);
  const holder = holderOf(state, volumeId);
  if (holder) return holder.contentOf?.(volumeId);
  // Launched with an instance whose machine does not know it.
  return snapshots.get(volume?.snapshotId ?? '')?.content;
}

/** The content of this moment, for a snapshot or a copy: later writes do not change it. */
export const contentNow = (state: Ec2State, volumeId: string): StoredContent | undefined =>
  frozen(contentOf(state, volumeId));

/** The bytes that a snapshot or a copy of it needs; of a volume with unknown content, its whole size. */
export function writtenBytes(state: Ec2State, { volumeId, performance }: Volume): number {
  const content = contentOf(state, volumeId);
  if (content) return content.usedBytes;
  return state.ebs.contents.has(volumeId) ? 0 : performance.sizeGiB * GIB;
}

/** The volume leaves its machine: its content is kept. */
export function detachContent(state: Ec2State, volumeId: string, machine: Machine | undefined): void {
  if (!machine) return;
  const content = machine.contentOf?.(volumeId);
  if (content) state.ebs.contents.set(volumeId, content);
  machine.volumeDetached(volumeId);
}

/** The volume comes to a machine, and leaves its previous one if that instance was terminated. */
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
  tellPerformance(to, volumeId, performance);
}

/** Only of volumes whose type has both to set. */
export function tellPerformance(
  machine: Machine | undefined,
  volumeId: string,
  { iops, throughputMiBps }: Volume['performance'],
): void {
  if (iops !== undefined && throughputMiBps !== undefined)
    machine?.volumePerforms?.(volumeId, { iops, throughputMiBps });
}

/** The machine that has it: its instance's, or the last one. */
function holderOf(state: Ec2State, volumeId: string): Machine | undefined {
  const { attachment } = state.volumes.get(volumeId) ?? {};
  const own = attachment && state.machines.get(attachment.instanceId);
  if (own?.contentOf?.(volumeId)) return own;
  return state.machines.all().find((machine) => machine.contentOf?.(volumeId) !== undefined);
}
