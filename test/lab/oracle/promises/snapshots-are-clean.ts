// A snapshot is taken only of a client that has ended by itself.
import type { MakeRule } from '../rule.ts';

export const snapshotsAreClean: MakeRule = (scene, say) => ({
  act({ service, operation, input, at }) {
    if (service !== 'ec2' || !/^CreateSnapshots?$/.test(operation)) return;
    say.matters();
    for (const node of scene.nodesOf({ input })) {
      const { client } = scene.machine(scene.present(node)?.instanceId) ?? {};
      if (client === undefined || (client.state !== 'running' && client.endedCleanly)) continue;
      const how = client.state === 'running' ? 'ran' : 'had not ended by itself';
      say.broken(node.subject, `${operation} by ours while its client ${how}.`, at);
    }
  },
});
