// No volume is detached that a running machine has mounted, and none by force.
import type { MakeRule } from '../rule.ts';

export const noUncleanDetach: MakeRule = (scene, say) => ({
  act({ service, operation, input, at }) {
    if (service !== 'ec2' || operation !== 'DetachVolume') return;
    const { VolumeId = '', Force } = input as { readonly VolumeId?: string; readonly Force?: boolean };
    say.matters();
    const { attachment } = scene.volumes.get(VolumeId) ?? {};
    const machine = scene.machine(attachment?.instanceId);
    if (Force === true) say.broken(VolumeId, 'It was detached by force.', at);
    if (machine?.isPowered && (machine.isMounted(VolumeId) || isRoot(attachment?.instanceId, attachment?.device)))
      say.broken(VolumeId, `It was detached while ${attachment?.instanceId} had it mounted.`, at);
  },
});

const isRoot = (instanceId: string | undefined, device: string | undefined): boolean =>
  instanceId !== undefined && device === '/dev/xvda';
