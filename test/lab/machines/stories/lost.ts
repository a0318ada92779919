// What the stories of deployed networks share whose node loses its instance: how it dies, what must come in its place, and what must hold of both then.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StoryLog } from '../story.ts';
import type { RealNode, RealWorld } from '../world.ts';
import { isOver, RESULT } from './deployed.ts';

export interface Lost {
  readonly old: RealNode;
  /** Of its data, and where they are mounted. */
  readonly volumeId: string | undefined;
  readonly path: string;
  /** How many secrets were read until then. */
  readonly secretsRead: number;
}

const LOGS = 'tail -n 8 /var/log/chainmend-first-boot.log /var/log/cloud-init-output.log';

/** Its power fails for good. */
export function dies({ say }: StoryLog, world: RealWorld, old: RealNode, path: string): Lost {
  const lost = { old, volumeId: old.machine.mountedAt(path), path, secretsRead: secretsRead(world) };
  old.machine.break();
  world.region.ec2.impair(old.instanceId, 'instance', 'nothing');
  say(old.name, 'its operating system is gone, and nothing brings it back');
  return lost;
}

/** Waits until its volume is mounted on another machine. @returns the node there */
export async function anotherInstance(
  { say, becomes, holds }: StoryLog,
  world: RealWorld,
  { old, volumeId, path }: Lost,
): Promise<RealNode> {
  const { name } = old;
  const there = () => world.nodes.find((node) => node.name === name && node.instanceId !== old.instanceId);
  await becomes('another machine boots for it', 600, () => there()?.machine.pid !== undefined);
  const young = there();
  if (!young) throw new Error(`${name}: its new machine is gone`);
  say(name, `it is ${young.instanceId} at ${young.privateIp}`);
  const { machine } = young;
  await becomes(
    'its first boot comes to its end behind the mask, and touches no volume',
    240,
    async () => /no volume is touched/.test((await machine.shell(LOGS)).stdout) && (await isOver(young)),
    async () => (await machine.shell(LOGS)).stdout,
  );
  const ended = await machine.shell('cat "$1"', RESULT);
  holds('it has refused nothing', JSON.parse(ended.stdout).v1.errors.length === 0, (await machine.shell(LOGS)).stdout);
  await becomes(
    'the volume of the old one is mounted there',
    420,
    () => volumeId !== undefined && machine.mountedAt(path) === volumeId,
    async () => [
      world
        .journal()
        .filter((line) => line.node === name)
        .slice(-5),
      (await machine.shell(`${LOGS}; find "$1" -maxdepth 2; cat /etc/fstab`, path)).stdout,
    ],
  );
  // The machine's own directory, below what is mounted there.
  const beneath = readdirSync(join(machine.root, path));
  holds('its owner’s lines have written nothing where its data were to be mounted', beneath.length === 0, beneath);
  return young;
}

/** The old one, and what the new one was given. */
export async function isStoppedForGood(
  { holds }: StoryLog,
  world: RealWorld,
  { old, secretsRead: before }: Lost,
  young: RealNode,
): Promise<void> {
  const { ec2 } = world.region;
  holds(
    'the old instance is stopped, and its machine has no power',
    ec2.instance(old.instanceId).state === 'stopped' && old.machine.pid === undefined,
  );
  const attached = ec2.volumes().filter(({ attachment }) => attachment?.instanceId === old.instanceId);
  holds('nobody can start it by accident: no root volume is attached to it', attached.length === 0, attached);
  const given = await young.machine.shell('test -e /var/lib/chainmend/identity');
  const read = secretsRead(world) - before;
  holds('the new one was given no keys a second time', given.exitCode === 1 && read === 0, [given, read]);
}

export const secretsRead = ({ region }: RealWorld): number =>
  region.gateway.trace.calls.filter(({ operation, outcome }) => operation === 'GetSecretValue' && outcome === 'ok')
    .length;
