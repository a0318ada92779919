// How a node looked when a heal first and last dealt with it. So "as it was found" is observed, not claimed.
import type { HealPayload } from '../../../shared/model/payload.ts';
import type { World } from '../world/world.ts';

interface NodeState {
  /** "path volume" of each mount, and the ids of the attached volumes. */
  readonly mounted: readonly string[];
  readonly attached: readonly string[];
  readonly runs: boolean;
}

/** A node whose instance was terminated is not as it was found. */
const GONE: NodeState = { mounted: [], attached: [], runs: false };

/** Incidents and executions that are kept; later ones are dropped. */
const STATES_MAX = 10_000;

export class NodeBaselines {
  readonly #found = new Map<string, NodeState>();
  readonly #left = new Map<string, NodeState>();

  /** Call it at each request of an execution that may take a client down. */
  take(world: World, { incidentId, instanceId }: HealPayload, arn: string): void {
    // One whose instance was gone before is as it was found as long as nothing takes its place.
    const isGone = this.#found.has(incidentId) || world.terminated.some((node) => node.instanceId === instanceId);
    const state = stateOf(world, instanceId) ?? (isGone ? GONE : undefined);
    if (state === undefined || this.#left.size >= STATES_MAX) return;
    if (!this.#found.has(incidentId)) this.#found.set(incidentId, state);
    this.#left.set(arn, state);
  }

  /** The same volumes are attached and mounted, and a client that ran before still runs. */
  isAsFound(incidentId: string, arn: string): boolean {
    const [found, left] = [this.#found.get(incidentId), this.#left.get(arn)];
    if (!found || !left) return false;
    const same = found.mounted.join() === left.mounted.join() && found.attached.join() === left.attached.join();
    return same && (left.runs || !found.runs);
  }
}

function stateOf({ region, nodes }: World, instanceId: string): NodeState | undefined {
  const placed = nodes.find((node) => node.instanceId === instanceId);
  if (!placed) return undefined;
  const { machine } = placed;
  const attached = region.ec2.volumes().filter(({ attachment }) => attachment?.instanceId === instanceId);
  return {
    mounted: machine
      .devices()
      .flatMap(({ mountedAt, volumeId }) => (mountedAt === undefined ? [] : `${mountedAt} ${volumeId}`))
      .sort(),
    attached: attached.map(({ volumeId }) => volumeId).sort(),
    runs: machine.client.state === 'running',
  };
}
