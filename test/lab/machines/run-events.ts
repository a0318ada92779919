// The protocol between a run of real machines and the process that started it: one argument in, JSON lines out. Both sides know only this.
import * as v from 'valibot';

const MACHINES = ['containers', 'namespaces'] as const;
/** containers: systemd is PID 1 of each; namespaces: for hosts where that is impossible. */
export type Machines = (typeof MACHINES)[number];

const path = v.pipe(v.string(), v.startsWith('/'));

/** Binaries that run on this host and in the base system. */
const softwareSchema = v.strictObject({
  geth: v.exactOptional(path),
  /** The release before that one. */
  gethBefore: v.exactOptional(path),
  /** A later release, which refuses a chain without a beacon node. */
  gethRefusing: v.exactOptional(path),
  cometbft: v.exactOptional(path),
  /** A node with an application that stops for an upgrade, and the version that goes on from there. */
  appBefore: v.exactOptional(path),
  appNext: v.exactOptional(path),
  /** The directory of beacon-chain, validator and prysmctl. */
  prysm: v.exactOptional(path),
  /** Present if geth is not available. */
  anvil: v.exactOptional(path),
});

const taskSchema = v.strictObject({
  baseDirectory: path,
  software: softwareSchema,
  runDirectory: path,
  machines: v.picklist(MACHINES),
});

/** A package that is not mentioned is missing. */
export type Software = Readonly<v.InferOutput<typeof softwareSchema>>;

/** The last argument of `group-runner.ts --group NAME [--story NAME]`, as JSON. */
export type Task = Readonly<v.InferOutput<typeof taskSchema>>;

/** A sentence, or an observation with all details of a failure. */
const text = v.pipe(v.string(), v.maxLength(200_000));
const name = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,63}$/));
const seconds = v.pipe(v.number(), v.finite(), v.minValue(0));

const runEventSchema = v.variant('event', [
  /** A story begins; other stories of its run may continue at the same time. */
  v.strictObject({ event: v.literal('story'), name, sentence: text }),
  /** One line, with its seconds since the run began: of one story, or of all stories in progress. */
  v.strictObject({
    event: v.literal('told'),
    story: v.exactOptional(name),
    atSeconds: v.pipe(v.number(), v.finite()),
    subject: text,
    text,
  }),
  v.strictObject({ event: v.literal('held'), story: name, sentence: text }),
  v.strictObject({ event: v.literal('broken'), story: name, sentence: text, why: text }),
  v.strictObject({ event: v.literal('skipped'), story: name, sentence: text, why: text }),
  /** A shipped script was executed on a machine. */
  v.strictObject({ event: v.literal('script'), name }),
  v.strictObject({ event: v.literal('ended'), story: name, seconds }),
]);

export type RunEvent = Readonly<v.InferOutput<typeof runEventSchema>>;

/** @throws with a sentence if it is not a task */
export function parseTask(word: string | undefined): Task {
  return parsed(taskSchema, word ?? '', 'no task');
}

/** @throws with a sentence if the line is not an event */
export function parseRunEvent(line: string): RunEvent {
  return parsed(runEventSchema, line, 'no event of a run');
}

export const runEventLine = (told: RunEvent): string => `${JSON.stringify(told)}\n`;

const SHOWN_CHARACTERS = 200;

function parsed<Schema extends v.GenericSchema>(schema: Schema, json: string, what: string): v.InferOutput<Schema> {
  const shown = json.length > SHOWN_CHARACTERS ? `${json.slice(0, SHOWN_CHARACTERS)}…` : json;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Error(`${what}, since it is not JSON: ${shown}`);
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  throw new Error(`${what}: ${place === null ? '' : `${place}: `}${issue.message}: ${shown}`);
}
