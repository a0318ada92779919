// What the CloudWatch agent of a node is told to send: what alarms, growth and dashboards read, and the logs of the client.
import { AGENT_NAMESPACE } from '../shared/fleet/resource-names.ts';
import type { CompleteDocument } from '../shared/fleet/whole.ts';

/**
 * Metrics of a machine that a fleet's dashboard draws. They carry the dimension `Fleet`, by which a search finds them. Those of disks do not: alarms and growth
 * read them by `InstanceId`, `path` and `fstype`.
 */
export const MACHINE_METRICS = [
  'cpu_usage_active',
  'mem_used_percent',
  'diskio_read_bytes',
  'diskio_write_bytes',
] as const;
export type MachineMetric = (typeof MACHINE_METRICS)[number];

/** The disks of a Nitro instance: the root volume, its data volumes, and one that a heal brings. Partitions would be counted twice. */
const DISKS = ['nvme0n1', 'nvme1n1', 'nvme2n1', 'nvme3n1'];

/** With the log driver `json-file`, Docker's default ("Configure logging drivers", Docker manual). */
const CONTAINER_LOGS = '/var/lib/docker/containers/*/*-json.log';

export const logGroupName = (suite: string, fleet: string): string => `/${suite}/nodes/${fleet}`;

export interface AgentConfig {
  readonly agent: object;
  readonly metrics?: object;
  readonly logs: { readonly logs_collected: object };
}

/**
 * Everything but the journal.
 * @param files whose lines are sent, besides those of containers
 */
export function agentConfig(suite: string, complete: CompleteDocument, files: readonly string[]): AgentConfig {
  const { fleet, metrics, volumes, units } = complete;
  const ofFleet = { append_dimensions: { Fleet: fleet } };
  const containers = Object.values(units).some((unit) => 'docker' in unit || 'compose' in unit);
  const group = { log_group_name: logGroupName(suite, fleet) };
  const collected = [
    ...files.map((file) => ({ file_path: file, ...group, log_stream_name: `{instance_id}${file}` })),
    // Without publish_multi_logs the agent follows the newest file alone.
    ...(containers
      ? [{ file_path: CONTAINER_LOGS, ...group, log_stream_name: '{instance_id}/containers', publish_multi_logs: true }]
      : []),
  ];
  return {
    agent: { metrics_collection_interval: 60 },
    ...(metrics === 'classic' && {
      metrics: {
        namespace: AGENT_NAMESPACE,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the agent puts the instance's id there.
        append_dimensions: { InstanceId: '${aws:InstanceId}' },
        metrics_collected: {
          disk: {
            measurement: ['used_percent', 'used', 'total', 'inodes_used', 'inodes_total'],
            resources: ['/', ...Object.values(volumes).map(({ path }) => path)],
            drop_device: true,
          },
          cpu: { measurement: ['usage_active'], totalcpu: true, ...ofFleet },
          mem: { measurement: ['used_percent'], ...ofFleet },
          diskio: { measurement: ['read_bytes', 'write_bytes'], resources: DISKS, ...ofFleet },
        },
      },
    }),
    logs: { logs_collected: collected.length > 0 ? { files: { collect_list: collected } } : {} },
  };
}

/** The journal of these units. Agents from before aws/amazon-cloudwatch-agent#2121 (May 2026) refuse it. */
export function journalConfig(suite: string, fleet: string, units: readonly string[]): Pick<AgentConfig, 'logs'> {
  const entry = { units, log_group_name: logGroupName(suite, fleet), log_stream_name: '{instance_id}/journal' };
  return { logs: { logs_collected: { journald: { collect_list: [entry] } } } };
}
