// `npm run heal -- status FLEET[/NODE]`: prints open incidents, their heals, their progress and their last lines, and how the nodes' consensus clients are.
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import type { IncidentRecord, NodeRecord } from '../../../shared/heal/records.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { tableOf } from '../fleets/context.ts';
import { unreadPages } from '../subscribers.ts';
import { notAnswerableReason } from './approve.ts';
import type { HealCommandContext } from './context.ts';
import { clockText, durationText, lineText, progressText } from './show.ts';
import type { Target } from './target.ts';

/** How many incidents get their last lines; the list of all incidents is always printed. */
const MAX_STORIES = 10;
/** Healed incidents are shown for this long. */
const LATELY_MS = 60 * 60_000;

export async function status(context: HealCommandContext, { fleet, node, shown }: Target): Promise<0 | 1> {
  const suite = context.suite();
  const read = await suite.fleet(fleet);
  const nowMs = suite.nowMs();
  const unread = unreadPages(await suite.subscribers());
  if (unread !== undefined) context.complain(unread);
  const isMeant = (one: { readonly node?: string; readonly instanceId: string }): boolean =>
    node === undefined || ('instanceId' in node ? one.instanceId === node.instanceId : one.node === node.node);
  const incidents = read.incidents
    .filter(isMeant)
    // A plan that was refused waits for nothing: it was told to who asked for it.
    .filter(({ trigger, state }) => !(trigger.startsWith('plan:') && state === 'open'))
    .filter((incident) => incident.state !== 'healed' || nowMs - incident.endedAtMs < LATELY_MS)
    .sort((a, b) => b.onsetMs - a.onsetMs);
  const asks = node === undefined ? (await suite.asks(fleet)).filter(({ untilMs }) => nowMs < untilMs) : [];
  const beside = (await suite.observed(fleet)).flatMap(({ observedAtMs, nodes }) =>
    nodes
      .filter(({ name, instanceId }) => isMeant({ node: name, instanceId }))
      .flatMap((one) => consensusRow(one, observedAtMs, nowMs)),
  );
  if (beside.length > 0) context.say(`${tableOf(['node', 'consensus client', 'how', 'seen'], beside)}\n`);
  if (incidents.length === 0 && asks.length === 0) {
    context.say(`Nothing is open in ${shown}, and nothing was healed in the last hour.`);
    return 0;
  }
  for (const { by, plan, untilMs } of asks)
    context.say(`Waits for approval until ${clockText(untilMs)}: a plan of ${by}. npm run heal -- approve ${plan}`);
  if (incidents.length === 0) return 0;
  const head = ['node', 'trigger', 'incident', 'attempt', 'since', 'state'];
  context.say(
    tableOf(
      head,
      incidents.map((incident) => rowOf(incident, nowMs)),
    ),
  );
  for (const incident of incidents.slice(0, MAX_STORIES)) {
    const last = (await suite.story(incident)).at(-1);
    const record = read.nodes.find(({ instanceId }) => instanceId === incident.instanceId);
    context.say(`\n${plainText(incident.node, 256)}, incident ${plainText(incident.incidentId, 20)}`);
    if (last) context.say(lineText(last));
    for (const line of recordLines(record, incident)) context.say(line);
    if (isWaiting(incident, nowMs)) context.say(`          approve   npm run heal -- approve ${incident.incidentId}`);
  }
  return 0;
}

/** One row where the node's consensus client is asked. */
function consensusRow({ name, consensusClient }: ObservedNode, observedAtMs: number, nowMs: number): string[][] {
  if (consensusClient === undefined) return [];
  const { health, reason, version = 'version unknown' } = consensusClient;
  const seen = `${durationText((nowMs - observedAtMs) / 1000)} ago`;
  return [[plainText(name, 256), plainText(version, 40), `${health}: ${plainText(reason, 160)}`, seen]];
}

const isWaiting = (incident: IncidentRecord, nowMs: number): boolean => notAnswerableReason(incident, nowMs) === null;

const rowOf = (incident: IncidentRecord, nowMs: number): string[] => {
  const { node, trigger, incidentId, attempt, onsetMs } = incident;
  return [
    plainText(node, 256),
    trigger,
    incidentId,
    String(attempt),
    `${durationText((nowMs - onsetMs) / 1000)} ago`,
    stateText(incident, nowMs),
  ];
};

function stateText(incident: IncidentRecord, nowMs: number): string {
  switch (incident.state) {
    case 'allocated':
      return 'about to begin';
    case 'claimed':
      if (isWaiting(incident, nowMs)) return `waits for approval until ${clockText(incident.approval?.untilMs ?? 0)}`;
      return incident.payload.mode === 'act' ? 'at work' : `at work, mode ${incident.payload.mode}`;
    case 'healed':
      return `over for ${durationText((nowMs - incident.endedAtMs) / 1000)}`;
    case 'escalated':
      return 'given up: people were paged';
    case 'open': {
      const code = incident.refusedCodes.at(-1);
      const seconds = (incident.notBeforeMs - nowMs) / 1000;
      const when = seconds > 0 ? `, again in ${durationText(seconds)}` : '';
      return `${code === undefined ? 'waits' : `refused (${code})`}${when}`;
    }
  }
}

function recordLines(record: NodeRecord | undefined, { incidentId }: IncidentRecord): readonly string[] {
  if (!record) return [];
  const { operation, progress } = record;
  const lines: string[] = [];
  if (operation?.incidentId === incidentId && operation.kind === 'replace')
    lines.push(`          rung      ${operation.memory.rung ?? 'none yet'}; ${PHASES[operation.phase]}`);
  else if (operation?.incidentId === incidentId) lines.push(`          phase     ${PHASES[operation.phase]}`);
  if (progress?.incidentId === incidentId) lines.push(`          progress  ${progressText(progress)}`);
  return lines;
}

const PHASES = {
  preparing: 'nothing was done to the client yet',
  down: 'the client may be down because of it',
  proved: 'it worked, and what it made is cleared up',
} as const;
