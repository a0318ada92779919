// Nothing is changed in EC2 without the tags of a fleet, and nothing is deleted that no heal has made or put away.
import type { Act } from '../acts.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { fleetOfTags, tagsIn } from '../seen-nodes.ts';

const CHANGING =
  /^(Modify|Delete|Attach|Detach|Stop|Start|Terminate|Reboot|Create|Lock|Unlock|Associate|Disassociate|Send)/;
/** What makes something of its own and only reads what it is told. */
const MAKING = /^(CreateVolume|CreateLaunchTemplateVersion|RunInstances)$/;
const DELETING = /^(DeleteVolume|DeleteSnapshot|TerminateInstances)$/;

export const foreignThingsStay: MakeRule = (scene, say) => ({
  act(act) {
    if (act.service !== 'ec2' && act.operation !== 'SendCommand') return;
    if (!CHANGING.test(act.operation) || MAKING.test(act.operation)) return;
    for (const id of scene.targets(act.input)) {
      if (!/^(i|vol|snap)-/.test(id)) continue;
      say.matters();
      const why = DELETING.test(act.operation) ? whyNotDeleted(scene, id) : whyNotChanged(scene, id, act.operation);
      if (why !== undefined) say.broken(id, `${act.operation} by ${act.actor}: ${why}.`);
    }
  },
  // Something of others lies beside what is ours: it is what the promise is about.
  volume(before, after) {
    if (!before && after && !isOfFleet(scene, after.volumeId, tagsIn(after.tags))) say.matters();
  },
});

const isOfFleet = (scene: Scene, id: string, tags: Readonly<Record<string, string>>): boolean =>
  scene.made.has(id) || fleetOfTags(scene.fleets, tags) !== undefined || scene.nodeOfThing(id) !== undefined;

function whyNotChanged(scene: Scene, id: string, operation: string): string | undefined {
  const tags = tagsOf(scene, id);
  if (tags === undefined || isOfFleet(scene, id, tags) || 'chainmend:root' in tags) return undefined;
  const snapshot = scene.snapshots.get(id);
  // Snapshots of a policy that copies no tags, where the file names the policy.
  const policy = tags['aws:dlm:lifecycle-policy-id'];
  const named = [...scene.fleets.values()].flatMap(({ replace }) => replace?.lifecyclePolicies ?? []);
  if (snapshot && policy !== undefined && named.includes(policy)) return undefined;
  // Another account's, which a file names: it sees no tag that is written here.
  const owners = [...scene.fleets.values()].flatMap(({ snapshots }) => snapshots?.copiesFrom?.account?.id ?? []);
  if (snapshot && operation === 'CreateTags' && owners.includes(snapshot.ownerId)) return undefined;
  return 'it carries the tags of no fleet';
}

function whyNotDeleted(scene: Scene, id: string): string | undefined {
  const tags = tagsOf(scene, id);
  if (tags === undefined || scene.isThrowAway(id)) return undefined;
  if (id.startsWith('snap-')) {
    const isHeals =
      scene.made.has(id) || (tags['chainmend:set'] !== undefined && tags['chainmend:incident'] !== undefined);
    return isHeals ? undefined : 'no heal has made it';
  }
  if (tags['chainmend:keep-until'] === undefined) return 'no heal has put it away';
  if (id.startsWith('i-') && tags['chainmend:retired'] === undefined) return 'it is not retired';
  return isOfFleet(scene, id, tags) ? undefined : 'it carries the tags of no fleet';
}

/** As they were before the act; undefined: it was not there. */
function tagsOf(scene: Scene, id: Act['actor']): Readonly<Record<string, string>> | undefined {
  const thing = scene.volumes.get(id) ?? scene.instances.get(id) ?? scene.snapshots.get(id);
  return thing && tagsIn(thing.tags);
}
