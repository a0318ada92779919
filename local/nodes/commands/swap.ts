// swap-volumes on a simulated node: other volumes replace its own, or everything is put back. The order of the acts is that of
// shared/node-commands/swap-volumes.sh, so an interruption leaves the same state.
import { signingRank } from '../data.ts';
import {
  type Acts,
  byDepth,
  clientsOf,
  ending,
  linesOf,
  type NodeActs,
  type NodeEnding,
  type Parameters,
  placesOf,
  refused,
  type VolumeMount,
} from './operations.ts';

interface Swap {
  readonly from: readonly VolumeMount[];
  readonly to: readonly VolumeMount[];
  readonly identity: readonly string[];
  readonly carry: string;
  readonly keepNewest: readonly string[];
}

type Failure = { readonly reason: string; readonly fault: NodeEnding['fault'] };

const isWayBack = ({ carry }: Pick<Swap, 'carry'>): boolean => carry === 'theirs' || carry === 'unmounted';
const STAYS_EMPTY = 'what was found does not mount: its place stays empty';

export function* swapVolumes(node: NodeActs, parameters: Parameters): Acts<NodeEnding> {
  const clients = clientsOf(parameters.Clients ?? '');
  const swap: Swap = {
    from: placesOf(parameters.From ?? ''),
    to: placesOf(parameters.To ?? ''),
    identity: linesOf(parameters.Identity ?? ''),
    carry: parameters.Carry ?? '',
    keepNewest: linesOf(parameters.KeepNewest ?? ''),
  };
  const look = () =>
    node.state(
      clients,
      swap.from.map(({ path }) => path),
    );
  const before = look();
  const unready = node.unready(clients, before);
  if (unready) return unready;
  if (node.node.isClientMasked) return refused('the clients are masked: nothing was changed', before);
  const [held] = node.heldBy(swap.from.map(({ path }) => path));
  if (held) return refused(`${held.path} is mounted by ${held.by}: nothing was stopped`, before);
  const wrong = wrongPlaces(node, swap);
  if (wrong) return ending('failed', { before, after: before, ...wrong });
  yield node.takesMs(100, 400);

  /** Places where nothing was mounted before. */
  const empty = swap.from.filter(({ path }) => !node.isMountPoint(path)).map(({ path }) => path);
  let stop: NodeEnding['stop'] = null;
  let failure: Failure | 'left-empty' | undefined;
  if (!isCarried(node, swap)) {
    const kept = attempt(() => {
      for (const place of swap.from)
        if (isMounted(node, place) || !node.isMountPoint(place.path)) node.writeFstab(place, { pin: true });
    });
    if (kept !== undefined) return refused(`${kept}: nothing was changed`, before);
    stop = yield* node.stopAll(clients);
    failure = yield* exchange(node, swap, empty);
  }
  const isLeftEmpty = failure === 'left-empty';
  if (failure === 'left-empty') failure = undefined;
  if (!failure) {
    const reason = attempt(() => {
      for (const place of swap.to) if (node.pinned(place.path) !== undefined) node.writeFstab(place);
    });
    if (reason !== undefined) failure = { reason, fault: 'node' };
  }
  if (!failure && isLeftEmpty) {
    const reason = `there was nothing; ${STAYS_EMPTY}`;
    return ending('failed', { before, after: look(), reason, stop, putBack: true });
  }
  let startSeconds: number | null = null;
  if (!failure) {
    const started = yield* node.startAll(clients);
    if (started.why === undefined)
      return ending('done', { before, after: look(), stop, startSeconds: started.seconds });
    startSeconds = started.seconds;
    // On the way back, a client that ends on the volumes found ended on them before. The copy is not mounted again.
    if (isWayBack(swap)) return ending('failed', { before, after: look(), reason: started.why, stop, startSeconds });
    failure = { reason: started.why, fault: 'none' };
  }
  const back = yield* putBack(node, swap, empty);
  if (back === 'left-empty') {
    const reason = `${failure.reason}; ${STAYS_EMPTY}`;
    const fault = failure.fault === 'data' ? 'data' : 'none';
    return ending('failed', { before, after: look(), reason, stop, startSeconds, putBack: true, fault });
  }
  if (back !== undefined) {
    const reason = `${failure.reason}; ${back}`;
    return ending('failed', { before, after: look(), reason, stop, startSeconds, fault: 'node' });
  }
  const again = yield* node.startAll(clients);
  const runs = node.node.client.state === 'running';
  // The client does not start on the new data, but on the old data: the new data are the fault.
  const fault = startSeconds !== null && runs ? 'data' : failure.fault;
  const reason = `${failure.reason}; the volumes found are mounted again${again.why === undefined ? '' : `; ${again.why}`}`;
  return ending('failed', { before, after: look(), reason, stop, startSeconds: again.seconds, putBack: true, fault });
}

