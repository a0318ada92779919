// What must hold after a node was moved to another instance: its data, its name, its key and its chain are there.
import { DATA_PATH, hashAt, heightOf, ownIdOf, peerIdOf, peersOf, UNIT } from '../../chains/geth.ts';
import { runOnNode, type StoryLog } from '../../story.ts';
import type { RealNode, RealWorld } from '../../world.ts';

/** The sealer whose answers count as true. */
const SIBLING = 'sealer1';

/** Waits for the new machine's system. @returns the node there */
export async function anotherBoots(
  { becomes, holds, say }: StoryLog,
  world: RealWorld,
  old: RealNode,
  withinSeconds: number,
): Promise<RealNode> {
  const { name } = old;
  const there = () => world.nodes.find((node) => node.name === name && node.instanceId !== old.instanceId);
  await becomes('another machine boots for it', withinSeconds, () => there()?.machine.pid !== undefined);
  const young = there();
  if (!young) throw new Error(`${name}: its new machine is gone`);
  say(name, `it is ${young.instanceId} at ${young.privateIp}`);
  // The boot executes its user data: before it ends, nothing is masked and nothing has started.
  const hasBooted = async () =>
    (await young.machine.shell('systemctl is-active --quiet multi-user.target')).exitCode === 0;
  await becomes('its boot ends', 120, hasBooted, () =>
    young.machine.shell('systemctl list-jobs --no-pager; tail -n 5 /var/log/cloud-init.log'),
  );
  const { stdout } = await young.machine.shell(
    `systemctl show --property ActiveState,ConditionResult ${UNIT} | sort; ls /etc/chainmend`,
  );
  holds('geth does not run there by itself: it is masked', stdout === MASKED, stdout);
  return young;
}

const MASKED = 'ActiveState=inactive\nConditionResult=no\nclient-masked\n';

export async function goesOnThere(
  { becomes, holds }: StoryLog,
  world: RealWorld,
  young: RealNode,
  { volumeId, withinSeconds }: { readonly volumeId: string | undefined; readonly withinSeconds: number },
): Promise<void> {
  const { name } = young;
  const sibling = world.find(SIBLING);
  const zone = world.fleets.get(young.spec.fleet ?? '')?.dns?.zone;
  if (zone === undefined) throw new Error(`${name}: its fleet has no zone`);
  const host = `${name}.${zone}`;
  await becomes(
    'the old one’s volume is mounted in it',
    withinSeconds,
    () => volumeId !== undefined && young.machine.mountedAt(DATA_PATH) === volumeId,
    () => runOnNode(young, 'findmnt --real; cat /etc/fstab; ls -l /dev/disk/by-id'),
  );
  await becomes('it follows the chain', 240, () => follows(world, young));
  holds('it is the same node to its peers: the same key', (await ownIdOf(young)) === peerIdOf(name));
  const height = await heightOf(sibling);
  await becomes(
    'it has the same blocks as they',
    60,
    async () => (await hashAt(young, height)) === (await hashAt(sibling, height)),
  );
  await becomes(
    'its name leads there, as a sibling hears it from the resolver',
    300,
    async () => (await runOnNode(sibling, 'getent hosts "$1" || true', host)).startsWith(`${young.privateIp} `),
    () => runOnNode(sibling, 'getent hosts "$1" || true', host),
  );
  await becomes('a sibling reaches its port by its name, and is connected to it', 180, async () => {
    await runOnNode(sibling, 'timeout 5 bash -c "exec 3<>/dev/tcp/$1/30303"', host);
    return (await peersOf(sibling)).includes(peerIdOf(name));
  });
}

export const follows = async (world: RealWorld, node: RealNode): Promise<boolean> =>
  (await heightOf(node)) >= (await heightOf(world.find(SIBLING))) - 3;
