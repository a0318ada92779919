// Which protocol's file answers a request.
import type { HttpAnswer, HttpRequest } from '../../simulator/network/network.ts';
import { familyOf } from '../protocol.ts';
import type { Asked } from './asked.ts';
import { bitcoinAnswer } from './bitcoin.ts';
import { cometbftAnswer } from './cometbft.ts';
import { ethereumAnswer } from './ethereum.ts';
import { notFound, REFUSED } from './http.ts';
import { stacksAnswer } from './stacks.ts';

/** @param prefix before all paths; what is asked elsewhere is not found */
export function answerOf(asked: Asked, request: HttpRequest, prefix = ''): HttpAnswer {
  if (!request.path.startsWith(prefix)) return notFound();
  const inner = { ...request, path: request.path.slice(prefix.length) || '/' };
  switch (familyOf(asked.protocol)) {
    case 'bitcoin':
      return bitcoinAnswer(asked, inner);
    // The others open their RPC once they have loaded.
    case 'ethereum':
      return asked.loading ? REFUSED : ethereumAnswer(asked, inner);
    case 'cometbft':
      return asked.loading ? REFUSED : cometbftAnswer(asked, inner);
    case 'stacks':
      return asked.loading ? REFUSED : stacksAnswer(asked, inner);
  }
}
