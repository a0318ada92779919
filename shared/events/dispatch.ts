// Parses what starts dispatch-heal: an alarm's state change, the sweep of each minute, the round of clean snapshots, or a person.
import * as v from 'valibot';
import { type RequestedAction, SHRINK_MOST_GIB } from '../model/payload.ts';
import { readTrigger, type Trigger } from '../model/trigger.ts';
import { HEIGHT_MAX, VERSION } from '../model/version.ts';
import { type AcknowledgeEvent, parseAcknowledge } from './acknowledge.ts';
import {
  type AlarmStateChange,
  type ContributorStateChange,
  parseAction,
  parseAlarm,
  parseContributor,
  parseNotification,
} from './alarm.ts';
import { EventError } from './errors.ts';
import { checked, fleetName, text } from './fields.ts';

export type DispatchEvent =
  | AlarmStateChange
  | ContributorStateChange
  | { readonly kind: 'sweep' }
  /** For each fleet with clean snapshots: plan-snapshots is asked whether one is due. */
  | { readonly kind: 'snapshots' }
  | ManualHeal
  | NodeRequest
  | SnapshotRequest
  | UpgradeRequest
  | DrillRequest
  | { readonly kind: 'policy-error'; readonly policyId: string }
  | AcknowledgeEvent
  | { readonly kind: 'ignored'; readonly reason: string };

/** The node, by its name in the fleet or by its instance: one of them, never both. */
export type NodeSelector = { readonly name: string } | { readonly instanceId: string };

/** A person asks for a check of one node, now. */
export interface ManualHeal {
  readonly kind: 'manual';
  readonly fleet: string;
  readonly node: NodeSelector;
  /** Of a disk, or of the node's health; undefined where the node has one disk, and that is meant. */
  readonly trigger: Trigger | undefined;
}

/** A person's request for one node, without an alarm. */
export interface NodeRequest {
  readonly kind: 'request';
  readonly fleet: string;
  readonly node: NodeSelector;
  readonly want: Exclude<RequestedAction, { readonly do: 'heal' | 'upgrade' }> | UpgradeOfValidator;
  /** Only report what would be done. */
  readonly plan: boolean;
}

/** Another version on one validator: no upgrade of a fleet takes them along. */
export interface UpgradeOfValidator {
  readonly do: 'upgrade';
  readonly to: string;
  readonly atHeight?: number;
  readonly acknowledgesValidator: true;
}

/** A person wants a clean snapshot: of this node, or of the best donor. */
export interface SnapshotRequest {
  readonly kind: 'snapshot';
  readonly fleet: string;
  readonly node: NodeSelector | undefined;
  /** The node is a validator, and the person knows that it is stopped. */
  readonly acknowledgesValidator: boolean;
  readonly plan: boolean;
}

/** A person wants another version of the client on all nodes of a fleet: one after the other, or all of them where the chain stops for it. */
export interface UpgradeRequest {
  readonly kind: 'upgrade';
  readonly fleet: string;
  readonly to: string;
  /** The first block that only this version makes. */
  readonly atHeight?: number;
  /** Each on another instance beside it; absent: on the node itself. */
  readonly strategy?: 'blue-green';
  /** It is tried on a copy of the first node's data before any node gets it. */
  readonly rehearse?: true;
  /** Only report what would be done to the first of them. */
  readonly plan: boolean;
}

/** A person wants it proved now that a node comes back from the newest set of snapshots. */
export interface DrillRequest {
  readonly kind: 'drill';
  readonly fleet: string;
  /** Only report what would be done. */
  readonly plan: boolean;
}

/** Parses the event of an invocation of dispatch-heal. Throws nothing but `EventError`. */
export function parseDispatchEvent(event: unknown): DispatchEvent {
  const {
    kind,
    'detail-type': detailType,
    alarmData,
    Records,
  } = checked(
    v.object({
      kind: v.optional(v.unknown()),
      'detail-type': v.optional(v.unknown()),
      alarmData: v.optional(v.unknown()),
      Records: v.optional(v.unknown()),
    }),
    event,
  );
  if (kind !== undefined) return parseOwn(event, kind);
  if (alarmData !== undefined) return parseAction(event);
  if (Records !== undefined)
    return (
      parseNotification(event) ?? { kind: 'ignored', reason: 'a message of a topic that is no alarm of CloudWatch' }
    );
  switch (detailType) {
    case 'CloudWatch Alarm State Change':
      return parseAlarm(event);
    case 'CloudWatch Alarm Contributor State Change':
      return parseContributor(event);
    case 'CloudWatch Alarm Configuration Change':
      return { kind: 'ignored', reason: 'an alarm was created, edited or deleted: its state is what counts' };
    case 'DLM Policy State Change':
      return policyOf(event);
    case 'EC2 Instance State-change Notification':
      return { kind: 'ignored', reason: "an instance's state change opens no incident" };
    default:
      throw new EventError(
        'detail-type',
        detailType,
        'an event, an action or a notification of a CloudWatch alarm, or an object with the field kind',
      );
  }
}

