// A node for the shipped scripts where there is neither root nor a disk to spare: the places that they use lie below a temporary folder, and
// systemctl and journalctl are those of the host suite. What needs block devices, that suite runs.
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { script } from '../../shared/node-commands/index.ts';
import type { Operation } from '../../shared/node-commands/parameters.ts';

/** An answer of any operation, as far as tests look at it. */
export interface NodeTold {
  readonly result: 'done' | 'failed' | 'stale' | 'late';
  readonly fence: number;
  readonly reason?: string;
  readonly [member: string]: unknown;
}

export interface ScriptedNode {
  /** Where a place of the node lies: "/etc" and what is below it. */
  readonly at: (path: string) => string;
  readonly put: (path: string, text: string) => void;
  /** null where it is not there. */
  readonly text: (path: string) => string | null;
  /** What its client was told, as systemctl was: "stop node@1.service". Looks are left out. */
  readonly told: () => readonly string[];
  /** Runs a command as the agent does. */
  readonly run: (operation: Operation, parameters: Readonly<Record<string, string>>) => Promise<NodeTold>;
  readonly remove: () => void;
}

/** What the scripts name by its absolute path; /proc and /dev but for these are the host's own. */
const MOVED = /(?<![\w./}-])\/(?=(run|var\/lib|etc|data|sys|dev\/disk|proc\/self\/mountinfo)\b)/g;
const FAKES = new URL('../nodes/fakes/', import.meta.url);
/** Seconds that pass for a client pass at once. */
const SLEEP = '#!/bin/bash\nexit 0\n';
export const UNIT = 'node.service';

export function scriptedNode(client: 'running' | 'stopped' | 'failed' = 'running'): ScriptedNode {
  const root = mkdtempSync(join(tmpdir(), 'chainmend-node-'));
  const at = (path: string): string => join(root, path);
  const moved = (text: string): string => text.replaceAll(MOVED, `${root}/`);
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  const tool = (name: string, text: string): void => {
    put(`bin/${name}`, moved(text));
    chmodSync(at(`bin/${name}`), 0o755);
  };
  for (const name of ['systemctl', 'journalctl']) tool(name, readFileSync(new URL(name, FAKES), 'utf8'));
  tool('sleep', SLEEP);
  for (const folder of ['run/client/units', 'etc/systemd/system', 'data']) mkdirSync(at(folder), { recursive: true });
  const states = {
    running: 'active\nSubState=running',
    stopped: 'inactive\nSubState=dead',
    failed: 'failed\nSubState=failed',
  };
  put(
    `run/client/units/${UNIT}`,
    `LoadState=loaded\nActiveState=${states[client]}\nTimeoutStopUSec=1h\nInactiveEnterTimestampMonotonic=1\n`,
  );
  return {
    at,
    put,
    text: (path) => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : null),
    told: () => {
      const calls = existsSync(at('run/client/calls')) ? readFileSync(at('run/client/calls'), 'utf8') : '';
      const verbs = calls.split('\n').map((line) => line.replace(/^systemctl /, '').replace(/(--no-block |-- )/g, ''));
      return verbs.filter((line) => /^(start|stop|kill|restart)\b/.test(line));
    },
    run: (operation, parameters) => {
      put('command', moved(script(operation)));
      const variables = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`SSM_${name}`, value]));
      // Within the run limit, whose own process is left out here: the test has a limit of its own.
      const env = { PATH: `${at('bin')}:${process.env['PATH']}`, CHAINMEND_LIMITED: 'yes', ...variables };
      return new Promise((resolve, reject) => {
        execFile('bash', [at('command')], { env, timeout: 30_000 }, (_, stdout, stderr) => {
          try {
            resolve(JSON.parse(stdout) as NodeTold);
          } catch (cause) {
            reject(new Error(`${operation} told no answer but "${stdout}": ${stderr}`, { cause }));
          }
        });
      });
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

export const base64 = (...lines: readonly string[]): string =>
  Buffer.from(lines.map((line) => `${line}\n`).join('')).toString('base64');
