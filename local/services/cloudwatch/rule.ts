// Parses the rule of a composite alarm: ALARM(), OK(), INSUFFICIENT_DATA(), AND, OR, NOT, TRUE and FALSE (PutCompositeAlarm, API reference).
import { AwsError } from '../../simulator/service.ts';
import type { StateValue } from './evaluation.ts';

export interface AlarmRule {
  /** Names of the alarms that it reads, in their order. */
  readonly children: readonly string[];
  /** Undefined state: no such alarm exists. */
  holds(stateOf: (alarmName: string) => StateValue | undefined): boolean;
}

type Node = (stateOf: (alarmName: string) => StateValue | undefined) => boolean;

// PutCompositeAlarm: 10,240 characters, 100 children, 500 elements.
const LENGTH_MAX = 10_240;
const CHILDREN_MAX = 100;
const ELEMENTS_MAX = 500;
const TOKEN =
  /\s*(?:(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"((?:[^"\\]|\\.)*)"|([^)"\s]+))\s*\)|(AND|OR|NOT|TRUE|FALSE)\b|([()]))/y;

interface Token {
  readonly word: string;
  readonly alarm?: string;
}

/** Throws `ValidationError` with the position of the first error. */
export function parseAlarmRule(text: string): AlarmRule {
  if (text.length > LENGTH_MAX) throw invalid(`AlarmRule must not be longer than ${LENGTH_MAX} characters`);
  const tokens = tokenize(text);
  const children = [...new Set(tokens.flatMap(({ alarm }) => alarm ?? []))];
  if (children.length > CHILDREN_MAX) throw invalid(`AlarmRule must not have more than ${CHILDREN_MAX} children`);
  let at = 0;
  const take = (word: string): boolean => {
    if (tokens[at]?.word !== word || tokens[at]?.alarm !== undefined) return false;
    at++;
    return true;
  };
  const either = (): Node => {
    const parts = [both()];
    while (take('OR')) parts.push(both());
    return (stateOf) => parts.some((part) => part(stateOf));
  };
  const both = (): Node => {
    const parts = [negation()];
    while (take('AND')) parts.push(negation());
    return (stateOf) => parts.every((part) => part(stateOf));
  };
  const negation = (): Node => {
    if (!take('NOT')) return primary();
    const inner = negation();
    return (stateOf) => !inner(stateOf);
  };
  const primary = (): Node => {
    if (take('(')) {
      const inner = either();
      if (!take(')')) throw invalid('AlarmRule: a closing parenthesis is missing');
      return inner;
    }
    if (take('TRUE')) return () => true;
    if (take('FALSE')) return () => false;
    const { word, alarm } = tokens[at] ?? {};
    if (alarm === undefined) throw invalid(`AlarmRule: "${word ?? 'the end'}" is not expected`);
    at++;
    return (stateOf) => stateOf(alarm) === word;
  };
  const root = either();
  if (at < tokens.length) throw invalid(`AlarmRule: "${tokens[at]?.word}" is not expected`);
  return { children, holds: root };
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match)
      throw invalid(`AlarmRule: "${text.slice(from, from + 20).trim()}" at column ${from + 1} is not understood`);
    const [, state, quoted, bare, word, sign] = match;
    const alarm = quoted?.replace(/\\(.)/g, '$1') ?? bare;
    tokens.push(
      state !== undefined && alarm !== undefined ? { word: state, alarm: nameOf(alarm) } : { word: word ?? sign ?? '' },
    );
    if (tokens.length > ELEMENTS_MAX) throw invalid(`AlarmRule must not have more than ${ELEMENTS_MAX} elements`);
  }
  if (tokens.length === 0) throw invalid('AlarmRule must not be empty');
  return tokens;
}

/** Rules and suppressors contain alarm names or ARNs. */
export const nameOf = (nameOrArn: string): string => nameOrArn.replace(/^arn:[^:]+:cloudwatch:[^:]*:[^:]*:alarm:/, '');

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);
