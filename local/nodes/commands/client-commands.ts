// The scripts inspect-node, restart-client, check-volume, fill-volume, swap-volumes, stop-client and start-client on a simulated node. The contract is
// test/fixtures/contract/node-commands.json; the scripts are tested against it on real filesystems.
import type { NodeState } from '../../../shared/node-commands/node-answer.ts';
import type { NodeOperation } from '../../../shared/node-commands/parameters.ts';
import type { VolumeContent } from '../content.ts';
import { isContainer } from '../spec.ts';
import { type BackHost, type LeftStop, NodeBack } from './back.ts';
import { fillVolume } from './fill.ts';
import {
  type Acts,
  type ActsHost,
  byDepth,
  type Client,
  type CommandedNode,
  clientsOf,
  ending,
  isVersioned,
  linesOf,
  MASKED,
  NodeActs,
  type NodeEnding,
  type Parameters,
  placesOf,
  refused,
  type VolumeMount,
} from './operations.ts';
import { swapVolumes } from './swap.ts';
import { readFolders, warmVolume } from './warm.ts';

/** Where a person pauses what the node would do by itself. */
const PAUSED = '/etc/chainmend/paused';

const NO_TEMPLATE =
  'the client is no template unit of systemd, of which another instance could run: nothing was changed';

const lacks = ({ runtime, unit }: Client, version: string): string =>
  isContainer(runtime)
    ? `docker has no image client:${version}, and nothing is pulled`
    : `systemd knows no unit ${unit.replace('*', version)}`;

export class NodeCommands extends NodeActs {
  private readonly later: BackHost['later'];
  private readonly back: NodeBack;

  constructor(node: CommandedNode, host: ActsHost & BackHost) {
    super(node, host);
    this.later = host.later;
    this.back = new NodeBack(host);
  }

  /** /run is empty. */
  powerLost(): void {
    this.back.forget();
  }

  /** see-clients: at once, without a lock or a memory. */
  see({ Clients = '' }: Parameters): NodeEnding {
    const clients = clientsOf(Clients);
    const { cloudInit: _, ...after } = this.state(clients, []);
    return ending('done', { after: { ...after, runs: this.runs(clients) } });
  }

  /** @param before the command that the node had seen last, "" where it has no answer of it */
  run(operation: NodeOperation, parameters: Parameters, done: (ending: NodeEnding) => void, before = ''): void {
    if (operation === 'inspect-node' || operation === 'start-client')
      this.back.keep(before, parameters.OperationId ?? '');
    this.play(this.acts(operation, parameters), done);
  }

  private play<Result>(acts: Acts<Result>, done: (ending: Result) => void): void {
    const next = acts.next();
    if (next.done === true) done(next.value);
    else this.later(next.value, () => this.play(acts, done));
  }

  private acts(operation: NodeOperation, parameters: Parameters): Acts<NodeEnding> {
    switch (operation) {
      case 'inspect-node':
        return this.inspect(parameters);
      case 'restart-client':
        if (parameters.Only === 'enable') return this.enableVersion(parameters);
        if (/^(roll-back|reindex|prune)$/.test(parameters.Only ?? '')) return this.withOwn(parameters);
        return parameters.Only === 'switch' ? this.switchClient(parameters) : this.restart(parameters);
      case 'check-volume':
        return this.check(parameters);
      case 'fill-volume':
        return fillVolume(this, parameters);
      case 'swap-volumes':
        return swapVolumes(this, parameters);
      case 'stop-client':
        return this.stopClient(parameters);
      case 'start-client':
        return this.startClient(parameters);
    }
  }

  private *inspect({ Clients = '', Paths = '', Cached }: Parameters): Acts<NodeEnding> {
    yield this.takesMs(100, 400);
    const paths = linesOf(Paths);
    const clients = clientsOf(Clients);
    const heldBy = this.heldBy(paths);
    const after = {
      ...this.state(clients, paths),
      runs: this.runs(clients),
      ...(heldBy.length > 0 && { heldBy }),
    };
    const read = Cached === 'yes' ? readFolders(this.node, paths) : [];
    const told = { after, ...(read.length > 0 && { read }) };
    if (after.volumes.length === paths.length) return ending('done', told);
    const layered = this.node
      .devices()
      .flatMap(({ below }) => (below === undefined ? [] : { volumeId: below, kind: 'LVM2_member' as const }));
    return ending('done', { ...told, after: { ...after, layered } });
  }

  private *restart({ Clients = '', Paths = '', Only = '' }: Parameters): Acts<NodeEnding> {
    const clients = clientsOf(Clients);
    const look = (): NodeState => this.state(clients, linesOf(Paths));
    const before = look();
    const unready = this.unready(clients, before);
    if (unready) return unready;
    if (this.node.isClientMasked) return refused(MASKED, before);
    const stop = Only === 'restart' ? yield* this.stopAll(clients) : null;
    const { seconds: startSeconds, why } = yield* this.startAll(clients);
    const result = why === undefined ? 'done' : 'failed';
    return ending(result, { before, after: look(), reason: why, stop, startSeconds });
  }

