// The upgrades of fleets that people have asked for: each sweep looks how far each is, and opens the next incident, which is a heal like any other.
import type { DispatchAnswer } from '../../shared/events/answer.ts';
import type { UpgradeRequest } from '../../shared/events/dispatch.ts';
import { EventError, NotNowError } from '../../shared/events/errors.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { readSettings } from '../../shared/fleet/settings.ts';
import { judgeFleetSwitches } from '../../shared/guardrails/switches.ts';
import { blueGreenFault, isContainer } from '../../shared/guardrails/upgrade.ts';
import { createJournal, WHOLE_FLEET } from '../../shared/heal/journal.ts';
import type { IncidentRecord, UpgradeRecord } from '../../shared/heal/records.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import type { UpgradeWanted } from '../../shared/model/payload.ts';
import { afterLook, sendOwed } from '../../shared/reconcile/page-memory.ts';
import { createContext, DISPATCHER, type DispatchContext, type DispatcherServices } from './context.ts';
import { type Candidate, PERSON } from './decide.ts';
import { considerCandidate, type DispatchResult, listRestartOf } from './dispatch.ts';
import { noDrills } from './drill.ts';
import { answerOf, findFleet, judgeStops } from './requests.ts';
import { type NodeStep, nextStep, type UpgradeFacts, type UpgradeStep } from './upgrade.ts';

/**
 * A person asks for it. Only a plan of the first node is made where the person, or the fleet's mode, wants no more.
 *
 * @throws EventError where the fleet file names other versions, NotNowError where it does not allow this one, or another upgrade is under way
 */
export async function handleUpgrade(
  services: DispatcherServices,
  event: UpgradeRequest,
): Promise<DispatchAnswer | undefined> {
  const { clients, environment, store } = services;
  const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
  const fleet = findFleet(settings.fleets, event.fleet);
  const versions = fleet.client?.versions ?? [];
  if (versions.length === 0)
    throw new NotNowError(`the file of ${fleet.name} names no client.versions, so that none can be changed to`);
  if (!versions.includes(event.to))
    throw new EventError('to', event.to, `one of client.versions in the fleet file: ${versions.join(', ')}`);
  if (event.atHeight !== undefined) judgeStops(fleet, event.atHeight);
  if (event.rehearse && isContainer(fleet))
    throw new NotNowError(
      'no version of a container is tried on a copy first: Docker is kept down on a new instance, where no other one could be made',
    );
  if (event.rehearse && fleet.drills === undefined)
    throw new NotNowError(`no version is tried on a copy first: ${noDrills(fleet)}`);
  const lacking = event.strategy === undefined ? null : blueGreenFault(fleet);
  if (lacking !== null) throw new NotNowError(`no upgrade on another instance beside each node: ${lacking}`);
  const context = createContext(services, settings);
  const nowMs = Date.now();
  const read = await store.readUpgrade(fleet.name);
  if (read?.state === 'under-way' && !isSame(read, event))
    throw new NotNowError(
      `${fleet.name} is being upgraded to ${read.to}${howText(read)} already; pause it to have that end`,
    );
  const isUnderWay = read?.state === 'under-way';
  // What is under way is not tried on a copy any more: who asks for that must not believe that it is.
  if (isUnderWay && event.rehearse && !read.rehearse)
    throw new NotNowError(`the upgrade to ${read.to} is under way, and was not tried on a copy first`);
  const upgrade: UpgradeRecord = isUnderWay
    ? read
    : {
        to: event.to,
        ...(event.atHeight !== undefined && { atHeight: event.atHeight }),
        ...(event.strategy !== undefined && { strategy: event.strategy }),
        ...(isRehearsed(fleet, event) && { rehearse: true }),
        // Of the one before people were told: that is over.
        ...(read && { tried: triedBefore(read), ...afterLook(read, [], nowMs) }),
        ...{ askedAtMs: nowMs, state: 'under-way', version: (read?.version ?? 0) + 1 },
      };
  const incidents = [...(await store.readIncidents(fleet.name, [])), ...(await store.readDrills(fleet.name))];
  const step = nextStep({
    ...{ nowMs, fleet, upgrade, incidents },
    ...(await rehearsedOf(store, fleet.name, upgrade)),
    ...(await seenOf(context, fleet)),
    restart: await listRestartOf(store, fleet),
  });
  if (event.plan || fleet.mode === 'plan') return planOf(context, fleet, upgrade, step);
  if (!isUnderWay) {
    if (!(await store.replace(keys.upgrade(fleet.name), upgrade)))
      throw new Error(`the upgrade of ${fleet.name} was asked for twice at this moment`);
    await note(
      services,
      fleet.name,
      upgrade,
      '00-asked',
      `${fleet.name} is upgraded to ${event.to}, ${orderOf(fleet, upgrade)}`,
    );
  }
  const considered = await takeStep(context, fleet, upgrade, step, nowMs);
  return considered && answerOf(considered);
}

