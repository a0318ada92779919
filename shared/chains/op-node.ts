// op-node and base-consensus, which give the execution client of an L2 its blocks; watch-fleet asks them, as it asks a beacon node, whether that client
// is stuck or gets nothing. Source: op-service/eth/sync_status.go and op-node/node/api.go of github.com/ethereum-optimism/optimism.
import * as v from 'valibot';
import { OptionalFacts, ok, question, starting } from './answers.ts';
import { type ChainClient, checkedHeights, countersOf, type NodeStatus, type Question, UNSAID } from './client.ts';
import { epochSeconds, label, wholeNumber } from './fields.ts';
import { batch, call, readBatch, resultIfOffered, resultOf } from './json-rpc.ts';

/**
 * Heights are blocks of the L1 chain as it sees them: its L2 blocks stand whenever the execution client stands, and would put the blame on the wrong
 * one. `stopGraceSeconds`: how long a clean stop may take.
 */
export function opNodeClient(stopGraceSeconds: number): ChainClient {
  return {
    name: 'op-node',
    status: (heights = []) => statusQuestion(checkedHeights(heights)),
    tellsParents: false,
    peers: undefined,
    operations: {
      formatPeer: () => {
        throw new TypeError('peers of op-node: it finds them itself');
      },
      peersAtRunTime: { by: 'nothing', reason: 'op-node finds its peers itself' },
      peersThatPersist: { in: 'flag', flag: undefined, takesEffect: 'restart' },
      stop: { graceSeconds: stopGraceSeconds, sacred: 'its key and its list of peers' },
    },
  };
}

// "Values may be zeroed if not yet initialized."
const derived = v.fallback(v.optional(v.object({ number: wholeNumber })), undefined);
const syncStatusSchema = v.object({
  head_l1: v.object({ number: wholeNumber, timestamp: epochSeconds }),
  current_l1: derived,
  unsafe_l2: derived,
});

/** It has no hash of a block that anybody compares. */
function statusQuestion(_heights: readonly number[]): Question<NodeStatus> {
  const calls = [call('optimism_syncStatus'), call('optimism_version')];
  return question([batch(calls)], ([answer]) => {
    const [syncStatus, version] = readBatch(calls, answer);
    const { head_l1, current_l1, unsafe_l2 } = resultOf(syncStatusSchema, syncStatus);
    if (head_l1.number === 0) return starting('it has not seen a block of the L1 chain yet');
    const optional = new OptionalFacts();
    return ok({
      ...UNSAID,
      height: head_l1.number,
      hashes: [],
      blockTimeMs: head_l1.timestamp,
      clientVersion: optional.read('version', () => resultIfOffered(label, version)),
      missing: optional.missing,
      // The L1 chain's head moves whatever it does itself (ethereum-optimism/optimism#6851).
      counters: countersOf([
        ['current_l1', current_l1?.number],
        ['unsafe_l2', unsafe_l2?.number],
      ]),
    });
  });
}
