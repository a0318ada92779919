// The RPC, metrics and beacon ports of a simulated node: who may ask, what answers on which port, and how scenarios change it.
import type { HttpAnswer, HttpHost, HttpRequest } from '../../simulator/network/network.ts';
import type { SimulatedBeacon } from '../beacon.ts';
import { SYNCED_LAG_BLOCKS } from '../client.ts';
import type { NodeContext } from '../context.ts';
import { type MemberBoot, syncedStatus } from '../first-boot.ts';
import { BEACON_PORT, familyOf, METRICS_PORTS, type Protocol, portsOf, versionOf } from '../protocol.ts';
import { voterAddress } from '../validators.ts';
import { answerOf, plainAnswer } from './answer.ts';
import { beaconAnswer } from './beacon.ts';
import { notFound, REFUSED, SILENT, target, text } from './http.ts';
import { cometbftPage, gethPage } from './metrics-pages.ts';
import { type Misbehaviour, misbehaved, onAnotherChain, UNAUTHORIZED } from './misbehaviour.ts';
import { opNodeAnswer } from './op-node.ts';
import { type PostedAnswers, postedAnswer } from './posted.ts';
import type { RpcFacts } from './rpc-facts.ts';

interface RpcContext extends NodeContext {
  readonly beacon: SimulatedBeacon | undefined;
}

/** The ports of a node as other machines see them. */
export function rpcHost(node: { readonly rpc: NodeRpc }): HttpHost {
  return (port, request) => node.rpc.answer(port, request, { local: false });
}

export class NodeRpc {
  private readonly node: RpcContext;
  private readonly protocol: Protocol | undefined;
  private misbehaviour: Misbehaviour | undefined;
  private posted: { readonly answers: PostedAnswers; readonly fromMs: number } | undefined;
  private unsafe: boolean;
  /** What it answers to its load balancer, whether or not its client runs. */
  private member: MemberBoot | undefined;
  /** The height when geth's page was last read. */
  private insertsFrom: number;
  /** Drawn at the first request: a node is a few milliseconds away. */
  private stagedFrom: number | undefined;
  private latencyMs: number | undefined;

  constructor(node: RpcContext) {
    this.node = node;
    this.protocol = node.chain.protocol;
    this.unsafe = node.spec.rpc?.unsafe ?? false;
    this.insertsFrom = node.client.height();
    node.client.onStart(() => {
      if (this.misbehaviour === 'hung') this.behave();
    });
  }

  /** Lasts until `behave`. It changes the RPC port only: the client, its metrics and its peers stay as they are. */
  misbehave(how: Misbehaviour): void {
    this.misbehaviour = how;
  }

  behave(): void {
    this.misbehaviour = undefined;
    this.posted = undefined;
  }

  /** Answers that somebody posted, in place of its own; they last until `behave`. */
  play(answers: PostedAnswers): void {
    this.posted = { answers, fromMs: this.node.kernel.clock.now() };
  }

  /** How it misbehaves at present; undefined: it tells the truth to whom may ask. */
  get misbehaves(): Misbehaviour | 'posted' | undefined {
    return this.misbehaviour ?? (this.posted === undefined ? undefined : 'posted');
  }

  tellSynced(member: MemberBoot): void {
    this.member = member;
  }

  /** What the client has read in its configuration. */
  configure(rpcUnsafe: boolean): void {
    this.unsafe = rpcUnsafe;
  }

  answer(port: number, request: HttpRequest, { local }: { readonly local: boolean }): HttpAnswer {
    const { node } = this;
    if (!node.isPowered) return local ? REFUSED : SILENT;
    const answer = this.onPort(port, request, local);
    if (answer.kind !== 'response') return answer;
    this.latencyMs ??= node.kernel.random(`rpc-latency/${node.instanceId}`).integer(2, 12);
    return { ...answer, afterMs: answer.afterMs + this.latencyMs };
  }

  private onPort(port: number, request: HttpRequest, local: boolean): HttpAnswer {
    const { spec, beacon, client, kernel } = this.node;
    if (this.member && port === this.member.healthPort && !local) {
      const ask = (to: number, question: HttpRequest) => this.onPort(to, question, true);
      return {
        kind: 'response',
        statusCode: syncedStatus(this.member, ask, kernel.clock.now()),
        body: '',
        afterMs: 20,
      };
    }
    if (this.protocol === undefined) return this.ofNoChain(port, request);
    if (beacon && port === (spec.ports?.beacon ?? BEACON_PORT)) return this.ofBeacon(request);
    if (client.state !== 'running') return REFUSED;
    const family = familyOf(this.protocol);
    if (port === (spec.ports?.metrics ?? METRICS_PORTS[family])) return this.metrics(request);
    if (port !== (spec.ports?.rpc ?? portsOf(this.protocol).rpc)) return REFUSED;
    if (spec.rpc?.listens === 'loopback' && !local) return REFUSED;
    const truth = () => this.truth(request, local);
    const { posted } = this;
    if (posted === undefined) return this.asMisbehaved(truth);
    const playedMs = kernel.clock.now() - posted.fromMs;
    return this.asMisbehaved(() => postedAnswer(posted.answers, playedMs, request, truth));
  }

  /** A client of a chain that the product does not know: on the port in its fleet file. */
  private ofNoChain(port: number, request: HttpRequest): HttpAnswer {
    const { spec, client, chain } = this.node;
    if (port !== spec.ports?.rpc || client.state !== 'running' || client.starting) return REFUSED;
    const truth = () =>
      plainAnswer({ height: client.height(), blocks: client.branch, network: chain.spec.name }, request);
    return this.asMisbehaved(truth);
  }

