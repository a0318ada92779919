// The order in which a fleet is upgraded: one node, which is watched, then one after the other, each with a clean snapshot of its own right before. Pure.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import type { IncidentRecord, UpgradeRecord } from '../../shared/heal/records.ts';

export interface UpgradeFacts {
  readonly nowMs: number;
  readonly fleet: Fleet;
  readonly upgrade: UpgradeRecord;
  /** As watch-fleet saw them within the last three minutes; empty where it saw none. */
  readonly nodes: readonly ObservedNode[];
  /** Of the fleet. */
  readonly incidents: readonly IncidentRecord[];
}

export type UpgradeStep =
  /** Nothing is to be done now. */
  | { readonly do: 'wait'; readonly why: string }
  | { readonly do: 'snapshot'; readonly node: ObservedNode }
  /** `cleanSinceMs`: the data to go back to are taken since then. */
  | {
      readonly do: 'upgrade';
      readonly node: ObservedNode;
      readonly cleanSinceMs: number;
      readonly watchMinutes: number;
    }
  /** `isTold`: the heal that has failed has paged for it. */
  | { readonly do: 'end'; readonly as: 'done' | 'ended'; readonly reason: string; readonly isTold: boolean };

/** Nobody waits for ever for a fleet that is not well. */
const UPGRADE_VALID_MS = 7 * 24 * 60 * 60_000;

/** What comes next. The same facts give the same step. */
export function nextStep(facts: UpgradeFacts): UpgradeStep {
  const { nowMs, fleet, upgrade, nodes } = facts;
  const { to, askedAtMs } = upgrade;
  const known = fleet.client?.versions ?? [];
  if (!known.includes(to)) return ends(`the fleet file does not name ${to} under client.versions any more`);
  const marks = nodes.map((node) => ({ node, ...stateOf(facts, node) }));
  const failed = marks.find(
    ({ upgraded, snapshot }) => upgraded === 'failed' || (upgraded === 'not yet' && snapshot === 'failed'),
  );
  const done = marks.filter(({ upgraded }) => upgraded === 'done');
  if (failed) {
    const what =
      failed.upgraded === 'failed'
        ? `it has failed on ${failed.node.name}`
        : `${failed.node.name} gives no clean snapshot`;
    return { ...ends(`${what}: ${countOf(done.length, marks.length)}, the others are left as they are`), isTold: true };
  }
  const busy = marks.find(({ upgraded, snapshot }) => upgraded === 'under way' || snapshot === 'under way');
  const isLate = nowMs - askedAtMs > UPGRADE_VALID_MS;
  // What is under way comes to its own end.
  if (busy) return { do: 'wait', why: `${busy.node.name} is at it` };
  if (nodes.length === 0) return isLate ? ends('for a week it did not come to its end') : { do: 'wait', why: UNSEEN };
  const next = inOrder(marks, fleet).find(({ upgraded }) => upgraded === 'not yet');
  if (next === undefined)
    return {
      do: 'end',
      as: 'done',
      reason: `${countOf(done.length, marks.length)} to ${to}${leftOut(marks)}`,
      isTold: true,
    };
  if (isLate)
    return ends(
      `for a week it did not come to its end: ${countOf(done.length, marks.length)}, next was ${next.node.name}`,
    );
  if (next.snapshot !== 'done') return { do: 'snapshot', node: next.node };
  const watchMinutes = done.length === 0 ? (fleet.client?.watchMinutes ?? 0) : 0;
  return { do: 'upgrade', node: next.node, cleanSinceMs: next.snapshotSinceMs, watchMinutes };
}

const UNSEEN = 'nobody has seen the fleet for 3 min';

const ends = (reason: string) => ({ do: 'end', as: 'ended', reason, isTold: false }) as const;

const countOf = (done: number, all: number): string => `${done} of ${all} nodes are upgraded`;

interface Mark {
  readonly node: ObservedNode;
  readonly upgraded: 'not yet' | 'under way' | 'done' | 'failed' | 'left out';
  readonly snapshot: 'none' | 'under way' | 'done' | 'failed';
  /** When its snapshot was asked for. */
  readonly snapshotSinceMs: number;
}

/** An older snapshot is not of right before: another one is taken. */
const SNAPSHOT_VALID_MS = 2 * 60 * 60_000;

/** Only what was begun since this upgrade was asked for counts. */
function stateOf({ nowMs, incidents, upgrade }: UpgradeFacts, { instanceId, role }: ObservedNode): Omit<Mark, 'node'> {
  const own = (trigger: string) =>
    incidents.find(
      (one) => one.instanceId === instanceId && one.trigger === trigger && one.onsetMs >= upgrade.askedAtMs,
    );
  const wanted = own('request:upgrade');
  const isSame = wanted?.want?.do === 'upgrade' && wanted.want.to === upgrade.to;
  const upgraded = isSame ? endOf(wanted) : 'none';
  const clean = own('snapshot:clean');
  const isOld = clean?.state === 'healed' && nowMs - clean.endedAtMs > SNAPSHOT_VALID_MS;
  const snapshot = isOld ? 'none' : endOf(clean);
  const snapshotSinceMs = clean?.onsetMs ?? nowMs;
  // Followers, sentries and bootnodes: a validator, or what may be one, is a person's.
  if (role === 'validator' || role === 'unknown') return { upgraded: 'left out', snapshot: 'none', snapshotSinceMs };
  return { upgraded: upgraded === 'none' ? 'not yet' : upgraded, snapshot, snapshotSinceMs };
}

/** A request that was closed without a proof, because its hour was over, is made again. */
function endOf(incident: IncidentRecord | undefined): 'none' | 'under way' | 'done' | 'failed' {
  switch (incident?.state) {
    case undefined:
      return 'none';
    case 'healed':
      return incident.proof === undefined ? 'none' : 'done';
    case 'escalated':
      return 'failed';
    default:
      return 'under way';
  }
}

/** The canary first, then by name. */
const inOrder = <M extends Mark>(marks: readonly M[], { client }: Fleet): readonly M[] =>
  marks.toSorted(({ node: a }, { node: b }) => {
    const first = Number(b.name === client?.canary) - Number(a.name === client?.canary);
    return first !== 0 ? first : a.name < b.name ? -1 : 1;
  });

function leftOut(marks: readonly Mark[]): string {
  const names = marks.flatMap(({ upgraded, node }) => (upgraded === 'left out' ? [node.name] : []));
  return names.length === 0 ? '' : `; left to a person, as validators or of unknown role: ${names.join(', ')}`;
}
