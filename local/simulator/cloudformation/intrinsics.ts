// Resolves CloudFormation's intrinsic functions in a template's values ("Intrinsic function reference").
import { ownValue } from '../own-properties.ts';
import type { Template } from './assembly.ts';

/** The results of Ref and Fn::GetAtt for a created resource. */
export interface Created {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
}

export interface Scope {
  readonly template: Template;
  readonly stackName: string;
  readonly accountId: string;
  readonly regionName: string;
  readonly parameters: ReadonlyMap<string, unknown>;
  readonly resources: ReadonlyMap<string, Created>;
}

/** AWS::NoValue: the property counts as absent. */
const NO_VALUE = Symbol('AWS::NoValue');
const DEPTH_MAX = 100;

/** `where` names the place in error messages: "Resources.Table.Properties". */
export function resolve(value: unknown, scope: Scope, where: string): unknown {
  const resolved = resolveAny(value, scope, where, 0);
  return resolved === NO_VALUE ? undefined : resolved;
}

export function conditionHolds(name: string, scope: Scope): boolean {
  const condition = scope.template.Conditions?.[name];
  if (condition === undefined) throw new Error(`Conditions.${name}: there is no such condition`);
  return truth(condition, scope, `Conditions.${name}`, 0);
}

/** Logical ids of the template's resources that a value refers to. */
export function references(value: unknown, isResource: (logicalId: string) => boolean): Set<string> {
  const found = new Set<string>();
  const add = (id: string): void => {
    if (isResource(id)) found.add(id);
  };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    for (const [key, argument] of Object.entries(node)) {
      if (key === 'Ref') add(String(argument));
      else if (key === 'Fn::GetAtt') add(attributeOf(argument, 'Fn::GetAtt').logicalId);
      else if (key === 'Fn::Sub') {
        const text = String(Array.isArray(argument) ? argument[0] : argument);
        for (const [, name = ''] of text.matchAll(/\$\{([^!}][^}]*)\}/g)) add(name.split('.')[0] ?? '');
        visit(argument);
      } else visit(argument);
    }
  };
  visit(value);
  return found;
}

function resolveAny(value: unknown, scope: Scope, where: string, depth: number): unknown {
  if (depth > DEPTH_MAX) throw new Error(`${where}: nested deeper than ${DEPTH_MAX}`);
  if (Array.isArray(value)) {
    return value
      .map((item, i) => resolveAny(item, scope, `${where}[${i}]`, depth + 1))
      .filter((item) => item !== NO_VALUE);
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && /^(Ref|Fn::.*)$/.test(first[0])) {
    return resolveFunction(first[0], first[1], scope, where, depth + 1);
  }
  const resolved = entries.map(([key, item]) => [key, resolveAny(item, scope, `${where}.${key}`, depth + 1)]);
  return Object.fromEntries(resolved.filter(([, item]) => item !== NO_VALUE));
}

function resolveFunction(name: string, argument: unknown, scope: Scope, where: string, depth: number): unknown {
  const inner = (value: unknown): unknown => resolveAny(value, scope, `${where}.${name}`, depth);
  const list = (): unknown[] => {
    if (Array.isArray(argument)) return argument;
    throw new Error(`${where}.${name}: expected a list`);
  };
  const texts = (value: unknown): string[] => {
    const resolved = inner(value);
    if (Array.isArray(resolved)) return resolved.map(String);
    throw new Error(`${where}.${name}: expected a list, got ${JSON.stringify(resolved)}`);
  };
  switch (name) {
    case 'Ref':
      return refer(String(argument), scope, where);
    case 'Fn::GetAtt':
      return getAttribute(argument, scope, where);
    case 'Fn::Sub':
      return substitute(argument, scope, where, depth);
    case 'Fn::Join': {
      const [separator, parts] = list();
      return texts(parts).join(String(separator));
    }
    case 'Fn::Base64':
      return Buffer.from(String(inner(argument))).toString('base64');
    case 'Fn::Split': {
      const [separator, text] = list();
      return String(inner(text)).split(String(separator));
    }
    case 'Fn::Select': {
      const [index, from] = list();
      const chosen = texts(from)[Number(inner(index))];
      if (chosen === undefined) throw new Error(`${where}.Fn::Select: the list has no item ${String(index)}`);
      return chosen;
    }
    case 'Fn::If': {
      const [condition, yes, no] = list();
      return inner(conditionHolds(String(condition), scope) ? yes : no);
    }
    case 'Fn::FindInMap': {
      const [map, first, second] = list().map((item) => String(inner(item)));
      const found = scope.template.Mappings?.[map ?? '']?.[first ?? '']?.[second ?? ''];
      if (found === undefined) throw new Error(`${where}.Fn::FindInMap: there is no ${map}.${first}.${second}`);
      return found;
    }
    case 'Fn::ImportValue':
      throw new Error(`${where}: Fn::ImportValue is refused: the stack must not depend on another stack`);
    default:
      throw new Error(`${where}: the intrinsic function ${name} is not emulated`);
  }
}

