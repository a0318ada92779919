// When a node can be judged by what is left of heals: nothing of ours is at work on it, and has not been for a while.
import { names, type Scene } from './scene.ts';
import type { SeenNode } from './seen-nodes.ts';

/** What must be put back is tried each half hour (docs/architecture.md, "When something dies"): four times. */
export const SETTLED_MS = 2 * 3_600_000;

export const isSettled = (scene: Scene, node: SeenNode, atMs: number): boolean =>
  atMs - node.lastActMs > SETTLED_MS &&
  scene.pausedSince(node.fleet, node) === undefined &&
  !scene.region.lambda.executions().some(({ status, payload }) => status === 'RUNNING' && names(payload, node));
