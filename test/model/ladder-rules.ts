// Rules of the heal protocol that matter once a client is stopped, a volume exchanged or an identity moved: each can be switched off, and its
// naive version, the one that looks right, then takes its place.
import type { Facts } from '../../functions/replace-node/model.ts';
import type { ReplaceMemory } from '../../shared/heal/memory.ts';

export interface LadderRules {
  /** A volume's and an instance's token belong to the incident. Naive: to the attempt. */
  readonly tokenOfIncident: boolean;
  /** A new holder's first command raises the fence on the node. Naive: it is only asked how it is. */
  readonly inspectingFences: boolean;
  /** What is about to happen is written before it does. Naive: what came of it, afterwards. */
  readonly writtenBefore: boolean;
  /** An intent is waited out. Naive: Describe is believed. */
  readonly waitsOut: boolean;
  /** A client is started only where its volumes are. */
  readonly startsMountedOnly: boolean;
  /** Of two signing states the newer one stays. */
  readonly keepsNewestSigned: boolean;
  /** What is read and remembered, as the decision gets it. */
  readonly sees: (facts: Facts, memory: ReplaceMemory | null) => readonly [Facts, ReplaceMemory | null];
}

export const LADDER_FULL: LadderRules = {
  tokenOfIncident: true,
  inspectingFences: true,
  writtenBefore: true,
  waitsOut: true,
  startsMountedOnly: true,
  keepsNewestSigned: true,
  sees: (facts, memory) => [facts, memory],
};
