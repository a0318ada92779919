// The pool record does not keep a node that is behind, forked or down while another serves, and is never emptied.

import type { SimulatedChain } from '../../../../local/nodes/chain.ts';
import type { SimulatedNode } from '../../../../local/nodes/node.ts';
import type { FleetDocument } from '../../../../shared/fleet/schema.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import type { SeenNode } from '../seen-nodes.ts';
import { serves } from '../troubles.ts';

/** Seen in a minute or three, written at once or within five (docs/names.md), and twice that where a call has to be made again. */
const BOUND_MS = 15 * 60_000;
/** While faults last, AWS may be gone for an hour. */
const BOUND_UNDER_FAULTS_MS = 90 * 60_000;
/** Names are asked for as a resolver does, in all zones. */
const LOOK_EVERY_MS = 30_000;
/** An empty answer that two looks see. */
const EMPTY_MS = 60_000;

export const poolServes: MakeRule = (scene, say) => {
  const badSince = new Map<string, number>();
  const emptySince = new Map<string, number>();
  const filled = new Set<string>();
  /** When somebody else last changed records: what they have emptied is filled in its round. */
  let editedMs = Number.NEGATIVE_INFINITY;
  let lookedMs = Number.NEGATIVE_INFINITY;

  const judgePool = (fleet: string, pool: string, nowMs: number): void => {
    const values = scene.region.route53.resolve(pool, 'A');
    const members = scene.nodes.filter((node) => node.fleet === fleet && isForPool(node));
    const good = members.filter((node) => isGood(scene, node));
    if (values.length > 0) filled.add(fleet);
    const [bound, fromMs] =
      scene.faultsEndedMs === undefined ? [BOUND_UNDER_FAULTS_MS, 0] : [BOUND_MS, scene.faultsEndedMs];
    if (values.length > 0 || good.length === 0 || !filled.has(fleet)) emptySince.delete(fleet);
    else if (!emptySince.has(fleet)) emptySince.set(fleet, nowMs);
    else if (nowMs - (emptySince.get(fleet) ?? nowMs) >= EMPTY_MS && nowMs - editedMs > bound)
      say.broken(pool, `It is empty while ${good[0]?.name} serves.`);
    for (const node of members) {
      const ip = scene.present(node)?.networkInterface?.privateIp ?? '';
      const isBad = values.includes(ip) && good.length > 0 && isKnownBad(scene, node, good.length);
      if (!isBad) badSince.delete(node.subject);
      else if (!badSince.has(node.subject)) badSince.set(node.subject, nowMs);
      const since = badSince.get(node.subject);
      if (since === undefined) continue;
      say.matters();
      if (nowMs - Math.max(since, fromMs) > bound)
        say.broken(
          node.subject,
          `It is in ${pool} since ${new Date(since).toISOString()}, and is ${stateOf(scene, node)}.`,
        );
    }
  };

  /** Whether the record is there, by Route 53 itself: resolvers hear of a change a minute later. */
  const isThere = (zone: string, pool: string): boolean => {
    try {
      return scene.region.route53
        .records(zone)
        .some(({ name, type }) => type === 'A' && name.replace(/\.$/, '') === pool);
    } catch {
      // The zone does not exist (`Route53.records` throws).
      return false;
    }
  };
  const served = new Map<string, boolean>();
  const readPools = (then: (fleet: string, pool: string) => void = () => {}): void => {
    for (const [fleet, { dns }] of scene.fleets) {
      if (!dns) continue;
      const pool = poolOf(dns);
      const before = served.get(pool);
      served.set(pool, isThere(dns.zone, pool));
      if (before === true && served.get(pool) === false) then(fleet, pool);
    }
  };

  return {
    // Where nobody is well the least bad are in it.
    act({ operation }) {
      if (operation !== 'ChangeResourceRecordSets') return;
      readPools((fleet, pool) => {
        const left = scene.nodes.find((node) => node.fleet === fleet && isForPool(node) && scene.present(node));
        if (left) say.broken(pool, `It was emptied while ${left.name} is there.`);
      });
    },
    others({ operation, at }) {
      if (operation !== 'ChangeResourceRecordSets') return;
      editedMs = at;
      readPools();
    },
    look(nowMs) {
      if (nowMs - lookedMs < LOOK_EVERY_MS) return;
      lookedMs = nowMs;
      readPools();
      for (const [fleet, { dns, mode, probe }] of scene.fleets) {
        if (!dns || mode !== 'act' || probe === 'none' || probe === 'unit') continue;
        const { sinceMs } = scene.mode(fleet) ?? { sinceMs: nowMs };
        if (scene.pausedSince(fleet) !== undefined || nowMs - sinceMs < BOUND_MS) continue;
        const pool = poolOf(dns);
        const isOurs = scene.region.route53.resolve(`_chainmend.${pool}`, 'TXT').length > 0;
        if (isOurs || filled.has(fleet)) judgePool(fleet, pool, nowMs);
      }
    },
  };
};

