// The read-out of an account: what Describe, List and Get calls say of instances and what belongs to them, as one JSON document. It can be carried to
// another machine. The schema is the contract: what does not fit it is refused with its place.
import * as v from 'valibot';
import { JsonError, parseJson } from '../../../shared/text/json.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { InputError } from '../../input-error.ts';

/** The number in the file. Another number is another schema. */
export const VERSION = 1;
/** A read-out of 2,000 instances with all else has some 8 MB. */
export const READ_OUT_BYTES = 32 * 2 ** 20;
/** The same has some 400,000 values. */
const READ_OUT_VALUES = 2_000_000;
/** Twice the largest fleet that the local region is measured with, less what the review of proposals by a person allows. */
export const INSTANCES_MAX = 2_000;
/** Of everything else: ten for each instance. */
export const ITEMS_MAX = 20_000;

/** AWS's own limits are lower: a tag value has 256 characters, a description 255 ("Tag restrictions", EC2 user guide). */
const text = v.pipe(v.string('expected a text'), v.maxLength(1_024, 'expected at most 1,024 characters'));
const count = v.pipe(
  v.number('expected a number'),
  v.integer('expected a whole number'),
  v.minValue(0, 'expected 0 or more'),
);
const portNumber = v.pipe(count, v.maxValue(65_535, 'expected a port'));
const id = (form: RegExp, prefix: string) => {
  const expected = `expected an id such as ${prefix}-0123456789abcdef0`;
  return v.pipe(v.string(expected), v.regex(form, expected));
};
const instanceId = id(/^i-[0-9a-f]{8,17}$/, 'i');
const volumeId = id(/^vol-[0-9a-f]{8,17}$/, 'vol');
const snapshotId = id(/^snap-[0-9a-f]{8,17}$/, 'snap');
const moment = v.pipe(v.string('expected a time'), v.isoTimestamp('expected a time such as 2026-01-31T12:00:00.000Z'));
const few = <S extends v.GenericSchema>(item: S, most: number) =>
  v.pipe(v.array(item, 'expected a list'), v.maxLength(most, `expected at most ${most}`), v.readonly());
const many = <S extends v.GenericSchema>(item: S) => few(item, ITEMS_MAX);
/** 50 of people, and AWS's own beside them. */
const tags = v.pipe(
  v.record(text, text, 'expected tags'),
  v.maxEntries(100, 'expected at most 100 tags'),
  v.readonly(),
);
const dimensions = v.pipe(
  v.record(text, text, 'expected dimensions'),
  v.maxEntries(30, 'expected at most 30'),
  v.readonly(),
);

const object = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(
    v.strictObject(entries, ({ expected }) =>
      expected === 'never' ? `expected one of ${Object.keys(entries).join(', ')}` : 'is missing',
    ),
    v.readonly(),
  );

const instance = object({
  instanceId,
  state: v.picklist(['pending', 'running', 'stopping', 'stopped'], 'expected a state of a living instance'),
  type: text,
  zone: text,
  subnetId: text,
  vpcId: text,
  imageId: text,
  privateIp: text,
  /** null: it has none. */
  publicIp: v.nullable(text),
  elasticIp: v.boolean(),
  launchedAt: moment,
  tags,
  securityGroups: few(text, 100),
  rootDevice: text,
  volumes: few(object({ volumeId, device: text, deletedWithInstance: v.boolean() }), 128),
  /** Whether it has an instance profile. */
  hasProfile: v.boolean(),
});

const volume = object({
  volumeId,
  sizeGiB: count,
  type: text,
  /** null: its type has none of its own. */
  iops: v.nullable(count),
  throughputMiBps: v.nullable(count),
  encrypted: v.boolean(),
  snapshotId: text,
  tags,
});

const snapshot = object({
  snapshotId,
  volumeId,
  startedAt: moment,
  completed: v.boolean(),
  /** The lifecycle policy that made it, by AWS's own tag. */
  policyId: v.nullable(text),
  tags,
});

