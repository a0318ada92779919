import { describe, expect, it } from '@jest/globals';
import { type HttpJsonPaths, httpJsonClient } from '../../../shared/chains/http-json.ts';
import { ARRIVED_MS, answered, factsOf, failed, readAll } from '../../fixtures/chain-answers.ts';
import { aptos, eos, ripple } from '../../fixtures/chain-samples.ts';

const RIPPLE: HttpJsonPaths = {
  requests: { info: { post: '', body: { method: 'server_info', params: [{}] } } },
  height: 'info.result.info.validated_ledger.seq',
  hash: 'info.result.info.validated_ledger.hash',
  hashAt: {
    request: { post: '', body: { method: 'ledger', params: [{ ledger_index: '{height}' }] } },
    at: 'result.ledger_hash',
  },
  blockTime: { at: 'info.result.info.validated_ledger.age', as: 'age-seconds' },
  synced: { at: 'info.result.info.server_state', is: ['full', 'proposing', 'validating'] },
  peerCount: 'info.result.info.peers',
  chainId: 'info.result.info.network_id',
  clientVersion: 'info.result.info.build_version',
};

const EOS: HttpJsonPaths = {
  requests: { info: { get: '/v1/chain/get_info' } },
  height: 'info.head_block_num',
  hash: 'info.head_block_id',
  blockTime: { at: 'info.head_block_time', as: 'iso' },
  chainId: 'info.chain_id',
  clientVersion: 'info.server_version_string',
};

const APTOS: HttpJsonPaths = {
  requests: { info: { get: '/v1' } },
  height: 'info.block_height',
  blockTime: { at: 'info.ledger_timestamp', as: 'microseconds' },
  chainId: 'info.chain_id',
};

describe('a coin that chainmend has no code for', () => {
  it('answers by the paths of its fleet file: rippled', () => {
    const status = client(RIPPLE).status([82521700]);
    expect(status.requests.map(({ body }) => JSON.parse(body ?? ''))).toEqual([
      { method: 'server_info', params: [{}] },
      { method: 'ledger', params: [{ ledger_index: 82521700 }] },
    ]);
    const unknownLedger = answered({ result: { error: 'lgrNotFound', status: 'error' } });
    expect(factsOf(status, [answered(ripple), unknownLedger])).toMatchObject({
      height: 82521761,
      hashes: [{ height: 82521761, hash: '6872a6612dcebcfc717febc66eb8cc2a4d5eeb2b0f15fc3dcd060049fca47f31' }],
      blockTimeMs: ARRIVED_MS - 1000,
      syncing: false,
      peerCount: 22,
      chainId: '0',
      clientVersion: '1.12.0',
    });
  });

  it('may write its time without a zone, which is UTC: nodeos', () => {
    expect(factsOf(client(EOS).status(), [answered(eos)])).toMatchObject({
      height: 12429602,
      hashes: [{ height: 12429602, hash: '00bda922a36f164abaeddd36a96dacbb1df1fe3ad22e3eeffecca7a4c5619e33' }],
      blockTimeMs: Date.parse('2021-08-30T08:07:16.500Z'),
      syncing: undefined,
      clientVersion: 'v1.6.1-dirty',
    });
  });

  it('may count in microseconds and write numbers as texts: aptos-node', () => {
    expect(factsOf(client(APTOS).status(), [answered(aptos)])).toMatchObject({
      height: 359,
      hashes: [],
      blockTimeMs: Date.parse('2023-09-14T12:44:56.521Z'),
      chainId: '4',
    });
  });

  it('may be asked for a block by its height in hexadecimal', () => {
    const hashAt = { request: { get: '/block/{height}?hex={heightHex}' }, at: '' };
    expect(client({ ...EOS, hashAt }).status([255]).requests[1]?.path).toBe('/block/255?hex=0xff');
    const answers = [answered(eos), answered('0xABCDEF0123456789')];
    expect(factsOf(client({ ...EOS, hashAt }).status([255]), answers).hashes[0]).toEqual({
      height: 255,
      hash: 'abcdef0123456789',
    });
  });

  it('that says that it is not full is syncing', () => {
    const connected = JSON.parse(JSON.stringify(ripple).replace('"full"', '"connected"'));
    expect(factsOf(client(RIPPLE).status(), [answered(connected)]).syncing).toBe(true);
  });

  it('without what its file promises has no height, and says where it was looked for', () => {
    expect(readAll(client(EOS).status(), [answered(ripple)])).toEqual({
      kind: 'error',
      code: 'malformed',
      reason: 'info.head_block_num: nothing, expected a whole number, or a text with one',
    });
    expect(readAll(client(EOS).status(), [failed('slow')])).toMatchObject({ kind: 'error', code: 'slow' });
    expect(readAll(client(EOS).status(), [answered(eos, 500)])).toMatchObject({ kind: 'error', code: 'refused' });
  });

  it('does not reach what an object has not of its own', () => {
    const paths = { ...EOS, clientVersion: 'info.constructor.name' };
    expect(factsOf(client(paths).status(), [answered(eos)])).toMatchObject({
      clientVersion: undefined,
      missing: ['version: info.constructor.name: nothing, expected a text or a whole number'],
    });
  });

  it.each<[string, Partial<HttpJsonPaths>, RegExp]>([
    ['no requests', { requests: {} }, /requests: 0 given; expected 1 to 8/],
    ['a request without a name', { requests: { '': { get: '/' } } }, /requests: "" is no name/],
    ['a path that a URL cannot have', { requests: { info: { get: '/a b' } } }, /path is "\/a b"; expected one such as/],
    ['an address of its own', { requests: { info: { get: 'http://elsewhere/' } } }, /expected one such as/],
    ['a height of nothing', { height: '' }, /height: path is ""; expected one such as info.result.seq/],
    [
      'a request that is not there',
      { hash: 'tip.hash' },
      /hash: path is "tip.hash"; expected it to begin with a request: info/,
    ],
    [
      'a hash from another answer than the height',
      { requests: { info: { get: '/a' }, tip: { get: '/b' } }, hash: 'tip.hash' },
      /hash: path is "tip.hash"; expected it to begin with info, whose answer has the height/,
    ],
    ['an endless path', { height: `info${'.a'.repeat(20)}` }, /height: path is/],
    ['a hash at no path', { hashAt: { request: { get: '/' }, at: 'a..b' } }, /hashAt: path is "a..b"/],
  ])('with %s in its file is refused, by the key', (_, wrong, message) => {
    expect(() => client({ ...EOS, ...wrong })).toThrow(message);
  });

  it('has no peers that chainmend could change', () => {
    const { peers, operations } = client(EOS);
    expect(peers).toBeUndefined();
    expect(operations.peersAtRunTime.by).toBe('nothing');
    expect(() => operations.formatPeer({ host: '10.0.0.1', port: 1 })).toThrow(TypeError);
  });
});

function client(paths: HttpJsonPaths) {
  return httpJsonClient('coin', paths, 600);
}
