// Carries out what a policy decides: by the region's own API with a name of its own, and on a node as a kubelet would, told to the score first.
import type { Instance as SaidInstance } from '@aws-sdk/client-ec2';
import { SimulatedNode } from '../../../local/nodes/node.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { AwsError } from '../../../local/simulator/service.ts';
import type { Touch } from '../oracle/hands.ts';
import type { PolicyAct } from './policy.ts';

/** The caller's name of everything that a policy does. */
export const POLICY_ACTOR = 'policy';

const DATA_DEVICE = '/dev/sdf';
/** What a first boot takes before the client is started: as an owner's user data do. */
const FIRST_BOOT_SECONDS = 20;
/** So many minutes a launch that was refused is tried again. */
const TRIES_MAX = 30;

/** A new instance that is still owed to a node. */
interface Owed {
  readonly subject: string;
  readonly launch: object;
  tries: number;
}

export interface HandsOf {
  /** The topic that people read. */
  readonly topicArn: string | undefined;
  /** People are told what AWS refuses. */
  readonly tellsRefusals: boolean;
  /** Before a client is touched. */
  readonly touches: (touch: Touch) => void;
}

export class PolicyHands {
  readonly #world: World;
  readonly #how: HandsOf;
  readonly #owed: Owed[] = [];
  /** What people were told: a refusal that lasts is told once. */
  readonly #told = new Set<string>();

  constructor(world: World, how: HandsOf) {
    this.#world = world;
    this.#how = how;
  }

  /** One after the other; what AWS refuses is told to people once. */
  async carryOut(acts: readonly PolicyAct[]): Promise<void> {
    this.#extendFilesystems();
    for (const act of acts) await this.#tried('subject' in act ? act.subject : act.instanceId, () => this.#one(act));
    for (const owed of [...this.#owed]) await this.#tried(owed.subject, () => this.#give(owed));
  }

  async #tried(subject: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (!this.#how.tellsRefusals) return;
      await this.#page(subject, `${subject}: AWS answered ${error.name}`).catch((unheard: unknown) => {
        // Nobody hears of it where pages cannot be sent either.
        if (!(unheard instanceof AwsError)) throw unheard;
      });
    }
  }

  async #one(act: PolicyAct): Promise<void> {
    switch (act.do) {
      case 'page':
        return this.#page(act.subject, act.sentence);
      case 'grow':
        return this.#grow(act);
      case 'start-client':
      case 'restart-client':
        return this.#touch(act.instanceId, act.do);
      case 'replace':
        return this.#replace(act.instanceId, act.snapshotId);
    }
  }

  /** As the CSI driver of EBS does: "volume in OPTIMIZING state, cannot currently modify" is said without asking EC2. */
  async #grow({ volumeId, toGiB }: Extract<PolicyAct, { readonly do: 'grow' }>): Promise<void> {
    const state = this.#world.region.ec2.volumes().find((volume) => volume.volumeId === volumeId)?.modification?.state;
    if (state === 'modifying' || state === 'optimizing') return;
    await this.#call('ModifyVolume', { VolumeId: volumeId, Size: toGiB });
  }

  async #page(subject: string, sentence: string): Promise<void> {
    const { topicArn } = this.#how;
    if (topicArn === undefined || this.#told.has(sentence)) return;
    this.#told.add(sentence);
    await this.#world.region.call(
      'sns',
      'Publish',
      { TopicArn: topicArn, Subject: subject.slice(0, 90), Message: sentence },
      POLICY_ACTOR,
    );
  }

  #touch(instanceId: string, what: 'start-client' | 'restart-client'): Promise<void> {
    const machine = this.#machine(instanceId);
    if (!machine?.isPowered) return Promise.resolve();
    const atMs = this.#world.region.clock.now();
    this.#how.touches({ instanceId, operation: what, actor: POLICY_ACTOR, atMs });
    if (what === 'start-client') machine.startClient();
    else machine.restartClient();
    return Promise.resolve();
  }

  /** The old instance is ended first, so that two do not run with one identity; then another one is launched like it. */
  async #replace(instanceId: string, snapshotId: string): Promise<void> {
    const { Reservations = [] } = (await this.#call('DescribeInstances', { InstanceIds: [instanceId] })) as {
      readonly Reservations?: readonly { readonly Instances?: readonly SaidInstance[] }[];
    };
    const old = Reservations[0]?.Instances?.[0];
    const node = this.#world.nodes.find((placed) => placed.instanceId === instanceId);
    if (!old || !node || old.State?.Name === 'terminated' || old.State?.Name === 'shutting-down') return;
    const group = old.Tags?.find(({ Key }) => Key === 'aws:autoscaling:groupName')?.Value;
    if (group !== undefined) {
      // Else the group launches another one in its place, without data.
      const asked = { AutoScalingGroupName: group, InstanceIds: [instanceId], ShouldDecrementDesiredCapacity: true };
      await this.#world.region.call('autoscaling', 'EnterStandby', asked, POLICY_ACTOR);
    }
    await this.#call('TerminateInstances', { InstanceIds: [instanceId] });
    this.#owed.push({
      subject: `${node.fleet.name}/${node.name}`,
      launch: launchLike(old, snapshotId),
      tries: 0,
    });
  }

  async #give(owed: Owed): Promise<void> {
    if (owed.tries++ < TRIES_MAX) await this.#call('RunInstances', owed.launch);
    this.#owed.splice(this.#owed.indexOf(owed), 1);
  }

  /** NodeExpandVolume of a CSI driver: a filesystem follows its grown device while it is mounted. */
  #extendFilesystems(): void {
    for (const { machine } of this.#world.current)
      for (const volume of machine.volumes) {
        if (!volume.mounted || volume.readOnly || volume.roomBytes <= volume.sizeBytes) continue;
        machine.client.settle();
        volume.extend();
        machine.client.plan();
      }
  }

  #machine(instanceId: string): SimulatedNode | undefined {
    const machine = this.#world.region.machines.get(instanceId);
    return machine instanceof SimulatedNode ? machine : undefined;
  }

  #call(operation: string, input: object): Promise<Readonly<Record<string, unknown>>> {
    return this.#world.region.call('ec2', operation, input, POLICY_ACTOR);
  }
}

