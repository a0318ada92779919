// Every fault that a scenario can switch on, with its sentence for `--list-faults`.

export const FAULTS = {
  throttling: 'The region answers RequestLimitExceeded and Throttling as if others used up the account’s API rates.',
  'stale-reads': 'Describe calls show the state of up to 90 s ago.',
  'lost-answers':
    'The first answer of each mutating operation never arrives: it took effect, and its caller sees a time-out.',
  'duplicate-events': 'Every event is delivered twice, the second time later.',
  'delayed-events': 'Events arrive minutes late and out of order.',
  killed: 'Function sandboxes die between two calls, again and again.',
  'execution-timeout': 'The first durable execution ends TIMED_OUT without our code having a say.',
  'late-command': 'Commands start late on the node, some only after their start-by.',
  'doubled-command': 'Every command runs twice on its node.',
  'no-capacity': 'The first Availability Zone has no capacity left: instances are neither launched nor started there.',
  'node-amnesia': 'The node forgets its fence and its results between commands.',
} as const satisfies Record<string, string>;

export type FaultName = keyof typeof FAULTS;

/** Faults that a world switches on for a while only: a run in which no event ever arrives tells nothing. */
const PASSING_FAULTS = {
  'lost-events': 'Events never arrive.',
  'hours-late-events': 'Events arrive one to three hours late.',
} as const satisfies Record<string, string>;

export type PassingFaultName = FaultName | keyof typeof PASSING_FAULTS;

export const PASSING_FAULT_NAMES = [...Object.keys(FAULTS), ...Object.keys(PASSING_FAULTS)] as PassingFaultName[];

export const isFaultName = (name: string): name is FaultName => Object.hasOwn(FAULTS, name);
