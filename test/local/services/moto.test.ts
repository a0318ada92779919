// The local region next to moto, an independent emulator: hundreds of good and bad requests to both, and every difference judged. And the region's
// checks of request values next to the models of botocore, which comes with moto. `npm test -- moto` runs both; they need Python 3, and a package
// index the first time.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isAsked } from '../../fixtures/asked.ts';
import { botocoreName } from '../../fixtures/moto/botocore-names.ts';
import { nameOf } from '../../fixtures/moto/calls/call.ts';
import { CALLS } from '../../fixtures/moto/calls/index.ts';
import { shapeDifferences, verdictDifferences } from '../../fixtures/moto/compare.ts';
import { SHAPES, VERDICTS } from '../../fixtures/moto/differences.ts';
import { type Outcome, outcomesOf } from '../../fixtures/moto/outcomes.ts';
import { regionOutcomes } from '../../fixtures/moto/region-side.ts';
import { type Rule, type Rules, rulesOf } from '../../fixtures/moto/rules.ts';
import { type MotoServer, motoPython, startMoto } from '../../fixtures/moto/server.ts';
import { wholeRegion } from '../../fixtures/whole-region.ts';

/** The first run takes a minute: `npm test -- moto` runs it. */
const ASKED = isAsked('moto');
const found = ASKED ? motoPython() : { lacking: 'it is asked for by name' };
const lacking = 'lacking' in found ? found.lacking : undefined;
if (ASKED && lacking !== undefined) console.warn(`moto is skipped: ${lacking}`);
const CALLED_MS = 900_000;

/** Endpoints that no SDK describes as operations: metrics over OTLP, and queries in PromQL. */
const ONLY_WIRE: ReadonlySet<string> = new Set(['ExportOtlpMetrics', 'QueryMetrics']);

/** Versions of the two SDKs are days or weeks apart. Members that only one of them knows yet. */
const ONLY_BOTOCORE: ReadonlySet<string> = new Set([
  'lambda.CreateFunction RuntimeConfig.RuntimeArn',
  'lambda.CreateFunction RuntimeConfig.RuntimeAlias',
  'lambda.CreateFunction AcceleratorConfig.AcceleratorMemorySize',
  'secretsmanager.CreateSecret CrossAccountPrimaryARN',
  // A union, whose enums the SDK declares in another way; the region refuses the list as not emulated.
  'iam.SimulatePrincipalPolicy PolicyExclusionList[].PolicyType',
  // An error of its own: InvalidMaxResultsException.
  'cloudtrail.LookupEvents MaxResults',
]);
const NEWER_VALUES: ReadonlySet<string> = new Set([
  'lambda.CreateFunction Runtime',
  'lambda.ListDurableExecutionsByFunction Statuses[]',
]);

const verdicts = Object.assign({}, ...VERDICTS.map(({ calls }) => calls)) as Record<string, string>;
const shapes = Object.assign({}, ...SHAPES.map(({ operations }) => operations)) as Record<string, string>;

describe('the calls', () => {
  it('are at least 300, of which each has a name of its own', () => {
    const names = CALLS.map(nameOf);
    expect(names.length).toBeGreaterThanOrEqual(300);
    expect(new Set(names).size).toBe(names.length);
  });

  it('that are judged are among them, each once, with who is right, why and by what source', () => {
    const names = new Set(CALLS.map(nameOf));
    const judged = VERDICTS.flatMap(({ calls }) => Object.keys(calls));
    expect(judged.filter((name) => !names.has(name))).toEqual([]);
    expect(new Set(judged).size).toBe(judged.length);
    for (const { why, source } of [...VERDICTS, ...SHAPES]) {
      expect(why).toMatch(/\w.*\.$/);
      expect(source).toMatch(/\w/);
    }
  });
});

const SKIPPED = lacking === undefined ? '' : ` (skipped: ${lacking})`;
const they = lacking === undefined ? it : it.skip;

