// The codes of every reason for which chainmend does not act, gives up or pages, each with a sentence that needs no manual.

export const GUARDRAILS = {
  paused: 'A pause is set (everywhere, for the fleet, or by a tag on the node).',
  'pause-unreadable': 'The pause could not be read, and unsure counts as paused.',
  'fleet-file-invalid': 'The fleet file as stored does not parse.',
  'mode-changed': 'The fleet file no longer allows the heal that was under way.',
  'node-unknown': 'No fleet, or more than one, says that this instance is its node.',
  'another-suite':
    'The node is another suite’s by its tag chainmend:suite, or no suite has claimed it: two suites never act on one node.',
  suppressed: 'The alarm is suppressed or muted: a person is at work there.',
  busy: 'Another heal holds the node.',
  staggered: 'More of the fleet is unhealthy or unknown than the breaker allows: one node is healed and proved first.',
  'not-confirmed': 'The node’s own numbers do not confirm what the alarm says.',
  'format-limit': 'The partition table or the filesystem cannot become larger: more would be paid for and not be used.',
  'filesystem-unsupported':
    'The filesystem could not follow a larger volume: its kind, its place on the disk, its state, or a missing tool.',
  'instance-gone': 'The instance does not exist any more.',
  'instance-stopped': 'The instance does not run, so its filesystem cannot be grown.',
  unreadable: 'Something that has to be read before anything is begun could not be read.',
  'node-silent': 'The node does not answer commands: nothing more is sent to it.',
  'clock-ahead': 'The node’s clock is ahead: each command comes late by it, so the node carries out none.',
  'agent-too-old': 'The node’s SSM agent cannot take parameters safely (it must be 3.3.2746.0 or newer).',
  'volume-not-found': 'Which attached volume has the data cannot be told, or none is attached: nothing is guessed.',
  'volume-ambiguous': 'More than one attached volume matches, and the node’s own answer was not there to choose.',
  'volume-tag-missing': 'The volume does not carry the fleet’s tags, which the suite’s own permissions require.',
  'volume-changed': 'The volume under the path is not the one that the plan was made for.',
  'modification-in-progress': 'EBS is still modifying the volume, and allows one modification at a time.',
  'budget-spent': 'The volume’s modifications of the last 24 h are used up; EBS allows four, the last is a person’s.',
  throttled: 'AWS answers fewer calls than are needed at the moment; it is looked at again soon.',
  'aws-refused': 'AWS refused what is needed, and says why; the same call is made again later.',
  'no-capacity':
    'AWS has no room for another instance in any zone that may be used, or to start one again: it is asked for every hour, for a day.',
  'quota-reached':
    'A quota of the AWS account is reached: AWS gives no more until somebody has it raised, or something goes.',
  'type-maximum': 'The volume is at the largest size of its type.',
  'sync-from-zero':
    'No heal has found data that the client opens, and it syncs from the first block: its disk is not grown for that.',
  'size-ceiling': 'The fleet file’s ceiling for a volume’s size is reached.',
  'cost-ceiling': 'The fleet file’s ceiling for the monthly increase in cost would be exceeded.',
  'approval-expired': 'Nobody approved the plan in time.',
  'approval-exceeded': 'What is needed now goes beyond what a person approved: the question is asked again.',
  'approval-denied': 'A person said no.',
  'nothing-matched':
    'Discovery found no node of a fleet that had some: nothing matched never means everything is gone.',
  'too-many-gone': 'More than half of what a fleet has would be deleted in one run.',
  'name-invalid': 'A node’s name cannot be a DNS label, so it has no records.',
  'name-taken': 'Two nodes have the same name, or one has the pool’s: what is there under it is left as it is.',
  'zone-missing': 'The account has no private Route 53 zone of the fleet’s name.',
  'zone-ambiguous': 'More than one private Route 53 zone has the fleet’s name, and none is told by the nodes’ VPC.',
  'record-foreign':
    'A DNS record that chainmend did not make stands where one of its own belongs: it is never touched, until a person deletes it or hands it over.',
  'alarm-foreign': 'An alarm that chainmend did not make, or that has actions of its own, has the name of one of ours.',
  'disk-unwatched':
    'No alarm sees the disk of a node: nobody tells how full it is (the CloudWatch agent; with metrics: otlp the node’s own command), and no alarm of its owner looks at it.',
  'observation-stale': 'The fleet was not observed within three minutes: unknown is not sick.',
  'breaker-open': 'More of the fleet is unhealthy or unknown than the breaker allows.',
  'restarts-paced':
    'Many nodes want a restart: one goes first, more follow each proof, and never more than a share at once.',
  'zone-down':
    'All or nearly all nodes in trouble are in one Availability Zone, and the others are well: it is the zone, and nothing in it is swapped, replaced or stopped.',
  'incident-open': 'An incident of the node is open: a heal comes first.',
  'peer-id-wrong':
    'A node’s peer id is missing, malformed, another node’s, or not the one that it had: no list names it.',
  'seeds-unmet': 'No node is connected to seeds of the fleet file that it names: their ids or addresses may be wrong.',
  'config-unfit': 'The client’s configuration cannot be read or edited: it is left as it is.',
  'restart-forbidden':
    'The client would have to be restarted, and the fleet file or the node’s role does not allow it.',
  'chain-standing': 'The chain itself stands still: no node and no reference advances, so no single node is to blame.',
  'replace-in-flight':
    'Another node of the fleet is being replaced, or its replacement is not settled yet: one at a time.',
  'replacements-spent': 'The account’s replacements of the last hour, or of the last 24 h, are used up.',
  'node-replacements-spent':
    'The node was replaced several times without being healthy for two hours since: another one would not help.',
  'restarts-spent': 'The node’s restarts of the last 24 h are used up.',
  validator:
    'The node is a validator. Chainmend never replaces one, since its key must sign in one place only: a person restores it and says so, or starts it where it is.',
  'one-witness':
    'Only one reference shows that the chain goes on without the node: that is enough for a restart, and not for other data or another instance.',
  'role-unknown':
    'Nobody has told chainmend what this node does, and it could be a validator: write its role into the fleet file.',
  'drift-refused':
    'Terraform, CloudFormation, CDK or Pulumi owns the node or its volume, and the fleet file does not let it find a change: owner.acceptDrift.',
  'asg-owned':
    'The instance belongs to an Auto Scaling group, which would replace what is stopped; the fleet file does not say replace.autoScaling: standby.',
  'instance-store': 'The instance has disks of its own, which lose their data when it stops.',
  'stop-protected':
    'Somebody has protected the instance against a stop (DisableApiStop): only who takes that back may have it stopped.',
  'public-ip': 'The instance has a public address that is not elastic: it would lose it when it stops.',
  'no-good-snapshot':
    'No snapshot fits: of this chain and client, whole, from before the fault, and not already tried in this incident.',
  'client-stopped': 'A person has stopped the client: it is left as it is.',
  'client-unknown':
    'The node cannot tell the state of its client: a person may be at it, or the fleet file names another unit than the node has.',
  'first-boot': 'The node’s user data still run (cloud-init), and its client is not up: it is still to come.',
  'peers-first': 'The node has too few peers, which may be all that is wrong: it is given some first.',
  'disk-full-first': 'The node’s disk is full, which may be all that is wrong: it is grown first.',
  'consensus-client-down':
    'The consensus client beside an execution client is down or stands, and no unit of the fleet file is it: nothing is done to the execution client.',
  'ebs-impaired': 'EC2 finds the instance’s EBS volumes impaired: stopping it would cure nothing.',
  'donor-unsuitable': 'The node cannot give a clean snapshot now; its refusal says why.',
  'cannot-be-spared':
    'The fleet cannot spare the node now, so it is neither moved before what EC2 has scheduled nor upgraded nor pruned: it is tried again.',
  'upgrade-height':
    'The chain stops for an upgrade that is under way: a node that stands below its height is switched, and not healed; one that does not is not switched.',
  'upgrade-beside':
    'No other instance may come beside the node to prove the version (blue/green): its refusal says why. A rolling upgrade needs none.',
  'event-too-near': 'What EC2 has scheduled begins too soon: a stop of our own could meet EC2’s.',
  'pool-at-floor': 'Too few synced nodes would stay in the pool while one is stopped for its snapshot.',
  'quorum-at-risk':
    'Two thirds or less of a CometBFT chain’s voting power would stay online and honest while the validator is stopped.',
  'voting-power-unknown':
    'It is not known whether the other validators keep more than two thirds of the voting power; the refusal says what is missing.',
  'not-due': 'The fleet has a clean snapshot that is new enough.',
  'nothing-to-undo': 'Nothing is kept of this node that could be put back.',
  'snapshot-unfit': 'The snapshot that was asked for does not fit this node; its refusal says why.',
  'shrink-unfit':
    'The disk cannot be made as small as was asked for, or not at all; the refusal says why. Nothing was made for it.',
  'group-not-seeded':
    'The launch template of a group cannot name a snapshot, or no snapshot is good for what it launches: it launches as before.',
  'size-limits':
    'A number of nodes is asked for that the fleet file, the group or the pool’s floor does not allow, or the fleet has no group to scale.',
  'scale-waits':
    'A group that a person has given another number of nodes waits: its page says for what. It goes on by itself.',
  'scale-ended': 'A scaling has ended before the group had the number that was asked for; the page says why.',
  'boost-stays':
    'A volume or an instance keeps what it had for its first sync, and costs more than it is to: its page says why. A volume is looked at again each hour.',
  'kept-longer':
    'Something is past the date until which it was kept, and is not in the state in which it may be removed without a person.',
  'not-recorded':
    'Something carries the tags of what a heal has put away, and no heal has written it down, or it is not as it was then: it is left.',
  'out-of-reach':
    'Something that the heal needs carries no tags of the fleet, so that no heal may use it; the refusal says what and which tags.',
  'scaled-down':
    'A node’s instance was terminated, and the fleet has as many nodes as its file expects: nobody misses it.',
  'not-made-again':
    'A terminated node cannot be made again: its refusal says what is missing, and what a person may do about it.',
  'version-unknown':
    'The node cannot be told to run the version: the fleet file does not name it, or nothing on the node is installed under it.',
  'drill-waits':
    'A drill waits: a heal may need the quota, its dollars of the month are spent, or nothing says what the fleet is like. Its refusal says which.',
  'restart-unproved': 'Another node of the fleet was restarted and has not proved itself: one at a time.',
  'condition-holds':
    'Something is wrong with the fleet as a whole, and people were told: what it forbids is begun when it is over.',
} as const satisfies Record<string, string>;

