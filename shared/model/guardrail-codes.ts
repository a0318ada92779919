// The codes of every reason for which chainmend does not act, gives up or pages, each with a sentence that needs no manual.

export const GUARDRAILS = {
  paused: 'A pause is set (everywhere, for the fleet, or by a tag on the node).',
  'pause-unreadable': 'Chainmend could not read the pause, and treats that as a pause.',
  'fleet-file-invalid': 'The fleet file as stored does not parse.',
  'mode-changed': 'The fleet file no longer allows the heal that was under way.',
  'node-unknown': 'No fleet file claims this instance as its node, or more than one does.',
  'another-suite':
    'The tag chainmend:suite gives the node to another deployment of chainmend, or none has claimed it. Two of them never act on one node.',
  suppressed: 'The alarm is suppressed or muted: a person is at work there.',
  busy: 'Another heal holds the node.',
  staggered: 'More of the fleet is unhealthy or unknown than the breaker allows: one node is healed and proved first.',
  'not-confirmed': 'The node’s own numbers do not confirm what the alarm says.',
  'format-limit':
    'The partition table or the filesystem cannot become larger: a larger volume would cost money, and be of no use.',
  'filesystem-unsupported':
    'The filesystem cannot follow a larger volume. The reason is its kind, its place on the disk, its state, or a missing tool.',
  'instance-gone': 'The instance does not exist any more.',
  'instance-stopped': 'The instance does not run, so its filesystem cannot be grown.',
  unreadable: 'Chainmend could not read something that it must know before it begins.',
  'node-silent': 'The node does not answer commands: chainmend sends it no more.',
  'clock-ahead': 'The node’s clock is ahead. By that clock each command comes too late, so the node carries out none.',
  'agent-too-old': 'The node’s SSM agent cannot take parameters safely (it must be 3.3.2746.0 or newer).',
  'volume-not-found':
    'Chainmend cannot tell which attached volume has the data, or none is attached. It does not guess.',
  'volume-ambiguous': 'More than one attached volume matches, and the node did not answer which one has the data.',
  'volume-tag-missing': 'The volume does not carry the fleet’s tags, which the suite’s own permissions require.',
  'volume-changed': 'The volume under the path is not the one that the plan was made for.',
  'modification-in-progress': 'EBS is still modifying the volume, and allows one modification at a time.',
  'budget-spent':
    'Chainmend may modify the volume no more in these 24 h. EBS allows four modifications; the last one is left to a person.',
  throttled: 'AWS answers fewer calls than chainmend needs now; chainmend tries again soon.',
  'aws-refused': 'AWS refused a call that the work needs, and says why. Chainmend makes the same call again later.',
  'no-capacity':
    'AWS has no capacity in any allowed zone to launch another instance, or to start this one again. Chainmend asks every hour, for a day.',
  'quota-reached':
    'A quota of the AWS account is reached. AWS gives no more until somebody raises the quota or frees some of it.',
  'type-maximum': 'The volume is at the largest size of its type.',
  'sync-from-zero':
    'No heal found data that the client opens, so it syncs from the first block. Chainmend does not grow its disk for that.',
  'size-ceiling': 'The fleet file’s ceiling for a volume’s size is reached.',
  'cost-ceiling': 'The growth would exceed the fleet file’s limit for the monthly increase in cost.',
  'approval-expired': 'Nobody approved the plan in time.',
  'approval-exceeded': 'The heal now needs more than a person approved: chainmend asks again.',
  'approval-denied': 'A person said no.',
  'nothing-matched':
    'Chainmend found no node of a fleet that had some. It removes nothing: not found does not mean gone.',
  'too-many-gone': 'One run would delete more than half of what a fleet has.',
  'name-invalid': 'A node’s name cannot be a DNS label, so it has no records.',
  'name-taken': 'Two nodes have the same name, or one has the pool’s name. Chainmend leaves what that name has now.',
  'zone-missing': 'The account has no private Route 53 zone of the fleet’s name.',
  'zone-ambiguous':
    'More than one private Route 53 zone has the fleet’s name, and the nodes’ VPC does not say which one to use.',
  'record-foreign':
    'A DNS record that chainmend did not make has the name of one of its own. Chainmend leaves it until a person deletes it or hands it over.',
  'alarm-foreign':
    'An alarm that chainmend did not make, or that has actions of its own, has the name of one of chainmend’s alarms.',
  'disk-unwatched':
    'No metric says how full a node’s disk is, and no alarm of its owner watches it. The CloudWatch agent sends that metric; with metrics: otlp a command on the node does.',
  'observation-stale':
    'The last observation of the fleet is more than three minutes old. A node whose health is unknown does not count as sick.',
  'breaker-open': 'More of the fleet is unhealthy or unknown than the breaker allows.',
  'restarts-paced':
    'Many nodes need a restart: one goes first, more follow each one that recovers, and never more than a share at once.',
  'zone-down':
    'All or nearly all nodes in trouble are in one Availability Zone, and the others are well. The zone is at fault: chainmend swaps, replaces and stops nothing in it.',
  'incident-open': 'An incident of the node is open: a heal comes first.',
  'peer-id-wrong':
    'A node’s peer id is missing, malformed, another node’s, or not the earlier one: no peer list names that node.',
  'seeds-unmet':
    'No node is connected to the seeds that the page names: their ids or addresses in the fleet file may be wrong.',
  'config-unfit': 'Chainmend cannot read or edit the client’s configuration, and leaves it as it is.',
  'restart-forbidden': 'The client needs a restart, and the fleet file or the node’s role does not allow one.',
  'chain-standing': 'The chain itself stands still: no node and no reference advances, so no single node is to blame.',
  'replace-in-flight':
    'Another node of the fleet is being replaced, or its replacement is not settled yet: one at a time.',
  'replacements-spent': 'The account’s replacements of the last hour, or of the last 24 h, are used up.',
  'node-replacements-spent':
    'The node was replaced several times, and was never healthy for two hours after that. Another instance would not help.',
  'restarts-spent': 'The node’s restarts of the last 24 h are used up.',
  validator:
    'The node is a validator. Chainmend never replaces one, since its key must sign in one place only. A person starts it where it is, or restores it explicitly.',
  'one-witness':
    'Only one reference shows that the chain goes on without the node. That is enough for a restart, but not for other data or another instance.',
  'role-unknown':
    'Nobody has told chainmend what this node does, and it could be a validator: write its role into the fleet file.',
  'drift-refused':
    'Terraform, CloudFormation, CDK or Pulumi owns the node or its volume, and would see a changed one. The fleet file does not allow that (owner.acceptDrift).',
  'asg-owned':
    'The instance belongs to an Auto Scaling group, which replaces a stopped instance. The fleet file does not say replace.autoScaling: standby.',
  'instance-store': 'The instance has disks of its own, which lose their data when it stops.',
  'stop-protected':
    'Somebody has protected the instance against a stop (DisableApiStop). Chainmend can stop it only after a person removes that protection.',
  'public-ip': 'The instance has a public address that is not elastic, and loses it in a stop.',
  'no-good-snapshot':
    'No snapshot fits: of this chain and client, whole, from before the fault, and not already tried in this incident.',
  'client-stopped': 'A person has stopped the client: chainmend leaves it as it is.',
  'client-unknown':
    'The node cannot tell the state of its client. A person may be at work on it, or the fleet file names a unit that the node lacks.',
  'first-boot': 'The node’s user data still run (cloud-init), so its client is not up yet.',
  'peers-first': 'The node has too few peers, which may be all that is wrong: chainmend first gives it some.',
  'disk-full-first': 'The node’s disk is full, which may be all that is wrong: chainmend first grows it.',
  'consensus-client-down':
    'The consensus client beside an execution client is down or stands still, and no unit of the fleet file is it. Chainmend leaves the execution client alone.',
  'ebs-impaired': 'EC2 reports the instance’s EBS volumes as impaired: a stop of the instance would cure nothing.',
  'donor-unsuitable': 'The node cannot give a clean snapshot now; its refusal says why.',
  'cannot-be-spared':
    'The fleet cannot spare the node now. So chainmend does not move it before EC2’s event, upgrade it or prune it; it tries again.',
  'upgrade-height':
    'The chain stops for an upgrade that is under way. Chainmend switches a node that stands below the upgrade’s height, and does not heal it. It switches no node that still advances.',
  'upgrade-beside':
    'Chainmend may launch no instance beside the node to prove the version (blue/green); its refusal says why. A rolling upgrade needs none.',
  'event-too-near': 'EC2’s scheduled event begins too soon: a stop by chainmend could meet it.',
  'pool-at-floor': 'Too few synced nodes would stay in the pool while one is stopped for its snapshot.',
  'quorum-at-risk':
    'Two thirds or less of a CometBFT chain’s voting power would stay online and honest while the validator is stopped.',
  'voting-power-unknown':
    'It is not known whether the other validators keep more than two thirds of the voting power; the refusal says what is missing.',
  'not-due': 'The fleet has a clean snapshot that is new enough.',
  'nothing-to-undo': 'Chainmend has kept nothing of this node that it could put back.',
  'snapshot-unfit': 'The snapshot that a person asked for does not fit this node; the refusal says why.',
  'shrink-unfit':
    'The disk cannot be made as small as a person asked, or not smaller at all; the refusal says why. Chainmend has created nothing for it.',
  'group-not-seeded':
    'The launch template of a group cannot name a snapshot, or no snapshot suits its new instances. The group launches as before.',
  'size-limits':
    'The fleet file, the group or the pool’s floor does not allow the number of nodes that was asked for, or the fleet has no group to scale.',
  'scale-waits':
    'A person asked for another number of nodes, and the group waits; the page says for what. It goes on by itself.',
  'scale-ended': 'A scaling ended before the group had the number of nodes that was asked for; the page says why.',
  'boost-stays':
    'A volume or an instance still has the boost of its first sync, and costs more than planned; the page says why. Chainmend looks at a volume again each hour.',
  'kept-longer':
    'The time for which something was kept is over, and its state does not let chainmend remove it without a person.',
  'not-recorded':
    'Something has the tags of a kept resource, but no heal recorded it, or it has changed since then. Chainmend leaves it.',
  'out-of-reach':
    'Something that the heal needs lacks the tags of the fleet, so no heal may use it. The refusal names it and the tags.',
  'scaled-down':
    'A node’s instance was terminated, and the fleet has as many nodes as its file expects: none is missing.',
  'not-made-again':
    'Chainmend cannot make a terminated node again. The refusal says what is missing, and what a person can do.',
  'version-unknown':
    'Chainmend cannot switch the node to the version. The fleet file does not name it, or the node has nothing installed under it.',
  'drill-waits':
    'A drill waits: a heal may need the quota, the month’s money for drills is spent, or the fleet’s state is unknown. The refusal says which.',
  'restart-unproved': 'Another node of the fleet was restarted and has not proved itself: one at a time.',
  'condition-holds':
    'Something is wrong with the whole fleet, and chainmend paged it. What that forbids begins when it is over.',
} as const satisfies Record<string, string>;

