// What a person's words ask the dispatcher for. Pure.
import { UsageError } from '../errors.ts';
import type { HealRequest, HealRequestOptions } from './request.ts';
import { nodeOf, targetOf } from './target.ts';

export interface UpgradeOptions extends HealRequestOptions {
  readonly to: string;
  readonly atHeight?: number;
  readonly strategy: 'rolling' | 'blue-green';
  readonly rehearse?: true;
  readonly acknowledgeValidator?: true;
}

export interface RestoreOptions extends HealRequestOptions {
  readonly snapshot?: string;
  readonly acknowledgeValidator?: true;
}

export function restoreOf(written: string, { snapshot, acknowledgeValidator }: RestoreOptions): HealRequest {
  const { fleet, node, shown } = nodeOf(written);
  const more = {
    ...(snapshot !== undefined && { snapshotId: snapshot }),
    ...(acknowledgeValidator && { acknowledgesValidator: true }),
  };
  return {
    verb: 'restore',
    plansFirst: true,
    event: { kind: 'restore', fleet, ...node, ...more },
    words: `restore ${shown}`,
  };
}

export function replaceOf(written: string): HealRequest {
  const { fleet, node, shown } = nodeOf(written);
  return {
    verb: 'replace',
    plansFirst: true,
    event: { kind: 'replace-instance', fleet, ...node },
    words: `replace ${shown}`,
  };
}

export function undoOf(written: string): HealRequest {
  const { fleet, node, shown } = nodeOf(written);
  return { verb: 'undo', plansFirst: true, event: { kind: 'undo', fleet, ...node }, words: `undo ${shown}` };
}

export interface ShrinkOptions extends HealRequestOptions {
  readonly to: number;
}

export function shrinkOf(written: string, { to }: ShrinkOptions): HealRequest {
  const { fleet, node, shown } = nodeOf(written);
  return {
    verb: 'shrink',
    plansFirst: true,
    event: { kind: 'shrink', fleet, ...node, toGiB: to },
    words: `shrink ${shown} to ${to} GiB`,
  };
}

export function snapshotOf(
  written: string,
  { acknowledgeValidator }: { readonly acknowledgeValidator?: true },
): HealRequest {
  // No validator is chosen by itself.
  const { fleet, node, shown } = acknowledgeValidator ? nodeOf(written) : targetOf(written);
  const more = acknowledgeValidator && { acknowledgesValidator: true };
  return { verb: 'snapshot', event: { kind: 'snapshot', fleet, ...node, ...more }, words: `snapshot ${shown}` };
}

export function upgradeOf(
  written: string,
  { to, atHeight, strategy, rehearse, acknowledgeValidator }: UpgradeOptions,
): HealRequest {
  const isBeside = strategy === 'blue-green';
  if (isBeside && atHeight !== undefined)
    throw new UsageError(
      'blue-green: not with --at-height. The whole chain stands there, and an instance beside a node could not be seen to go on',
    );
  if (isBeside && acknowledgeValidator)
    throw new UsageError('blue-green: not for a validator. It has one identity, of which no second copy may run');
  if (rehearse && atHeight !== undefined)
    throw new UsageError('--rehearse: not with --at-height. Below it the version makes no block, on no copy');
  if (rehearse && isBeside)
    throw new UsageError(
      '--rehearse: not with blue-green. Each version proves itself beside its node before it serves',
    );
  if (rehearse && acknowledgeValidator)
    throw new UsageError('--rehearse: not for a validator. Its data hold what must not run twice');
  const more = {
    ...(atHeight !== undefined && { atHeight }),
    ...(isBeside && { strategy }),
    ...(rehearse && { rehearse }),
  };
  const words = `upgrade ${written} to ${to}${atHeight === undefined ? '' : ` at height ${atHeight}`}${isBeside ? ', on another instance beside each' : ''}${rehearse ? ', on a copy first' : ''}`;
  // No validator goes along with its fleet.
  if (acknowledgeValidator) {
    const { fleet, node } = nodeOf(written);
    return {
      verb: 'upgrade',
      event: { kind: 'upgrade', fleet, ...node, to, ...more, acknowledgesValidator: true },
      words,
    };
  }
  if (written.includes('/'))
    throw new UsageError(
      `${written}: expected a fleet, for example ${written.split('/')[0]}; a validator is named alone, with --acknowledge-validator`,
    );
  return { verb: 'upgrade', event: { kind: 'upgrade', fleet: written, to, ...more }, words };
}

export function drillOf(fleet: string): HealRequest {
  if (fleet.includes('/'))
    throw new UsageError(`${fleet}: expected a fleet, not a node of one, for example ${fleet.split('/')[0]}`);
  return { verb: 'drill', event: { kind: 'drill', fleet }, words: `drill ${fleet}` };
}