  private *withOwn({ Clients = '', Paths = '', Only = '', Own = '' }: Parameters): Acts<NodeEnding> {
    const clients = clientsOf(Clients);
    const look = (): NodeState => this.state(clients, linesOf(Paths));
    const before = look();
    const { rollBack, reindex, prune } = this.node.spec;
    const own = Only === 'prune' ? prune : Only === 'reindex' ? reindex : rollBack;
    const [limit = '', command = ''] = Own.split(':');
    if (own?.command !== command) return refused(`${command} is not there: nothing was changed`, before);
    const unready = this.unready(clients, before);
    if (unready) return unready;
    if (this.node.isClientMasked) return refused(MASKED, before);
    const stop = yield* this.stopAll(clients);
    const why: string[] = [];
    if (stop?.clean === false) why.push(`the client did not end cleanly, and ${command} was not run`);
    else {
      yield Math.min(Number(limit), own.takesSeconds) * 1_000;
      if (own.takesSeconds > Number(limit)) why.push(`${command} has not ended within ${limit} s`);
      else if (own.effect === 'fails') why.push(`${command} exits with 1`);
      else if (Only === 'prune' && prune) this.node.disks.data.prune(prune);
      else if (Only === 'reindex' && reindex) this.node.disks.data.reindex(reindex);
      else if (rollBack) this.node.disks.data.rollBack(rollBack);
    }
    const { seconds: startSeconds, why: down } = yield* this.startAll(clients);
    if (down !== undefined) why.push(down);
    const result = why.length === 0 ? 'done' : 'failed';
    const reason = why.length === 0 ? undefined : why.join('; ');
    return ending(result, { before, after: look(), reason, stop, startSeconds });
  }

  private *switchClient({ Clients = '', Paths = '', Version = '' }: Parameters): Acts<NodeEnding> {
    const clients = clientsOf(Clients);
    const look = (): NodeState => this.state(clients, linesOf(Paths));
    const before = look();
    const [client, ...others] = clients;
    if (client === undefined || others.length > 0 || !isVersioned(client)) return refused(NO_TEMPLATE, before);
    if (!this.node.hasInstance(Version)) return refused(`${lacks(client, Version)}: nothing was changed`, before);
    const unready = this.unready(clients, before);
    if (unready) return unready;
    if (this.node.isClientMasked) return refused(MASKED, before);
    let stop: NodeEnding['stop'] = null;
    if (this.node.clientInstance() !== Version) {
      stop = yield* this.stopAll(clients);
      this.node.useInstance(Version);
    }
    const { seconds: startSeconds, why } = yield* this.startAll(clients);
    const result = why === undefined ? 'done' : 'failed';
    return ending(result, { before, after: look(), reason: why, stop, startSeconds });
  }

  private *enableVersion({ Clients = '', Paths = '', Version = '' }: Parameters): Acts<NodeEnding> {
    const clients = clientsOf(Clients);
    const look = (): NodeState => this.state(clients, linesOf(Paths));
    const before = look();
    const [client, ...others] = clients;
    if (client === undefined || others.length > 0 || client.runtime !== 'systemd' || !isVersioned(client))
      return refused(NO_TEMPLATE, before);
    if (!this.node.isClientMasked) return refused('the client is not masked: nothing was changed', before);
    if (!this.node.hasInstance(Version)) return refused(`${lacks(client, Version)}: nothing was changed`, before);
    yield this.takesMs(100, 400);
    if (this.node.client.state === 'running') return refused('the client runs: nothing was changed', before);
    this.node.useInstance(Version);
    return ending('done', { before, after: look() });
  }

  private *check({ Path = '', VolumeId = '', Like = '', ...flags }: Parameters): Acts<NodeEnding> {
    const before = this.state([], [Like]);
    const [like] = before.volumes;
    const of = { before, after: before };
    const why = this.unfit(VolumeId, like?.filesystem);
    if (why) return ending('failed', { ...of, ...why });
    yield this.takesMs(500, 3_000);
    // Read again: these are the current contents. Where nothing is mounted, there is nothing to compare with.
    const [theirs, ours] = [this.node.contentOf(VolumeId), like && this.node.contentOf(like.volumeId)];
    const [there, expected] = [entries(theirs), entries(ours)];
    const missing = [...expected].filter((entry) => !there.has(entry));
    if (there.size === 0) return ending('failed', { ...of, reason: `${VolumeId} is empty`, fault: 'data' });
    if (2 * missing.length > expected.size) {
      const reason = `${VolumeId} has ${expected.size - missing.length} of the ${expected.size} entries of ${Like}: it is not for ${Path}`;
      return ending('failed', { ...of, reason, fault: 'data' });
    }
    const warmed = yield* warmVolume(this, VolumeId, flags);
    return ending('done', { ...of, ...(warmed && { warmed }) });
  }