const compareCalls = (): void => {
  let moto: MotoServer | undefined;
  let ours: ReadonlyMap<string, Outcome> = new Map();
  let motos: ReadonlyMap<string, Outcome> = new Map();

  beforeAll(async () => {
    if ('lacking' in found) return;
    moto = await startMoto(found.python);
    ours = await regionOutcomes(CALLS);
    const credentials = { accessKeyId: 'moto', secretAccessKey: 'moto' };
    motos = await outcomesOf(CALLS, { region: 'eu-west-1', endpoint: moto.url, credentials });
  }, CALLED_MS);

  afterAll(() => moto?.close());

  they('refuse the same requests in the same words, but for the differences that are judged', () => {
    expect(verdictDifferences(CALLS, ours, motos)).toEqual(verdicts);
  });

  they('answer with the same members, but for the differences that are judged', () => {
    expect(shapeDifferences(CALLS, ours, motos)).toEqual(shapes);
  });

  they('agree about most calls', () => {
    expect(Object.keys(verdictDifferences(CALLS, ours, motos)).length).toBeLessThan(CALLS.length / 2);
  });
};

const compareModels = (): void => {
  /** By "service.Operation Path.Of[].Member". */
  const ours = new Map<string, Rule>();
  const botocores = new Map<string, Rule>();

  beforeAll(async () => {
    if ('lacking' in found) return;
    const { region, following } = await wholeRegion();
    const asked: Record<string, { client: string; operations: readonly string[] }> = {};
    for (const service of region.gateway.models.values()) {
      const operations = region.gateway.operationsOf(service.name).filter((name) => !ONLY_WIRE.has(name));
      asked[service.name] = { client: botocoreName(service.name), operations };
      for (const operation of operations) {
        for (const [path, rule] of Object.entries(rulesOf(service, operation)))
          ours.set(`${service.name}.${operation} ${path}`, rule);
      }
    }
    await following.stop();
    const script = join(import.meta.dirname, '../../fixtures/moto/botocore-rules.py');
    const { status, stdout, stderr } = spawnSync(found.python, [script], {
      input: JSON.stringify(asked),
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status !== 0) throw new Error(stderr);
    const answer = JSON.parse(stdout) as Record<string, Record<string, Rules>>;
    for (const [service, operations] of Object.entries(answer)) {
      for (const [operation, rules] of Object.entries(operations)) {
        for (const [path, rule] of Object.entries(rules)) {
          const name = `${service}.${operation} ${path}`;
          if (path !== '' && !ONLY_BOTOCORE.has(name)) botocores.set(name, rule);
        }
      }
    }
  }, CALLED_MS);

  they('is compared in many members', () => {
    expect(botocores.size).toBeGreaterThan(1_000);
  });

  they('requires the same members', () => {
    const required = (rules: ReadonlyMap<string, Rule>) =>
      [...rules].flatMap(([name, rule]) => (rule.required ? [name] : [])).sort();
    expect(required(ours)).toEqual(required(botocores));
  });

  they('takes the same values of enums', () => {
    const enums = (rules: ReadonlyMap<string, Rule>) =>
      [...rules].flatMap(([name, rule]) =>
        rule.enum && !NEWER_VALUES.has(name) ? [`${name}: ${[...rule.enum].sort().join()}`] : [],
      );
    expect(enums(ours).sort()).toEqual(enums(botocores).sort());
    for (const name of NEWER_VALUES)
      expect(ours.get(name)?.enum?.filter((value) => !botocores.get(name)?.enum?.includes(value))).toEqual([]);
  });

  they('has the same bounds and patterns', () => {
    const limits = (rules: ReadonlyMap<string, Rule>) =>
      [...rules].flatMap(([name, { min, max, pattern }]) =>
        (min ?? max ?? pattern) === undefined ? [] : [`${name}: ${min}..${max} ${pattern}`],
      );
    expect(limits(ours).sort()).toEqual(limits(botocores).sort());
  });
};

if (ASKED) {
  describe(`the local region and moto${SKIPPED}`, compareCalls);
  describe(`every emulated operation, beside botocore${SKIPPED}`, compareModels);
}
