// Asks one node one question: sends its requests, and what an answer shows has to be asked as well. probe-nodes and rotate-peers
// call it; the fetcher is an argument, so that a test or a command on the node can stand in for the network.
import type { Answer, ChainRequest, Question, Reading } from './client.ts';

/** Resolves always. */
export type Fetcher = (request: ChainRequest) => Promise<Answer>;

/** Never throws and takes at most `MAXIMUM_ROUNDS` times the fetcher's own limit. */
export async function ask<Facts>(question: Question<Facts>, fetcher: Fetcher): Promise<Reading<Facts>> {
  let next = question;
  for (let round = 0; round < MAXIMUM_ROUNDS; round += 1) {
    const reading = next.read(await Promise.all(next.requests.map(fetcher)));
    if (reading.kind !== 'next') return reading;
    next = reading.question;
  }
  return { kind: 'error', code: 'malformed', reason: `no end of questions after ${MAXIMUM_ROUNDS} rounds` };
}

/** All clients need one or two. */
const MAXIMUM_ROUNDS = 3;
