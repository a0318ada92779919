// The payload that a target gets of an event: the whole event, a part, a constant, or a text made from its parts.

import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError } from '../../simulator/service.ts';
import type { Json } from './pattern.ts';

export interface TargetInput {
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: {
    readonly InputPathsMap?: Readonly<Record<string, string>>;
    readonly InputTemplate: string;
  };
}

export interface InputContext {
  readonly ruleArn: string;
  readonly ruleName: string;
}

// "PutTargets" (API reference): up to 100 key-value pairs in an InputPathsMap.
const PATHS_MAX = 100;
const PATH = /^\$(?:\.[A-Za-z0-9_-]+|\[\d+\]|\['[^']+'\])*$/;
const STEP = /\.([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']+)'\]/g;
const PLACEHOLDER = /<([A-Za-z0-9_.-]+)>/g;

/** Refuses invalid paths, as PutTargets does. */
export function checkTargetInput(target: TargetInput): void {
  const { InputPathsMap: paths = {}, InputTemplate: template } = target.InputTransformer ?? {};
  if ([target.Input, target.InputPath, template].filter((one) => one !== undefined).length > 1) {
    throw invalid('Only one of Input, InputPath, or InputTransformer must be provided');
  }
  if (target.Input !== undefined && !isJson(target.Input)) {
    throw invalid(`JSON syntax error in input for target: ${target.Input.slice(0, 100)}`);
  }
  if (Object.keys(paths).length > PATHS_MAX) throw invalid(`InputPathsMap has more than ${PATHS_MAX} entries`);
  for (const path of [...Object.values(paths), ...(target.InputPath === undefined ? [] : [target.InputPath])]) {
    if (!PATH.test(path)) throw invalid(`JSON path ${path} is not valid.`);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The payload of a target, as JSON text. */
export function targetPayload(target: TargetInput, event: Json, context: InputContext): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(at(event, target.InputPath) ?? {});
  if (target.InputTransformer) return transformed(target.InputTransformer, event, context);
  return JSON.stringify(event);
}

function transformed(
  transformer: NonNullable<TargetInput['InputTransformer']>,
  event: Json,
  context: InputContext,
): string {
  const { InputPathsMap: paths = {}, InputTemplate: template } = transformer;
  const time = (event as { time?: Json }).time ?? '';
  // "Predefined variables" of "Amazon EventBridge input transformation" (user guide).
  const predefined: Readonly<Record<string, Json>> = {
    'aws.events.rule-arn': context.ruleArn,
    'aws.events.rule-name': context.ruleName,
    'aws.events.event.ingestion-time': time,
    'aws.events.event': withoutDetail(event),
    'aws.events.event.json': event,
  };
  return template.replace(PLACEHOLDER, (placeholder, name: string, offset: number) => {
    const path = ownValue(paths, name);
    const value = path === undefined ? ownValue(predefined, name) : (at(event, path) ?? '');
    if (value === undefined) return placeholder;
    return insideQuotes(template, offset) ? inQuotes(value) : JSON.stringify(value);
  });
}

/** Whether a position of a template is within a JSON string. */
function insideQuotes(template: string, offset: number): boolean {
  return (template.slice(0, offset).match(/(?<!\\)"/g)?.length ?? 0) % 2 === 1;
}

/** Inside quotes a text is inserted as it is, and any other value as JSON without its quotes. */
function inQuotes(value: Json): string {
  return typeof value === 'string' ? JSON.stringify(value).slice(1, -1) : JSON.stringify(value).replaceAll('"', '');
}

function withoutDetail(event: Json): Json {
  const { detail: _, ...rest } = event as Record<string, Json>;
  return rest;
}

function at(event: Json, path: string): Json | undefined {
  let value: Json | undefined = event;
  for (const [, name, index, quoted] of path.matchAll(STEP)) {
    const key: string | undefined = name ?? index ?? quoted;
    if (typeof value !== 'object' || value === null || key === undefined || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Record<string, Json>)[key];
  }
  return value;
}

const invalid = (message: string): AwsError => new AwsError('ValidationException', message);
