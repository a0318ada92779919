// The contract fixtures of the commands that work on clients and volumes as a whole, typed: the common contract of the shipped scripts and the
// simulated nodes (fixtures/README.md).
import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import type { Runtime } from '../../shared/fleet/model.ts';
import type { NodeAnswer } from '../../shared/node-commands/node-answer.ts';
import {
  type ClientOnNode,
  type NodeCommand,
  type NodeOperation,
  nodeCommandParameters,
} from '../../shared/node-commands/node-command.ts';

export const FOUND = 'vol-0a1b2c3d4e5f60718';
export const NEW = 'vol-0fedcba9876543210';
export const PLACE = '/data';
/** A client's data on both volumes, in addition to their files. */
export const ENTRIES = ['blocks', 'chainstate', 'indexes'] as const;

export interface NodeStory {
  readonly filesystem: 'xfs' | 'ext4';
  readonly partitioned: boolean;
  readonly runtime: 'systemd' | 'docker';
  readonly unit: string;
  readonly client: 'running' | 'stopped' | 'failed';
  readonly ends: 'cleanly' | 'killed';
  /** copy: of the found volume. empty: no filesystem. strange: other content. absent: not attached. */
  readonly new: 'copy' | 'empty' | 'strange' | 'absent' | 'refused by the client';
  /** Files by their paths, on the found volume and on the new one. */
  readonly found: Readonly<Record<string, string>>;
  readonly brought: Readonly<Record<string, string>>;
}

export interface NodeSend {
  readonly operation: NodeOperation;
  readonly id: string;
  readonly startInSeconds: number;
  readonly from: 'found' | 'new';
  readonly to: 'found' | 'new';
  /** The volume of `places`. */
  readonly at: 'found' | 'new';
  readonly identity: readonly string[];
  readonly carry: 'ours' | 'own' | 'own-signed' | 'theirs' | 'unmounted';
  readonly keepNewest: readonly string[];
  readonly only: 'start' | 'restart' | 'switch';
  readonly unmount: boolean;
  readonly mask: boolean;
  readonly unmask: boolean;
  readonly requireClean: boolean;
  readonly scrub: readonly string[];
  /** Of a switch. */
  readonly version: string;
  /** A client that is not the node's. */
  readonly unit?: string;
  /** It ran when the heal last looked at it. */
  readonly ran?: true;
}

export interface NodeExpectation
  extends Partial<Pick<NodeAnswer, 'result' | 'fence' | 'fault' | 'putBack' | 'startSeconds'>> {
  readonly stop?: Partial<NonNullable<NodeAnswer['stop']>> | null;
  readonly reason?: string;
  readonly mounted?: 'found' | 'new' | 'nothing';
  readonly client?: NodeStory['client'];
  readonly masked?: boolean;
  /** How many starts there were in this step. */
  readonly started?: number;
  /** as found: byte for byte. new: its one line for the place names the new volume, and the old line is kept next to it. */
  readonly fstab?: 'as found' | 'new';
  /** Files at the place after the step; null: the file does not exist. */
  readonly files?: Readonly<Record<string, string | null>>;
  readonly sameAnswerAsStep?: number;
}

export type NodeStep =
  | { readonly send: NodeSend; readonly expect: NodeExpectation }
  | { readonly do: 'forget everything' }
  /** From now on no client starts on the data of this volume, which is not mounted. */
  | { readonly do: 'break'; readonly which: 'found' | 'new' }
  | { readonly do: 'write'; readonly file: string; readonly text: string };

export interface NodeCase {
  readonly name: string;
  readonly node: NodeStory;
  readonly steps: readonly NodeStep[];
}

export function nodeCases(): readonly NodeCase[] {
  const { defaults, cases } = JSON.parse(readFileSync(new URL('fixtures/node-commands.json', import.meta.url), 'utf8'));
  return cases.map((one: { name: string; node: object; steps: { send?: object }[] }) => ({
    name: one.name,
    node: { ...defaults.node, ...one.node },
    steps: one.steps.map((step) => (step.send ? { ...step, send: { ...defaults.send, ...step.send } } : step)),
  }));
}

export const volumes = { found: FOUND, new: NEW } as const;
const place = (which: 'found' | 'new') => ({ path: PLACE, volumeId: volumes[which] });

