// Rules whose breach storms must notice (`npm run mutants:storms`), by their names in mutants.ts, each with the types of faults of both generators that
// can put it to the test.

export interface StormRule {
  readonly name: string;
  readonly a: readonly string[];
  readonly b: readonly string[];
  /** Others that hold it, too, and are broken with it: alone it breaks no promise. */
  readonly with?: readonly string[];
  /** Of each storm, where three are too few. */
  readonly hours?: number;
  /** The faults of generator a come without what the seed draws besides. */
  readonly alone?: true;
}

export const SEEN_BY_STORMS: readonly StormRule[] = [
  {
    name: 'a volume without the tags of the fleet is not grown',
    a: ['disk-fills', 'disk-jumps'],
    b: ['fills-after-each-growth', 'full-at-the-threshold'],
  },
  {
    name: 'a disk grows no further than the ceiling of the fleet file',
    a: ['disk-fills', 'lowers-ceiling'],
    b: ['fills-after-each-growth'],
    with: ['a ceiling that was lowered meanwhile holds in the moment of the call'],
  },
  {
    name: 'a volume is not modified while EBS is still at the modification before',
    a: ['disk-fills', 'grows-volume'],
    b: ['grown-by-two', 'fills-after-each-growth'],
  },
  {
    name: 'a ceiling that was lowered meanwhile holds in the moment of the call',
    a: ['lowers-ceiling'],
    b: ['mode-changed-in-a-heal', 'full-at-the-threshold'],
  },
  {
    name: 'a pause is heeded before anything is started',
    a: ['pauses-all', 'pauses-fleet'],
    b: ['pause-in-a-heal', 'maintenance-in-an-outage'],
    with: ['no act of the ladder is made under a pause', 'a volume is not modified under a pause'],
  },
  { name: 'no act of the ladder is made under a pause', a: ['pauses-all', 'pauses-fleet'], b: ['pause-in-a-heal'] },
  { name: 'a volume is not modified under a pause', a: ['pauses-all', 'pauses-fleet'], b: ['pause-in-a-heal'] },
  {
    name: 'a client that a person has stopped is left to that person',
    a: ['stops-client', 'stops-container'],
    b: ['stopped-in-a-heal', 'maintenance-without-a-pause'],
    with: ['a client that was told to end was stopped by a person'],
  },
  {
    name: 'only a client that the full disk has stopped is started',
    a: ['disk-jumps', 'stops-client'],
    b: ['maintenance-without-a-pause'],
  },
  {
    name: 'a client that could not be asked is unknown, and not sick',
    a: ['rpc-unauthorized', 'rpc-limited', 'rpc-elsewhere', 'rpc-withholding'],
    b: ['an-answer-of-each-kind', 'agents-go-in-order'],
  },
  {
    name: 'a client is dead in two looks, never in one',
    a: ['stops-container', 'restarts-client'],
    b: ['containers-made-again', 'two-helpers'],
  },
  {
    name: 'nobody is called stuck while the chain stands still',
    a: ['halts'],
    b: ['halted-with-stragglers', 'halted-in-a-heal'],
    with: ['while the chain stands still no node is healed for it'],
  },
  {
    name: 'nobody is stuck before others have three blocks more',
    a: ['hangs-for-a-while', 'disk-slow'],
    b: ['almost-stuck', 'slow-at-the-threshold'],
  },
  {
    name: 'another block is a fork only where more than half have the same one',
    a: ['majority-forks', 'forks'],
    b: ['split-in-halves'],
  },
  {
    name: 'the pool is never emptied',
    a: ['majority-forks', 'rpc-dead'],
    b: ['a-wave-in-order', 'halted-with-stragglers'],
  },
  {
    name: 'a DNS record that chainmend did not mark is left as it is',
    a: ['edits-zone'],
    b: ['records-fought-over'],
    with: ['a DNS marker of another fleet is respected'],
  },
  { name: 'a DNS marker of another fleet is respected', a: ['edits-zone'], b: ['records-fought-over'] },
  {
    name: 'a validator is not replaced by itself',
    a: ['jailed', 'changes-role'],
    b: ['jailed-and-stopped', 'breaks-after-each-swap'],
  },
  {
    name: 'a node whose role nobody knows counts as a validator',
    a: ['instance-dies', 'data-do-not-open', 'changes-role'],
    b: ['breaks-after-each-swap'],
  },
  {
    name: 'a member of an Auto Scaling group is not stopped under its group',
    a: ['checks-fail', 'data-stop'],
    b: ['checks-fail-in-a-heal', 'dies-in-a-heal'],
  },
  {
    name: 'an address that a stop loses stays, unless the fleet file lets it change',
    a: ['checks-fail', 'volume-impaired'],
    b: ['checks-fail-in-a-heal', 'retired-in-order'],
  },
  { name: 'in a zone in trouble nothing is swapped or replaced', a: ['zone-lost'], b: ['zone-and-capacity'] },
  {
    name: 'while the chain stands still no node is healed for it',
    a: ['halts'],
    b: ['halted-with-stragglers', 'halted-in-a-heal'],
  },
  {
    name: 'an open breaker stops what heals by itself',
    a: ['zone-lost', 'majority-forks'],
    b: ['a-wave-in-order', 'evening-and-morning'],
  },
  { name: 'of many that are sick at once one is restarted first', a: ['zone-lost'], b: ['a-wave-in-order'] },
  {
    name: 'never more than a share of a zone is restarted at once',
    a: ['zone-lost'],
    b: ['a-wave-in-order', 'halted-with-stragglers'],
  },
  {
    name: 'a fleet has one replacement in flight',
    a: ['instance-dies', 'zone-lost'],
    b: ['zone-and-capacity', 'a-wave-in-order'],
  },
  {
    name: 'restarts of a node are counted',
    a: ['crash-loops', 'hangs'],
    b: ['hangs-after-each-restart', 'crashes-after-each-restart'],
  },
  {
    name: 'a node that was replaced in vain is not replaced for ever',
    a: ['instance-dies', 'data-do-not-open'],
    b: ['breaks-after-each-swap', 'hangs-after-each-restart'],
  },
  {
    name: 'an incident ends after so many attempts, and a person is told',
    a: ['data-stop', 'command-lost'],
    b: ['heal-command-lost', 'breaks-after-each-swap'],
  },
  {
    name: 'what people were told is not told again',
    a: ['stops-client', 'root-fills'],
    b: ['references-take-turns'],
    hours: 8,
  },
  {
    name: 'an approval of another plan approves nothing',
    a: ['approves'],
    b: ['plan-overtaken', 'approved-at-the-last-minute'],
  },
  { name: 'only a plain yes is an approval', a: ['approves'], b: ['plan-overtaken', 'approved-at-the-last-minute'] },
  {
    name: 'other volumes and another instance want a yes of their owner, and no silence',
    a: ['approves', 'data-do-not-open'],
    b: ['approved-at-the-last-minute'],
  },
  { name: 'a heal that was only to plan does nothing', a: ['changes-mode'], b: ['mode-changed-in-a-heal'] },
  {
    name: 'a snapshot of a validator is for no other node',
    a: ['data-do-not-open', 'takes-snapshots'],
    b: ['breaks-after-each-swap'],
  },
  { name: 'a snapshot that is quarantined is not used', a: ['data-do-not-open'], b: ['breaks-after-each-swap'] },
  {
    name: 'no snapshot is taken without evidence of a clean stop',
    a: ['asks-snapshot'],
    b: ['snapshot-fails-each-time', 'asked-again-and-again'],
  },
  {
    name: 'a client that was stopped for a snapshot is started again',
    a: ['asks-snapshot', 'snapshot-fails'],
    b: ['snapshot-fails-each-time'],
  },
  { name: 'a client that was killed has not ended cleanly', a: ['asks-snapshot'], b: ['snapshot-fails-each-time'] },
  {
    name: 'nothing is removed before its date',
    a: ['data-do-not-open', 'data-stop'],
    b: ['breaks-after-each-swap'],
    with: ['the date that a heal has written down counts, whatever the tag says'],
    hours: 8,
  },
  { name: 'a kept volume that is attached is not removed', a: ['asks-undo'], b: ['asked-again-and-again'] },
  {
    name: 'volumes that outlive an instance are not deleted with it',
    a: ['instance-dies'],
    b: ['dies-in-a-heal', 'terminated-in-a-heal'],
  },
  {
    name: 'a lease is taken from nobody who still runs',
    a: ['functions-killed', 'duplicate-events'],
    b: ['misbehaves-in-a-heal', 'two-helpers'],
  },
  {
    name: 'the lease is held under its fence, and not by a name alone',
    a: ['functions-killed', 'doubled-commands'],
    b: ['misbehaves-in-a-heal', 'heal-command-late'],
  },
  { name: 'a call without a token is made at most once', a: ['lost-answers'], b: ['misbehaves-in-a-heal'] },
  { name: 'no pause keeps a client down that a heal has stopped', a: ['pauses-fleet'], b: ['pause-in-a-heal'] },
  {
    name: 'the identity of another node does not run on this one',
    a: ['instance-dies', 'launches-again'],
    b: ['dies-in-a-heal', 'terminated-in-a-heal'],
  },
  {
    name: 'from the onset of an incident the best snapshots are held',
    a: ['data-do-not-open'],
    b: ['snapshot-deleted-in-a-heal'],
  },
  {
    name: 'a terminated validator is never made again',
    a: ['terminates', 'launches-again'],
    b: ['terminated-in-a-heal'],
  },
  {
    name: 'an incident that is refused again waits longer each time',
    a: ['pauses-node', 'root-fills'],
    b: ['root-full-and-hung', 'rungs-taken-away'],
  },
  { name: 'an alarm that a person has suppressed starts nothing', a: ['hangs'], b: ['maintenance-in-an-outage'] },
  {
    name: 'the newer of two signing states is kept',
    a: ['asks-restore', 'asks-undo'],
    b: ['asked-again-and-again', 'jailed-and-stopped'],
  },
  {
    name: 'an observation that is old is none',
    a: ['dynamodb-gone', 'lambda-gone'],
    b: ['outage-of-many', 'outage-in-a-heal'],
  },
  {
    name: 'what nobody knows burns no source of data',
    a: ['functions-killed', 'data-do-not-open'],
    b: ['misbehaves-in-a-heal', 'heal-command-lost'],
  },
  {
    name: 'a failure of AWS is waited out within the attempt',
    a: ['ec2-gone', 'ssm-gone'],
    b: ['outage-in-a-heal', 'outage-of-many'],
  },
  {
    name: 'one reference is not enough for other data',
    a: ['reference-too-high', 'data-stop'],
    b: ['references-take-turns', 'reference-lies-in-a-heal'],
  },
  {
    name: 'a rung is proved by blocks beyond the height where the node had stopped',
    a: ['data-stop', 'hangs'],
    b: ['hangs-after-each-restart', 'breaks-after-each-swap'],
  },
  {
    name: 'only an observation after the start proves a rung',
    a: ['data-stop', 'hangs'],
    b: ['hangs-after-each-restart', 'reference-lies-in-a-heal'],
  },
  {
    name: 'a validator is no donor of snapshots',
    a: ['asks-snapshot', 'takes-snapshots'],
    b: ['snapshot-fails-each-time'],
  },
  {
    name: 'a modification whose answer is lost is looked for',
    a: ['lost-answers', 'disk-fills'],
    b: ['misbehaves-in-a-heal', 'grown-by-two'],
  },
  {
    name: 'what a dead heal has left in the middle is not let go of',
    a: ['functions-killed', 'execution-times-out'],
    b: ['misbehaves-in-a-heal'],
  },
  {
    name: 'a full disk is grown where nobody has forbidden it',
    a: ['disk-fills', 'disk-jumps'],
    b: ['full-at-the-threshold'],
  },
  {
    name: 'what a template owns is not changed without its owner’s word',
    a: ['disk-fills', 'data-do-not-open'],
    b: ['fills-after-each-growth', 'breaks-after-each-swap'],
  },
  {
    name: 'a pause that nobody can read is a pause',
    a: ['breaks-fleet-file', 'ssm-gone'],
    b: ['broken-file-in-a-heal'],
  },
  {
    name: 'the identity moves only when the old client cannot run any more',
    a: ['instance-dies', 'checks-fail'],
    b: ['dies-in-a-heal', 'checks-fail-in-a-heal'],
  },
  {
    name: 'whoever asked for a restore has not asked for a client that was stopped since',
    a: ['stops-container', 'restarts-client'],
    b: [],
  },
  {
    name: 'a version that has come up is switched to once, whoever has ended it since',
    a: ['stops-container', 'restarts-client', 'version-dies', 'upgrade-meets-stop'],
    b: [],
    hours: 8,
  },
  {
    name: 'a client of CometBFT that has ended with success was told to, and is not started by a growth',
    a: ['disk-fills', 'disk-jumps'],
    b: ['maintenance-without-a-pause'],
  },
  {
    name: 'a client that another heal has left to the person who had stopped it stays stopped on a full disk, too',
    a: ['disk-fills', 'lowers-ceiling'],
    b: ['maintenance-without-a-pause'],
  },
  {
    name: 'a client that somebody has ended by a signal stays stopped on a full disk, too',
    a: ['stops-container', 'disk-jumps'],
    b: [],
  },
  {
    name: 'a node that is not synced leaves the pool while others serve',
    a: ['forks', 'data-stop', 'crashes'],
    b: ['slow-at-the-threshold', 'forked-in-a-heal'],
  },
  {
    name: 'a page is repeated only so often a day',
    a: ['stops-client', 'stops-instance-for-good'],
    b: [],
    hours: 14,
  },
  {
    name: 'the end of a cause is told once',
    a: ['root-fills', 'agent-gone'],
    b: [],
  },
  {
    name: 'what a drill has left is removed before anything else',
    a: ['drill-cut-off', 'drill-paused'],
    b: [],
    hours: 8,
  },
  {
    name: 'one node of a fleet is upgraded at a time',
    a: ['asks-upgrade', 'upgrade-meets-hang'],
    b: [],
    hours: 6,
  },
  { name: 'no character that nobody sees reaches people', a: ['feed-lies'], b: [], hours: 8 },
  { name: 'the pause of a fleet holds', a: ['pauses-fleet'], b: ['pause-in-a-heal'] },
  { name: 'the pause of everything holds', a: ['pauses-all'], b: ['pause-in-a-heal'] },
  {
    name: 'a plan is carried out only in mode act, or with a yes',
    a: ['changes-mode', 'approves'],
    b: ['mode-changed-in-a-heal'],
    with: ['a change is only proposed where the mode is not act'],
  },
];