/** "state": ERROR or ENABLED; the source's own sample has `policy_id` as an ARN ("Monitor … using Amazon EventBridge", EBS user guide). */
function policyOf(event: unknown): DispatchEvent {
  const { detail } = checked(policySchema, event);
  if (detail.state !== 'ERROR')
    return { kind: 'ignored', reason: 'a lifecycle policy works again: nothing is to be done' };
  return { kind: 'policy-error', policyId: /policy-[0-9A-Za-z]+/.exec(detail.policy_id)?.[0] ?? '' };
}

const policySchema = v.object({ detail: v.object({ state: v.string(), policy_id: v.string() }) });

function parseOwn(event: unknown, kind: unknown): DispatchEvent {
  switch (kind) {
    case 'sweep':
    case 'snapshots':
      checked(v.strictObject({ kind: v.string() }), event);
      return { kind };
    case 'heal': {
      const { fleet, trigger, ...named } = checked(healSchema, event);
      return { kind: 'manual', fleet, node: nodeOf(named), trigger: triggerOf(trigger) };
    }
    case 'restore': {
      const { fleet, plan, snapshotId = null, acknowledgesValidator, ...named } = checked(restoreSchema, event);
      const want = { do: 'restore', snapshotId, acknowledgesValidator } as const;
      return { kind: 'request', fleet, node: nodeOf(named), want, plan };
    }
    case 'replace-instance':
    case 'undo': {
      const { fleet, plan, ...named } = checked(requestSchema, event);
      return { kind: 'request', fleet, node: nodeOf(named), want: { do: kind }, plan };
    }
    case 'shrink': {
      const { fleet, plan, toGiB, ...named } = checked(shrinkSchema, event);
      return { kind: 'request', fleet, node: nodeOf(named), want: { do: 'shrink', toGiB }, plan };
    }
    case 'snapshot': {
      const { fleet, plan, acknowledgesValidator, ...named } = checked(snapshotSchema, event);
      // No validator is chosen: who acknowledges one has to name it.
      const isNamed = named.node !== undefined || named.instanceId !== undefined;
      const node = isNamed || acknowledgesValidator ? nodeOf(named) : undefined;
      return { kind, fleet, node, acknowledgesValidator, plan };
    }
    case 'upgrade': {
      const { fleet, to, plan, atHeight, strategy, rehearse, acknowledgesValidator, ...named } = checked(
        upgradeSchema,
        event,
      );
      if (strategy === 'blue-green' && atHeight !== undefined)
        throw new EventError('strategy', strategy, NOT_AT_HEIGHT);
      const unrehearsed = rehearse ? notRehearsed({ atHeight, strategy, acknowledgesValidator }) : null;
      if (unrehearsed !== null) throw new EventError('rehearse', rehearse, `false ${unrehearsed}`);
      const isNamed = named.node !== undefined || named.instanceId !== undefined;
      if (isNamed || acknowledgesValidator) {
        if (!acknowledgesValidator)
          throw new EventError(
            'node',
            named.node ?? named.instanceId,
            'acknowledgesValidator: true with it; others are upgraded with their fleet',
          );
        if (strategy === 'blue-green') throw new EventError('strategy', strategy, NOT_A_VALIDATOR);
        const want = {
          do: 'upgrade',
          to,
          acknowledgesValidator: true,
          ...(atHeight !== undefined && { atHeight }),
        } as const;
        return { kind: 'request', fleet, node: nodeOf(named), want, plan };
      }
      return {
        ...{ kind, fleet, to, plan },
        ...(atHeight !== undefined && { atHeight }),
        ...(strategy === 'blue-green' && { strategy }),
        ...(rehearse && { rehearse: true }),
      };
    }
    case 'drill': {
      const { fleet, plan } = checked(drillSchema, event);
      return { kind, fleet, plan };
    }
    case 'acknowledge':
      return parseAcknowledge(event);
    default:
      throw new EventError('kind', kind, `one of ${KINDS.join(', ')}`);
  }
}

