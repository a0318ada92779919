// docs/commands.md and the scripts of `completion` follow from the program's own verbs.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addVerbs, type Desk } from '../../../infra/commands/chainmend-cli.ts';
import { completionScript } from '../../../infra/commands/completion.ts';
import { verbsPage } from '../../../infra/commands/reference.ts';

const PAGE = join(import.meta.dirname, '../../../docs/commands.md');
const BEGIN = '<!-- verbs: ';
const END = '<!-- /verbs -->';

const program = (): Command => {
  const made = new Command('chainmend').helpCommand(false);
  addVerbs(made, {} as Desk, { status: 0, facts: undefined });
  return made;
};

describe('the page of commands', () => {
  it('has every verb as the program has it', () => {
    const page = readFileSync(PAGE, 'utf8');
    const from = page.indexOf('\n', page.indexOf(BEGIN)) + 1;
    const right = `${page.slice(0, from)}\n${verbsPage(program())}\n\n${page.slice(page.indexOf(END))}`;
    if (process.env['UPDATE']) writeFileSync(PAGE, right);
    else expect(page).toBe(right);
  });
});

const verbs = [
  { words: ['status'], description: 'how fleets are', flags: ['--json', '--local'] },
  { words: ['names', 'adopt'], description: 'hand over', flags: ['--yes'] },
];
const isThere = (shell: string): boolean => {
  try {
    execFileSync(shell, ['-c', 'exit 0']);
    return true;
  } catch {
    return false;
  }
};

describe('completion', () => {
  it.each([
    ['', 'status names'],
    ['st', 'status'],
    ['status --', '--json --local'],
    ['status bitcoin --lo', '--local'],
    ['names ', 'adopt'],
    ['names adopt --', '--yes'],
    ['nothing --', ''],
  ])('of "chainmend %s" in bash is "%s"', (typed, offered) => {
    const words = ['chainmend', ...typed.split(' ')];
    const script = `${completionScript('bash', verbs)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _chainmend; echo "\${COMPREPLY[*]}"`;
    expect(execFileSync('bash', ['--norc', '-uc', script], { encoding: 'utf8' }).trim()).toBe(offered);
  });

  it.each(['zsh', 'fish'] as const)('is a script that %s can read (where it is installed)', (shell) => {
    if (!isThere(shell)) return void process.stderr.write(`${shell} is not installed: its completion was not read\n`);
    const script = completionScript(shell, verbs);
    expect(execFileSync(shell, ['-n', '-c', script], { encoding: 'utf8' })).toBe('');
  });
});
