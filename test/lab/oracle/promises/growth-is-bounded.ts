// A volume is grown up to the ceiling and no further, a boost of a volume or an instance is only taken back once its node has caught up, no volume is changed
// in a modification, and only so often a day.
import type { ModifyInstanceAttributeRequest, ModifyVolumeRequest } from '@aws-sdk/client-ec2';
import { Forgotten } from '../forgotten.ts';
import type { MakeRule } from '../rule.ts';

const DAY_MS = 86_400_000;
/** So long a client may have been stopped before its instance has. */
const STOPPED_MS = 2 * 3_600_000;

export const growthIsBounded: MakeRule = (scene, say) => {
  const begun = new Map<string, number[]>();
  const forgotten = new Forgotten();
  const judgeType = ({ InstanceId = '', InstanceType }: ModifyInstanceAttributeRequest, at: number): void => {
    const node = scene.nodeOf(InstanceId);
    if (!node || InstanceType?.Value === undefined) return;
    say.matters();
    const { types, behindBlocks } = scene.ceilings(node.fleet) ?? { behindBlocks: 0 };
    const told = (sentence: string) => say.broken(node.subject, sentence, at);
    if (types === undefined || ![types.from, types.to].includes(InstanceType.Value))
      told(`Its instance was made ${InstanceType.Value}, which its file does not name.`);
    const machine = scene.machine(InstanceId);
    if (!machine || InstanceType.Value !== types?.to) return;
    // It is stopped for a while by then.
    const lag = machine.chain.main.height() - machine.client.height();
    if (lag > behindBlocks + Math.ceil(STOPPED_MS / machine.chain.spec.blockIntervalMs))
      told(`Its instance was taken back from the type of its first sync ${lag} blocks behind.`);
  };
  return {
    person: (act) => forgotten.hear(act),
    act({ operation, input, at, service }) {
      if (service === 'ec2' && operation === 'ModifyInstanceAttribute')
        return judgeType(input as ModifyInstanceAttributeRequest, at);
      if (service !== 'ec2' || operation !== 'ModifyVolume') return;
      say.matters();
      const { VolumeId = '', Size, VolumeType, Iops, Throughput } = input as ModifyVolumeRequest;
      const before = scene.volumes.get(VolumeId);
      const node = scene.nodeOfThing(VolumeId);
      const ceilings = node && scene.ceilings(node.fleet);
      if (!before || !ceilings) return;
      const { sizeGiB, type } = before.performance;
      const told = (sentence: string) => say.broken(VolumeId, sentence, at);
      if ((Size ?? sizeGiB) > ceilings.largestGiB) told(`${Size} GiB; the ceiling is ${ceilings.largestGiB}.`);
      if (Size === undefined && ceilings.lasting) {
        const { iops, throughputMiBps } = ceilings.lasting;
        if (Iops !== iops || Throughput !== throughputMiBps)
          told(`${Iops} IOPS and ${Throughput} MiB/s; its file says ${iops} and ${throughputMiBps}.`);
        const state = scene.machine(before.attachment?.instanceId)?.report().state;
        if (state !== 'synced') told(`Its boost was taken back while its node was ${state}.`);
      } else if ((Size ?? sizeGiB) <= sizeGiB) told(`${Size ?? 'no size'}, where it has ${sizeGiB} GiB.`);
      if (VolumeType !== undefined && VolumeType !== type) told(`${type} was made ${VolumeType}.`);
      // The last look is seconds old: it may have ended since.
      const { state, dueAtMs = 0 } = before.modification ?? {};
      if (state === 'modifying' || (state === 'optimizing' && at < dueAtMs)) told(`It was still ${state}.`);
      const times = [...(begun.get(VolumeId) ?? []).filter((one) => one > at - DAY_MS), at];
      begun.set(VolumeId, times);
      const known = times.filter((one) => !forgotten.has(one, at)).length;
      if (known > ceilings.modificationsPerDay)
        told(`${known} modifications within a day; its file allows ${ceilings.modificationsPerDay}.`);
    },
  };
};