/** Uses the same encoder as the functions. */
export function nodeParameters(story: NodeStory, send: NodeSend, nowSeconds: number): Record<string, string> {
  const [fence = 0, ordinal = 0] = send.id.split('.').map(Number);
  const parameters = nodeCommandParameters({ fence, ordinal }, commandOf(story, send), nowSeconds * 1000);
  const flat = Object.fromEntries(Object.entries(parameters).map(([name, [value = '']]) => [name, value]));
  return { ...flat, StartBy: String(nowSeconds + send.startInSeconds) };
}

function commandOf(story: NodeStory, send: NodeSend): NodeCommand {
  const { operation, identity, carry, keepNewest, only, unmount, mask, unmask, requireClean, scrub, version } = send;
  const unit = send.unit ?? story.unit;
  const runtime: Runtime =
    story.runtime === 'systemd' ? { kind: 'systemd', unit } : { kind: 'docker', container: unit };
  const ran = send.ran && { ran: send.ran };
  const client: ClientOnNode = { runtime, stopGraceSeconds: 10, cleanLine: 'shutdown complete', ...ran };
  const clients = [client];
  switch (operation) {
    case 'inspect-node':
      return { operation, clients, paths: [PLACE] };
    case 'restart-client':
      return only === 'switch'
        ? { operation, clients: [client], paths: [PLACE], only, version }
        : { operation, clients, paths: [PLACE], only };
    case 'check-volume':
      return { operation, place: place('new'), like: PLACE, warm: [{ mib: 64, folder: '.', name: '*' }] };
    case 'fill-volume':
      // Its source is a third volume, which these stories do not have (fill.test.ts).
      return { operation, volumeId: NEW, source: FOUND, like: PLACE };
    case 'swap-volumes': {
      const [from, to] = [[place(send.from)], [place(send.to)]];
      return { operation, clients, from, to, identity, carry, keepNewest };
    }
    case 'stop-client':
      return { operation, clients, places: [place(send.at)], unmount, mask, requireClean };
    case 'start-client':
      return { operation, clients, places: [place(send.at)], unmask, scrub };
  }
}

/** A node's state after a command. */
export interface NodeOutcome {
  readonly answer: NodeAnswer;
  /** The volume at the place. */
  readonly mounted: string | undefined;
  readonly client: string;
  readonly masked: boolean;
  readonly started: number;
  readonly fstab: string;
  readonly fstabFound: string;
  readonly file: (path: string) => string | null;
}

export function expectNode(send: NodeSend, expected: NodeExpectation, outcome: NodeOutcome): void {
  const { answer } = outcome;
  expect(answer.operationId).toBe(send.id);
  if (expected.result !== undefined)
    expect(`${answer.result}: ${answer.reason}`).toMatch(new RegExp(`^${expected.result}:`));
  if (expected.reason !== undefined) expect(answer.reason).toMatch(new RegExp(expected.reason));
  for (const member of ['fence', 'fault', 'putBack', 'startSeconds'] as const)
    if (expected[member] !== undefined) expect({ [member]: answer[member] }).toEqual({ [member]: expected[member] });
  if (expected.stop === null) expect(answer.stop).toBeNull();
  else if (expected.stop) expect(answer.stop).toMatchObject(expected.stop);
  if (expected.mounted !== undefined) {
    const volume = expected.mounted === 'nothing' ? undefined : volumes[expected.mounted];
    expect(outcome.mounted).toBe(volume);
    if (answer.after && send.operation !== 'inspect-node') expect(answer.after.volumes[0]?.volumeId).toBe(volume);
  }
  if (expected.client !== undefined) {
    expect(outcome.client).toBe(expected.client);
    if (answer.after?.clients[0]) expect(answer.after.clients[0].state).toBe(expected.client);
  }
  if (expected.masked !== undefined) {
    expect(outcome.masked).toBe(expected.masked);
    if (answer.after) expect(answer.after.clients[0]?.masked).toBe(expected.masked);
  }
  if (expected.started !== undefined) expect(outcome.started).toBe(expected.started);
  if (expected.fstab === 'as found') expect(outcome.fstab).toBe(outcome.fstabFound);
  if (expected.fstab === 'new') {
    const lines = outcome.fstab.split('\n').filter((line) => line.includes(` ${PLACE} `));
    expect(lines.filter((line) => !line.startsWith('#'))).toEqual([expect.stringContaining(NEW.replace('-', ''))]);
    expect(lines.filter((line) => line.startsWith('#')).join()).toContain(
      outcome.fstabFound.split('\n').find((line) => line.includes(` ${PLACE} `)),
    );
  }
  for (const [path, text] of Object.entries(expected.files ?? {}))
    expect({ [path]: outcome.file(path) }).toEqual({ [path]: text });
}
