// What a run with --ladder has learned of this account in addition to its heals. Each line answers a question that no AWS page answers. Pure.
import { FLEET_TAG, LEDGER_TAGS, LOCKED_BY_TAG } from '../../../shared/model/tags.ts';
import { SMOKE_TAG } from './names.ts';

type Tags = Readonly<Record<string, string>>;

/** A command that was sent to the node, as Run Command reports it. */
export interface SentCommand {
  readonly document: string;
  readonly status: string;
  /** The output of a failed command. */
  readonly said: string;
}

export interface AccountFindings {
  /** The role of the node's profile, and whether replace-node may pass it on. */
  readonly passes: { readonly role: string; readonly is: boolean };
  /** The lifecycle policy's snapshot, after an incident has held it. */
  readonly held: { readonly snapshotId: string; readonly tags: Tags; readonly lock: SnapshotLockStatus | undefined };
  /** The snapshot that only the run has tagged. */
  readonly untagged: {
    readonly snapshotId: string;
    readonly tags: Tags;
    readonly lock: SnapshotLockStatus | undefined;
  };
  readonly commands: readonly SentCommand[];
  /** The alarms of the whole fleet, by its name. */
  readonly alarms: readonly { readonly name: string; readonly tags: Tags }[];
  readonly fleet: string;
  /** Failed invocations by function since the run began; functions without failures are left out. */
  readonly errors: ReadonlyMap<string, number>;
  /** The function that probes nodes in the subnet's VPC; undefined: there is none. */
  readonly vpcFunction: { readonly name: string; readonly state: string } | undefined;
  /** Whether the stack was deployed again and adopted what it had kept; undefined: the stack existed before. */
  readonly madeAgain: true | undefined;
  /** "default" or "disabled": whether EC2 itself moves the instance away from broken hardware. */
  readonly autoRecovery: string;
}

export interface SnapshotLockStatus {
  readonly state: string;
  readonly days: number | undefined;
}

export interface Check {
  /** left: the check is not possible here; `words` say why. */
  readonly is: 'so' | 'not so' | 'left';
  readonly words: string;
}

/** Documents that the heals need, and the document that asks the node. */
const NEEDED = ['ask-node', 'grow-filesystem', 'stop-client', 'restart-client', 'swap-volumes'] as const;
const FAILED: ReadonlySet<string> = new Set(['Failed', 'TimedOut']);

export function checksOf(learned: AccountFindings): readonly Check[] {
  return [
    passesOf(learned),
    lockOf(learned),
    untaggedOf(learned),
    commandsOf(learned),
    alarmsOf(learned),
    errorsOf(learned),
    vpcOf(learned),
    learned.madeAgain
      ? confirmed('a stack is created again over the table, documents and pause that it had kept')
      : unobserved('whether a stack can be created again over what it kept: this one was there already'),
    unobserved(`how EC2 recovers an instance by itself (${learned.autoRecovery} here): nobody can ask it to`),
  ];
}

const confirmed = (words: string): Check => ({ is: 'so', words });
const refuted = (words: string): Check => ({ is: 'not so', words });
const unobserved = (words: string): Check => ({ is: 'left', words });

const passesOf = ({ passes: { role, is } }: AccountFindings): Check =>
  is ? confirmed(`replace-node may pass on ${role}`) : refuted(`replace-node may not pass on ${role}`);

function lockOf({ held: { snapshotId, tags, lock } }: AccountFindings): Check {
  if (!(LEDGER_TAGS.heldBy in tags)) return refuted(`no incident has held ${snapshotId}, of a lifecycle policy`);
  if (!(LOCKED_BY_TAG in tags) || lock?.state !== 'governance')
    return refuted(`${snapshotId}, of a lifecycle policy, is held and not locked (${lock?.state ?? 'no lock'})`);
  return confirmed(`${snapshotId}, of a lifecycle policy, is held and locked for ${lock.days ?? '?'} day`);
}

/** A snapshot without the fleet's tags must stay as it is, and must stop no heal. */
function untaggedOf({ untagged: { snapshotId, tags, lock } }: AccountFindings): Check {
  const more = Object.keys(tags).filter((key) => key !== SMOKE_TAG && key.startsWith('chainmend:'));
  if (lock !== undefined) return refuted(`${snapshotId}, which is nobody's, was locked`);
  return more.length === 0
    ? confirmed(`${snapshotId}, which is nobody's, has stopped no heal`)
    : refuted(`${snapshotId}, which is nobody's, was tagged: ${more.join(', ')}`);
}

/** Checks that empty parameters arrive, or count as absent. */
function commandsOf({ commands }: AccountFindings): Check {
  const failed = commands.find(({ document, status }) => FAILED.has(status) && document.startsWith('chainmend-'));
  if (failed) return refuted(`${failed.document} ended as ${failed.status} on the node: ${failed.said}`);
  const ran = (name: string): boolean =>
    commands.some(({ document, status }) => document.startsWith(`chainmend-${name}-`) && status === 'Success');
  const missing = NEEDED.filter((name) => !ran(name));
  return missing.length === 0
    ? confirmed(`${commands.length} commands ran, with their empty parameters`)
    : refuted(`nothing was heard of ${missing.join(', ')} on the node`);
}

function alarmsOf({ alarms, fleet }: AccountFindings): Check {
  const bare = alarms.find(({ tags }) => tags[FLEET_TAG] !== fleet);
  if (alarms.length === 0) return refuted(`${fleet} has no alarms`);
  return bare
    ? refuted(`${bare.name} was made without its tags`)
    : confirmed(`${alarms.length} alarms of the fleet were made with their tags, and their contributors read`);
}

function errorsOf({ errors }: AccountFindings): Check {
  if (errors.size === 0)
    return confirmed('no function has failed: nothing was denied, and every answer of AWS could be read');
  const told = [...errors].map(([name, count]) => `${name} ${count}`);
  return refuted(`invocations have failed: ${told.join(', ')}. Their logs say why: /aws/lambda/NAME`);
}

function vpcOf({ vpcFunction }: AccountFindings): Check {
  if (!vpcFunction) return unobserved('a function in the VPC: no fleet here is asked from one');
  const { name, state } = vpcFunction;
  return state === 'Active' ? confirmed(`${name} stands in its VPC`) : refuted(`${name} is ${state}`);
}
