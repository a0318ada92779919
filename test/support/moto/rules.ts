// What the region checks of the values of an operation's input, by path, in the form of botocore-rules.py.
import type { Enums } from '../../../local/simulator/gateway/declarations.ts';
import type { Limit } from '../../../local/simulator/gateway/limits.ts';
import type { ServiceModel } from '../../../local/simulator/gateway/model.ts';

export interface Rule {
  readonly type: string;
  readonly required?: true;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
}
/** By "Path.Of[].Member". */
export type Rules = Readonly<Record<string, Rule>>;
type Shape = ServiceModel['operations'] extends ReadonlyMap<string, { readonly input: infer S }> ? S : never;

export function rulesOf(service: ServiceModel, operation: string): Rules {
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
