// The contract fixtures, typed: the common contract of the shipped scripts and the simulated nodes (fixtures/README.md).
import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import type { Answer, Observation } from '../../shared/node-commands/answer.ts';
import { type Operation, operationParameters, type ParameterName } from '../../shared/node-commands/parameters.ts';

export interface ContractNode {
  readonly volumeId: string;
  readonly path: string;
  readonly mounted: boolean;
  readonly filesystem: 'xfs' | 'ext4' | 'btrfs';
  readonly partitioned: boolean;
  readonly deviceMiB: number;
  readonly filesystemMiB: number;
  readonly full: boolean;
  readonly runtime: 'systemd' | 'docker' | 'compose' | 'none';
  readonly unit: string;
  readonly client: 'running' | 'stopped' | 'failed';
}

export interface ContractSend extends Readonly<Partial<Record<ParameterName, string>>> {
  readonly operation: Operation;
  readonly OperationId: string;
  readonly startInSeconds: number;
}

export interface ContractExpectation {
  readonly result?: Answer['result'];
  readonly fence?: number;
  readonly before?: Partial<Observation> | null;
  readonly after?: Partial<Observation> | null;
  readonly reason?: string;
  readonly sameAnswerAsStep?: number;
  readonly filesystem?: 'whole device' | 'as before';
  readonly started?: readonly string[];
}

export type ContractStep =
  | { readonly send: ContractSend; readonly expect: ContractExpectation }
  | { readonly do: 'grow the device'; readonly deviceMiB: number }
  | { readonly do: 'forget everything' | 'forget the last answer' };

export interface ContractCase {
  readonly name: string;
  readonly node: ContractNode;
  readonly steps: readonly ContractStep[];
}

interface RawStep {
  readonly send?: { readonly operation: Operation; readonly OperationId: string; readonly startInSeconds?: number };
}

/** All cases, with every default filled in except `StartBy`, which only the sender's clock knows. */
export function contractCases(): readonly ContractCase[] {
  const { defaults, cases } = JSON.parse(readFileSync(new URL('fixtures/commands.json', import.meta.url), 'utf8'));
  return cases.map((one: { name: string; node: Partial<ContractNode>; steps: RawStep[] }) => {
    const node: ContractNode = { ...defaults.node, ...one.node };
    const fromNode = { Path: node.path, VolumeId: node.volumeId, Runtime: node.runtime, Unit: node.unit };
    const steps = one.steps.map((step) =>
      step.send === undefined ? step : { ...step, send: { ...defaults.send, ...fromNode, ...step.send } },
    );
    return { name: one.name, node, steps };
  });
}

/** The document's parameters, by the sender's clock (epoch seconds). */
export function contractParameters(send: ContractSend, nowSeconds: number): Record<string, string> {
  const values = { ...send, StartBy: String(nowSeconds + send.startInSeconds) };
  return Object.fromEntries(operationParameters[send.operation].map((name) => [name, values[name] ?? '']));
}

/** The result of a command on a node, and the node's state afterwards. */
export interface ContractOutcome {
  readonly answer: Answer;
  /** The filesystem's own size before and after the command, and its device's (its partition's, at most a few MiB less). */
  readonly sizeBytesBefore: number;
  readonly sizeBytesAfter: number;
  readonly deviceBytes: number;
  readonly started: readonly string[];
}

const partitionSlackBytes = 4 * 2 ** 20;

/** Compares the outcome with the expectation; absent fields are not compared. `sameAnswerAsStep` is for the caller. */
export function expectOutcome(send: ContractSend, expected: ContractExpectation, outcome: ContractOutcome): void {
  const { answer } = outcome;
  expect(answer).toMatchObject({ operationId: send.OperationId });
  // Includes the reason, so that a failure shows the cause.
  if (expected.result !== undefined) {
    expect(`${answer.result}: ${answer.reason}`).toMatch(new RegExp(`^${expected.result}:`));
  }
  if (expected.fence !== undefined) expect(answer).toMatchObject({ fence: expected.fence });
  for (const side of ['before', 'after'] as const) {
    const observation = expected[side];
    if (observation === null) expect(answer[side]).toBeNull();
    else if (observation !== undefined) expect(answer[side]).toMatchObject(observation);
  }
  if (expected.reason !== undefined) expect(answer.reason).toMatch(new RegExp(expected.reason));
  if (expected.started !== undefined) expect(outcome.started).toEqual(expected.started);
  if (expected.filesystem === 'as before') expect(outcome.sizeBytesAfter).toBe(outcome.sizeBytesBefore);
  if (expected.filesystem === 'whole device') {
    expect(outcome.sizeBytesAfter).toBeGreaterThan(outcome.sizeBytesBefore);
    expect(outcome.deviceBytes - outcome.sizeBytesAfter).toBeLessThanOrEqual(partitionSlackBytes);
  }
}
