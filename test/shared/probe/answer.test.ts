import { describe, expect, it } from '@jest/globals';
import { UNSAID } from '../../../shared/chains/client.ts';
import { ProbeAnswerError, parseProbeAnswer } from '../../../shared/probe/answer.ts';
import type { ProbeAnswer } from '../../../shared/probe/protocol.ts';
import { HOSTILE, unseenIn } from '../../fixtures/hostile-text.ts';

const facts = { ...UNSAID, height: 7, hashes: [{ height: 7, hash: 'ab' }], peerCount: 3, clientVersion: 'v1' };
const peer = { id: 'cd', address: { host: '10.0.0.2', port: 26_656 }, inbound: true, connectedSeconds: 5 };
const answer: ProbeAnswer = {
  statuses: [
    { instanceId: 'i-1', status: { kind: 'ok', facts }, beacon: { kind: 'starting', reason: 'it loads' } },
    { instanceId: 'i-2', status: { kind: 'error', code: 'slow', reason: 'no answer' } },
  ],
  peers: [{ instanceId: 'i-1', peers: { kind: 'ok', facts: { ownPeerId: undefined, peers: [peer] } } }],
};
const told = (value: unknown): ProbeAnswer => parseProbeAnswer('p', JSON.stringify(value));

describe('the answer of a probe', () => {
  it('comes as it was sent', () => {
    expect(told(answer)).toEqual(answer);
  });

  it.each(['', 'null', '[]', '{}', '{"statuses":[]}', 'no JSON', '{"statuses":5,"peers":[]}'])('%j is none', (text) => {
    expect(() => parseProbeAnswer('p-1', text)).toThrow(ProbeAnswerError);
    expect(() => parseProbeAnswer('p-1', text)).toThrow(/^p-1 answered .*, expected statuses and peers$/);
  });

  it('of a node whose reading is none, says nothing, and the others count', () => {
    const bad = [
      null,
      5,
      { instanceId: 'i-3' },
      { instanceId: 'i-3', status: { kind: 'ok', facts: { ...facts, height: -1 } } },
      { instanceId: 'i-3', status: { kind: 'ok', facts: { ...facts, height: 2 ** 60 } } },
      {
        instanceId: 'i-3',
        status: { kind: 'ok', facts: { ...facts, hashes: Array(40).fill({ height: 1, hash: 'a' }) } },
      },
      { instanceId: 'i-3', status: { kind: 'error', code: 'made-up', reason: 'x' } },
    ];
    expect(told({ ...answer, statuses: [...bad, ...answer.statuses] })).toEqual(answer);
  });

  it('has no words that a terminal obeys', () => {
    const [status] = told({
      statuses: [{ instanceId: 'i-1', status: { kind: 'error', code: 'refused', reason: HOSTILE } }],
      peers: [],
    }).statuses;
    expect(status?.status).toMatchObject({ kind: 'error', code: 'refused' });
    expect(unseenIn(JSON.stringify(status))).toEqual([]);
  });
});