export type GuardrailCode = keyof typeof GUARDRAILS;

export const FAILURES = {
  'modification-failed': 'AWS reports that the modification failed.',
  'modification-lost': 'The modification did not happen, and AWS’s answer never came.',
  'command-failed': 'The node could not carry out the command.',
  'command-unanswered': 'A command was sent and the node never answered.',
  'not-proved': 'All steps are done, but the node still does not show the planned size or a running client.',
  'peers-too-few': 'All steps are done, but the node still has fewer peers than its floor.',
  'not-handed-over':
    'The node follows its chain on its new instance, but an address or a target group still points at the old one.',
  'same-stop':
    'The node stopped again at the same height with other data. A client bug or a fork is to blame, and no snapshot.',
  'ladder-spent': 'Chainmend has tried all that it may, and nothing helped; the node is as it was found.',
  'snapshot-failed': 'AWS reports that the snapshot failed.',
  'shrink-failed':
    'A smaller disk did not prove itself, or chainmend could not copy its files. The node has its own data, on a disk as large as before.',
  'upgrade-failed':
    'The new version did not prove itself on a node. That node has its earlier version and data again, and no other node is upgraded. An upgrade at a height is never taken back.',
  'upgrade-ended': 'An upgrade of a fleet ended before every node had the new version; the page says why.',
  'set-unfit':
    'A drill found a set of snapshots that restores no node. Chainmend has quarantined it with the client’s own words, and no heal uses it.',
  'drill-unproved':
    'A drill ended without a verdict on the set, or an owner’s command failed on its copy. Nothing is quarantined, and everything that the drill made is removed.',
  'drill-left':
    'Chainmend could not remove what a drill made; the page names the ids. It costs money, and no other drill begins before it is gone.',
  'copies-old':
    'No copy of a fleet’s snapshots came from its own region or account within `snapshots.copiesFrom.maxAgeHours`. If that place is lost now, the copies’ data are older than their owner allows.',
  'stopped-unclean': 'The client had to be killed, or did not say how it ended.',
  'step-failed': 'A step failed for a reason that has no code of its own; the journal has the error.',
  'lease-lost':
    'A heal lost the node’s record while it worked, for example to a restored table. No later heal knows what it had made.',
  'attempts-dying':
    'Attempts end before they can report a result. Another one follows each, after a longer and longer pause.',
  'attempts-spent': 'The incident’s attempts are used up; chainmend tries nothing more until a person has looked.',
} as const satisfies Record<string, string>;