function wrongPlaces(node: NodeActs, { from, to, carry }: Swap): Failure | undefined {
  const report = node.node.devices();
  for (const [at, { path, volumeId }] of to.toSorted(byDepth).entries()) {
    const goes = from.toSorted(byDepth)[at];
    if (goes?.path !== path)
      return { reason: 'From and To name other mount points: nothing was changed', fault: 'node' };
    const there = report.find(({ mountedAt }) => mountedAt === path);
    if (there && there.volumeId !== goes.volumeId && there.volumeId !== volumeId) {
      const reason = `${path} is on ${there.volumeId || there.name}, neither ${goes.volumeId} nor ${volumeId}: nothing was changed`;
      return { reason, fault: 'node' };
    }
    for (const id of [goes.volumeId, volumeId])
      if (!report.some((device) => device.volumeId === id))
        return { reason: `${id} is not attached to this node: nothing was changed`, fault: 'node' };
    // What is mounted nowhere may be broken, and tell no filesystem. What was found broken comes back as it was.
    const filesystem = report.find((device) => device.volumeId === goes.volumeId)?.filesystem?.type;
    const unfit = there?.volumeId === volumeId || carry === 'unmounted' ? undefined : node.unfit(volumeId, filesystem);
    if (unfit) return unfit;
  }
  return undefined;
}

/** All of `to` are mounted, and the carried files are there. Their lines in /etc/fstab are written after that. */
const isCarried = (node: NodeActs, swap: Swap): boolean =>
  swap.to.every((place) => {
    const pinned = node.pinned(place.path);
    return isMounted(node, place) && (pinned === place.volumeId || (pinned === undefined && isWayBack(swap)));
  });

const isMounted = (node: NodeActs, { path, volumeId }: VolumeMount): boolean =>
  node.node.devices().some((device) => device.volumeId === volumeId && device.mountedAt === path);

function* exchange(node: NodeActs, swap: Swap, empty: readonly string[]): Acts<Failure | 'left-empty' | undefined> {
  const busy = yield* node.unmountAll(swap.from);
  if (busy !== undefined) return { reason: busy, fault: 'node' };
  let isLeftEmpty = false;
  for (const { path, volumeId } of swap.to.toSorted(byDepth)) {
    const failed = yield* node.mountAt(volumeId, path);
    if (failed && swap.carry !== 'unmounted') return failed;
    isLeftEmpty ||= failed !== undefined;
  }
  yield node.takesMs(100, 400);
  const reason = attempt(() => carryOver(node, swap, empty));
  if (reason !== undefined) return { reason, fault: 'node' };
  return isLeftEmpty ? 'left-empty' : undefined;
}

/** Mounts the volumes found in their places again, whatever is mounted now. */
function* putBack(node: NodeActs, { from, to }: Swap, empty: readonly string[]): Acts<string | undefined> {
  node.node.client.stop('stopped', 'stopped');
  const busy = yield* node.unmountAll(to.filter((place) => isMounted(node, place)));
  if (busy !== undefined) return busy;
  let isLeftEmpty = false;
  for (const { path, volumeId } of from.toSorted(byDepth)) {
    const failed = yield* node.mountAt(volumeId, path);
    if (failed && !empty.includes(path)) return failed.reason;
    isLeftEmpty ||= failed !== undefined;
  }
  const failed = attempt(() => {
    for (const place of from) if (node.pinned(place.path) !== undefined) node.writeFstab(place);
  });
  return failed ?? (isLeftEmpty ? 'left-empty' : undefined);
}

function carryOver(node: NodeActs, swap: Swap, empty: readonly string[]): void {
  const { from, identity, carry, keepNewest } = swap;
  const { files } = node.node.setup;
  for (const path of [...identity, ...keepNewest]) {
    const place = from.toSorted(byDepth).findLast((one) => path.startsWith(`${one.path}/`));
    if (!place) throw new Error(`${path} lies on none of the volumes`);
    const below = path.slice(place.path.length + 1);
    const content = node.node.contentOf(place.volumeId);
    const lacks = content?.broken !== undefined;
    if (lacks && (keepNewest.length > 0 || !empty.includes(place.path)))
      throw new Error(`${place.volumeId} could not be mounted: nobody knows what was signed`);
    // A copy of this very node keeps what it has.
    if (lacks && carry.startsWith('own')) continue;
    const theirs = lacks ? undefined : content?.files;
    const isState = keepNewest.includes(path);
    if (isState) {
      const found = theirs?.get(below)?.make();
      if (found === undefined) {
        // What was signed after the copy is forgotten. That of a node that never signed has height 0.
        const copied = files.get(path);
        const mayHave = copied === undefined ? carry.endsWith('-signed') : !((signingRank(copied) ?? 1) < 1);
        if (!isWayBack(swap) && mayHave) throw new Error(`${path} is not there: nobody knows what was signed`);
        continue;
      }
      const [old, now] = [signingRank(found), signingRank(files.get(path))];
      if (old === undefined || now === undefined)
        throw new Error(`${path} cannot be read: nobody knows what was signed`);
      if (old > now) files.set(path, found);
    } else if (!isWayBack(swap)) {
      node.remove(path);
      for (const [name, file] of theirs ?? [])
        if (name === below || name.startsWith(`${below}/`)) files.set(`${place.path}/${name}`, file.make());
    }
  }
}

/** The error's message; undefined without an error. */
function attempt(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}
