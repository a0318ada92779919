// What chainmend promises, each in one sentence: from README.md, docs/decisions.md, docs/security.md and docs/model.md alone.

export type PromiseName = keyof typeof SENTENCES;

const SENTENCES = {
  'stopped-stays-stopped':
    'A client or instance that a person stopped stays stopped until a person starts it or asks for a heal.',
  'only-the-sick':
    'No client or instance is stopped or started without trouble of its own, or a word of the fleet file or a person.',
  'owners-decide':
    'Validators, unknown roles, members of groups, protected instances and rungs that the fleet file leaves out are let alone.',
  'healed-or-told':
    'Five hours after the faults a node in trouble is healed, or a page (in mode plan the journal) names it or its fleet.',
  'attempts-end': 'Every durable execution ends within the documented waits.',
  'nothing-half-done':
    'Two hours after the faults nothing that a heal made or stopped is left over, unless a page says so.',
  'what-comes-off-comes-back':
    'Two hours after the faults a volume that a heal detached is attached again, or replaced.',
  'one-page-a-cause': 'A cause is paged once, and again only a few times a day while it lasts.',
  'repetitions-are-bounded':
    'A page is repeated only while its cause lasts, after half an hour at the soonest, eight times a day at most. Its end is paged once.',
  'acts-are-counted': "Restarts and replacements stay within the fleet file's limits.",
  'few-at-once': 'Only the part of a fleet that its file allows is down for restarts at once, and one node for more.',
  'pool-serves':
    'The pool record keeps no node that is behind, forked or down while another serves, and is never emptied.',
  'foreign-things-stay':
    "Nothing in EC2 is changed without a fleet's tags, and nothing deleted that no heal has made or put away.",
  'foreign-records-stay': "No DNS record is changed or deleted without chainmend's marker beside it.",
  'one-identity': 'Two running clients never have one node key or one validator key.',
  'signing-state-forward': 'The signing state of a validator never goes back.',
  'bill-is-bounded':
    'What is made is no larger than what it stands for, and bounded in number. Growth stays below the month’s limit.',
  'growth-is-bounded':
    'A volume grows up to the ceiling, never in a modification, only so often a day. A boost ends on a node that has caught up.',
  'pause-holds': 'Under a pause nothing begins; what was begun is only put back.',
  'plan-touches-nothing': 'In mode plan nothing is touched.',
  'ask-waits': 'In mode ask nothing is touched without a person’s yes.',
  'text-is-clean': 'No control character of a node or a tag reaches a page, the journal, a tag or a log.',
  'data-are-kept': 'What a heal has put away stays until its date, and while the node has nothing better.',
  'no-unclean-detach': 'No volume is detached that a running machine has mounted, and none by force.',
  'snapshots-are-clean': 'A snapshot is taken only of a client that has ended by itself.',
  'validators-stay-home': "A validator's snapshot never becomes another node's volume.",
  'upgrades-in-order':
    'An upgrade has one node of a fleet down, or its file’s share of a zone, never two validators. A version that was taken back goes no further.',
  'one-of-two-versions':
    'In the end a node opens its data with its earlier version or one that a person asked for, or a page says so.',
  'drills-stay-apart':
    "A drill's instance is the only one of its fleet, no node, in no name or group, and without a node's key.",
  'drills-leave-nothing': 'Two hours after the faults nothing is left of a drill that is over, unless a page names it.',
  'stops-are-short':
    'A stop of a client that worked ends within 15 minutes while its node can be reached, whatever else fails.',
  'what-is-told-binds': 'Nothing begins against a paged condition while it holds.',
  'pages-are-true': 'A page is true when it is sent, and when it is repeated.',
  'one-fleet-a-node': 'Nothing begins on a node that the tags of two fleets claim.',
  'a-yes-has-an-effect': 'In mode ask a yes is followed by its act, or by another question that differs.',
  'no-question-twice': 'In mode ask no question is asked twice about one trouble while its time lasts.',
  'only-who-is-there-is-well': 'No page says that a missing node is well.',
} as const;

/** Each promise with its sentence, in the order in which docs/storms.md lists them. */
export const PROMISES: Readonly<Record<PromiseName, string>> = SENTENCES;

export const PROMISE_NAMES = Object.keys(SENTENCES) as readonly PromiseName[];
