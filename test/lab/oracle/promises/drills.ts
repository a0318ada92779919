// The throw-away instance of a drill is no node, is the only one of its fleet, and is gone with its volumes when the drill is over.
import type { SimulatedNode } from '../../../../local/nodes/node.ts';
import type { Instance } from '../../../../local/services/ec2/model.ts';
import { pageOf } from '../pages.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { fleetOfTags, isGone, tagsIn } from '../seen-nodes.ts';

const TAG = 'chainmend:drill';
/** What cannot be removed is tried again each half hour, and told at once (docs/drills.md): four times. */
const SETTLED_MS = 2 * 3_600_000;

const throwAways = (scene: Scene): readonly Instance[] =>
  [...scene.instances.values()].filter((one) => !isGone(one) && scene.isThrowAway(one.instanceId));

/** "It carries none of the tags by which the fleet is known", and "no discovery, name, pool, … target group … takes it in" (docs/drills.md). */
export const drillsStayApart: MakeRule = (scene, say) => ({
  instance(before, after) {
    if (before || !after || !scene.isThrowAway(after.instanceId)) return;
    say.matters();
    const { [TAG]: fleet = '', ...tags } = tagsIn(after.tags);
    const joined = fleetOfTags(scene.fleets, tags);
    if (joined !== undefined)
      say.broken(after.instanceId, `It is thrown away, and has the tags of a node of ${joined}.`);
    const own = throwAways(scene).filter((one) => tagsIn(one.tags)[TAG] === fleet);
    if (own.length > 1)
      say.broken(fleet, `${own.map(({ instanceId }) => instanceId).join(', ')} are there at once for drills.`);
  },
  act({ operation, input }) {
    if (!JOINS.test(operation)) return;
    const text = JSON.stringify(input);
    for (const { instanceId, networkInterface } of throwAways(scene)) {
      const ip = networkInterface?.privateIp;
      if (text.includes(`"${instanceId}"`) || (ip !== undefined && text.includes(`"${ip}"`)))
        say.broken(instanceId, `${operation} takes it in, and it is thrown away.`);
    }
  },
  look() {
    for (const { instanceId } of throwAways(scene)) {
      const machine = scene.machine(instanceId);
      if (machine?.client.state !== 'running') continue;
      const keys = keysOf(scene, machine, tagsIn(scene.instances.get(instanceId)?.tags ?? [])[TAG] ?? '');
      for (const node of scene.nodes)
        for (const id of node.instanceIds) {
          const other = scene.machine(id);
          if (other && keysOf(scene, other, node.fleet).some((key) => keys.includes(key)))
            say.broken(instanceId, `It is thrown away, and runs with a key of ${node.subject}.`);
        }
    }
  },
});

const JOINS = /^(ChangeResourceRecordSets|RegisterTargets|AttachInstances|AttachTrafficSources|ExitStandby)$/;

/** Where a client keeps what makes it itself, and what the file says of it; a signing state and an empty wallet are alike on many nodes. */
const KEY_FILES = ['onion_v3_private_key', 'geth/nodekey', 'config/node_key.json', 'config/priv_validator_key.json'];

function keysOf(scene: Scene, machine: SimulatedNode, fleet: string): readonly string[] {
  const named = (scene.fleets.get(fleet)?.identity ?? []).filter((path) => /key/i.test(path));
  const paths = [...machine.volumes.flatMap(({ path }) => KEY_FILES.map((file) => `${path}/${file}`)), ...named];
  return paths.flatMap((path) => machine.readFile(path) ?? []);
}

/** "Nothing is left … What cannot be removed pages at once (`drill-left`)" (docs/drills.md). */
export const drillsLeaveNothing: MakeRule = (scene, say) => ({
  act({ operation, input }) {
    if (operation === 'RunInstances' && JSON.stringify(input).includes(TAG)) say.matters();
  },
  end(atMs) {
    const from = scene.faultsEndedMs;
    if (from === undefined || atMs - from < SETTLED_MS) return;
    const volumes = [...scene.volumes.values()].flatMap(({ volumeId, tags }) =>
      scene.made.has(volumeId) && TAG in tagsIn(tags) ? [volumeId] : [],
    );
    const isAtWork = scene.region.lambda
      .executions()
      .some(({ status, arn }) => status === 'RUNNING' && arn.includes('audit-snapshots'));
    if (isAtWork) return;
    for (const id of [...throwAways(scene).map(({ instanceId }) => instanceId), ...volumes]) {
      if (atMs - (scene.made.get(id)?.atMs ?? 0) < SETTLED_MS || isToldOf(scene, id)) continue;
      say.broken(id, 'It was made for a drill, no drill is at work, and it is still there.', atMs);
    }
  },
});

const isToldOf = (scene: Scene, id: string): boolean =>
  scene.region.sns.published().some((published) => {
    const { code, text } = pageOf(published);
    return code === 'drill-left' && text.includes(id);
  });