export type FailureCode = keyof typeof FAILURES;

/** The conditions that watch-fleet reports: of a node, and of a fleet as a whole. */
export const CONDITIONS = {
  'node-unreachable': 'A node’s RPC does not answer, or its instance does not run.',
  'node-busy':
    'A node’s RPC answers, but has not told its height for long. The node is alive, and chainmend leaves it alone.',
  'node-stuck': 'A node is behind and stands still while others go on.',
  'falling-behind': 'A node does not catch up with its chain: for an hour its lag has grown, or stayed the same.',
  'root-filling':
    'A node’s root volume is nearly full. Once it is full, its client and its SSM agent fail, and no heal grows it.',
  'crash-loop': 'A client ends again and again, and something starts it again each time.',
  'node-missing':
    'A node is gone, or a fleet has fewer nodes than its file expects. An instance was terminated, or has lost its tags.',
  'event-scheduled':
    'EC2 has announced that it retires, stops or reboots a node’s instance, or maintains its host; the page says when.',
  'readiness-lost':
    'A heal that would have worked at the last daily check would not work now. Nothing is wrong with the nodes yet; chainmend doctor shows all of it.',
  'release-available':
    'A release of the client is newer than what a node runs. This page comes once, and chainmend upgrades nothing.',
  'releases-unread':
    'Chainmend could not read the feed of the client’s releases for a week, and would page no new one.',
  'upgrade-due':
    'The fleet file names a version and when it has to run, and a node runs an older one. This page comes two weeks, one week and three days before.',
  'upgrade-near':
    'The version that the fleet file names has to run within a day, or had to, and a node runs an older one.',
  'event-near': 'EC2’s event for a node’s instance begins within six hours, and the node is still on that hardware.',
  'recoverability-old':
    'No drill has proved within the fleet file’s `drills.maxAgeHours` that a snapshot brings a node back. Drills were refused, or failed.',
  'node-forked': 'A node has other blocks than most of its fleet and references.',
  'wrong-chain': 'A node is on another network than its fleet.',
  'nobody-watches':
    'A fleet has no probe, so chainmend does not see a client that ends, hangs or falls behind. It sees disks, EC2’s checks and lost instances. This page comes once.',
  'chain-halted': 'No node and no reference has advanced for longer than the fleet file allows: the chain has halted.',
  'own-chain-halted':
    'The chain makes no block, and the fleet’s own validators have a third of its voting power or more. The page names the missing votes, where nodes tell them. With `owner.restartValidators` chainmend restarts those validators; otherwise their owner must look.',
  'fleet-standing': 'Nodes are behind and stand still, and too few others go on to say who is at fault.',
  'no-majority': 'Nodes and references report different blocks or heights, and too few agree to say who is right.',
  'reference-disagrees':
    'A reference contradicts what the fleet agrees on. Chainmend does not believe it, and blames no node for it.',
  'cannot-ask': 'Chainmend could not ask nodes, which says nothing of their health: all of them count as unknown.',
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
