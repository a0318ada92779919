// Whether a node has caught up, as it tells its load balancer: the question for each chain, and the script's reading of what clients answer.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { chainNames, otherChain } from '../../../shared/chains/defaults.ts';
import { type SyncedQuestion, syncedQuestion } from '../../../shared/chains/synced.ts';

const GROUP_SCRIPT = readFileSync(
  new URL('../../../shared/node-commands/first-boot-group.sh', import.meta.url),
  'utf8',
);
const [HAS_CAUGHT_UP = ''] = /^has_caught_up\(\) \{\n[\s\S]*?\n\}$/m.exec(GROUP_SCRIPT) ?? [];
const NOW_SECONDS = Math.floor(Date.now() / 1_000);

/** By the function of the script itself. */
function hasCaughtUp({ pattern, most }: SyncedQuestion, answer: string): boolean {
  try {
    execFileSync('bash', ['-u', '-c', `${HAS_CAUGHT_UP}\nhas_caught_up "$1"`, 'bash', answer], {
      env: { PATH: process.env['PATH'], SYNCED: pattern, MOST: String(most) },
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

const bitcoin = (blocks: number, headers: number, ageHours: number): string =>
  `{"result": {"chain": "main", "blocks": ${blocks}, "headers": ${headers}, "bestblockhash": "00", "difficulty": 1.2e+14, "mediantime": ${NOW_SECONDS - ageHours * 3600}, "pruned": false}, "error": null, "id": 1}`;
// zcashd 5: it tells neither "initialblockdownload" nor "mediantime".
const zcash = (blocks: number, estimated: number): string =>
  `{"result":{"chain":"main","blocks":${blocks},"initial_block_download_complete":true,"headers":${blocks},"bestblockhash":"00","difficulty":48487005.99,"verificationprogress":0.99,"chainwork":"06","pruned":false,"estimatedheight":${estimated},"commitments":1544318},"error":null,"id":1}`;
const ethereum = (ageSeconds: number): string =>
  `{"jsonrpc":"2.0","id":1,"result":{"number":"0x10","timestamp":"0x${(NOW_SECONDS - ageSeconds).toString(16)}","hash":"0x1"}}`;
const cometbft = (ageSeconds: number, catchingUp: boolean): string =>
  `{"result":{"sync_info":{"latest_block_height":"9","latest_block_time":"${new Date((NOW_SECONDS - ageSeconds) * 1_000).toISOString().replace('Z', '123456Z')}","earliest_block_height":"1","catching_up":${catchingUp}}}}`;

describe('a node has caught up', () => {
  it.each<readonly [string, Parameters<typeof syncedQuestion>[0], string, boolean]>([
    ['at the tip', 'bitcoin', bitcoin(900_000, 900_000, 1), true],
    ['three blocks behind its headers', 'bitcoin', bitcoin(899_997, 900_000, 1), true],
    ['four blocks behind', 'bitcoin', bitcoin(899_996, 900_000, 1), false],
    ['in its initial download, with all headers that it knows', 'litecoin', bitcoin(900_000, 900_000, 25), false],
    ['at the tip, of an old version', 'dogecoin', bitcoin(5_000_000, 5_000_000, 1), true],
    ['at the tip', 'zcash', zcash(3_412_120, 3_412_122), true],
    ['where the chain is estimated to be further', 'zcash', zcash(106_551, 3_412_120), false],
    [
      'while it loads',
      'bitcoin',
      '{"result":null,"error":{"code":-28,"message":"Loading block index..."},"id":1}',
      false,
    ],
    ['with a new block', 'ethereum', ethereum(12), true],
    ['with a block of two minutes', 'ethereum', ethereum(60), true],
    ['with an old block, whatever eth_syncing says', 'ethereum', ethereum(600), false],
    ['with no block', 'ethereum', '{"jsonrpc":"2.0","id":1,"result":null}', false],
    ['with a new block', 'cosmoshub', cometbft(5, false), true],
    ['with an old block, though it says that it follows', 'cosmoshub', cometbft(900, false), false],
    ['while it catches up', 'cosmoshub', cometbft(5, true), false],
    ['as it says', 'stacks', '{"stacks_tip_height":9,"is_fully_synced":true}', true],
    ['as it says', 'stacks', '{"stacks_tip_height":9,"is_fully_synced": false}', false],
    ['as it says', 'solana', '{"jsonrpc":"2.0","result":"ok","id":1}', true],
    [
      'behind',
      'solana',
      '{"jsonrpc":"2.0","error":{"code":-32005,"message":"Node is behind by 42 slots"},"id":1}',
      false,
    ],
    ['that says nothing', 'bitcoin', '', false],
  ])('%s: %s', (_, chain, answer, expected) => {
    const question = syncedQuestion(chain, chain === 'bitcoin' ? 3 : 5);
    expect(hasCaughtUp(question, answer)).toBe(expected);
    // The simulated machine reads the same pattern as a JavaScript expression.
    if (expected) expect(answer).toMatch(new RegExp(question.pattern));
  });

  it('is asked of every chain but the one that nobody knows', () => {
    for (const chain of chainNames) if (chain !== otherChain) expect(syncedQuestion(chain, 3).pattern).not.toBe('');
  });
});
