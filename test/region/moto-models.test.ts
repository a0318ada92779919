// What the region checks of every request's values, beside the models that the AWS SDK for Python ships: enums, required members, lengths,
// ranges and patterns of every operation that is emulated. `npm test -- moto` runs it: botocore comes with moto.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Enums } from '../../local/wire/declarations.ts';
import type { Limit } from '../../local/wire/limits.ts';
import type { ServiceModel } from '../../local/wire/model.ts';
import { isAsked } from '../support/asked.ts';
import { motoPython } from '../support/moto/server.ts';
import { wholeRegion } from '../support/whole-region.ts';

const found = isAsked('moto') ? motoPython() : { lacking: 'it is asked for by name: npm test -- moto' };
const lacking = 'lacking' in found ? found.lacking : undefined;
const INSTALLED_MS = 900_000;

/** What botocore calls the services; others have the name by which requests are signed. */
const CLIENTS: Readonly<Record<string, string>> = { elasticloadbalancing: 'elbv2', monitoring: 'cloudwatch' };

/** Versions of the two SDKs are days or weeks apart. What only one of them knows yet, by the member. */
const ONLY_BOTOCORE: ReadonlySet<string> = new Set([
  'lambda.CreateFunction RuntimeConfig.RuntimeArn',
  'lambda.CreateFunction RuntimeConfig.RuntimeAlias',
  'lambda.CreateFunction AcceleratorConfig.AcceleratorMemorySize',
  'secretsmanager.CreateSecret CrossAccountPrimaryARN',
]);
const NEWER_VALUES: ReadonlySet<string> = new Set([
  'lambda.CreateFunction Runtime',
  'lambda.ListDurableExecutionsByFunction Statuses[]',
]);

interface Rule {
  readonly type: string;
  readonly required?: true;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
}
type Rules = Readonly<Record<string, Rule>>;
type Shape = ServiceModel['operations'] extends ReadonlyMap<string, { readonly input: infer S }> ? S : never;

describe(`every emulated operation${lacking === undefined ? '' : ` (skipped: ${lacking})`}`, () => {
  const they = lacking === undefined ? it : it.skip;
  /** By "service.Operation Path.Of[].Member". */
  const ours = new Map<string, Rule>();
  const botocores = new Map<string, Rule>();

  beforeAll(async () => {
    if ('lacking' in found) return;
    const { region, following } = await wholeRegion();
    const asked: Record<string, { client: string; operations: readonly string[] }> = {};
    for (const service of region.front.models.values()) {
      const operations = region.front.operationsOf(service.name);
      asked[service.name] = { client: CLIENTS[service.name] ?? service.name, operations };
      for (const operation of operations) {
        for (const [path, rule] of Object.entries(rulesOf(service, operation)))
          ours.set(`${service.name}.${operation} ${path}`, rule);
      }
    }
    await following.stop();
    const script = join(import.meta.dirname, '../support/moto/botocore-rules.py');
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
  }, INSTALLED_MS);

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
});

function rulesOf(service: ServiceModel, operation: string): Rules {
  const { limits, enums } = service.rules();
  const rules: Record<string, Rule> = {};
  const visit = (shape: Shape, path: string, name: string, own: Enums | undefined, within: readonly string[]): void => {
    const rule = ruleOf(limits.get(name), own);
    if (path !== '' && Object.keys(rule).length > 0) rules[path] = { ...rules[path], type: '', ...rule };
    if (shape.isUnitSchema()) return;
    if (shape.isListSchema()) visit(shape.getValueSchema(), `${path}[]`, `${name}[]`, own?.element, within);
    if (shape.isMapSchema()) {
      visit(shape.getKeySchema(), `${path}{key}`, `${name}{key}`, own?.key, within);
      visit(shape.getValueSchema(), `${path}{}`, `${name}{}`, own?.value, within);
    }
    if (!shape.isStructSchema()) return;
    const schema = shape.getSchema() as unknown as readonly unknown[];
    const structure = String(schema[2]);
    if (within.includes(structure)) return;
    const required = (schema[4] as string[]).slice(0, (schema[6] as number | undefined) ?? 0);
    for (const [member, inner] of shape.structIterator()) {
      const at = path === '' ? member : `${path}.${member}`;
      if (required.includes(member)) rules[at] = { type: '', required: true };
      visit(inner, at, `${structure}.${member}`, enums(structure).get(member), [...within, structure]);
    }
  };
  const input = service.operations.get(operation)?.input;
  if (input !== undefined) visit(input, '', '', undefined, []);
  return rules;
}

const ruleOf = (limit: Limit | undefined, own: Enums | undefined): Omit<Rule, 'type'> => ({
  ...(own?.values && { enum: [...own.values] }),
  ...(limit?.least !== undefined && { min: limit.least }),
  ...(limit?.most !== undefined && { max: limit.most }),
  ...(limit?.pattern !== undefined && { pattern: limit.pattern }),
});
