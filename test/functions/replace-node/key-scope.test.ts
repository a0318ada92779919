// Which keys may be used, and what does not begin where a key may not be used.
import { describe, expect, it } from '@jest/globals';
import { RUNGS } from '../../../functions/replace-node/ladder.ts';
import { prepare } from '../../../functions/replace-node/rungs/swap.ts';
import { foreignAccountOf, foreignKeyFault, keyScopeOf } from '../../../shared/aws/keys.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import { COPY_VOLUME, copy, facts, ladderState, machine } from '../../fixtures/replace-facts.ts';

const OWN = 'arn:aws:kms:eu-west-1:111122223333:key/1';
const THEIRS = 'arn:aws:kms:eu-west-1:444455556666:key/2';
const told = keyScopeOf({ TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:pages', KMS_KEYS: THEIRS });
const untold = keyScopeOf({ TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:pages', KMS_KEYS: 'none' });

describe('the scope of keys', () => {
  it('is the account of the topic, and the keys of others that the stack names', () => {
    expect(told).toEqual({ accountId: '111122223333', kmsKeys: [THEIRS] });
    expect(untold.kmsKeys).toEqual([]);
  });

  it.each([
    [OWN, null],
    ['11111111-2222-4333-8444-555555555555', null],
    [THEIRS, '444455556666'],
  ])('%s is of %s', (key, account) => {
    expect(foreignAccountOf(key, untold)).toBe(account);
    expect(foreignKeyFault(key, told)).toBeNull();
    expect(foreignKeyFault(key, untold) === null).toBe(account === null);
  });
});

describe('a key that may not be used', () => {
  const under = (kmsKeyId: string | null, attachment = volumeNow().attachment) => [volumeNow({ kmsKeyId, attachment })];

  it('keeps the instance of its volume from being stopped, and from being replaced', () => {
    for (const rung of ['stop-start', 'replace'] as const) {
      expect(RUNGS[rung].cannotBegin(facts({ volumes: under(THEIRS), keyScope: untold }), null)).toContain(THEIRS);
      expect(RUNGS[rung].cannotBegin(facts({ volumes: under(THEIRS), keyScope: told }), null)).toBeNull();
      expect(RUNGS[rung].cannotBegin(facts({ volumes: under(OWN), keyScope: untold }), null)).toBeNull();
      expect(RUNGS[rung].cannotBegin(facts({ volumes: under(THEIRS, null), keyScope: untold }), null)).toBeNull();
    }
    expect(RUNGS.restart.cannotBegin(facts({ volumes: under(THEIRS), keyScope: untold }), null)).toBeNull();
    expect(
      RUNGS['stop-start'].cannotBegin(facts({ volumes: under(THEIRS, null), keyScope: untold, original: null }), null),
    ).toBeNull();
  });

  it('is known by the volume that vanished under it, and the instance is not stopped either', () => {
    const denied = {
      source: 'set-0',
      rank: 'clean',
      snapshotIds: [],
      rung: 'swap',
      atMs: 0,
      door: 'aws',
      fault: 'other',
      reason: '',
    } as const;
    const after = ladderState({ tried: [{ ...denied, deniedKey: THEIRS }] });
    const now = facts({ volumes: under(THEIRS), keyScope: told });
    expect(RUNGS.replace.cannotBegin(now, ladderState())).toBeNull();
    expect(RUNGS.replace.cannotBegin(now, after)).toContain('its key policy has to allow kms:');
  });

  it.each([
    [THEIRS, null, THEIRS],
    [null, THEIRS, THEIRS],
    [OWN, OWN, undefined],
    [null, null, undefined],
  ])('of the snapshot %s, of the volume %s: named is %s', (ofSnapshot, ofVolume, deniedKey) => {
    const [first] = copy().volumes;
    if (!first) throw new Error('the copy has no volume');
    const vanished = ladderState({
      rung: 'swap',
      found: { ...ladderState().found, volumes: [foundVolume({ kmsKeyId: ofVolume })] },
      waitingSinceMs: NOON_MS - 5 * MINUTE_MS,
    });
    const made = copy({ volumes: [{ ...first, volumeId: COPY_VOLUME, kmsKeyId: ofSnapshot }] });
    const act = prepare(facts({ keyScope: told, original: machine() }), vanished, made, 'original');
    expect(act).toMatchObject({ do: 'give-up-volumes' });
    expect(act?.do === 'give-up-volumes' && act.blame.deniedKey).toBe(deniedKey);
  });
});