/** Its own tags: those of its group, of AWS and of chainmend's heals are not copied. */
const copied = (tags: SaidInstance['Tags'] = []) => tags.filter(({ Key = '' }) => !/^(aws|chainmend):/.test(Key));

function launchLike(old: SaidInstance, SnapshotId: string): object {
  const Tags = copied(old.Tags);
  return {
    ...{ ImageId: old.ImageId, InstanceType: old.InstanceType, SubnetId: old.SubnetId, MinCount: 1, MaxCount: 1 },
    SecurityGroupIds: old.SecurityGroups?.flatMap(({ GroupId }) => GroupId ?? []) ?? [],
    // As the API has it unless told otherwise, the volume goes with its instance.
    BlockDeviceMappings: [{ DeviceName: DATA_DEVICE, Ebs: { SnapshotId, VolumeType: 'gp3' } }],
    TagSpecifications: [
      { ResourceType: 'instance', Tags },
      { ResourceType: 'volume', Tags },
    ],
  };
}

/**
 * What the user data of an owner do on a machine that a policy has just launched: mount the data where its siblings have them, and start the client.
 * Call it right after a RunInstances of a policy.
 */
export function prepareLaunched({ nodes, region }: World): void {
  for (const { machine, fleet, madeAtMs } of nodes) {
    const [place] = fleet.volumes;
    if (madeAtMs === region.clock.now() && place && !machine.isPowered)
      machine.setUpAtBoot({ seconds: FIRST_BOOT_SECONDS, ends: 'done', mounts: place.path });
  }
}
