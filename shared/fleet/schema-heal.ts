// What a person may write of how a stuck node is helped and how clean snapshots are taken: the third part of `schema.ts`.
import { RUNGS } from '../model/rungs.ts';
import { choice, list, object, optional, subnetId, text, whole, yesOrNo } from './schema-fields.ts';

// [EC2 LaunchTemplateName: 3 to 128 of a-zA-Z0-9().-/_]; of those, what means nothing to a shell.
const launchTemplate = text(
  /^[A-Za-z0-9][A-Za-z0-9._/-]{2,127}$/,
  'the id of a launch template, or its name of 3 to 128 letters, digits and ._/-',
  'lt-0123456789abcdef0',
);

export const replace = object('{ rungs: [restart, swap] }', {
  rungs: optional(
    'What may be tried, mildest first; [] for nothing. All four unless given.',
    list(choice(RUNGS, 'a rung'), RUNGS.length),
  ),
  source: optional(
    "Where the data of a swap come from: a snapshot, or a copy of a healthy sibling's volume in the same AZ.",
    choice(['snapshot', 'sibling'], 'a source'),
  ),
  // [EC2 CreateVolume.VolumeInitializationRate: "Valid range: 100 - 300 MiB/s"]
  initializationMiBps: optional(
    'The rate at which EBS is paid to initialize a volume from its snapshot; none is asked for unless given.',
    whole(100, 300, 'MiB/s', 300),
  ),
  launchTemplate: optional(
    'What a new instance is launched from; the template that the node itself was launched from unless given.',
    launchTemplate,
  ),
  lifecyclePolicies: optional(
    'Lifecycle policies of yours whose snapshots carry no tags of the fleet, and may be restored all the same.',
    list(text(/^policy-[A-Za-z0-9]{8,64}$/, 'the id of a lifecycle policy', 'policy-0123456789abcdef0'), 10),
  ),
  subnets: optional("Further subnets, tried in this order where the node's own has no capacity.", list(subnetId, 16)),
  keepDays: optional('How long an old volume or instance is kept.', whole(1, 90, 'days', 7)),
  autoScaling: optional(
    'Members of an Auto Scaling group: refuse leaves them alone, standby sets one aside with a lower capacity.',
    choice(['refuse', 'standby'], 'what is done'),
  ),
  restartsPerDay: optional('Restarts of one node in 24 h.', whole(1, 24, 'restarts', 6)),
  replacementsPerHour: optional('Replacements in the account in an hour.', whole(1, 10, 'replacements', 2)),
  replacementsPerDay: optional('Replacements in the account in 24 h.', whole(1, 50, 'replacements', 5)),
  replacementsPerNode: optional(
    'Replacements of one node until it has been healthy for two hours.',
    whole(1, 10, 'replacements', 3),
  ),
});

export const cleanSnapshots = object('{ everyHours: 24, keep: 7 }', {
  everyHours: optional('How often one node is stopped for a clean set; 24 unless given.', whole(1, 720, 'hours', 24)),
  keep: optional('How many sets are kept; 7 unless given.', whole(2, 100, 'sets', 7)),
  alone: optional('Whether the only node, or one of a pool at its floor, is stopped.', yesOrNo()),
  poolFloor: optional('So many synced nodes stay in the pool; 2 unless given.', whole(1, 50, 'nodes', 2)),
});

export const dataMode = text(
  /^[a-z][a-z0-9-]{0,31}$/,
  'a word of at most 32 lower-case letters, digits and -, a letter first',
  'pruned',
);

// It goes to the node as it is, where grep -E reads it: words, `.`, `.*` and `|`, and nothing else that has a meaning there.
const words = '[A-Za-z0-9]([A-Za-z0-9 _:/-]|\\.\\*?)*';
const cleanLinePattern = new RegExp(`^(?=.{3,120}$)${words}(\\|${words})*$`);

export const cleanLine = optional(
  "What the client's last line has in it when it ended cleanly; none: its exit status alone tells.",
  text(
    cleanLinePattern,
    'none, or words of letters, digits, blanks and _.:/-, .* for anything and | between alternatives',
    'Shutdown: done',
  ),
);
