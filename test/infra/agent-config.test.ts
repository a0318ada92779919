// What the agent is told, what dashboards and Grafana draw of that, and what it costs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { agentConfig, journalConfig, MACHINE_METRICS } from '../../infra/agent-config.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import type { FleetDocument } from '../../shared/fleet/schema.ts';
import { completeDocument } from '../../shared/fleet/whole.ts';
import { bitcoin } from './support.ts';

const told = (more: Partial<FleetDocument> = {}, files: readonly string[] = []) =>
  agentConfig('chainmend', completeDocument({ ...bitcoin.document, ...more } as FleetDocument), files) as unknown as {
    metrics?: {
      metrics_collected: Record<string, { measurement: string[]; resources?: string[]; append_dimensions?: object }>;
    };
    logs: { logs_collected: { files?: { collect_list: Record<string, unknown>[] } } };
  };
const collected = told().metrics?.metrics_collected ?? {};
const streams = (of: ReturnType<typeof told>) =>
  (of.logs.logs_collected.files?.collect_list ?? []).map((one) => [one['file_path'], one['log_stream_name']]);

describe('the metrics of the agent', () => {
  it('carry the fleet where a dashboard searches for it, and as alarms read them where they are of disks', () => {
    const ofFleet = Object.entries(collected).filter(([, { append_dimensions }]) => append_dimensions !== undefined);
    expect(ofFleet.flatMap(([plugin, { measurement }]) => measurement.map((one) => `${plugin}_${one}`))).toEqual([
      ...MACHINE_METRICS,
    ]);
    for (const [, { append_dimensions }] of ofFleet) expect(append_dimensions).toEqual({ Fleet: 'bitcoin' });
    expect(collected['disk']).toMatchObject({ drop_device: true, resources: ['/', expect.any(String)] });
  });

  it('are none where the fleet sends its metrics over OTLP', () => {
    expect(told({ metrics: 'otlp' }).metrics).toBeUndefined();
  });

  it('cost what docs/cost.md says', () => {
    const page = readFileSync(join(repositoryRoot, 'docs/cost.md'), 'utf8');
    const count = (plugin: string): number => collected[plugin]?.measurement.length ?? Number.NaN;
    const [paths, disks] = [2, 2];
    const all = count('disk') * paths + count('cpu') + count('mem') + count('diskio') * disks;
    expect(page).toContain(
      `(${count('disk')} × paths + ${count('cpu') + count('mem')} + ${count('diskio')} × disks) × $0.30 a node: $${(all * 0.3).toFixed(2)}`,
    );
  });
});

describe('the logs of the agent', () => {
  it('are the named files, each in a stream of its instance', () => {
    expect(streams(told({}, ['/var/log/node.log']))).toEqual([['/var/log/node.log', '{instance_id}/var/log/node.log']]);
  });

  it.each([{ docker: 'geth' }, { compose: { file: '/opt/compose.yaml', service: 'geth' } }])(
    'are those of containers where a client is one: %j',
    (client) => {
      const { unit: _, ...document } = bitcoin.document as FleetDocument & { unit?: string };
      const of = agentConfig('chainmend', completeDocument({ ...document, ...client } as FleetDocument), []);
      expect(JSON.stringify(of)).toContain('"/var/lib/docker/containers/*/*-json.log"');
      expect(JSON.stringify(of)).toContain('"publish_multi_logs":true');
    },
  );

  it('are the journal of the client, apart: an older agent refuses that', () => {
    expect(JSON.stringify(told())).not.toContain('journald');
    expect(journalConfig('chainmend', 'bitcoin', ['node@28.1']).logs.logs_collected).toEqual({
      journald: {
        collect_list: [
          {
            units: ['node@28.1'],
            log_group_name: '/chainmend/nodes/bitcoin',
            log_stream_name: '{instance_id}/journal',
          },
        ],
      },
    });
  });
});
