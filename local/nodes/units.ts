// Names: which operation a document carries, and whether a command means this node's client.
import { type Operation, operationParameters } from '../../shared/node-commands/parameters.ts';
import type { NodeSpec } from './spec.ts';

/** Documents are named by their content: chainmend-observe-node-<hash>. */
export function operationOf(documentName: string): Operation | undefined {
  const [, name] = /^chainmend-(.+)-[^-]+$/.exec(documentName) ?? [];
  return name !== undefined && Object.hasOwn(operationParameters, name) ? (name as Operation) : undefined;
}

/** Whether a command means this node's client: `node@*` means any instance of the template. */
export function isUnit(spec: NodeSpec, runtime: string, unit: string): boolean {
  if (runtime !== spec.runtime || runtime === 'none') return false;
  if (runtime !== 'systemd') return unit === spec.unit;
  const [before = '', after] = withSuffix(unit).split('*');
  return after === undefined ? withSuffix(spec.unit) === before : withSuffix(spec.unit).startsWith(before);
}

const withSuffix = (unit: string): string => (unit.endsWith('.service') ? unit : `${unit}.service`);

/** What a start is called by: the full unit name, the container, or the compose service. */
export function unitName({ runtime, unit }: NodeSpec): string {
  if (runtime === 'systemd') return withSuffix(unit);
  return runtime === 'compose' ? (unit.split('#')[1] ?? unit) : unit;
}
