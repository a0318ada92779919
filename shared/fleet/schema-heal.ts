// The part of the fleet file that limits heals: disks, owners, limits, snapshots and replacements; and the checks of its contradictions.
import type * as v from 'valibot';
import { familyOf } from '../chains/defaults.ts';
import { RUNGS } from '../model/rungs.ts';
import type { Complaints } from './problems.ts';
import {
  about,
  choice,
  derived,
  list,
  object,
  optional,
  subnetId,
  text,
  usually,
  whole,
  yesOrNo,
} from './schema-fields.ts';
import { executable } from './schema-nodes.ts';

export const disk = object('{ maximumSizeGiB: 2000 }', {
  growAtPercent: usually('Volumes grow from this use of bytes or inodes.', whole(10, 99, 'percent', 85), 85),
  // A volume can be modified four times in a rolling 24 h [EC2 ModifyVolume], so one step must last for more than a day. Six hours more are for the
  // person who has to act when that budget is spent.
  horizonHours: usually('How long a new size must last.', whole(25, 8760, 'hours', 30), 30),
  minimumStepPercent: usually('The smallest growth.', whole(1, 400, 'percent', 20), 20),
  // The largest gp3 and io2 volumes [EC2 CreateVolume].
  maximumSizeGiB: usually('No volume grows beyond this.', whole(1, 65_536, 'GiB', 2000), 2000),
  maximumMonthlyIncreaseUsd: usually(
    "What a month's growth may add to the monthly bill.",
    whole(0, 100_000, 'US dollars', 100),
    100,
  ),
  modificationsPerDay: usually('Of a volume in 24 h.', whole(1, 3, 'modifications', 3), 3),
  prune: optional(
    'Your command that drops data of a follower near its ceiling.',
    object('{ command: /opt/node/prune }', {
      command: about('Your executable, without arguments; root runs it while the client is stopped.', executable),
      // The script of a command ends within 9,000 s, and the client is stopped and started in them, too.
      minutes: usually('How long it may take.', whole(1, 120, 'minutes', 60), 60),
      rehearse: usually("Prune only after a drill's trial passed. Needs `drills`.", yesOrNo(), true),
      poolFloor: usually(
        'Other synced nodes in the pool meanwhile; 0 also prunes a single node.',
        whole(0, 50, 'nodes', 2),
        2,
      ),
    }),
  ),
});

export const owner = object('{ by: terraform }', {
  by: derived(
    'What made the nodes. OpenTofu is `terraform`, a person or script `nobody`.',
    'by tags',
    choice(['terraform', 'cloudformation', 'cdk', 'pulumi', 'nobody'], 'what made the nodes'),
  ),
  // No default: growth asks whether a person has said `false`, other data and another instance whether one has said `true`.
  acceptDrift: derived(
    '`true` allows other volumes and instances; `false` also forbids growth.',
    'volumes are grown, nothing else',
    yesOrNo(),
  ),
  restartValidators: usually('Validators may be restarted.', yesOrNo(), false),
});

export const breaker = object('{ unhealthyPercent: 20 }', {
  unhealthyPercent: usually(
    'With more unhealthy or unknown: a page, paced restarts, no swap or replacement.',
    whole(1, 50, 'percent', 20),
    20,
  ),
  unhealthyMinimum: usually('This many may always be unhealthy.', whole(1, 50, 'nodes', 1), 1),
  restartPercent: usually(
    'How much of the fleet and each zone restarts at once, after one node.',
    whole(1, 50, 'percent', 25),
    25,
  ),
});

export const ask = object('{ expiresAfterHours: 4 }', {
  expiresAfterHours: usually('Later approvals are refused.', whole(1, 48, 'hours', 4), 4),
});

export const pages = object('{ againAfterMinutes: 30 }', {
  healed: usually('Send a `told` message for each healed node.', yesOrNo(), true),
  againAfterMinutes: usually('When an urgent page is repeated first.', whole(10, 1_440, 'minutes', 30), 30),
  againEveryMinutes: usually('The interval after that.', whole(10, 1_440, 'minutes', 60), 60),
  againPerDay: usually('Most repetitions in 24 h; 0: none.', whole(0, 24, 'repetitions', 8), 8),
  readiness: usually('Check once a day whether heals would work, and page.', yesOrNo(), false),
});

