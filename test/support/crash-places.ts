// Where a heal can die, told by what happens there, so that a place means the same when the steps around it change. Pure.

/** A call that changes something ("ec2.AttachVolume", "ssm.SendCommand swap-volumes"), or a checkpoint ("012-call SUCCEED"). */
export interface Moment {
  readonly is: 'call' | 'checkpoint';
  readonly name: string;
}

/** A call takes effect and nobody hears of it; or its caller dies before it has an effect, or after. */
const OF_CALLS = ['answer lost', 'caller killed before', 'caller killed after'] as const;
type OfCall = (typeof OF_CALLS)[number];
/** The sandbox dies before or after a checkpoint is written; or the execution ends there for good. */
export type How = OfCall | 'crash-before' | 'crash-after' | 'lost for good';

export const isOfCall = (how: How): how is OfCall => OF_CALLS.some((one) => one === how);

export interface Death {
  readonly how: How;
  /** A moment's name. Of a call, what dies with a checkpoint dies with the one that ends the call's step. */
  readonly at: string;
  /** Which of the moments of that name, from 1. */
  readonly nth: number;
}

export const placeOf = ({ how, at, nth }: Death): string => `${how}: ${at}${nth === 1 ? '' : ` (${nth})`}`;

/** A step without its turn: "012-call SUCCEED" is a "call SUCCEED", "010-poll-3 START" a "poll START". */
const kindOf = (name: string): string => name.replace(/^\d+-/, '').replace(/-\d+(?= )/, '');
const turnOf = (name: string): string => /^\d+/.exec(name)?.[0] ?? '';

/** After these a successor finds something: an act, a command, a record of the table. */
const LASTING = /^(call|send|keep|note|take-rung|lease|conclude|release) SUCCEED$/;

/**
 * Every checkpoint and every call of an undisturbed heal, but for looks at what takes its time: the first of them stands for all.
 *
 * @param tableEvery of writes to the table each so many-th
 */
export function allDeaths(moments: readonly Moment[], tableEvery: number): readonly Death[] {
  const steps = moments.filter(({ is }) => is === 'checkpoint').map(({ name }) => name);
  const waits = new Set(steps.filter((name) => kindOf(name).startsWith('waiting')).map(turnOf));
  const seen = new Set<string>();
  const worth = steps.filter((name) => {
    const kind = kindOf(name);
    const isLook = /^(poll|wait|waiting)\b/.test(kind) || waits.has(turnOf(name));
    const key = isLook ? kind : name;
    return !seen.has(key) && seen.add(key);
  });
  const counts = new Map<string, number>();
  const calls = moments
    .filter(({ is }) => is === 'call')
    .map(({ name }) => {
      const nth = (counts.get(name) ?? 0) + 1;
      counts.set(name, nth);
      return { name, nth };
    });
  return [
    ...calls
      .filter(({ name, nth }) => !name.startsWith('dynamodb.') || nth % tableEvery === 0)
      .flatMap(({ name, nth }) => OF_CALLS.map((how): Death => ({ how, at: name, nth }))),
    ...worth.flatMap((at): Death[] => [
      { how: 'crash-before', at, nth: 1 },
      { how: 'crash-after', at, nth: 1 },
    ]),
    ...worth.filter((at) => LASTING.test(kindOf(at))).map((at): Death => ({ how: 'lost for good', at, nth: 1 })),
  ];
}

/** Tells at each moment of a run whether it is the one of a death. */
export function watchFor({ how, at, nth }: Death): (moment: Moment) => boolean {
  let count = 0;
  let ended = false;
  return ({ is, name }) => {
    if (name === at) count++;
    if (count < nth || ended) return false;
    // The call itself, or the checkpoint of this name, or the first one behind the call.
    ended = isOfCall(how) ? is === 'call' : is === 'checkpoint';
    return ended;
  };
}
