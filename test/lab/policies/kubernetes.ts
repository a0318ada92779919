// What two operators for Kubernetes document, carried over to instances: a pod is the client of an instance, its PVC is the data volume.
import type { Policy, PolicyAct, View } from './policy.ts';

const MINUTE_MS = 60_000;

interface Try {
  readonly times: number;
  readonly nextMs: number;
}

interface Wish extends Try {
  readonly toGiB: number;
}

/** By the ids of volumes: what was asked for and has not come yet. */
type Wishes = ReadonlyMap<string, Wish>;

interface Sizing {
  readonly fromUsedPercent: number;
  readonly byPercent: number;
}

/**
 * topolvm/pvc-autoresizer, README: `threshold` of free space and `increase` "default value is 10%"; the increase is of the present size;
 * `storage_limit` has no default, here it is the owner's own ceiling of a volume.
 */
const AUTORESIZER: Sizing = { fromUsedPercent: 90, byPercent: 10 };

export const pvcAutoresizer: Policy<Wishes> = {
  says: 'Volumes with less than 10 % free are grown by 10 %, up to the owner’s ceiling; nothing else.',
  begin: new Map(),
  tellsRefusals: false,
  decide: (view, wishes) => {
    const { acts, wishes: memory } = growing(view, wishes, AUTORESIZER);
    return { acts, memory };
  },
};

interface Memory {
  readonly wishes: Wishes;
  /** Starts of clients that had ended, by instance. */
  readonly starts: ReadonlyMap<string, Try>;
  /** By instance: its height at the last look. */
  readonly heights: ReadonlyMap<string, number>;
  /** By instance: its height when its pod was last deleted. */
  readonly deleted: ReadonlyMap<string, number>;
}

/**
 * strangelove-ventures/cosmos-operator, api/v1/self_healing_types.go: "if set to 80, autoscaling will not trigger until used space reaches >=80% of
 * capacity", "PVC of 100Gi capacity + IncreaseQuantity of 20% increases disk to 120Gi", up to `maxSize`: the examples are taken as the setting.
 */
const OPERATOR: Sizing = { fromUsedPercent: 80, byPercent: 20 };
/** The same project, cosmosfullnode_types.go, RolloutStrategy: "Defaults to 25%", "rounding down. The minimum max unavailable is 1". */
const MAX_UNAVAILABLE_PERCENT = 25;

export const cosmosOperator: Policy<Memory> = {
  says: 'Clients that end are started; one that is in sync and too far behind its fleet’s highest is restarted; volumes 80 % full grow by 20 %.',
  begin: { wishes: new Map(), starts: new Map(), heights: new Map(), deleted: new Map() },
  tellsRefusals: false,
  decide: (view, memory) => {
    const { acts: grown, wishes } = growing(view, memory.wishes, OPERATOR);
    const { acts: started, starts } = starting(view, memory.starts);
    const { acts: restarted, deleted } = drifting(view, memory);
    const heights = new Map(
      view.sights.flatMap(({ instanceId, height }) => (height === undefined ? [] : [[instanceId, height] as const])),
    );
    return { acts: [...grown, ...started, ...restarted], memory: { wishes, starts, heights, deleted } };
  },
};

/** A refused request comes again after 1, 2, 4, then each 5 minutes: as the CSI resizer's queue, and a kubelet's back-off of 300 s at most. */
const again = ({ times }: Pick<Try, 'times'>, nowMs: number): Try => ({
  times: times + 1,
  nextMs: nowMs + Math.min(5, 2 ** times) * MINUTE_MS,
});

function growing({ nowMs, sights }: View, before: Wishes, { fromUsedPercent, byPercent }: Sizing) {
  const acts: PolicyAct[] = [];
  const wishes = new Map<string, Wish>();
  for (const { instanceId, volumes, largestGiB } of sights)
    for (const { volumeId, sizeGiB, usedPercent } of volumes) {
      const asked = before.get(volumeId);
      const isOpen = asked !== undefined && asked.toGiB > sizeGiB;
      if (!isOpen && usedPercent < fromUsedPercent) continue;
      const toGiB = isOpen ? asked.toGiB : Math.min(largestGiB, Math.ceil((sizeGiB * (100 + byPercent)) / 100));
      if (toGiB <= sizeGiB) continue;
      const isDue = !isOpen || nowMs >= asked.nextMs;
      if (isDue) acts.push({ do: 'grow', instanceId, volumeId, toGiB });
      wishes.set(volumeId, isDue ? { toGiB, ...again(isOpen ? asked : { times: 0 }, nowMs) } : { ...asked, toGiB });
    }
  return { acts, wishes };
}

/** The kubelet, `restartPolicy: Always`. A person who stopped it would have said so in `instanceOverrides`. */
function starting({ nowMs, sights }: View, before: Memory['starts']) {
  const acts: PolicyAct[] = [];
  const starts = new Map<string, Try>();
  for (const { instanceId, isRunning, clientRuns, askedToEnd } of sights) {
    const last = before.get(instanceId);
    // "If a container runs for 10 minutes without problems, the kubelet resets the restart backoff timer" (Pod lifecycle).
    if (clientRuns && last && nowMs - last.nextMs < 10 * MINUTE_MS) starts.set(instanceId, last);
    if (!isRunning || clientRuns || askedToEnd) continue;
    const isDue = !last || nowMs >= last.nextMs;
    if (isDue) acts.push({ do: 'start-client', instanceId });
    starts.set(instanceId, isDue ? again(last ?? { times: 0 }, nowMs) : last);
  }
  return { acts, starts };
}

/**
 * HeightDriftMitigation: "If pod's height falls behind the max height of all pods by this value or more AND the pod's RPC /status endpoint reports itself as
 * in-sync, the pod is deleted", within the rollout strategy. Its threshold is the owner's own word for behind. One whose height rises is catching up, and
 * so is one that has not passed a block since it was restarted.
 */
function drifting({ sights }: View, { heights, deleted }: Memory) {
  const acts: PolicyAct[] = [];
  const now = new Map(deleted);
  for (const [, fleet] of Map.groupBy(sights, (sight) => sight.fleet)) {
    const highest = Math.max(0, ...fleet.map(({ height = 0 }) => height));
    const most = Math.max(1, Math.floor((fleet.length * MAX_UNAVAILABLE_PERCENT) / 100));
    let unavailable = fleet.filter(({ height }) => height === undefined).length;
    for (const { instanceId, height, behindBlocks } of fleet) {
      if (height === undefined || highest - height < behindBlocks) continue;
      const isInSync = heights.get(instanceId) === height && height > (deleted.get(instanceId) ?? -1);
      if (!isInSync || unavailable >= most) continue;
      unavailable++;
      now.set(instanceId, height);
      acts.push({ do: 'restart-client', instanceId });
    }
  }
  return { acts, deleted: now };
}