const TRIED_MAX = 50;
const triedBefore = ({ tried = [], to }: UpgradeRecord): readonly string[] =>
  [...tried.filter((one) => one !== to), to].slice(-TRIED_MAX);

const isSame = (read: UpgradeRecord, event: UpgradeRequest): boolean =>
  read.to === event.to && read.atHeight === event.atHeight && read.strategy === event.strategy;

/** A fleet file that wants it is not asked where it cannot be: at a height, and beside the nodes. */
const isRehearsed = ({ client }: Fleet, { rehearse, atHeight, strategy }: UpgradeRequest): boolean =>
  rehearse === true || (client?.rehearse === true && atHeight === undefined && strategy === undefined);

function orderOf({ client }: Fleet, { atHeight, strategy, rehearse }: UpgradeRecord): string {
  if (atHeight !== undefined) return `all nodes when they stand below ${atHeight}`;
  const share = strategy === undefined ? client?.zonePercent : undefined;
  const how = share === undefined ? 'one node after the other' : `one node, then up to ${share} % of a zone at once`;
  const order = `${rehearse ? 'on a copy first, then ' : ''}${how}`;
  return strategy === undefined ? order : `${order}, each on another instance that proves itself beside it first`;
}

/** Of the node that comes next; where it is not known which, of none. */
async function planOf(
  context: DispatchContext,
  { name, client }: Fleet,
  upgrade: UpgradeRecord,
  step: UpgradeStep,
): Promise<DispatchAnswer | undefined> {
  const first =
    step.do === 'upgrade' ? step.nodes[0].node : step.do === 'snapshot' || step.do === 'rehearse' ? step.node : null;
  if (first === null) throw new NotNowError(`no node of ${name} comes next: ${whyNot(step)}`);
  const watchMinutes = client?.watchMinutes ?? 0;
  const { askedAtMs } = upgrade;
  const want = wantOf(upgrade, { cleanSinceMs: askedAtMs, watchMinutes });
  const trigger = { kind: 'plan', subject: 'upgrade' } as const;
  const considered = await considerCandidate(context, { ...candidateOf(name, first, askedAtMs), trigger, want });
  return considered && answerOf(considered);
}

function whyNot(step: UpgradeStep): string {
  if (step.do === 'wait') return step.why;
  return step.do === 'end' ? step.reason : 'its chain has come to the height of the upgrade: ask again in a minute';
}

/** Body of the sweep's last part, for one fleet. */
export async function followUpgrade(
  services: DispatcherServices,
  context: DispatchContext,
  fleet: Fleet,
  incidents: readonly IncidentRecord[],
): Promise<void> {
  if (fleet.client === undefined && incidents.every(({ want }) => want?.do !== 'upgrade')) return;
  const upgrade = await services.store.readUpgrade(fleet.name);
  if (upgrade) await tellEnd(services, fleet.name, upgrade);
  // Nothing is begun under a pause; what is under way judges it itself.
  const { environment, settings } = context;
  if (upgrade?.state !== 'under-way' || judgeFleetSwitches(environment.PARAMETER_PREFIX, fleet.name, settings)) return;
  const nowMs = Date.now();
  const step = nextStep({
    ...{ nowMs, fleet, upgrade, incidents },
    ...(await rehearsedOf(services.store, fleet.name, upgrade)),
    ...(await seenOf(context, fleet)),
    restart: await listRestartOf(services.store, fleet),
  });
  await takeStep(context, fleet, upgrade, step, nowMs);
}

async function rehearsedOf(
  store: DispatcherServices['store'],
  fleet: string,
  { rehearse }: UpgradeRecord,
): Promise<Pick<UpgradeFacts, 'rehearsed'>> {
  const { rehearsed } = (rehearse && (await store.readDrill(fleet))) || {};
  return rehearsed ? { rehearsed } : {};
}

async function takeStep(
  context: DispatchContext,
  fleet: Fleet,
  upgrade: UpgradeRecord,
  step: UpgradeStep,
  nowMs: number,
): Promise<DispatchResult | undefined> {
  switch (step.do) {
    case 'wait':
      return undefined;
    case 'end':
      await end(context, fleet.name, upgrade, step);
      return undefined;
    case 'note-reached':
      await note(
        context,
        fleet.name,
        upgrade,
        '01-reached',
        `the chain has come to the height of the upgrade: nodes that stand below ${upgrade.atHeight} are switched`,
      );
      await context.store.replace(keys.upgrade(fleet.name), {
        ...{ ...upgrade, reachedAtMs: nowMs, version: upgrade.version + 1 },
      });
      return undefined;
    case 'snapshot': {
      const trigger = { kind: 'snapshot', subject: 'clean' } as const;
      return considerCandidate(context, { ...candidateOf(fleet.name, step.node, nowMs), trigger });
    }
    case 'rehearse': {
      const trigger = { kind: 'snapshot', subject: 'drill' } as const;
      return considerCandidate(context, {
        ...{ ...candidateOf(fleet.name, step.node, nowMs), trigger, rehearses: upgrade.to },
      });
    }
    case 'upgrade':
      return switchAll(context, fleet, upgrade, step.nodes, nowMs);
  }
}