const KINDS = [
  'heal',
  'restore',
  'replace-instance',
  'undo',
  'shrink',
  'snapshot',
  'upgrade',
  'drill',
  'acknowledge',
  'sweep',
  'snapshots',
];

function nodeOf({ node, instanceId }: { readonly node?: string; readonly instanceId?: string }): NodeSelector {
  if (node !== undefined && instanceId === undefined) return { name: node };
  if (node === undefined && instanceId !== undefined) return { instanceId };
  throw new EventError('node', { node, instanceId }, 'node or instanceId, one of them');
}

const A_TRIGGER = 'a trigger such as disk:data or node:health';

function triggerOf(text: string | undefined): Trigger | undefined {
  const trigger = text === undefined ? undefined : readTrigger(text);
  if (trigger === null) throw new EventError('trigger', text, A_TRIGGER);
  return trigger;
}

const base = {
  kind: v.string(),
  fleet: fleetName,
  node: v.exactOptional(text(/^[A-Za-z0-9_.:/=+@-]{1,128}$/, "a node's name of letters, digits and _.:/=+@-")),
  instanceId: v.exactOptional(text(/^i-[0-9a-f]{8,17}$/, 'an instance id, i- and 8 to 17 hex digits')),
};

const healSchema = v.strictObject({
  ...base,
  trigger: v.optional(v.string(A_TRIGGER)),
});

const flag = v.optional(v.boolean('true or false'), false);
const request = { ...base, plan: flag };
const requestSchema = v.strictObject(request);
const snapshotSchema = v.strictObject({ ...request, acknowledgesValidator: flag });
const NOT_AT_HEIGHT =
  'rolling with atHeight: the whole chain stands there, and an instance beside a node could not be seen to go on';
const NOT_A_VALIDATOR =
  'rolling for a validator: it has one identity, of which no second copy may run, not even to catch up';

/** Why a version is not tried on a copy first; null where it may be. Without its subject: "with atHeight: …". */
function notRehearsed({
  atHeight,
  strategy,
  acknowledgesValidator,
}: {
  readonly atHeight: number | undefined;
  readonly strategy: string | undefined;
  readonly acknowledgesValidator: boolean;
}): string | null {
  if (atHeight !== undefined) return 'with atHeight: below it the version makes no block, on no copy';
  if (strategy === 'blue-green') return 'with blue-green: each version proves itself beside its node before it serves';
  return acknowledgesValidator ? 'for a validator: its data hold what must not run twice' : null;
}

const A_STRATEGY = 'rolling or blue-green';
const A_HEIGHT = `the height of a block, 1 to ${HEIGHT_MAX}`;
const upgradeSchema = v.strictObject({
  ...base,
  acknowledgesValidator: flag,
  to: text(VERSION, 'a version of at most 64 letters, digits and _.+-, or a digest of an image (sha256:…)'),
  strategy: v.exactOptional(v.picklist(['rolling', 'blue-green'], A_STRATEGY)),
  atHeight: v.exactOptional(
    v.pipe(v.number(A_HEIGHT), v.integer(A_HEIGHT), v.minValue(1, A_HEIGHT), v.maxValue(HEIGHT_MAX, A_HEIGHT)),
  ),
  rehearse: flag,
  plan: flag,
});
const A_SIZE = `the size of the new volume in GiB, 1 to ${SHRINK_MOST_GIB}`;
const shrinkSchema = v.strictObject({
  ...request,
  toGiB: v.pipe(v.number(A_SIZE), v.integer(A_SIZE), v.minValue(1, A_SIZE), v.maxValue(SHRINK_MOST_GIB, A_SIZE)),
});
const drillSchema = v.strictObject({ kind: v.string(), fleet: fleetName, plan: flag });
const restoreSchema = v.strictObject({
  ...request,
  snapshotId: v.exactOptional(text(/^snap-[0-9a-f]{8,17}$/, 'a snapshot id, snap- and 8 to 17 hex digits')),
  acknowledgesValidator: flag,
});
