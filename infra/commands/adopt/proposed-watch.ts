// How a proposed fleet is watched and named: who asks its nodes, the zone of its names, and the alarms that it has. Pure.

import * as v from 'valibot';
import { familyOf } from '../../../shared/chains/defaults.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import type { NodeSigns } from './evidence.ts';
import type { Group } from './grouping.ts';
import { type Facts, namesOf, nodesText, type Part, short } from './part.ts';
import type { ReadOut } from './read-out.ts';
import { chainsIn } from './words.ts';

/** "3.3.2746.0 or newer": an older agent cannot take parameters safely (guardrail agent-too-old). */
const AGENT: readonly number[] = [3, 3, 2746, 0];

function isOldAgent(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [at, least] of AGENT.entries()) {
    const part = parts[at] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

/** bitcoind and its kin answer nobody without them; where its data lie, only the node says. */
const CREDENTIALS =
  'rpc.credentials: its RPC asks for a password, and without a word no node can be seen (HTTP 401). Often it is a cookie beside the data: rpc: { credentials: file:/PATH/.cookie }';

export function probeKeys({ group: { chain, nodes }, readOut }: Facts): Part {
  const agents = new Map(readOut.agents.map((agent) => [agent.instanceId, agent]));
  const running = nodes.filter(({ instance }) => instance.state === 'running');
  const isUnread = readOut.unread.some(({ what }) => what === 'SSM agents');
  const silent = running.filter(({ instance }) => agents.get(instance.instanceId)?.online !== true);
  const old = running.filter(({ instance }) => isOldAgent(agents.get(instance.instanceId)?.version ?? '9'));
  const metric = heightMetric(nodes, chain, readOut);
  const needed = ['grow', 'watch', 'restart', 'restore', 'replace'] as const;
  return {
    keys:
      metric === undefined
        ? []
        : [
            {
              key: 'probe',
              value: { metric: { namespace: metric.namespace, height: metric.name } },
              from: 'a metric that each node has by its InstanceId',
            },
          ],
    notKnown: [
      ...(isUnread ? ['probe: whether the SSM agents answer, which could not be read'] : []),
      ...(metric === undefined && familyOf(chain) === 'bitcoin' ? [CREDENTIALS] : []),
    ],
    missing: isUnread
      ? []
      : [
          ...(silent.length > 0 ? [{ for: needed, what: `an SSM agent that answers on ${namesOf(silent)}` }] : []),
          ...(old.length > 0
            ? [{ for: needed, what: `an SSM agent of ${AGENT.join('.')} or newer on ${namesOf(old)}` }]
            : []),
        ],
  };
}

/** A metric of the owner that all nodes have, with no dimension but the instance, and a name that speaks of a height. */
function heightMetric(nodes: readonly NodeSigns[], chain: Group['chain'], readOut: ReadOut) {
  const ids = new Set(nodes.map(({ instance }) => instance.instanceId));
  const series = readOut.metrics.filter(
    ({ name, dimensions }) =>
      /height|block_?number|tip$|slot$/i.test(name) &&
      Object.keys(dimensions).length === 1 &&
      ids.has(dimensions['InstanceId'] ?? ''),
  );
  const all = [...Map.groupBy(series, ({ namespace, name }) => `${namespace} ${name}`).values()]
    .filter((same) => new Set(same.map(({ dimensions }) => dimensions['InstanceId'])).size === ids.size)
    .flatMap(([one]) => one ?? []);
  const worth = (name: string): number =>
    (chainsIn(name).some((found) => found.chain === chain) ? 2 : 0) - (/burn|lag|peer|target/i.test(name) ? 3 : 0);
  const [best] = all.sort((a, b) => worth(b.name) - worth(a.name) || (a.name < b.name ? -1 : 1));
  return best !== undefined && /^[\x20-\x7e]{1,255}$/.test(best.namespace) && worth(best.name) >= 0 ? best : undefined;
}

/** Series that a query in PromQL is answered with (shared/aws/query-range.ts): of more nodes, some would not be seen. */
const OTLP_NODES_MAX = 500;

/** By the gigabyte, where a command on each node can tell its disks. A file without the key is classic: the alarms of a fleet that runs do not change by an update. */
export function metricKeys({ group: { chain, nodes }, readOut }: Facts): Part {
  const online = new Set(readOut.agents.flatMap(({ instanceId, online }) => (online ? [instanceId] : [])));
  const running = nodes.filter(({ instance }) => instance.state === 'running');
  const isAsked =
    heightMetric(nodes, chain, readOut) === undefined &&
    running.length > 0 &&
    running.every(({ instance }) => online.has(instance.instanceId));
  if (!isAsked || nodes.length > OTLP_NODES_MAX) return {};
  return {
    keys: [
      {
        key: 'metrics',
        value: 'otlp',
        from: 'CloudWatch bills it by the gigabyte: less than a fifth of classic, which has graphs on a dashboard (docs/cost.md)',
      },
    ],
  };
}

/** The zone in which most nodes have a record with the name that they have in their tag. */
export function dnsKeys({ group: { nodes }, readOut }: Facts): Part {
  if (readOut.unread.some(({ what }) => what === 'private DNS zones'))
    return { notKnown: ['dns: which private zone has the nodes’ names, which could not be read'] };
  const counted = readOut.zones
    .map(({ name, records }) => ({
      zone: name,
      named: nodes.filter((node) =>
        records.some(
          (record) =>
            record.name.toLowerCase() === `${node.name}.${name}`.toLowerCase() &&
            record.values.includes(node.instance.privateIp),
        ),
      ),
      pointed: nodes.filter((node) => records.some((record) => record.values.includes(node.instance.privateIp))),
    }))
    .sort((a, b) => b.named.length - a.named.length);
  const [best] = counted;
  if (best !== undefined && best.named.length > 0)
    return {
      keys: [
        {
          key: 'dns',
          value: { zone: best.zone },
          from: `${best.named.length} of ${nodesText(nodes.length)} have a record by their name there. What others made is handed over by npm run chainmend -- names adopt`,
        },
      ],
    };
  const [other] = counted.filter(({ pointed }) => pointed.length > 0);
  return {
    notKnown:
      other === undefined
        ? []
        : [
            `dns: records of the zone ${other.zone} point to ${namesOf(other.pointed)} by other names than their tags have`,
          ],
    missing: [{ for: ['names'], what: 'a private zone with the nodes’ names: write dns: { zone: … }' }],
  };
}

export function alarmKeys({ group: { nodes }, readOut }: Facts): Part {
  const byId = new Map(nodes.map((node) => [node.instance.instanceId, node]));
  const patterns = new Set<string>();
  const others = new Set<string>();
  for (const { name, metric, dimensions } of readOut.alarms) {
    const node = byId.get(dimensions['InstanceId'] ?? '');
    if (node === undefined) continue;
    const pattern = name
      .replaceAll(node.name, '*')
      .replaceAll(node.instance.instanceId, '*')
      .replace(/[^A-Za-z0-9_.:/*-]+/g, '*')
      .replace(/\*+/g, '*');
    (metric === 'disk_used_percent' && v.is(ALARM_PATTERN, pattern) ? patterns : others).add(pattern);
  }
  const chosen = [...patterns].sort().slice(0, PATTERNS_MAX);
  return {
    keys:
      chosen.length === 0
        ? []
        : [
            {
              key: 'alarms',
              value: { namePatterns: chosen },
              from: 'alarms on disk_used_percent that you have already',
            },
          ],
    notKnown:
      others.size === 0
        ? []
        : [`alarms: whether these start a heal, too: ${plainText(short([...others].sort()), 300)}`],
  };
}

const PATTERNS_MAX = 20;
const ALARM_PATTERN = v.pipe(v.string(), v.regex(/^(?=.*[A-Za-z0-9_.:/-]{3})[A-Za-z0-9_.:/*-]{1,255}$/));
