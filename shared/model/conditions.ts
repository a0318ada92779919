// What each condition forbids for as long as it holds. What people are told binds chainmend, too: nothing is begun against it. The table is total, and is
// never stored: it changes with the code.
import type { ConditionCode } from './guardrail-codes.ts';

/**
 * stop: the instance of a sick node is stopped and started. swap: a node gets other data, also by its owner's own command. replace: it gets another
 * instance. move: a well node is stopped, for EC2, for a smaller disk or to be pruned. peers: a client is restarted for its list of peers.
 */
export const HELD_ACTS = [
  'restart',
  'stop',
  'swap',
  'replace',
  'move',
  'upgrade',
  'snapshot',
  'drill',
  'peers',
] as const;
export type HeldAct = (typeof HELD_ACTS)[number];

/** `zone-down` is seen by watch-fleet, and told by the heal that it holds. */
export type BindingCode = ConditionCode | 'zone-down';

interface Binding {
  /** Whose acts it holds: those on every node of the fleet, or those on the nodes that it is about. */
  readonly whom: 'fleet' | 'nodes';
  readonly forbids: readonly HeldAct[];
  /** Why it forbids that, or nothing. */
  readonly because: string;
}

const fleet = (forbids: readonly HeldAct[], because: string): Binding => ({ whom: 'fleet', forbids, because });
const nodes = (forbids: readonly HeldAct[], because: string): Binding => ({ whom: 'nodes', forbids, because });

/** A well node is taken down for none of these. */
const SPARES = ['move', 'upgrade', 'snapshot', 'peers'] as const satisfies readonly HeldAct[];

export const BINDINGS: Readonly<Record<BindingCode, Binding>> = {
  'zone-down': nodes(['stop', 'swap', 'replace'], 'a stopped instance of a dark zone cannot be started again'),
  'no-majority': fleet(
    ['swap', 'drill', ...SPARES],
    'nobody knows whose blocks are right: other data, another version and a copy would take a side',
  ),
  'chain-halted': fleet(
    ['restart', 'swap', 'replace', 'drill', 'move', 'upgrade', 'snapshot'],
    'no node is at fault; a client that has ended is started',
  ),
  'own-chain-halted': fleet(
    ['restart', 'swap', 'replace', 'drill', 'move', 'upgrade', 'snapshot'],
    'as a chain that is halted; a validator whose vote is missing is restarted where its owner allows that, one after the other',
  ),
  'consensus-halted': fleet(['swap', 'drill', ...SPARES], 'no round ends: nothing is proved by blocks'),
  'voting-power-low': fleet([...SPARES], 'one validator less may halt the chain'),
  'byzantine-validators': fleet(
    ['swap', 'replace', ...SPARES],
    'a second copy of a validator may run: none is made or started elsewhere',
  ),
  'fleet-standing': fleet([...SPARES], 'too few go on to say that the others can spare one'),
  'node-unreachable': nodes([], 'its heal is what is wanted'),
  'node-stuck': nodes([], 'its heal is what is wanted'),
  'node-busy': nodes([], 'it is alive; no heal takes it'),
  'falling-behind': nodes([], 'it advances; no heal takes it'),
  'root-filling': nodes([], 'no heal grows it; a heal of its client is not made worse by it'),
  'crash-loop': nodes(
    ['swap', 'replace'],
    'what does not name its data would end on others, too; one that does gets them',
  ),
  'node-forked': nodes([], 'a forked node is taken by no heal, and is not synced for what asks that'),
  'wrong-chain': nodes([], 'a node of another network is taken by no heal'),
  'node-out-of-sync': nodes([], 'its own height is what its heal goes by'),
  'validator-jailed': nodes([], 'it does not sign; unjailing it is a person’s'),
  'node-missing': fleet([], 'the turn of the fleet, the pool’s floor and the other nodes say what can be spared'),
  'cannot-ask': fleet([], 'whom nobody can ask is unknown, and the breaker counts them'),
  'nobody-watches': fleet([], 'nothing is known to be wrong'),
  'reference-disagrees': fleet([], 'a reference that contradicts the fleet is not believed'),
  'event-scheduled': nodes([], 'the node is moved before it'),
  'event-near': nodes([], 'a stop of our own right before it is refused by itself'),
  'readiness-lost': fleet([], 'each heal asks itself for what it needs'),
  'release-available': fleet([], 'it is news'),
  'releases-unread': fleet([], 'it is about news'),
  'upgrade-due': fleet([], 'it is a date'),
  'upgrade-near': fleet([], 'it is a date'),
  'recoverability-old': fleet([], 'a heal needs a copy now, proved or not; a drill is what is wanted'),
};

export const isBinding = (code: string): code is BindingCode => Object.hasOwn(BINDINGS, code);

/** Whether an act is held while the condition lasts. */
export const forbids = (code: BindingCode, act: HeldAct): boolean => BINDINGS[code].forbids.includes(act);
