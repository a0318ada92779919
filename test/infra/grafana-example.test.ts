// The dashboards for Grafana draw what is sent: chainmend's own metrics, the agent's, and those that clients told when their pages were recorded.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { MACHINE_METRICS } from '../../infra/agent-config.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { AGENT_NAMESPACE, FLEET_METRICS, NODE_METRICS, OPEN_INCIDENTS } from '../../shared/fleet/resource-names.ts';

const FOLDER = join(repositoryRoot, 'examples/grafana');
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

interface Target {
  readonly namespace?: string;
  readonly metricName?: string;
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly statistic?: string;
  readonly expr?: string;
}
interface GrafanaDashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
    readonly targets: readonly Target[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}
const dashboard = (name: string): GrafanaDashboard => JSON.parse(read(name)) as GrafanaDashboard;
const targetsOf = (name: string): readonly Target[] => dashboard(name).panels.flatMap(({ targets }) => targets);

describe.each(['fleets.json', 'clients.json'])('%s', (name) => {
  const { panels, templating } = dashboard(name);

  it('has panels with ids of their own, that fit beside each other', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    const places = panels.map(({ gridPos: { x, y } }) => `${x} ${y}`);
    expect(new Set(places).size).toBe(places.length);
  });

  it('uses no variable that it does not have', () => {
    const used = [...read(name).matchAll(/\$\{?([a-z]+)\b/g)].map(([, variable]) => variable);
    expect(new Set(used)).toEqual(new Set(templating.list.map((variable) => variable.name)));
  });
});

describe('the dashboard of fleets', () => {
  const targets = targetsOf('fleets.json');

  it('draws every metric of fleets and nodes, and of machines what the agent sends, by the dimensions that each has', () => {
    const drawn = targets.map(({ namespace, metricName, dimensions = {} }) => [
      namespace,
      metricName,
      ...Object.keys(dimensions),
    ]);
    const agents = (metric: string) => [
      metric,
      'Fleet',
      'InstanceId',
      ...(metric.startsWith('diskio') ? ['name'] : []),
    ];
    const sent = [
      ...[...FLEET_METRICS, OPEN_INCIDENTS].map((metric) => ['$suite', metric, 'Fleet']),
      ...NODE_METRICS.map((metric) => ['$suite', metric, 'Fleet', 'Node']),
      ...MACHINE_METRICS.map((metric) => [AGENT_NAMESPACE, ...agents(metric)]),
    ];
    const sorted = (of: readonly (readonly (string | undefined)[])[]) => of.map((one) => one.join(' ')).sort();
    expect(sorted(drawn)).toEqual(sorted(sent));
  });

  it('sums what is counted anew each minute, and draws everything else at its highest', () => {
    for (const { metricName = '', statistic } of targets)
      expect([metricName, statistic]).toEqual([metricName, metricName.startsWith('diskio') ? 'Sum' : 'Maximum']);
  });

  it('lists the fleets by a metric that each of them has', () => {
    const fleets = dashboard('fleets.json').templating.list.find(({ name }) => name === 'fleet');
    expect(fleets?.query).toMatchObject({ metricName: OPEN_INCIDENTS, dimensionKey: 'Fleet' });
  });
});

describe('the dashboard of clients', () => {
  /** bitcoind-monitor.py of jvstein/bitcoin-prometheus-exporter. `up` is Prometheus's own. */
  const BESIDE = [
    'bitcoin_blocks',
    'bitcoin_latest_block_size',
    'bitcoin_latest_block_txs',
    'bitcoin_mempool_size',
    'bitcoin_peers',
    'up',
  ];
  const recorded = ['geth-metrics.txt', 'cometbft-metrics.txt'].flatMap((page) =>
    [
      ...readFileSync(join(repositoryRoot, 'test/fixtures/chain-samples', page), 'utf8').matchAll(
        /^([a-z][\w:]*)[ {]/gm,
      ),
    ].map(([, metric = '']) => metric),
  );
  const expressions = targetsOf('clients.json').map(({ expr = '' }) => expr);

  /** The metrics that an expression names. @throws where it is no PromQL */
  function metricsIn(expression: string): readonly string[] {
    const names: string[] = [];
    parser.parse(expression).iterate({
      enter: ({ type, from, to }) => {
        if (type.isError) throw new Error(`no PromQL at ${from}: ${expression}`);
        if (type.name === 'Identifier' && !names.includes(expression.slice(from, to)))
          names.push(expression.slice(from, to));
      },
    });
    return names;
  }

  it.each(expressions)('asks for what a client tells: %s', (expression) => {
    const metrics = metricsIn(expression);
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((metric) => ![...BESIDE, ...recorded].includes(metric))).toEqual([]);
  });
});

describe('what Prometheus scrapes', () => {
  it('are the ports and paths of the clients whose metrics are drawn, on running nodes found by a tag', () => {
    const { scrape_configs: jobs } = parse(read('prometheus.yaml'), { merge: true }) as {
      scrape_configs: {
        job_name: string;
        metrics_path?: string;
        ec2_sd_configs: { port: number; filters: { name: string }[] }[];
        relabel_configs: { target_label: string }[];
      }[];
    };
    const seen = jobs.map(({ job_name, metrics_path, ec2_sd_configs: [found] }) => [
      job_name,
      metrics_path,
      found?.port,
    ]);
    expect(seen).toEqual([
      ['bitcoin', undefined, 9332],
      ['geth', '/debug/metrics/prometheus', 6060],
      ['cometbft', undefined, 26660],
    ]);
    for (const {
      ec2_sd_configs: [found],
      relabel_configs,
    } of jobs) {
      expect(found?.filters.map(({ name }) => name)).toEqual(['tag:Component', 'instance-state-name']);
      expect(relabel_configs.map(({ target_label }) => target_label)).toEqual(['fleet', 'node', 'instance']);
    }
  });

  it('is said by a page whose links lead somewhere', () => {
    const links = [...read('README.md').matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((path) => !existsSync(join(FOLDER, path)))).toEqual([]);
  });
});