// A key of the account's own: an alias could be aws/ebs, and nobody else can read snapshots under that key.
const keyArn = text(
  /^arn:aws(-[a-z]+)*:kms:[a-z0-9-]{5,24}:\d{12}:key\/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  'the ARN of a customer key, since snapshots under the default AWS key cannot be shared',
  'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
);

const regionName = text(/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/, "a region's name", 'eu-central-1');

const accountId = text(/^\d{12}$/, "an account's 12 digits (text: quote them)", "'111122223333'");

const clean = object('{ everyHours: 24, keep: 7 }', {
  everyHours: usually('How often.', whole(1, 720, 'hours', 24), 24),
  at: optional(
    'Earliest time of day in UTC: `03:00`.',
    text(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day in UTC', '03:00'),
  ),
  withinHours: usually('No node is stopped later after `at`.', whole(2, 8, 'hours', 3), 3),
  keep: usually('Sets that are kept.', whole(2, 100, 'sets', 7), 7),
  alone: usually("Also stop a fleet's only node, or one of a pool at its floor.", yesOrNo(), false),
  poolFloor: usually('Synced nodes that stay in the pool meanwhile.', whole(1, 50, 'nodes', 2), 2),
});

export const snapshots = object('{ everyHours: 24, keep: 7 }', {
  clean: optional('Sets of a stopped node. Alone (`snapshots: { clean: {} }`): no policy.', clean),
  // [DLM CreateRule.Interval: "The supported values are 1, 2, 3, 4, 6, 8, 12, and 24."]
  everyHours: usually('How often.', choice([1, 2, 3, 4, 6, 8, 12, 24], 'hours'), 24),
  // [DLM RetainRule.Count: 1 to 1000.]
  keep: usually('Snapshots kept of each volume.', whole(1, 1000, 'snapshots', 7), 7),
  shareWith: optional(
    'Accounts that may use the snapshots. Refused while `identity` is on the volume.',
    object('{ accounts: ["111122223333"], kmsKeyArn: arn:aws:kms:… }', {
      accounts: about('Their ids.', list(accountId, 50, 1)),
      kmsKeyArn: about("The volumes' customer key, which they may use.", keyArn),
      identityFree: usually('`true`: the volumes hold no key, account or signing state.', yesOrNo(), false),
    }),
  ),
  copyTo: optional(
    'Another region that gets a copy.',
    object('{ region: eu-central-1, keepDays: 7 }', {
      region: about('The region.', regionName),
      keepDays: usually('How long copies are kept.', whole(1, 1000, 'days', 7), 7),
      kmsKeyArn: derived('A customer key of that region.', "the region's default key for EBS", keyArn),
    }),
  ),
  copiesFrom: optional(
    'In a region or account without nodes: drills open the newest copy.',
    object('{ region: eu-west-1 }', {
      region: about("The nodes' region.", regionName),
      account: optional(
        "The nodes' account, if it is another in the same region.",
        object('{ id: "444455556666", policy: policy-0123456789abcdef0 }', {
          id: about('Its id.', accountId),
          policy: about(
            "The lifecycle policy there, which a snapshot's description names: its tags are not seen here.",
            text(/^policy-[0-9a-f]{17}$/, 'the id of a lifecycle policy', 'policy-0123456789abcdef0'),
          ),
        }),
      ),
      maxAgeHours: usually('Older copies are paged.', whole(2, 2_160, 'hours', 48), 48),
    }),
  ),
});

// [EC2 LaunchTemplateName: 3 to 128 of a-zA-Z0-9().-/_]; of those, the ones without a meaning in a shell.
const launchTemplate = text(
  /^[A-Za-z0-9][A-Za-z0-9._/-]{2,127}$/,
  'the id of a launch template, or its name of 3 to 128 letters, digits and ._/-',
  'lt-0123456789abcdef0',
);

export const replace = object('{ rungs: [restart, swap] }', {
  rungs: usually('What may be tried, in this order; `[]`: only a page.', list(choice(RUNGS, 'a rung'), RUNGS.length), [
    ...RUNGS,
  ]),
  rollBack: optional(
    'Your command that takes a stuck follower back some blocks.',
    object('{ command: /opt/node/roll-back }', {
      command: about('Your executable, without arguments; root runs it while the client is stopped.', executable),
      minutes: usually('How long it may take.', whole(1, 60, 'minutes', 15), 15),
      rehearse: usually("Run it only after a drill's trial passed. Needs `drills`.", yesOrNo(), true),
    }),
  ),
  reindex: optional(
    "Your command that rebuilds a follower's data from its blocks (bitcoin's family).",
    object('{ command: /opt/node/reindex }', {
      command: about(
        'Your executable, without arguments; root runs it while the client is stopped, at most two hours.',
        executable,
      ),
      minutes: usually('How long it may take until the client is at the tip.', whole(5, 1_440, 'minutes', 120), 120),
    }),
  ),
  source: usually(
    "A swap's data; `sibling`: a copy of a healthy node's volume in the zone.",
    choice(['snapshot', 'sibling'], 'a source'),
    'snapshot',
  ),
  // [EC2 CreateVolume.VolumeInitializationRate: "Valid range: 100 - 300 MiB/s"]
  initializationMiBps: optional('A paid EBS initialization rate.', whole(100, 300, 'MiB/s', 300)),
  warm: usually('Read start files before the switch; not with `initializationMiBps`.', yesOrNo(), true),
  launchTemplate: derived("A new instance's launch template.", "the instance's own", launchTemplate),
  lifecyclePolicies: usually(
    'Your lifecycle policies whose untagged snapshots may be restored.',
    list(text(/^policy-[A-Za-z0-9]{8,64}$/, 'the id of a lifecycle policy', 'policy-0123456789abcdef0'), 10),
    [],
  ),
  // Cosmos upgrades halt the chain at a height, and the binary of after it does not execute the blocks of before (x/upgrade of the Cosmos SDK).
  upgradeHeights: usually(
    'Heights at which the client changed: a newer client gets no older data.',
    list(whole(1, 10_000_000_000, 'a block', 5_200_000), 100),
    [],
  ),
  subnets: usually("More, in this order, if the node's own has no capacity.", list(subnetId, 16), []),
  keepDays: usually('How long an old volume or instance is kept.', whole(1, 90, 'days', 7), 7),
  autoScaling: usually(
    'Members of an Auto Scaling group: left alone, or set aside at a lower capacity.',
    choice(['refuse', 'standby'], 'what is done'),
    'refuse',
  ),
  publicAddress: usually(
    'A public address that is not elastic.',
    choice(['keep', 'may-change'], 'what becomes of it'),
    'keep',
  ),
  userData: optional(
    "The template's user data. Unset, such a template is refused.",
    choice(['run', 'ignore'], 'what becomes of them'),
  ),
  terminated: usually('Make a node again after its instance was terminated.', yesOrNo(), false),
  moveBeforeHours: usually('How long before an EC2 event a node is moved; 0: never.', whole(0, 336, 'hours', 48), 48),
  restartsPerDay: usually('Of a node in 24 h.', whole(1, 24, 'restarts', 6), 6),
  replacementsPerHour: usually('Of all fleets in an hour.', whole(1, 10, 'replacements', 2), 2),
  replacementsPerDay: usually('Of all fleets in 24 h.', whole(1, 50, 'replacements', 5), 5),
  replacementsPerNode: usually('Until it was healthy for two hours.', whole(1, 10, 'replacements', 3), 3),
});

export const asg = object('{ seed: newest-good }', {
  seed: about('New members start from the newest good snapshot.', choice(['newest-good'], 'a seed')),
  identityFree: usually('`true`: the volume holds no identity, or the first boot removes it.', yesOrNo(), false),
});

type WrittenSnapshots = v.InferInput<typeof snapshots>;

/** Whether the fleet uses Data Lifecycle Manager here: a file with `clean` alone wants no policy, and one with copies of another region has nothing to copy. */
export function isByPolicy({ clean, copiesFrom, ...byPolicy }: WrittenSnapshots): boolean {
  return copiesFrom === undefined && (clean === undefined || Object.keys(byPolicy).length > 0);
}

/** The fields as a person writes them. */
interface WrittenHealFields {
  readonly chain: string;
  readonly nodes: { readonly tag: Readonly<Record<string, string>> };
  readonly role?: string | object;
  readonly volumes?: Readonly<Record<string, string | { readonly tag?: Readonly<Record<string, string>> }>>;
  readonly snapshots?: WrittenSnapshots;
  readonly asg?: v.InferInput<typeof asg>;
  readonly drills?: object;
}

/** The same fields with every default. */
interface CompleteHealFields {
  readonly disk: v.InferOutput<typeof disk>;
  readonly replace: v.InferOutput<typeof replace>;
  readonly volumes: Readonly<Record<string, { readonly path: string }>>;
  readonly identity: readonly string[];
}

/** Problems of a file that fits the schema. */
export function checkHeals(file: WrittenHealFields, complete: CompleteHealFields, complaints: Complaints): void {
  checkTags(file, complaints);
  checkCopies(file, complaints);
  checkRungs(complete, complaints);
  checkOwnCommands(file, complete, complaints);
  checkReindex(file, complete, complaints);
  checkBudgets(complete, complaints);
  checkDonors(file, complaints);
  checkTimeOfDay(file, complaints);
  checkSharing(file, complete, complaints);
  checkSeed(file, complete, complaints);
}

/** DLM takes a volume that carries any of a policy's tags, while a selector here means all of them. */
function checkTags({ snapshots, nodes, volumes = {} }: WrittenHealFields, { conflict }: Complaints): void {
  if (!snapshots || !isByPolicy(snapshots)) return;
  const expected = 'expected one tag for snapshots: Data Lifecycle Manager takes whatever carries any of several';
  const own = Object.entries(volumes).flatMap(([role, volume]) =>
    typeof volume === 'object' && volume.tag ? [{ role, tag: volume.tag }] : [],
  );
  for (const { role, tag } of own) if (Object.keys(tag).length > 1) conflict(['volumes', role, 'tag'], tag, expected);
  const inherit = own.length < Math.max(1, Object.keys(volumes).length);
  if (inherit && Object.keys(nodes.tag).length > 1)
    conflict(['nodes', 'tag'], nodes.tag, `${expected}; or give each volume a tag of its own`);
}

function checkCopies({ snapshots }: WrittenHealFields, { conflict }: Complaints): void {
  const { region, kmsKeyArn } = snapshots?.copyTo ?? {};
  if (kmsKeyArn !== undefined && kmsKeyArn.split(':')[3] !== region)
    conflict(['snapshots', 'copyTo', 'kmsKeyArn'], kmsKeyArn, `expected a key of ${region}`);
}

/** The order is the ladder's: a list in another order would promise something else. */
function checkRungs({ replace: { rungs, terminated } }: CompleteHealFields, { conflict }: Complaints): void {
  const expected = RUNGS.filter((rung) => rungs.includes(rung));
  if (expected.length !== rungs.length || expected.some((rung, index) => rung !== rungs[index]))
    conflict(['replace', 'rungs'], rungs, `expected each once and mildest first: [${expected.join(', ')}]`);
  if (terminated && !rungs.includes('replace'))
    conflict(['replace', 'terminated'], terminated, 'expected only with the rung replace in replace.rungs');
}

/** Followers only: whatever signs must not forget what it has signed, and what a node of unknown role keeps is never thrown away by a command. */
function checkOwnCommands(
  { role = 'unknown', drills }: WrittenHealFields,
  { disk: { prune }, replace: { rollBack } }: CompleteHealFields,
  { conflict }: Complaints,
): void {
  const check = (path: readonly string[], own: typeof prune | typeof rollBack, elsewhere: string): void => {
    if (own === undefined) return;
    if (typeof role === 'string' && role !== 'follower')
      conflict(
        path,
        own.command,
        `expected role: follower, or the tag that tells it: no other node${elsewhere}, and the role is ${role}`,
      );
    if (own.rehearse && drills === undefined)
      conflict(
        [...path, 'rehearse'],
        true,
        'expected drills, which try it on a copy of the newest set; or rehearse: false, and the node is the first on which it runs',
      );
  };
  check(['replace', 'rollBack'], rollBack, "'s data are taken back");
  check(['disk', 'prune'], prune, ' is pruned');
}

/** Followers only, of chains whose clients document such a command; and never unmeasured. */
function checkReindex(
  { role = 'unknown', drills, chain }: WrittenHealFields,
  { replace: { reindex } }: CompleteHealFields,
  { conflict }: Complaints,
): void {
  if (reindex === undefined) return;
  const refuse = (expected: string): void => conflict(['replace', 'reindex'], reindex.command, expected);
  if (typeof role === 'string' && role !== 'follower')
    refuse(
      `expected role: follower, or the tag that tells it: no other node's data are built again, and it is ${role}`,
    );
  else if (familyOf(chain) !== 'bitcoin')
    refuse(`expected a chain of bitcoin’s family, whose clients have -reindex: of ${chain} no such command is known`);
  else if (drills === undefined)
    refuse('expected drills, which measure it on a copy: what was not measured is not done');
}

function checkBudgets({ replace }: CompleteHealFields, { conflict }: Complaints): void {
  const { replacementsPerHour: hour, replacementsPerDay: day } = replace;
  if (hour > day) conflict(['replace', 'replacementsPerHour'], hour, `expected at most ${day}, those of a day`);
}

/** A time of day comes once a day: the sets have to be as far apart as it. */
function checkTimeOfDay({ snapshots }: WrittenHealFields, { conflict }: Complaints): void {
  const { at, everyHours = 24 } = snapshots?.clean ?? {};
  if (at === undefined || everyHours % 24 === 0) return;
  conflict(
    ['snapshots', 'clean', 'everyHours'],
    everyHours,
    `expected whole days where snapshots.clean.at is ${at}, for example 24 or 48`,
  );
}

/** A clean snapshot stops a client: never a validator's, nor one that may be a validator's. */
function checkDonors({ snapshots, role = 'unknown' }: WrittenHealFields, { conflict }: Complaints): void {
  if (!snapshots?.clean || (role !== 'validator' && role !== 'unknown')) return;
  conflict(
    ['snapshots', 'clean'],
    snapshots.clean,
    `expected role: follower, sentry or bootnode, or the tag that tells it: a donor is stopped, and its role is ${role}`,
  );
}

function checkSharing(
  { snapshots }: WrittenHealFields,
  { volumes, identity }: CompleteHealFields,
  { conflict }: Complaints,
): void {
  const { shareWith } = snapshots ?? {};
  if (!shareWith) return;
  const fault = sharingFault({
    volumes: Object.entries(volumes).map(([role, { path }]) => ({ role, path })),
    identityPaths: identity,
    identityFree: shareWith.identityFree ?? false,
  });
  if (fault !== null) conflict(['snapshots', 'shareWith'], shareWith, `expected none: ${fault}`);
}

/** What a group launches has a copy of the data, and nothing on the machine takes another node's identity out of it. */
function checkSeed(
  { asg, role = 'unknown' }: WrittenHealFields,
  { volumes, identity }: CompleteHealFields,
  { conflict }: Complaints,
): void {
  if (!asg) return;
  const field = ['asg', 'seed'];
  if (role === 'validator' || role === 'unknown')
    conflict(
      field,
      asg.seed,
      `expected role: follower, sentry or bootnode, or the tag that tells it: a copy of a validator is a second validator, and the role is ${role}`,
    );
  const places = Object.entries(volumes).map(([name, { path }]) => ({ role: name, path }));
  if (places.length !== 1)
    conflict(field, asg.seed, `expected one volume, not ${places.map((place) => place.role).join(', ')}`);
  const told = asg.identityFree === true ? null : identityOn(places, identity);
  if (told !== null)
    conflict(
      field,
      asg.seed,
      `expected none: each new member would get the identity of the node that the snapshot is of: ${told}. Have it on another volume and name it in ` +
        '`identity`, or say `asg.identityFree: true` where the first boot removes it before the client starts, or the volume holds nothing but block data',
    );
}

export interface Sharing {
  readonly volumes: readonly { readonly role: string; readonly path: string }[];
  /** Absolute paths of keys, signing state and accounts. */
  readonly identityPaths: readonly string[];
  /** The fleet file says that no identity is on the volumes, even if the chain's client usually keeps one there. */
  readonly identityFree: boolean;
}

/**
 * Why a fleet's snapshots must not be shared with another account; null where they may. A snapshot holds a whole volume, with every key on it: only a
 * volume without an identity can be shared.
 */
export function sharingFault({ volumes, identityPaths, identityFree }: Sharing): string | null {
  if (identityFree) return null;
  const told = identityOn(volumes, identityPaths);
  if (told === null) return null;
  return (
    `other accounts would get the nodes’ identity with the snapshots: ${told}. Move it to another volume and name it in ` +
    '`identity`, or say `identityFree: true` where the volumes hold nothing but block data'
  );
}

/** Which identity lies on the volumes, in words; null where none does. */
function identityOn(volumes: Sharing['volumes'], identityPaths: readonly string[]): string | null {
  const told = identityPaths.flatMap((path) => {
    const volume = volumes.find((one) => isBelow(path, one.path));
    return volume ? [`${path} on the volume ${volume.role}`] : [];
  });
  if (told.length === 0) return null;
  return told.length > 3 ? `${told.slice(0, 3).join(', ')} and ${told.length - 3} more` : told.join(', ');
}

const isBelow = (path: string, mount: string): boolean =>
  path === mount || path.startsWith(mount.endsWith('/') ? mount : `${mount}/`);
