// Parses the event of probe-nodes strictly: an invalid request is refused with the name of its fault, and nothing is asked.
import * as v from 'valibot';
import { MAXIMUM_HEIGHTS } from '../chains/client.ts';
import type { HttpJsonPaths } from '../chains/http-json.ts';
import type { CredentialsSource } from '../fleet/model.ts';
import { plainText } from '../text/plain-text.ts';
import { type ProbeRequest, TARGETS_A_REQUEST } from './protocol.ts';

/** A request that cannot be carried out; the message names the field, the value and what was expected. */
export class ProbeRequestError extends Error {
  override readonly name = 'ProbeRequestError';
}

const short = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const height = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const octet = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const address = v.pipe(v.string(), v.regex(new RegExp(`^${octet}(\\.${octet}){3}$`), 'an IPv4 address'));

const credentials: v.GenericSchema<unknown, CredentialsSource> = v.variant('kind', [
  v.strictObject({ kind: v.literal('parameter'), name: v.pipe(v.string(), v.minLength(1), v.maxLength(1011)) }),
  v.strictObject({ kind: v.literal('secret'), name: v.pipe(v.string(), v.minLength(1), v.maxLength(512)) }),
  v.strictObject({ kind: v.literal('file'), path: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)) }),
]);

const text = v.pipe(v.string(), v.maxLength(2_000));
const requestSchema = v.union([v.strictObject({ get: text }), v.strictObject({ post: text, body: v.unknown() })]);
// The client that is built from these texts checks them.
const paths: v.GenericSchema<unknown, HttpJsonPaths> = v.strictObject({
  requests: v.record(text, requestSchema),
  height: text,
  hash: v.exactOptional(text),
  hashAt: v.exactOptional(v.strictObject({ request: requestSchema, at: text })),
  blockTime: v.exactOptional(
    v.strictObject({
      at: text,
      as: v.picklist(['seconds', 'milliseconds', 'microseconds', 'nanoseconds', 'age-seconds', 'iso']),
    }),
  ),
  synced: v.exactOptional(
    v.strictObject({ at: text, is: v.pipe(v.array(v.union([v.string(), v.number(), v.boolean()])), v.maxLength(20)) }),
  ),
  peerCount: v.exactOptional(text),
  chainId: v.exactOptional(text),
  clientVersion: v.exactOptional(text),
});

const rpc = v.strictObject({
  scheme: v.picklist(['http', 'https']),
  port,
  path: v.pipe(v.string(), v.regex(/^(\/[A-Za-z0-9_.~-]{1,128}){0,16}\/?$/, 'a path, or nothing')),
  credentials: v.optional(credentials),
  metricsPort: v.optional(port),
  beaconPort: v.optional(port),
  paths: v.optional(paths),
});

const schema = v.strictObject({
  kind: v.literal('probe'),
  fleet: short,
  chain: short,
  stopGraceSeconds: v.pipe(v.number(), v.integer(), v.minValue(0)),
  rpc,
  ask: v.variant('what', [
    v.strictObject({
      what: v.literal('status'),
      heights: v.pipe(v.array(height), v.maxLength(MAXIMUM_HEIGHTS)),
      votes: v.exactOptional(v.literal(true)),
    }),
    v.strictObject({ what: v.literal('peers') }),
  ]),
  targets: v.pipe(
    v.array(v.strictObject({ instanceId: v.pipe(v.string(), v.regex(/^i-[0-9a-zA-Z-]{1,40}$/)), host: address })),
    v.minLength(1),
    v.maxLength(TARGETS_A_REQUEST),
  ),
});

/** For schemas that do not say what they expect. */
const expectationOf = ({ expected }: v.BaseIssue<unknown>): string => expected ?? 'something else';

/** @throws ProbeRequestError */
export function parseProbeRequest(event: unknown): ProbeRequest {
  const parsed = v.safeParse(schema, event, { abortEarly: true, message: expectationOf });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const last = issue.path?.at(-1);
    const value = JSON.stringify(last === undefined ? issue.input : last.value) ?? 'nothing';
    throw new ProbeRequestError(
      plainText(
        `field ${plainText(v.getDotPath(issue) ?? '(whole)', 100)}: ${plainText(value, 100)} given, expected ${issue.message}`,
      ),
    );
  }
  const { rpc: asked, ...same } = parsed.output;
  return {
    ...same,
    rpc: {
      ...asked,
      credentials: asked.credentials,
      metricsPort: asked.metricsPort,
      beaconPort: asked.beaconPort,
      paths: asked.paths,
    },
  };
}
