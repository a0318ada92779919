import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { consensusMetricsQuestion, gethMetricsQuestion } from '../../../shared/chains/metrics.ts';
import { MAXIMUM_SAMPLES, MetricsError, parseMetrics } from '../../../shared/chains/prometheus.ts';
import { tries } from '../../fixtures/any.ts';
import { answered, factsOf, readAll } from '../../fixtures/chain-answers.ts';

describe("a cometbft node's metrics", () => {
  it.each([
    ['cometbft', 'cometbft-metrics.txt', 2],
    ['tendermint', 'tendermint-metrics.txt', 10],
  ])('tell of its consensus in the namespace %s', (namespace, file, power) => {
    expect(factsOf(consensusMetricsQuestion, [answered(page(file))])).toEqual({
      namespace,
      latestBlockHeight: 5,
      rounds: 0,
      validatorsPower: power,
      missingValidatorsPower: 0,
      byzantineValidators: 0,
      byzantineValidatorsPower: 0,
    });
  });

  it('say nothing of the validators before it has seen a block since its start: that is unknown, not 0', () => {
    expect(factsOf(consensusMetricsQuestion, [answered(page('cometbft-metrics-halted.txt'))])).toMatchObject({
      rounds: 0,
      latestBlockHeight: undefined,
      validatorsPower: undefined,
      missingValidatorsPower: undefined,
    });
  });

  it.each([
    ['those of something else', page('geth-metrics.txt'), /expected either cometbft_consensus_/],
    ['both namespaces', page('cometbft-metrics.txt') + page('tendermint-metrics.txt'), /expected either/],
    ['cut off', page('cometbft-metrics.txt').slice(0, -1), /line feed at the end/],
    ['negative', 'cometbft_consensus_rounds -1\n', /rounds is -1, expected a whole number/],
    [
      'there twice',
      'cometbft_consensus_rounds{a="1"} 1\ncometbft_consensus_rounds{a="2"} 1\n',
      /2 times, expected once/,
    ],
    ['a web page', '<html></html>\n', /line 1: expected the name of a metric/],
  ])('that are %s are refused', (_, body, reason) => {
    const reading = readAll(consensusMetricsQuestion, [answered(body)]);
    expect(reading).toEqual({ kind: 'error', code: 'malformed', reason: expect.stringMatching(reason) });
  });
});

describe("geth's metrics", () => {
  it('tell its head, its peers, and the blocks that it has inserted', () => {
    const facts = factsOf(gethMetricsQuestion, [answered(page('geth-dev-metrics.txt'))]);
    expect(facts).toEqual({ headBlock: 8, peers: 0, inserts: 8 });
  });

  it('of a node that inserts nothing have no count of insertions', () => {
    expect(factsOf(gethMetricsQuestion, [answered(page('geth-metrics.txt'))]).inserts).toBeUndefined();
  });

  it('have a blank between the name and its labels', () => {
    const series = parseMetrics(page('geth-dev-metrics.txt'));
    expect(series.get('chain_inserts')?.[0]).toEqual({
      name: 'chain_inserts',
      labels: { quantile: '0.5' },
      value: 270187.5,
    });
  });
});

describe('the text format of Prometheus', () => {
  // The example of "Exposition formats", prometheus.io.
  const EXAMPLE = `# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045
`;

  it('is read as its documentation shows it', () => {
    const samples = [...parseMetrics(EXAMPLE).values()].flat().map(({ labels, value }) => ({ labels, value }));
    expect(samples).toEqual([
      { labels: { method: 'post', code: '200' }, value: 1027 },
      { labels: { method: 'post', code: '400' }, value: 3 },
      { labels: { path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find file:\n"FILE.TXT"' }, value: 1458255915 },
      { labels: {}, value: 12.47 },
      { labels: { problem: 'division by zero' }, value: Number.POSITIVE_INFINITY },
    ]);
  });

  it.each([
    ['name\n', 'one value'],
    ['name 1 2 3\n', 'one value'],
    ['name one\n', 'a number'],
    ['name 0x10\n', 'a number'],
    ['name{a="1" 1\n', 'label="value" or }'],
    ['name{a=1} 1\n', 'label="value" or }'],
    ['name{a="1",a="2"} 1\n', 'each label once'],
    ['name 1 tomorrow\n', 'a timestamp in ms'],
    ['1name 1\n', 'the name of a metric'],
    [`name{${'a="1",'.repeat(70)}} 1\n`, 'each label once'],
    [`${'name 1\n'.repeat(MAXIMUM_SAMPLES + 1)}`, `at most ${MAXIMUM_SAMPLES} samples`],
  ])('is refused where it is wrong: %.20s', (text, expectation) => {
    expect(() => parseMetrics(text)).toThrow(new RegExp(`expected ${expectation.replace(/[{}]/g, '\\$&')}`));
  });

  it('gives back what was written', () => {
    const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,10}$/);
    const sample = fc.record({ name, labels: fc.dictionary(name, fc.string(), { maxKeys: 5 }), value: fc.double() });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 10 }), (samples) => {
        const text = samples
          .map(({ name: of, labels, value }) => `${of}{${written(labels)}} ${number(value)}\n`)
          .join('');
        const read = [...parseMetrics(text).values()].flat();
        const sorted = [...new Set(samples.map((one) => one.name))].flatMap((of) =>
          samples.filter((s) => s.name === of),
        );
        expect(read.map((one) => ({ ...one, labels: { ...one.labels } }))).toEqual(
          sorted.map((one) => ({ ...one, labels: { ...one.labels }, value: Number(one.value) })),
        );
      }),
    );
  });

  it('never fails otherwise than by name, whatever the page', () => {
    const near = fc.stringMatching(/^[a-z{}="\\, 0-9.+#\n-]{0,60}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        try {
          parseMetrics(`${text}\n`);
        } catch (error) {
          expect(error).toBeInstanceOf(MetricsError);
        }
      }),
      tries('chains', 1_000),
    );
  });
});

function page(file: string): string {
  return readFileSync(new URL(`../../fixtures/chain-samples/${file}`, import.meta.url), 'utf8');
}

function written(labels: Readonly<Record<string, string>>): string {
  const escaped = (value: string) => value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}
