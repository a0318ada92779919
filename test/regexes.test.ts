// An analyzer reads every regular expression of the product: the time of each is nearly linear in the text's length, for text from any source.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type ParseResult, parse } from '@babel/parser';
import { describe, expect, it } from '@jest/globals';
import { analyse } from 'scslre';
import { repositoryRoot } from '../infra/paths.ts';

/** The code that reads nodes, tags, events, files and command lines. The local region plays AWS, and only our own code calls it. */
const ROOTS = ['functions', 'shared', 'infra', 'local/cli'];

/** Reviewed by a person, each with the reason why it is harmless. */
const KNOWN: Readonly<Record<string, string>> = {
  'local/cli/format.ts /\\B(?=(\\d{3})+$)/g': 'a number as a text has 22 characters at most',
};

/** Composed at run time, from our own parts. */
const COMPOSED: Readonly<Record<string, string>> = {
  'infra/report/alarm-owner.ts': 'kinds of alarms',
  'shared/node-commands/command.ts': 'patterns of parameters.ts, which are literals there',
  'shared/node-commands/node-answer.ts': 'patterns of parameters.ts, which are literals there',
  'shared/node-commands/node-command.ts': 'a pattern of parameters.ts, which is a literal there',
  'shared/events/alarm.ts': 'two literals',
  'shared/fleet/schema-nodes.ts': 'a literal, twice',
  'shared/probe/request.ts': 'a literal, four times',
};

interface Found {
  readonly file: string;
  readonly pattern: string;
  readonly flags: string;
}

const files = ROOTS.flatMap((root) =>
  readdirSync(join(repositoryRoot, root), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.d)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name)),
).sort();

const found: Found[] = [];
const composed = new Set<string>();
for (const path of files) {
  const file = relative(repositoryRoot, path);
  const tree = parse(readFileSync(path, 'utf8'), { sourceType: 'module', plugins: ['typescript'] });
  visit(tree, (node) => {
    if (node['type'] === 'RegExpLiteral')
      found.push({ file, pattern: String(node['pattern']), flags: String(node['flags']) });
    const callee = node['callee'] as { readonly name?: unknown } | undefined;
    if ((node['type'] === 'NewExpression' || node['type'] === 'CallExpression') && callee?.name === 'RegExp')
      composed.add(file);
  });
}

function visit(tree: ParseResult, look: (node: Readonly<Record<string, unknown>>) => void): void {
  const left: unknown[] = [tree.program];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    if ('type' in node) look(node as unknown as Record<string, unknown>);
    left.push(...Object.values(node).filter((inner) => typeof inner === 'object' && inner !== null));
  }
}

describe('the regular expressions of the product', () => {
  it('are found', () => {
    expect(found.length).toBeGreaterThan(200);
  });

  it.each(['(a+)+$', '\\s*$', '^a*a*b$', 'x*y'])('/%s/ would be told', (pattern) => {
    expect(tells({ file: '', pattern, flags: '' })).toBe(true);
  });

  it('take no more than the length of their text, or say why that does no harm', () => {
    const slow = found.filter(tells).map(({ file, pattern, flags }) => `${file} /${pattern}/${flags}`);
    expect(slow.sort()).toEqual(Object.keys(KNOWN).sort());
  });

  it('are literals, or put together from literals', () => {
    expect([...composed].sort()).toEqual(Object.keys(COMPOSED).sort());
  });
});

/** Self and Trade: one text, two ways to read it. Move: each start is tried, and each reads to the end. */
function tells({ pattern, flags }: Found): boolean {
  return analyse(new RegExp(pattern, flags), { maxReports: 1 }).reports.length > 0;
}