  private *stopClient({ Clients = '', Places = '', ...flags }: Parameters): Acts<NodeEnding> {
    const [clients, places] = [clientsOf(Clients), placesOf(Places)];
    const look = (): NodeState =>
      this.state(
        clients,
        places.map(({ path }) => path),
      );
    const before = look();
    const unready = this.unready(clients, before);
    if (unready) return unready;
    const wrong = this.misplaced(places) ?? maskable(clients, flags.Mask);
    if (wrong !== undefined) return refused(wrong, before);
    this.back.forget();
    const ran = this.node.client.state === 'running';
    const stop = (yield* this.stopAll(clients)) ?? this.lastStop(clients);
    if (flags.RequireClean === 'yes' && stop?.clean !== true) {
      const reason = `the client did not end cleanly (exit status ${stop?.exitStatus ?? 'unknown'}, last line "${stop?.lastLine ?? ''}")`;
      if (!ran) return ending('failed', { before, after: look(), reason, stop });
      const { seconds: startSeconds, why } = yield* this.startAll(clients);
      const then = why === undefined ? 'it was started again' : why;
      return ending('failed', { before, after: look(), reason: `${reason}; ${then}`, stop, startSeconds });
    }
    if (flags.Mask === 'yes') this.node.maskClient();
    if (flags.Unmount === 'yes') {
      const why = yield* this.unmountAll(places);
      if (why !== undefined) return ending('failed', { before, after: look(), reason: why, stop, fault: 'node' });
    }
    const { OperationId = '', Back = '0' } = flags;
    if (Back !== '0') this.back.arm(OperationId, Number(Back), this.leftStop(clients, places));
    return ending('done', { before, after: look(), stop });
  }

  private leftStop(clients: readonly Client[], places: readonly VolumeMount[]): LeftStop {
    const { node } = this;
    return {
      marks: () =>
        JSON.stringify([
          ...[node.client.state, node.client.outages.length, node.isStoppedByPerson, node.isClientGone],
          ...[node.beacon?.state, node.clientInstance()],
        ]),
      ends: () => node.client.outages.length,
      isPaused: () => node.readFile(PAUSED) !== undefined,
      isMasked: () => node.isClientMasked,
      isPlaced: () => this.misplaced(places) === undefined,
      start: (done) => this.play(this.comeBack(clients, places), done),
    };
  }

  private *comeBack(clients: readonly Client[], places: readonly VolumeMount[]): Acts<boolean> {
    for (const { path, volumeId } of places.toSorted(byDepth))
      if ((yield* this.mountAt(volumeId, path)) !== undefined) return false;
    return (yield* this.startAll(clients)).why === undefined;
  }

  private *startClient({ Clients = '', Places = '', Unmask = '', Scrub = '' }: Parameters): Acts<NodeEnding> {
    const [clients, places] = [clientsOf(Clients), placesOf(Places)];
    const look = (): NodeState =>
      this.state(
        clients,
        places.map(({ path }) => path),
      );
    const before = look();
    const since = this.back.ranSince();
    const ran = since === undefined ? {} : { ran: since };
    const unready = this.unready(clients, before);
    if (unready) return { ...unready, ...ran };
    if (this.back.hasEndedAgain && this.node.clientAsked() === true) {
      const reason = 'somebody has stopped the client, which ran again: nothing was changed';
      return ending('failed', { before, after: before, reason, fault: 'person', ...ran });
    }
    const wrong = this.misplaced(places);
    if (wrong !== undefined) return { ...refused(wrong, before), ...ran };
    if (this.node.isClientMasked && Unmask !== 'yes') return { ...refused(MASKED, before), ...ran };
    const scrub = linesOf(Scrub);
    if (scrub.length > 0 && this.node.client.state === 'running')
      return {
        ...refused('the client is running: what makes another node itself cannot be taken from it', before),
        ...ran,
      };
    for (const { path, volumeId } of places.toSorted(byDepth)) {
      const failed = yield* this.mountAt(volumeId, path);
      if (failed) return ending('failed', { before, after: look(), ...failed, ...ran });
    }
    for (const path of scrub) this.remove(path);
    for (const place of places) this.bootInto(place);
    if (Unmask === 'yes') this.node.unmaskClient();
    const { seconds: startSeconds, why } = yield* this.startAll(clients);
    if (why === undefined) this.back.over();
    const result = why === undefined ? 'done' : 'failed';
    return ending(result, { before, after: look(), reason: why, startSeconds, ...ran });
  }
}

const maskable = (clients: readonly Client[], mask: string | undefined): string | undefined =>
  mask === 'yes' && clients.some(({ runtime }) => runtime === 'commands')
    ? 'a client that its owner starts with commands cannot be masked: nothing was changed'
    : undefined;

/** The names in a volume's root directory, as ls shows them. */
function entries(content: VolumeContent | undefined): ReadonlySet<string> {
  const names = [...(content?.files.keys() ?? [])].map((path) => path.split('/')[0] ?? path);
  return new Set(content?.data ? [...names, `blocks of ${content.data.chain}`] : names);
}