function refer(name: string, scope: Scope, where: string): unknown {
  const pseudo: Readonly<Record<string, unknown>> = {
    'AWS::AccountId': scope.accountId,
    'AWS::Region': scope.regionName,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': scope.stackName,
    'AWS::StackId': `arn:aws:cloudformation:${scope.regionName}:${scope.accountId}:stack/${scope.stackName}/local`,
    'AWS::NotificationARNs': [],
    'AWS::NoValue': NO_VALUE,
  };
  if (Object.hasOwn(pseudo, name)) return pseudo[name];
  if (scope.parameters.has(name)) return scope.parameters.get(name);
  const created = scope.resources.get(name);
  if (created === undefined)
    throw new Error(`${where}: Ref to ${name}, which is neither a parameter nor a resource made before`);
  return created.ref;
}

function getAttribute(argument: unknown, scope: Scope, where: string): string | readonly string[] {
  const { logicalId, attribute } = attributeOf(argument, where);
  const value = ownValue(scope.resources.get(logicalId)?.attributes ?? {}, attribute);
  if (value !== undefined) return value;
  const type = scope.template.Resources[logicalId]?.Type ?? 'no resource';
  throw new Error(`${where}: Fn::GetAtt ${logicalId}.${attribute} is not emulated (${type})`);
}

function attributeOf(argument: unknown, where: string): { logicalId: string; attribute: string } {
  const [logicalId, ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
  if (logicalId === undefined || rest.length === 0) {
    throw new Error(`${where}: expected [logicalId, attribute], got ${JSON.stringify(argument)}`);
  }
  return { logicalId, attribute: rest.join('.') };
}

function substitute(argument: unknown, scope: Scope, where: string, depth: number): string {
  const [text, variables] = Array.isArray(argument) ? [String(argument[0]), argument[1] ?? {}] : [String(argument), {}];
  return text.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (Object.hasOwn(variables as object, name)) {
      return String(resolveAny((variables as Record<string, unknown>)[name], scope, `${where}.${name}`, depth + 1));
    }
    return String(name.includes('.') ? getAttribute(name, scope, where) : refer(name, scope, where));
  });
}

function truth(condition: unknown, scope: Scope, where: string, depth: number): boolean {
  if (depth > DEPTH_MAX) throw new Error(`${where}: nested deeper than ${DEPTH_MAX}`);
  const [entry] = Object.entries(condition as object);
  if (entry === undefined) throw new Error(`${where}: expected a condition function`);
  const [name, argument] = entry;
  const parts = Array.isArray(argument) ? argument : [argument];
  const each = (part: unknown): boolean => truth(part, scope, `${where}.${name}`, depth + 1);
  switch (name) {
    case 'Fn::Equals': {
      const [left, right] = parts.map((part) => JSON.stringify(resolve(part, scope, where)));
      return left === right;
    }
    case 'Fn::And':
      return parts.every(each);
    case 'Fn::Or':
      return parts.some(each);
    case 'Fn::Not':
      return !each(parts[0]);
    case 'Condition':
      return conditionHolds(String(argument), scope);
    default:
      throw new Error(`${where}: the condition function ${name} is not emulated`);
  }
}
