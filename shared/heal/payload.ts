// Parses the payload of a heal strictly: the dispatcher writes it, but anybody who may invoke the function can send one.
import * as v from 'valibot';
import { INSTANCE_OR_COPIES } from '../model/copies.ts';
import { type HealPayload, SHRINK_MOST_GIB, TOGETHER_MOST } from '../model/payload.ts';
import { readTrigger } from '../model/trigger.ts';
import { HEIGHT_MAX, VERSION, WATCH_MINUTES_MAX } from '../model/version.ts';
import { plainText } from '../text/plain-text.ts';

/** An invocation that is not for a heal: the message names the field, and what was expected. */
export class HealPayloadError extends TypeError {
  override readonly name = 'HealPayloadError';
}

const text = (pattern: RegExp) => v.pipe(v.string(), v.regex(pattern));
const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0));

const base = {
  fleet: text(/^[a-z0-9][a-z0-9-]{0,62}$/),
  // A tag's value as people write it (EC2: up to 256 Unicode characters): it is shown and stored, and reaches no command.
  node: text(/^[^\p{Cc}]{1,256}$/u),
  instanceId: text(/^i-[0-9a-f]{8,17}$/),
  trigger: v.pipe(
    v.string(),
    v.check((trigger) => readTrigger(trigger) !== null, 'expected a trigger such as disk:data or node:health'),
  ),
  incidentId: text(/^[\w:.-]{1,64}$/),
  attempt: v.pipe(v.number(), v.integer(), v.minValue(1)),
  mode: v.picklist(['plan', 'ask', 'act']),
  onsetMs: milliseconds,
  deadlineMs: milliseconds,
  alarm: v.strictObject({
    alarmName: v.pipe(v.string(), v.maxLength(255)),
    namespace: v.pipe(v.string(), v.maxLength(255)),
    dimensions: v.record(v.string(), v.string()),
  }),
};

const want = v.variant('do', [
  v.strictObject({ do: v.literal('heal') }),
  v.strictObject({
    do: v.literal('restore'),
    snapshotId: v.nullable(text(/^snap-[0-9a-f]{8,17}$/)),
    acknowledgesValidator: v.boolean(),
  }),
  v.strictObject({ do: v.literal('replace-instance') }),
  v.strictObject({ do: v.literal('undo') }),
  v.strictObject({
    do: v.literal('shrink'),
    toGiB: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(SHRINK_MOST_GIB)),
  }),
  v.strictObject({
    do: v.literal('upgrade'),
    to: text(VERSION),
    cleanSinceMs: milliseconds,
    watchMinutes: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(WATCH_MINUTES_MAX)),
    acknowledgesValidator: v.exactOptional(v.literal(true)),
    atHeight: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(HEIGHT_MAX))),
    strategy: v.exactOptional(v.literal('blue-green')),
    together: v.exactOptional(v.pipe(v.array(text(/^i-[0-9a-f]{8,17}$/)), v.minLength(2), v.maxLength(TOGETHER_MOST))),
    rehearsed: v.exactOptional(text(/^[^\p{Cc}]{1,400}$/u)),
  }),
]);

const schema = v.variant('kind', [
  v.strictObject({ kind: v.literal('resize-volume'), ...base }),
  v.strictObject({ kind: v.literal('replace-node'), want, ...base }),
  v.strictObject({
    kind: v.literal('snapshot-node'),
    requestedBy: v.picklist(['schedule', 'person']),
    acknowledgesValidator: v.exactOptional(v.literal(true)),
    ...base,
  }),
  v.strictObject({
    kind: v.literal('audit-snapshots'),
    requestedBy: v.picklist(['schedule', 'person']),
    rehearses: v.exactOptional(text(VERSION)),
    ...base,
    instanceId: text(INSTANCE_OR_COPIES),
  }),
]);

/** @throws HealPayloadError */
export function parseHealPayload(event: unknown): HealPayload {
  const parsed = v.safeParse(schema, event);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = plainText(v.getDotPath(issue) ?? '(whole)', 200);
  throw new HealPayloadError(`heal payload, field ${field}: ${plainText(issue.message, 300)}`);
}