export type GuardrailCode = keyof typeof GUARDRAILS;

export const FAILURES = {
  'modification-failed': 'AWS reports that the modification failed.',
  'modification-lost': 'The modification did not happen, and its answer never came.',
  'command-failed': 'The node could not carry out the command.',
  'command-unanswered': 'A command was sent and the node never answered.',
  'not-proved': 'Everything was done, and the node still does not show the planned size or a running client.',
  'peers-too-few': 'Everything was done, and the node still has fewer peers than its floor.',
  'not-handed-over':
    'The node follows its chain on its new instance, and an address or a target group still points at the old one.',
  'same-stop':
    'The node stopped again at the same height with other data: a bug of the client or a fork, and no snapshot is to blame.',
  'ladder-spent': 'Nothing that may be tried has helped; the node is as it was found.',
  'snapshot-failed': 'AWS reports that the snapshot failed.',
  'shrink-failed':
    'A smaller disk did not prove itself, or its files could not be copied: the node has its own data, on a disk as large as before.',
  'upgrade-failed':
    'The new version did not prove itself on a node: the node has the version and the data of before again, and no other node is upgraded. At a height there is no way back.',
  'upgrade-ended': 'An upgrade of a fleet has ended before every node had the new version; the page says why.',
  'set-unfit':
    'A drill has found a set of snapshots that no node comes back from: it is quarantined with the client’s own words, and no heal uses it.',
  'drill-unproved':
    'A drill has ended without a verdict on the set, or a command of the owner’s did not come through on its copy: nothing is quarantined, and everything it made is removed.',
  'drill-left':
    'What a drill has made could not be removed: the page names the ids. It costs money, and no other drill begins before it is gone.',
  'copies-old':
    'No copy of a fleet’s snapshots has come from its own region or account within `snapshots.copiesFrom.maxAgeHours`: were that lost now, its data would be older than its owner allows.',
  'stopped-unclean': 'The client had to be killed, or did not say how it ended.',
  'step-failed': 'A step failed for a reason that is none of the above; the journal has the error.',
  'lease-lost':
    'The node’s record was taken from a heal in the middle, as by a restored table: no later heal knows what it had made.',
  'attempts-dying':
    'Attempts end before they can say what came of them; each is followed by another, more and more slowly.',
  'attempts-spent': 'The incident’s attempts are used up; nothing more is tried until a person has looked.',
} as const satisfies Record<string, string>;

