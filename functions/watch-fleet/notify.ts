// Sends the messages of a sweep: pages to people, journal lines for nodes whose health changed, and a hint to register-nodes.

import { type CloudWatchClient, DescribeAlarmsCommand, ListAlarmMuteRulesCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import pMap from 'p-map';
import { logWarn } from '../../shared/aws/log.ts';
import { catchRefusal } from '../../shared/aws/refusals.ts';
import { type ObservedNode, servedAs } from '../../shared/fleet/observation.ts';
import { runbookOf } from '../../shared/fleet/resource-names.ts';
import { createJournal, type JournalEntry } from '../../shared/heal/journal.ts';
import { page, THE_FLEET } from '../../shared/heal/notify.ts';
import { MAY_BE_HEALED } from '../../shared/heal/page-truth.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import { names } from '../../shared/text/names.ts';
import { SweepPages } from './aws-outage.ts';
import type { CollectFailure, FleetFacts, WatchContext } from './context.ts';
import type { FleetHealth } from './fleet-health.ts';
import { aboutOf } from './open-pages.ts';
import { alarmsOf, type DuePage, duePages, healsStartByThemselves, withoutHealing, withoutMuted } from './pages.ts';

/** Sends the due pages and returns those that were sent. A page that could not be sent is due again in the next sweep. */
export async function notifyPeople(
  context: WatchContext,
  facts: FleetFacts,
  health: FleetHealth,
  collectFailure: CollectFailure,
  pages = new SweepPages(),
): Promise<readonly DuePage[]> {
  const sent: DuePage[] = [];
  const { fleet, nodes } = facts;
  for (const due of duePages(facts, health)) {
    await collectFailure(async () => {
      const alarms = [...alarmsOf(fleet, nodes.length, due).keys()];
      // Where AWS refuses to list mute rules, people are paged nevertheless. Where AWS gave no answer, the next sweep looks again.
      const quiet = await catchRefusal(() => readMutedAlarms(context.clients.cloudwatch, alarms));
      const loud = 'refused' in quiet ? due : withoutMuted(fleet, nodes.length, due, quiet);
      const left = loud && (await withoutHealingNodes(context, facts, health, loud, collectFailure));
      if (left === null) return;
      const { awsFailure } = facts;
      const whose =
        left.code === 'cannot-ask' && awsFailure !== undefined
          ? await pages.once(awsFailure, () => pagePeople(context, facts, withAwsFailure(left, awsFailure)))
          : await pagePeople(context, facts, left).then(() => 'own' as const);
      // From here on people know, even if the journal fails.
      sent.push(whose === 'own' ? left : { ...left, shared: true });
      await writePage(context, facts, left);
    });
  }
  return sent;
}

/** One page for all fleets of the region that the failure hits. */
const withAwsFailure = (due: DuePage, failure: string): DuePage => ({
  ...due,
  reason: `AWS fails in this region (${failure}): nodes of this fleet, and maybe of others, cannot be asked, and heals wait. ${due.reason}`,
});

/** Where incidents cannot be read, people are paged nevertheless. */
async function withoutHealingNodes(
  { store }: WatchContext,
  { fleet, nowMs }: FleetFacts,
  { nodes }: FleetHealth,
  due: DuePage,
  collectFailure: CollectFailure,
): Promise<DuePage | null> {
  if (!MAY_BE_HEALED.has(due.code)) return due;
  let incidents: readonly IncidentRecord[] = [];
  await collectFailure(async () => {
    incidents = await store.readIncidents(fleet.name);
  });
  const seen = nodes.map(({ node }) => node);
  const prunesForMs = (fleet.disk.prune?.minutes ?? 0) * 60_000;
  return withoutHealing(due, incidents, healsStartByThemselves(fleet, seen, nowMs), nowMs, prunesForMs);
}

async function pagePeople(
  context: WatchContext,
  { fleet }: FleetFacts,
  { code, nodes, reason, kind }: DuePage,
): Promise<void> {
  const node = aboutOf({ nodes });
  await page(context.clients.sns, context.environment.TOPIC_ARN, {
    fleet: fleet.name,
    node,
    code,
    sentence: reason,
    instances: nodes.slice(0, MAX_NAMED).map(({ instanceId }) => instanceId),
    ...(kind && { runbook: runbookOf(kind) }),
  });
}

async function writePage(
  context: WatchContext,
  { fleet, nowMs }: FleetFacts,
  { code, nodes, reason }: DuePage,
): Promise<void> {
  const [first] = nodes;
  await journalOf(
    context,
    fleet.name,
    nodes.length === 1 ? first : undefined,
    nowMs,
  )(`10-${code}`, {
    atMs: nowMs,
    kind: 'page',
    sentence: reason,
    code,
  });
}

const MAX_NAMED = 50;

/** DescribeAlarms takes 100 names (DescribeAlarmsInput, @aws-sdk/client-cloudwatch). */
const NAMES_A_CALL = 100;

/** With more alarms than this, mutes are not looked up before people are paged: a person does not mute so many nodes. */
const MAX_ALARMS = 300;
const MUTES_AT_ONCE = 8;
const MAX_PAGES = 5;

/** Alarms that a person has muted, or whose actions are disabled: they want it left alone. */
async function readMutedAlarms(cloudwatch: CloudWatchClient, all: readonly string[]): Promise<ReadonlySet<string>> {
  const quiet = new Set<string>();
  const loud: string[] = [];
  const looked = all.slice(0, MAX_ALARMS);
  for (let from = 0; from < looked.length; from += NAMES_A_CALL) {
    const AlarmNames = looked.slice(from, from + NAMES_A_CALL);
    const { MetricAlarms = [] } = await cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames, AlarmTypes: ['MetricAlarm'], MaxRecords: NAMES_A_CALL }),
    );
    for (const { AlarmName = '', ActionsEnabled } of MetricAlarms) {
      if (ActionsEnabled === false) quiet.add(AlarmName);
      else loud.push(AlarmName);
    }
  }
  // Usually no mute rule is active at all.
  if (loud.length === 0 || !(await isMuting(cloudwatch, {}))) return quiet;
  const muted = await pMap(loud, (AlarmName) => isMuting(cloudwatch, { AlarmName }), { concurrency: MUTES_AT_ONCE });
  for (const [at, name] of loud.entries()) if (muted[at]) quiet.add(name);
  return quiet;
}