const readOutSchema = object({
  readOut: v.literal('chainmend', 'expected chainmend: a file that `chainmend adopt --read-out` wrote'),
  version: v.literal(VERSION, `expected ${VERSION}: read the account again with this version`),
  readAt: moment,
  region: text,
  account: v.pipe(v.string(), v.regex(/^\d{12}$/, 'expected an account of 12 digits')),
  /** Whether names, addresses, ids and the account are pseudonyms. */
  masked: v.boolean('expected true or false'),
  /** What was asked for, where not everything was. */
  narrowedTo: v.nullable(object({ key: text, value: text })),
  instances: few(instance, INSTANCES_MAX),
  volumes: many(volume),
  images: many(object({ imageId: text, name: text })),
  securityGroups: many(
    object({
      groupId: text,
      name: text,
      ports: few(object({ protocol: text, from: portNumber, to: portNumber }), 1_000),
    }),
  ),
  launchTemplates: many(
    object({
      templateId: text,
      name: text,
      tags,
      hasProfile: v.boolean(),
      hasUserData: v.boolean(),
      instanceTags: tags,
    }),
  ),
  scalingGroups: many(
    object({
      name: text,
      minSize: count,
      maxSize: count,
      /** The launch template that it launches from; null: none, or several. */
      templateId: v.nullable(text),
      instanceIds: few(instanceId, INSTANCES_MAX),
    }),
  ),
  snapshots: many(snapshot),
  lifecyclePolicies: many(object({ policyId: text, enabled: v.boolean(), copiesTags: v.boolean(), targetTags: tags })),
  alarms: many(object({ name: text, namespace: text, metric: text, dimensions })),
  /** The series that have an instance of the read-out as a dimension. */
  metrics: many(object({ namespace: text, name: text, dimensions })),
  /** The latest use of each filesystem that the CloudWatch agent tells of. */
  disks: many(object({ instanceId, path: text, usedPercent: v.pipe(v.number(), v.minValue(0), v.maxValue(100)) })),
  zones: few(
    object({
      name: text,
      /** Those that point to an instance of the read-out. */
      records: many(object({ name: text, type: text, values: few(text, 500) })),
    }),
    500,
  ),
  targetGroups: many(object({ name: text, port: portNumber, tags, instanceIds: few(instanceId, INSTANCES_MAX) })),
  agents: many(object({ instanceId, online: v.boolean(), version: text })),
  /** Instance types with volumes that a stop loses. */
  instanceStoreTypes: few(text, 1_000),
  /** What could not be read, and AWS's own words. */
  unread: few(object({ what: text, why: text }), 100),
});

export type ReadOut = v.InferOutput<typeof readOutSchema>;
export type ReadInstance = ReadOut['instances'][number];
export type ReadVolume = ReadOut['volumes'][number];

const PROBLEMS_TOLD = 10;

/**
 * @param name of the file, for messages
 * @throws InputError with every problem, each with its place
 */
export function parseReadOut(name: string, written: string): ReadOut {
  if (Buffer.byteLength(written) > READ_OUT_BYTES)
    throw new InputError(
      `${name} has more than ${READ_OUT_BYTES / 2 ** 20} MB: narrow the reading with --tag KEY=VALUE`,
    );
  let value: unknown;
  try {
    value = parseJson(written, { values: READ_OUT_VALUES });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new InputError(
      `${name} ${error.cause ? 'is no JSON' : `is refused: ${error.message}`}; expected a file that \`chainmend adopt --read-out ${name}\` wrote`,
    );
  }
  const { success, output, issues } = v.safeParse(readOutSchema, value);
  if (success) return output;
  const lines = issues.slice(0, PROBLEMS_TOLD).map((issue) => {
    const place = plainText(v.getDotPath(issue) ?? 'the file', 200);
    return `${name}: ${place} ${issue.message === 'is missing' ? 'is missing' : `is ${shown(foundIn(issue))}; ${plainText(issue.message, 200)}`}`;
  });
  const more = issues.length - lines.length;
  throw new InputError([...lines, ...(more > 0 ? [`${name}: and ${more} more problems`] : [])].join('\n'));
}

/** For an unknown key the issue's own input is the key. */
const foundIn = ({ input, path }: v.BaseIssue<unknown>): unknown => path?.at(-1)?.value ?? input;
const shown = (value: unknown): string => plainText(JSON.stringify(value) ?? String(value), 80);

/** One line for each item, so that two read-outs can be compared by `diff`. */
export function readOutText(readOut: ReadOut): string {
  const fields = Object.entries(readOut).map(([key, value]) => {
    const items =
      Array.isArray(value) && value.length > 0
        ? `[\n    ${value.map((item) => JSON.stringify(item)).join(',\n    ')}\n  ]`
        : JSON.stringify(value);
    return `  ${JSON.stringify(key)}: ${items}`;
  });
  return `{\n${fields.join(',\n')}\n}\n`;
}