export type FailureCode = keyof typeof FAILURES;

/** The conditions that watch-fleet reports: of a node, and of a fleet as a whole. */
export const CONDITIONS = {
  'node-unreachable': 'A node’s RPC does not answer, or its instance does not run.',
  'node-busy':
    'A node’s RPC answers, and has not said for long where the node stands: it is alive, and nothing is done to it.',
  'node-stuck': 'A node is behind and stands still while others go on.',
  'falling-behind': 'A node comes no nearer to its chain: for an hour its lag has grown, or has stayed.',
  'root-filling':
    'The volume that a node boots from is nearly full: its client and its SSM agent fail when it is, and no heal grows it.',
  'crash-loop': 'A client ends again and again, and something starts it again each time.',
  'node-missing':
    'A node is gone, or a fleet has fewer nodes than its file expects: an instance was terminated, or carries the tags no more.',
  'event-scheduled':
    'EC2 has announced that it retires, stops or reboots a node’s instance, or maintains its host: it is told with its time.',
  'readiness-lost':
    'A heal that would have worked at the last daily look would not work now: nothing is wrong with the nodes yet, and chainmend doctor shows all of it.',
  'release-available':
    'A release of the client is out that is newer than what a node runs: it is told once, and nothing is upgraded.',
  'releases-unread':
    'The feed of the client’s releases could not be read for a week: of new ones nobody would be told.',
  'upgrade-due':
    'The fleet file names a version and when it has to run, and a node runs an older one: it is told two weeks, one week and three days before.',
  'upgrade-near':
    'The version that the fleet file names has to run within a day, or had to, and a node runs an older one.',
  'event-near':
    'What EC2 has announced for a node’s instance begins within six hours, and the node is still on that hardware.',
  'recoverability-old':
    'Nobody has proved within the fleet file’s `drills.maxAgeHours` that a node comes back from a snapshot: drills were refused, or have failed.',
  'node-forked': 'A node has other blocks than most of its fleet and references.',
  'wrong-chain': 'A node is on another network than its fleet.',
  'nobody-watches':
    'A fleet has no probe, so nobody sees a client that ends, hangs or falls behind: it is told once, and its disks, EC2’s checks and instances that go are all that is seen.',
  'chain-halted': 'Nobody, node or reference, has advanced for longer than the fleet file allows: it is the chain.',
  'own-chain-halted':
    'The chain of the fleet’s own validators makes no block: they are a third of its power or more. Whose votes are missing is said where the nodes tell it; those are restarted with `owner.restartValidators`, and are their owner’s to look at without.',
  'fleet-standing': 'Nodes are behind and stand still, and too few others go on to say whose fault it is.',
  'no-majority': 'Nodes and references tell different blocks or heights, and too few agree to say who is right.',
  'reference-disagrees':
    'A reference contradicts what the fleet agrees on; it is not believed, and no node is blamed for it.',
  'cannot-ask': 'Nodes could not be asked, which says nothing of their health: all of them count as unknown.',
  'consensus-halted': 'A CometBFT chain’s consensus has gone through more than ten rounds without a block.',
  'node-out-of-sync': 'A CometBFT node’s height has not changed for five minutes in round 0.',
  'validator-jailed': 'A validator of the fleet is in no validator set.',
  'voting-power-low': 'At most 70 % of a CometBFT chain’s voting power is online and honest.',
  'byzantine-validators': 'Validators of a CometBFT chain have signed twice.',
} as const satisfies Record<string, string>;

