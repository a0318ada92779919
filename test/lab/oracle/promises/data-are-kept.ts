// What a heal has put away stays until its date, and is never deleted while the node has nothing better.
import type { MakeRule } from '../rule.ts';
import { isApart, tagsIn } from '../seen-nodes.ts';

export const dataAreKept: MakeRule = (scene, say) => {
  /** When a volume was last attached to something, in ms since the epoch. */
  const freeSince = new Map<string, number>();
  /** What a node has had: a volume that ours made for an instance that never was one holds nobody's data. */
  const served = new Set<string>();
  /** What stood beside a node while files were copied, and never in the place of its own volume (docs/shrink.md): its snapshot has all of it. */
  const beside = new Set<string>();
  const noteCommand = (input: unknown): void => {
    const { DocumentName = '', Parameters = {} } = input as {
      readonly DocumentName?: string;
      readonly Parameters?: Readonly<Record<string, readonly string[]>>;
    };
    if (/-fill-volume-[0-9a-f]+$/.test(DocumentName))
      for (const id of [...(Parameters['VolumeId'] ?? []), ...(Parameters['Source'] ?? [])]) beside.add(id);
    if (!/-swap-volumes-[0-9a-f]+$/.test(DocumentName)) return;
    const places = Buffer.from(Parameters['To']?.[0] ?? '', 'base64').toString();
    for (const [id] of places.matchAll(/vol-[0-9a-f]+/g)) beside.delete(id);
  };
  return {
    volume(before, after) {
      const holder = scene.instances.get(after?.attachment?.instanceId ?? '');
      if (after && holder && !isApart(holder)) served.add(after.volumeId);
      if (before?.attachment && after && !after.attachment) {
        freeSince.set(after.volumeId, scene.nowMs);
        say.matters();
      }
      if (after?.attachment) freeSince.delete(after.volumeId);
    },
    act({ operation, input, at }) {
      if (operation === 'SendCommand') noteCommand(input);
      if (operation !== 'DeleteVolume' && operation !== 'TerminateInstances') return;
      for (const id of scene.targets(input)) {
        const thing = scene.volumes.get(id) ?? scene.instances.get(id);
        if (!thing) continue;
        say.matters();
        if (scene.isThrowAway(id)) continue;
        const told = (sentence: string) => say.broken(id, sentence, at);
        const until = Date.parse(tagsIn(thing.tags)['chainmend:keep-until'] ?? '');
        if (until > at) told(`It was to be kept until ${new Date(until).toISOString()}.`);
        const node = scene.nodeOfThing(id);
        const keepMs = node && scene.ceilings(node.fleet)?.keepMs;
        const since = freeSince.get(id);
        const isNobodys = scene.made.has(id) && (!served.has(id) || beside.has(id));
        if (keepMs !== undefined && since !== undefined && at - since < keepMs && !isNobodys)
          told(`It was put away at ${new Date(since).toISOString()}, and is kept ${keepMs / 86_400_000} days.`);
        const present = node && scene.present(node);
        if (node && scene.machine(present?.instanceId)?.client.state !== 'running')
          told(`${node.subject} does not run: these may be its only good data.`);
        if (operation === 'TerminateInstances')
          for (const { volumeId, attachment } of scene.volumesOf(id))
            if (
              attachment?.deleteOnTermination === true &&
              attachment.device !== scene.instances.get(id)?.rootDeviceName
            )
              told(`${volumeId} goes with it.`);
      }
    },
  };
};