  private asMisbehaved(truth: () => HttpAnswer): HttpAnswer {
    if (this.misbehaviour === undefined) return truth();
    this.node.kernel.met(`rpc ${this.misbehaviour}`);
    return misbehaved(this.misbehaviour, truth);
  }

  private truth(request: HttpRequest, local: boolean): HttpAnswer {
    if (!this.isAuthorized(request)) return UNAUTHORIZED;
    const asked = this.asked(local);
    if (asked === undefined) return REFUSED;
    return answerOf(this.altered(asked), request, this.node.spec.rpc?.path);
  }

  private altered(asked: RpcFacts): RpcFacts {
    if (this.misbehaviour === 'wrong-chain') return onAnotherChain(asked);
    return this.misbehaviour === 'withholding' ? { ...asked, withholds: true } : asked;
  }

  private isAuthorized({ headers }: HttpRequest): boolean {
    const credentials = this.node.spec.rpc?.credentials;
    if (credentials === undefined) return true;
    const expected =
      'token' in credentials
        ? `Bearer ${credentials.token}`
        : `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
    return headers['authorization'] === expected;
  }

  /** A staged sync tells the height from which it began, until it has come through. */
  private heightOf(reached: number, tip: number): Pick<RpcFacts, 'height' | 'stagesAt'> {
    const isSyncing = this.node.spec.staged === true && tip - reached > SYNCED_LAG_BLOCKS;
    this.stagedFrom = isSyncing ? Math.min(this.stagedFrom ?? reached, reached) : undefined;
    return this.stagedFrom === undefined ? { height: reached } : { height: this.stagedFrom, stagesAt: reached };
  }

  private asked(local: boolean): RpcFacts | undefined {
    const { chain, client, peers, spec, kernel, instanceId } = this.node;
    if (this.protocol === undefined) return undefined;
    const { branch } = client;
    const { height, ...stages } = this.heightOf(client.height(), branch.height());
    // A client that hangs does not know the tip; one or two blocks in transit are no lag.
    const votes = client.heldBy.has('frozen') ? 'hung' : chain.votesAt(instanceId);
    const tip = client.heldBy.size > 0 || branch.height() - height <= SYNCED_LAG_BLOCKS ? height : branch.height();
    return {
      protocol: this.protocol,
      name: spec.name,
      chainId: chain.chainId,
      blocks: branch,
      blockIntervalMs: branch.blockIntervalMs,
      height,
      ...stages,
      claimedTip: tip,
      nowMs: kernel.clock.now(),
      loading: client.starting,
      clientVersion: this.node.version.clientVersion ?? spec.rpc?.clientVersion ?? versionOf(this.protocol),
      peerCount: peers.count(),
      peers: () => peers.connected(),
      peerId: peers.peerId,
      host: spec.privateIp,
      p2pPort: peers.port,
      votingPower: chain.validators.powerOf(instanceId),
      voterAddress: voterAddress(instanceId),
      ...(votes && { votes }),
      control: {
        local,
        rpcUnsafe: this.unsafe,
        add: (address, id) => peers.add(address, id),
        remove: (address, how) => peers.remove(address, how),
        disconnect: (address) => peers.disconnect(address),
      },
    };
  }

  private metrics(request: HttpRequest): HttpAnswer {
    const { chain, client, peers, spec } = this.node;
    const namespace = spec.rpc?.metrics ?? 'cometbft';
    const family = this.protocol && familyOf(this.protocol);
    if (namespace === 'off' || client.starting) return REFUSED;
    const { path } = target(request);
    const { chainId } = chain;
    const height = client.height();
    if (family === 'cometbft' && path === '/metrics') {
      const blockSeen = client.branch.blockTimeMs(height) >= (client.upSinceMs ?? Number.POSITIVE_INFINITY);
      const facts = chain.consensus();
      return text(cometbftPage({ namespace, chainId, height, peers: peers.count(), facts, blockSeen }));
    }
    if (family === 'ethereum' && path === '/debug/metrics/prometheus') {
      const inserts = Math.max(0, height - this.insertsFrom);
      this.insertsFrom = height;
      return text(gethPage({ chainId, height, peers: peers.count(), inserts }));
    }
    return notFound();
  }

  private ofBeacon(request: HttpRequest): HttpAnswer {
    const { beacon, client, chain, kernel, instanceId, peers } = this.node;
    if (!beacon || beacon.state === 'stopped' || beacon.state === 'failed') return REFUSED;
    const { branch } = client;
    if (this.protocol === 'optimism' || this.protocol === 'base')
      return opNodeAnswer(beacon.height(), kernel.clock.now(), request);
    return beaconAnswer(
      {
        blocks: branch,
        blockIntervalMs: branch.blockIntervalMs,
        height: beacon.height(),
        nowMs: kernel.clock.now(),
        depositChainId: chain.chainId,
        peerCount: beacon.state === 'running' ? 50 : 0,
        loading: false,
        executionOffline: client.upSinceMs === undefined,
        executionBehind: beacon.state === 'running' && client.height() < branch.height() - SYNCED_LAG_BLOCKS,
        believesSynced: beacon.state === 'frozen',
        peerId: `16Uiu2HA${(peers.peerId ?? instanceId).slice(0, 45)}`,
      },
      request,
    );
  }
}
