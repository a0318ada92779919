// One fleet's daily look at the releases of its clients.
import { type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { MetricsClients } from '../../shared/aws/clients.ts';
import type { Answer } from '../../shared/chains/client.ts';
import { defaultsOf } from '../../shared/chains/defaults.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import type { ReleaseMetric } from '../../shared/fleet/resource-names.ts';
import { nodesLately } from '../../shared/guardrails/fleet-view.ts';
import { noReleases, type ReleasesRecord } from '../../shared/heal/records.ts';
import { keys } from '../../shared/heal/store.ts';
import { type Controller, changeRecord, type FleetContext, settleRecord } from '../../shared/reconcile/context.ts';
import { afterLook, sendOwed } from '../../shared/reconcile/page-memory.ts';
import { type ClientFacts, type ReleaseFacts, reviewReleases } from './decide.ts';
import { type FeedReading, readFeed } from './feed.ts';

export const RELEASES: Controller<ReleasesRecord> = {
  name: 'watch-releases',
  incidentId: 'releases',
  record: { key: keys.releases, read: (store, fleet) => store.readReleases(fleet), empty: noReleases },
};

export type ReleasesContext = FleetContext<ReleasesRecord, MetricsClients>;

/** The result for one fleet, for the log and for a person who asked. */
export interface ReleasesSummary {
  readonly fleet: string;
  /** The newest release of the client; null: nobody knows. */
  readonly newest: string | null;
  /** Nodes that run an older one; null: nobody knows. */
  readonly behind: number | null;
  readonly told: readonly string[];
}

/** @param ask GETs a feed; it never throws */
export async function lookAtReleases(
  context: ReleasesContext,
  ask: (url: string) => Promise<Answer>,
): Promise<ReleasesSummary> {
  const { clients, fleet, write } = context;
  const facts = await readFacts(context, ask);
  const { next, notes, held, memory } = await settleRecord(context, (record) => {
    const { held: ofClients, ...reviewed } = reviewReleases(record, facts);
    const held = ofClients.map((one) => ({
      ...one,
      subject: one.subject === 'client' ? fleet.name : `${fleet.name}'s consensus client`,
    }));
    const memory = afterLook(record, held, facts.nowMs);
    return { change: { ...reviewed.next, ...memory }, result: { ...reviewed, held, memory } };
  });
  for (const sentence of notes) await write({ kind: 'decision', sentence });
  const remember: Parameters<typeof sendOwed>[0]['remember'] = (change) => changeRecord(context, change);
  await sendOwed({ ...context, write: (sent) => write({ kind: 'page', ...sent }), remember }, fleet.name, memory, held);
  const MetricData = metricsOf(fleet.name, next, facts.nowMs);
  if (MetricData.length > 0)
    await clients.cloudwatch.send(new PutMetricDataCommand({ Namespace: fleet.suite, MetricData }));
  const { newest, behind } = next;
  return {
    fleet: fleet.name,
    newest: newest.client,
    behind,
    told: held.flatMap(({ code, isDue }) => (isDue ? [code] : [])),
  };
}

async function readFacts(
  { fleet, store }: ReleasesContext,
  ask: (url: string) => Promise<Answer>,
): Promise<ReleaseFacts> {
  const [{ observations: parts, watch }, feed, consensusFeed] = await Promise.all([
    store.readFleetReading(fleet.name),
    feedOf(fleet.releases?.feed, ask),
    feedOf(fleet.releases?.consensusFeed, ask),
  ]);
  const nowMs = Date.now();
  const lately = new Set(nodesLately(parts, nowMs));
  const clientOf = (read: FeedReading | null, told: (node: ObservedNode) => string | undefined): ClientFacts => ({
    feed: read,
    running: parts
      .flatMap(({ nodes }) => nodes)
      .map((node) => ({ node: node.name, told: (lately.has(node) ? told(node) : undefined) ?? null })),
  });
  return {
    clients: {
      client: clientOf(feed, ({ clientVersion }) => clientVersion),
      consensus: clientOf(consensusFeed, ({ consensusClient }) => consensusClient?.version),
    },
    upgradeBy: fleet.releases?.upgradeBy ?? null,
    patches: fleet.releases?.auto === undefined ? null : (fleet.client?.versions ?? []),
    tip: watch?.tip ?? null,
    blockSeconds: defaultsOf(fleet.chain)?.blockSeconds ?? null,
    nowMs,
  };
}

async function feedOf(url: string | undefined, ask: (url: string) => Promise<Answer>): Promise<FeedReading | null> {
  if (url === undefined) return null;
  const answer = await ask(url);
  if (answer.kind === 'failed') return { unreadable: answer.reason };
  if (answer.status !== 200) return { unreadable: `${new URL(url).host} answers HTTP ${answer.status}` };
  return readFeed(String(answer.body), url);
}

function metricsOf(
  fleet: string,
  { behind, hoursLeft }: Pick<ReleasesRecord, 'behind' | 'hoursLeft'>,
  nowMs: number,
): MetricDatum[] {
  const datum = (MetricName: ReleaseMetric, Value: number | null): MetricDatum[] =>
    Value === null
      ? []
      : [
          {
            MetricName,
            Value,
            Dimensions: [{ Name: 'Fleet', Value: fleet }],
            Timestamp: new Date(nowMs),
            Unit: 'None',
          },
        ];
  return [...datum('NodesBehindRelease', behind), ...datum('HoursToUpgrade', hoursLeft)];
}