const poolOf = ({ pool = 'pool', zone }: NonNullable<FleetDocument['dns']>): string => `${pool}.${zone}`;

const isForPool = ({ role }: SeenNode): boolean => role !== 'validator' && role !== 'bootnode';

function isGood(scene: Scene, node: SeenNode): boolean {
  const instance = scene.present(node);
  return serves(instance, scene.machine(instance?.instanceId), scene.ceilings(node.fleet)?.behindBlocks ?? 0);
}

/**
 * Blocks are right by the word of more than half of all that answer: where voices are divided, nobody knows ("Nobody is called sick by one voice",
 * README.md). One that stands below the fork answers, and has no word on it.
 */
function isMainKnown(
  scene: Scene,
  { fleet }: SeenNode,
  { main, endpoints }: SimulatedChain,
  forkHeight: number,
): boolean {
  const nodes = scene.nodes.flatMap((node) => {
    const machine = node.fleet === fleet ? scene.machine(scene.present(node)?.instanceId) : undefined;
    const answers = machine?.isPowered && machine.client.state === 'running';
    return answers ? [{ branch: machine.client.branch, height: machine.client.height() }] : [];
  });
  const voices = [...nodes, ...endpoints.flatMap((answersFrom) => answersFrom() ?? [])];
  return voices.filter(({ branch, height }) => branch === main && height > forkHeight).length * 2 > voices.length;
}

/** What several voices would say of it; one that does not answer is unknown, stays as it is, and so does a paused one. */
function isKnownBad(scene: Scene, node: SeenNode, goodCount: number): boolean {
  const machine = scene.machine(scene.present(node)?.instanceId);
  if (!machine || scene.pausedSince(node.fleet, node) !== undefined) return false;
  const { probe = 'ssm', health } = scene.fleets.get(node.fleet) ?? {};
  const { client } = machine;
  if (!machine.isPowered) return true;
  const takesCommands = machine.reachable() && isNewEnough(machine) && !machine.isRootFull;
  if (!canBeAsked(probe, takesCommands, client.state)) return false;
  if (client.state !== 'running') return true;
  if (machine.rpc.misbehaves !== undefined || client.starting) return false;
  // Two nodes without a reference cannot know which of them is right.
  if (goodCount < 2 && (health?.references ?? []).length === 0) return false;
  const { behindBlocks, confirmations } = scene.ceilings(node.fleet) ?? { behindBlocks: 0, confirmations: 0 };
  const { branch } = client;
  if (branch === machine.chain.main) return client.heightLag() > 2 * behindBlocks + 3;
  if (!isMainKnown(scene, node, machine.chain, branch.fromHeight)) return false;
  // Hashes are compared so many blocks below the tip: a fork is seen once it is deeper.
  return Math.min(client.height(), machine.chain.height()) - branch.fromHeight > confirmations + 1;
}

/** "Nodes need the SSM agent 3.3.2746.0 or newer" (README.md): an older one is asked nothing. */
function isNewEnough({ agentVersion }: Pick<SimulatedNode, 'agentVersion'>): boolean {
  const parts = agentVersion.split('.').map(Number);
  const at = LEAST_AGENT.findIndex((least, index) => (parts[index] ?? 0) !== least);
  return at < 0 || (parts[at] ?? 0) > (LEAST_AGENT[at] ?? 0);
}

const LEAST_AGENT = [3, 3, 2746, 0];

/** A command needs the agent and a root disk with room, and a metric a client that runs: without them nobody knows. */
function canBeAsked(probe: NonNullable<FleetDocument['probe']>, isReachable: boolean, state: string): boolean {
  if (probe === 'ssm') return isReachable;
  return typeof probe === 'string' || probe.metric === undefined || state === 'running';
}

function stateOf(scene: Scene, node: SeenNode): string {
  const machine = scene.machine(scene.present(node)?.instanceId);
  if (machine?.client.state !== 'running') return 'down';
  return machine.client.branch !== machine.chain.main ? 'forked' : `${machine.client.heightLag()} blocks behind`;
}