export type ConditionCode = keyof typeof CONDITIONS;
export type PageCode = GuardrailCode | FailureCode | ConditionCode;

/** A decision not to act. */
export interface Refusal {
  readonly refuse: GuardrailCode;
  /** The value that was read, and the limit, in a sentence for a tired person. */
  readonly reason: string;
  /** Whether a person must know now. */
  readonly page: boolean;
  readonly retryAfterMs: number;
  /** Until when it refuses, ms since the epoch, where its own rule knows that: no look before would find anything else. */
  readonly untilMs?: number;
  /** What was read, where another version of the fleet file can be asked about it later: for the journal. */
  readonly numbers?: DecidedNumbers;
}

/** A few values, each short. */
export type DecidedNumbers = Readonly<Record<string, string | number | null>>;

/**
 * Refusals of what a person has asked for that no waiting changes: somebody has to change something first, and ask again. Nobody looks at such a request
 * again.
 */
const FINAL: ReadonlySet<string> = new Set<GuardrailCode>([
  ...(['nothing-to-undo', 'snapshot-unfit', 'shrink-unfit', 'no-good-snapshot', 'version-unknown'] as const),
  ...(['node-unknown', 'another-suite', 'instance-gone', 'not-made-again', 'upgrade-beside'] as const),
  ...(['validator', 'role-unknown', 'drift-refused', 'restart-forbidden', 'out-of-reach'] as const),
  ...(['asg-owned', 'instance-store', 'stop-protected', 'public-ip'] as const),
]);

/** Whether a refusal by this code is the last word on what was asked for. */
export const isFinal = (code: string): boolean => FINAL.has(code);
