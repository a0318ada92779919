// What chainmend promises, each in one sentence: from README.md, docs/decisions.md, docs/security.md and docs/model.md alone.

export type PromiseName = keyof typeof SENTENCES;

const SENTENCES = {
  'stopped-stays-stopped':
    'A client or an instance that a person stopped stays stopped until a person starts it or asks for a heal.',
  'only-the-sick':
    'No client or instance is stopped or started unless its own trouble, the fleet file or a person asks for it.',
  'owners-decide':
    'Validators, unknown roles, members of groups, instances that may not be stopped, and rungs that the fleet file leaves out are let alone.',
  'healed-or-told':
    'A node in trouble is healed, or a page names it or its fleet, within five hours after the faults stop; in mode plan the journal says what would be done.',
  'attempts-end': 'Every durable execution ends: none sleeps past every wait that the documents allow.',
  'nothing-half-done':
    'Two hours after the faults nothing that a heal made or stopped is left over, unless a page tells of it.',
  'what-comes-off-comes-back':
    'Two hours after the faults a volume that a heal took off a node is on it again, or another one stands in its place.',
  'one-page-a-cause': 'A cause is paged once, and again only a few times a day while it lasts.',
  'repetitions-are-bounded':
    'A page is repeated only while its cause lasts, after half an hour at the soonest, and at most eight times a day; its end is told once.',
  'acts-are-counted': 'No node is restarted, and nothing is replaced, more often than the fleet file allows.',
  'few-at-once': 'Only the part of a fleet that its file allows is down for restarts at once, and one node for more.',
  'pool-serves':
    'The pool record does not keep a node that is behind, forked or down while another serves, and is never emptied.',
  'foreign-things-stay':
    'Nothing is changed in EC2 without the tags of a fleet, and nothing is deleted that no heal has made or put away.',
  'foreign-records-stay': 'No DNS record is changed or deleted without the marker of chainmend beside it.',
  'one-identity': 'Two running clients never have one node key or one validator key.',
  'signing-state-forward': 'The signing state of a validator never goes back.',
  'bill-is-bounded':
    'What is made is no larger than what it stands for, bounded in number, and growth stays below the month’s limit.',
  'growth-is-bounded':
    'A volume is grown up to the ceiling, and a boost taken back from a node that has caught up: never in a modification, and only so often a day.',
  'pause-holds': 'Under a pause nothing is begun; what was begun is only put back.',
  'plan-touches-nothing': 'In mode plan nothing is touched.',
  'ask-waits': 'In mode ask nothing is touched without a person’s yes.',
  'text-is-clean': 'No control character of a node or a tag reaches a page, the journal, a tag or a log.',
  'data-are-kept':
    'What a heal has put away stays until its date, and is never deleted while the node has nothing better.',
  'no-unclean-detach': 'No volume is detached that a running machine has mounted, and none by force.',
  'snapshots-are-clean': 'A snapshot is taken only of a client that has ended by itself.',
  'validators-stay-home': 'A snapshot of a validator never becomes the volume of another node.',
  'upgrades-in-order':
    'An upgrade has one node of a fleet down, or its file’s share of one zone, never two validators; what was taken back comes to no further node.',
  'one-of-two-versions':
    'A node runs its version of before or one that a person asked for, and opens its data in the end, or a page tells of it.',
  'drills-stay-apart':
    'The throw-away instance of a drill is the only one of its fleet, no node, in no name or group, and without a key of a node.',
  'drills-leave-nothing': 'Two hours after the faults nothing is left of a drill that is over, unless a page names it.',
  'stops-are-short':
    'A stop of ours of a client that worked ends within 15 minutes while its node can be reached, whatever else fails.',
  'what-is-told-binds': 'Nothing is begun against a condition that people were told, as long as it holds.',
  'pages-are-true': 'A page is true when it is sent, and when it is repeated.',
  'one-fleet-a-node': 'Nothing is begun on a node that the tags of two fleets claim.',
  'a-yes-has-an-effect': 'In mode ask a yes is followed by its act, or by another question that differs.',
  'no-question-twice': 'In mode ask no question is asked twice about one trouble while its time lasts.',
  'only-who-is-there-is-well': 'No page says that a node is well that is not there.',
} as const;

/** Each promise with its sentence, in the order in which docs/storms.md lists them. */
export const PROMISES: Readonly<Record<PromiseName, string>> = SENTENCES;

export const PROMISE_NAMES = Object.keys(SENTENCES) as readonly PromiseName[];