/** Whether any mute rule is active, of one alarm or of any. */
async function isMuting(cloudwatch: CloudWatchClient, of: { readonly AlarmName?: string }): Promise<boolean> {
  let NextToken: string | undefined;
  // An empty page need not be the last one.
  for (let page = 0; page === 0 || (NextToken && page < MAX_PAGES); page++) {
    const found = await cloudwatch.send(
      new ListAlarmMuteRulesCommand({ ...of, Statuses: ['ACTIVE'], ...(NextToken && { NextToken }) }),
    );
    if ((found.AlarmMuteRuleSummaries ?? []).length > 0) return true;
    NextToken = found.NextToken;
  }
  return false;
}

/** Lines of one sweep; beyond them one line counts the rest. */
const LINES_A_SWEEP = 20;

/** One line for each node whose health changed; a node that is seen for the first time and is well is no change. */
export async function journalChanges(
  context: WatchContext,
  { fleet, before, nowMs }: FleetFacts,
  { nodes }: FleetHealth,
): Promise<void> {
  const changed = nodes
    .map(({ node }) => ({ node, was: before.nodes.get(node.instanceId)?.health }))
    .filter(({ node, was }) => was !== node.health && !(was === undefined && node.health === 'synced'));
  for (const { node, was } of changed.slice(0, LINES_A_SWEEP)) {
    const sentence = `${was === undefined ? 'first seen' : was} → ${node.health}: ${node.reason}`;
    const fields = { from: was ?? null, to: node.health };
    const entry = { ...decision(nowMs, sentence, evidenceOf(node)), fields };
    await journalOf(context, fleet.name, node, nowMs)('00-health', entry);
  }
  const more = changed.slice(LINES_A_SWEEP).map(({ node }) => node);
  if (more.length === 0) return;
  const sentence = `${more.length} more nodes have another health than before: ${names(more.map(({ name, health }) => `${name} ${health}`))}`;
  await journalOf(context, fleet.name, undefined, nowMs)('00-health', decision(nowMs, sentence, undefined));
}

const decision = (atMs: number, sentence: string, evidence: unknown): JournalEntry => ({
  atMs,
  kind: 'decision',
  sentence,
  evidence,
});

const evidenceOf = ({ height, lagBlocks, heightSinceMs, blockAgeSeconds, peerCount }: ObservedNode) => ({
  ...{ height, lagBlocks, heightSinceMs, blockAgeSeconds, peerCount },
});

/** An observation belongs to no incident, so it has a journal story of its own. */
function journalOf({ store }: WatchContext, fleet: string, node: ObservedNode | undefined, onsetMs: number) {
  return createJournal(store, {
    fleet,
    node: node?.name ?? THE_FLEET,
    instanceId: node?.instanceId ?? THE_FLEET,
    incidentId: 'watch',
    attempt: 0,
    onsetMs,
    by: 'watch-fleet',
    heal: 'watch-fleet',
    writer: 'watch-fleet',
  });
}

/**
 * Whether nodes may have to enter or leave the pool. A node of unknown health stays in or out as it is, so any state after unknown may be a change.
 * Where no node is synced the least bad are in, so any change may count.
 */
export function poolMayChange(
  { fleet, before }: Pick<FleetFacts, 'fleet' | 'before'>,
  now: readonly ObservedNode[],
): boolean {
  if (!fleet.dns || !fleet.probe) return false;
  const anySynced = now.some(({ health }) => health === 'synced');
  return now.some((node) => {
    const health = servedAs(node);
    const known = before.nodes.get(node.instanceId);
    const was = known === undefined ? 'unknown' : servedAs(known);
    // What is in doubt stays in the pool or out of it.
    if (health === was || health === 'unknown' || health === 'busy') return false;
    return !anySynced || health === 'synced' || was === 'synced' || was === 'unknown';
  });
}

/** Tells register-nodes to look now instead of within five minutes. Only a hint: its schedule sees the same, so nothing depends on it. */
export async function hintRegister({ clients, environment }: WatchContext, fleet: string): Promise<void> {
  try {
    await clients.lambda.send(
      new InvokeCommand({
        FunctionName: environment.REGISTER_FUNCTION_NAME,
        InvocationType: 'Event',
        Payload: new TextEncoder().encode(JSON.stringify({ kind: 'reconcile', fleet })),
      }),
    );
  } catch (error) {
    logWarn({ fleet, left: `register-nodes was not told: ${String(error)}` });
  }
}
