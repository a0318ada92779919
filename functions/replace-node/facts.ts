// Reads all that one decision rests on, at one moment: EC2, the fleet's observation, and what the node said last.
import { DescribeInstanceInformationCommand } from '@aws-sdk/client-ssm';
import { judgeAgent } from '../../shared/aws/commands.ts';
import { describeChecks, describeInstance } from '../../shared/aws/instances.ts';
import { keyScopeOf } from '../../shared/aws/keys.ts';
import { describeVolumes, initializationOf } from '../../shared/aws/volumes.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetObservation, FleetWatch } from '../../shared/fleet/observation.ts';
import { roleOf } from '../../shared/fleet/resolve.ts';
import { OBSERVATION_VALID_MS, readBreaker } from '../../shared/guardrails/breaker.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import { readLaunch } from './acts/launch.ts';
import { isLaunchNext, ladderOf, needsOf } from './decide.ts';
import type { Facts, Machine, Needs, Sources, Watched } from './model.ts';
import { readReach } from './reach.ts';
import { readSources } from './sources.ts';
import type { Tools } from './tools.ts';

/** @returns a refusal where the fleet file cannot be read */
export async function readFacts(
  tools: Tools,
  memory: ReplaceMemory | null,
  seen: NodeState | null,
  silent: boolean,
): Promise<Facts | Refusal> {
  const { clients, payload, environment, store } = tools;
  const { instanceId } = payload;
  const nowMs = Date.now();
  const switches = await readSwitches(clients.ssm, environment.PARAMETER_PREFIX, payload.fleet);
  if ('refuse' in switches) return switches;
  const { fleet } = switches;
  const youngId = memory?.machine?.instanceId ?? '';
  const [readOld, readYoung, observations, watch] = await Promise.all([
    readMachine(tools, instanceId),
    youngId === '' ? null : readMachine(tools, youngId),
    store.readObservations(payload.fleet),
    store.readWatch(payload.fleet),
  ]);
  const isSilent = (machine: Machine | null): Machine | null =>
    machine && silent ? { ...machine, agentOnline: false } : machine;
  const machines =
    youngId === '' ? { old: isSilent(readOld), young: null } : { old: readOld, young: isSilent(readYoung) };
  const needs = needsOf(memory);
  const copied = memory?.copy?.volumes.flatMap(({ volumeId }) => (volumeId === '' ? [] : [volumeId])) ?? [];
  const ids = [...new Set([...(memory?.found.volumes.map(({ volumeId }) => volumeId) ?? []), ...copied])];
  const instanceIds = [instanceId, youngId].filter((id) => id !== '');
  const { old } = machines;
  const situation = { want: payload.want, fleet, ...machines };
  const launches = isLaunchNext(situation, memory);
  const [volumes, initialization, launch, reach, sources] = await Promise.all([
    describeVolumes(clients.ec2, { ids, instanceIds }),
    needs.initialization && fleet.replace.initializationMiBps !== undefined ? readInitialization(tools, copied) : null,
    old && launches ? readLaunch(tools, fleet, old.instance) : null,
    old && (launches || (payload.mode !== 'act' && mayLaunch(situation, memory)))
      ? readReach(clients, fleet, old.instance)
      : null,
    (needs.sources || needs.supply) && memory
      ? readSupply(
          () => readSources(tools, { fleet, memory, nodes: observations.flatMap(({ nodes }) => nodes), watch, nowMs }),
          needs,
        )
      : null,
  ]);
  const runs = memory?.machine?.joined ? youngId : instanceId;
  return {
    nowMs,
    fleet,
    want: payload.want,
    role: roleIn(fleet, observations, instanceId, old),
    node: payload.node,
    incidentId: payload.incidentId,
    onsetMs: payload.onsetMs,
    ...machines,
    volumes,
    seen,
    watched: watchedIn(observations, runs, nowMs),
    breaker: readBreaker(fleet, observations, nowMs),
    haltedSinceMs: haltedSince(watch, nowMs),
    sources,
    keyScope: keyScopeOf(environment),
    launch,
    reach,
    initialization,
  };
}

/** A plan names every rung that is left. */
const mayLaunch = (situation: Parameters<typeof ladderOf>[0], memory: ReplaceMemory | null): boolean =>
  memory !== null &&
  memory.rung === null &&
  memory.proved === null &&
  ladderOf(situation, memory).includes('replace') &&
  memory.failed.every(({ rung }) => rung !== 'replace');

/** @throws what reading throws, where something is to be copied now */
async function readSupply(read: () => Promise<Sources>, { sources }: Needs): Promise<Sources> {
  try {
    return await read();
  } catch (error) {
    if (sources) throw error;
    const unread = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { unread, good: [], refused: [], sibling: null, kept: null };
  }
}

async function readMachine({ clients }: Tools, instanceId: string): Promise<Machine | null> {
  const [instance, checks, { InstanceInformationList = [] }] = await Promise.all([
    describeInstance(clients.ec2, instanceId),
    describeChecks(clients.ec2, instanceId),
    clients.ssm.send(
      new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [instanceId] }] }),
    ),
  ]);
  return instance && { instance, checks, agentOnline: judgeAgent(InstanceInformationList[0]) === null };
}

/** The slowest of the copy's volumes; not done before all of them are told of. */
async function readInitialization({ clients }: Tools, volumeIds: readonly string[]): Promise<Facts['initialization']> {
  if (volumeIds.length === 0) return null;
  const known = await initializationOf(clients.ec2, volumeIds);
  if (known.length < volumeIds.length) return { percent: 0, etaSeconds: null, done: false };
  const etas = known.flatMap(({ etaSeconds }) => etaSeconds ?? []);
  return {
    percent: Math.min(...known.map(({ percent }) => percent)),
    etaSeconds: etas.length > 0 ? Math.max(...etas) : null,
    done: known.every(({ done }) => done),
  };
}

function watchedIn(observations: readonly FleetObservation[], instanceId: string, nowMs: number): Watched | null {
  for (const { observedAtMs, nodes } of observations) {
    const node = nodes.find((candidate) => candidate.instanceId === instanceId);
    if (!node || nowMs - observedAtMs > OBSERVATION_VALID_MS) continue;
    const { health, reason, sinceMs, height, lagBlocks } = node;
    return { instanceId, health, reason, sinceMs, observedAtMs, height, lagBlocks };
  }
  return null;
}

function roleIn(
  fleet: Fleet,
  observations: readonly FleetObservation[],
  instanceId: string,
  old: Machine | null,
): Facts['role'] {
  if (old) return roleOf(fleet, old.instance.tags);
  return observations.flatMap(({ nodes }) => nodes).find((node) => node.instanceId === instanceId)?.role ?? 'unknown';
}

/** What nobody has confirmed lately is no halt; the observation's own age guards the rest. */
const haltedSince = (watch: FleetWatch | undefined, nowMs: number): number | null =>
  watch && nowMs - watch.observedAtMs <= OBSERVATION_VALID_MS ? watch.haltedSinceMs : null;