/** One that cannot be asked for keeps no other one from it. @returns what became of the first */
async function switchAll(
  context: DispatchContext,
  { name }: Fleet,
  upgrade: UpgradeRecord,
  nodes: readonly NodeStep[],
  nowMs: number,
): Promise<DispatchResult | undefined> {
  const results = await Promise.allSettled(
    nodes.map(({ node, ...terms }) => {
      const want = wantOf(upgrade, terms);
      const trigger = { kind: 'request', subject: 'upgrade' } as const;
      return considerCandidate(context, { ...candidateOf(name, node, nowMs), trigger, want });
    }),
  );
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} nodes of ${name} are not switched`);
  const [first] = results;
  return first?.status === 'fulfilled' ? first.value : undefined;
}

const wantOf = ({ to, atHeight, strategy }: UpgradeRecord, node: Omit<NodeStep, 'node'>): UpgradeWanted => ({
  ...{ do: 'upgrade', to, ...node },
  ...(atHeight !== undefined && { atHeight }),
  ...(strategy !== undefined && { strategy }),
});

const candidateOf = (fleet: string, { instanceId }: ObservedNode, onsetMs: number): Candidate => ({
  alarm: { alarmName: '', namespace: PERSON, dimensions: { InstanceId: instanceId } },
  ...{ instanceId, onsetMs, fleet, atOnce: true, suppressedBy: null },
});

async function seenOf({ seen }: DispatchContext, fleet: Fleet): Promise<Pick<UpgradeFacts, 'nodes' | 'tip'>> {
  const { observed, lastSeen, tip } = await seen(fleet);
  // What is half seen is not seen: a node that is not in it would be left out.
  return { nodes: observed.kind === 'known' ? lastSeen : [], tip };
}

const howText = ({ atHeight, strategy }: Pick<UpgradeRecord, 'atHeight' | 'strategy'>): string =>
  `${atHeight === undefined ? '' : ` at height ${atHeight}`}${strategy === undefined ? '' : ' (blue/green)'}`;

const ENDED = 'upgrade-ended' as const;

/** Where it changes at this moment, the next sweep looks again. */
async function end(
  services: DispatcherServices,
  fleet: string,
  upgrade: UpgradeRecord,
  { as, reason, isTold }: Extract<UpgradeStep, { readonly do: 'end' }>,
): Promise<void> {
  const ended: UpgradeRecord = {
    ...{ ...upgrade, state: as, reason, version: upgrade.version + 1 },
    ...(!isTold && { owed: [{ code: ENDED, subject: fleet }] }),
  };
  await note(services, fleet, upgrade, `02-${as}`, endText(ended));
  if (await services.store.replace(keys.upgrade(fleet), ended)) await tellEnd(services, fleet, ended);
}

const endText = ({ reason = '', ...upgrade }: UpgradeRecord): string =>
  `the upgrade to ${upgrade.to}${howText(upgrade)}: ${reason}`;

/** That it has ended early holds until a person asks for another one. */
function tellEnd(services: DispatcherServices, fleet: string, upgrade: UpgradeRecord): Promise<void> {
  const { store } = services;
  const held = [{ code: ENDED, subject: fleet, sentence: endText(upgrade), isDue: false }];
  const sender: Parameters<typeof sendOwed>[0] = {
    ...services,
    write: ({ sentence }) => note(services, fleet, upgrade, '03-page', sentence, ENDED),
    remember: (change) =>
      settle<UpgradeRecord, undefined>(
        store,
        keys.upgrade(fleet),
        () => store.readUpgrade(fleet),
        (read) => ({
          result: undefined,
          write:
            read?.askedAtMs === upgrade.askedAtMs ? { ...read, ...change(read), version: read.version + 1 } : undefined,
        }),
      ),
  };
  return sendOwed(sender, fleet, upgrade, held);
}

async function note(
  { store }: DispatcherServices,
  fleet: string,
  { askedAtMs }: UpgradeRecord,
  place: string,
  sentence: string,
  code?: string,
): Promise<void> {
  const whole = { fleet, node: WHOLE_FLEET, instanceId: WHOLE_FLEET, incidentId: 'upgrade', attempt: 0 } as const;
  const about = { ...whole, by: DISPATCHER, onsetMs: askedAtMs, heal: 'replace-node', writer: DISPATCHER } as const;
  await createJournal(store, about)(place, {
    ...{ atMs: Date.now(), kind: code === undefined ? 'notice' : 'page', sentence },
    ...(code !== undefined && { code }),
  });
}
