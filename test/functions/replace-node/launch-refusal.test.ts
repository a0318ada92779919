// What a refused launch means, and what is known of it before the request.
import { describe, expect, it } from '@jest/globals';
import { type Act, endsUnspent, reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { planOf } from '../../../functions/replace-node/plan.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import { isFaultOfEveryZone, judgeLaunch, templateFault } from '../../../shared/aws/launch.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { copy, FLEET, facts, impaired, ladderState, machine, newReplacement } from '../../fixtures/replace-facts.ts';

const PASS_ROLE =
  'UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/replace/x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/bitcoin-node because no identity-based policy allows the iam:PassRole action. Encoded authorization failure message: AQICAHg0';
const refused = { is: 'refused', reason: 'AWS does not permit the launch' } as const;
const dead = impaired('instance');
/** All milder rungs have failed. */
const atReplace = (more: Partial<LadderState> = {}): LadderState =>
  ladderState({ hold: 'held', failed: [{ rung: 'stop-start', reason: 'EC2 finds it impaired still' }], ...more });
const replaceNext = (more: Partial<Facts> = {}): Decision =>
  decide(facts({ original: dead, seen: null, watched: null, ...more }), atReplace());

describe('a refused launch', () => {
  it.each([
    ['UnauthorizedOperation', 'permission', true],
    ['PendingVerification', 'permission', true],
    ['VcpuLimitExceeded', 'quota', true],
    ['VolumeLimitExceeded', 'quota', true],
    ['InvalidAMIID.NotFound', 'template', true],
    ['InvalidGroup.NotFound', 'template', true],
    ['InvalidKeyPair.NotFound', 'template', true],
    ['InvalidPlacementGroup.Unknown', 'template', true],
    ['InvalidParameterCombination', 'template', true],
    ['EncryptedVolumesNotSupported', 'template', true],
    ['TagLimitExceeded', 'tags', true],
    ['TagPolicyViolation', 'tags', true],
    ['InvalidKMSKey.InvalidState', 'key', true],
    ['InvalidKMSKey.InvalidKMSKeyId', 'key', true],
    ['InsufficientInstanceCapacity', 'capacity', false],
    ['InsufficientFreeAddressesInSubnet', 'capacity', false],
    ['ReservationCapacityExceeded', 'place', false],
    ['InvalidSubnetID.NotFound', 'place', false],
    ['Unsupported', 'place', false],
    ['InvalidParameterValue', 'place', false],
    ['OperationNotPermitted', 'place', false],
    ['AnythingElse', 'place', false],
  ])('with %s is about the %s; everywhere: %s', (code, cause, everywhere) => {
    const fault = judgeLaunch({ code, refused: `${code}: so it is` });
    expect(fault.cause).toBe(cause);
    expect(fault.reason).toContain(`${code}: so it is`);
    expect(isFaultOfEveryZone(fault)).toBe(everywhere);
  });

  it('of a tag key that the metadata service does not take is no subnet’s fault', () => {
    const words = "InvalidParameterValue: 'team/owner' is not a valid tag key. Tag keys must match pattern";
    expect(judgeLaunch({ code: 'InvalidParameterValue', refused: words })).toMatchObject({ cause: 'tags' });
  });

  it('says what to do about a role, and leaves out what only AWS can read', () => {
    const { reason } = judgeLaunch({ code: 'UnauthorizedOperation', refused: PASS_ROLE });
    expect(reason).toMatch(/role\/bitcoin-node.*-c nodeRoles=/);
    expect(reason).not.toContain('Encoded');
    expect(judgeLaunch({ code: 'UnauthorizedOperation', refused: 'no' }).reason).not.toContain('nodeRoles');
  });

  it('leaves the next subnet where only its own refuses it, and none where all do', () => {
    const fleet = { ...FLEET, replace: { ...FLEET.replace, subnetIds: ['subnet-0b'] } };
    const onwards = (code: string): Decision => {
      const before = ladderState({ rung: 'replace', hold: 'held', replacement: newReplacement({ instanceId: '' }) });
      const launch: Act = { do: 'launch', reason: '' };
      const failed = reduceAct(before, launch, { is: 'failed', atMs: NOON_MS, reason: `${code}: so it is`, code });
      const dropped = reduceAct(failed, { do: 'drop-replacement' }, { is: 'done', atMs: NOON_MS });
      return decide(facts({ original: dead, seen: null, watched: null, fleet }), dropped);
    };
    expect(onwards('InsufficientInstanceCapacity')).toMatchObject({
      do: 'plan-replacement',
      replacement: { subnetId: 'subnet-0b' },
    });
    expect(onwards('VcpuLimitExceeded')).toMatchObject({
      do: 'end',
      end: {
        refusal: { reason: expect.stringContaining('a quota of the account is reached: VcpuLimitExceeded') },
      },
    });
    expect(onwards('PendingVerification')).toMatchObject({
      do: 'end-rung',
      reason: expect.stringContaining('AWS does not permit the launch: PendingVerification'),
    });
  });

  it('is told subnet by subnet, where none took it', () => {
    const unplaced = ['subnet-0a', 'subnet-0b'].map((subnetId) => ({
      subnetId,
      reason: 'no room',
      isEverywhere: false,
    }));
    const spent = ladderState({ rung: 'replace', hold: 'held', exhausted: ['subnet-0a', 'subnet-0b'], unplaced });
    expect(decide(facts({ original: dead, seen: null, watched: null }), spent)).toEqual({
      do: 'end-rung',
      reason: 'none of 2 subnets accepted it; replace.subnets can name more (subnet-0a: no room; subnet-0b: no room)',
    });
  });
});

describe('a template', () => {
  it('that names a network interface, or no instance type, is told by name', () => {
    expect(templateFault({ NetworkInterfaces: [{ NetworkInterfaceId: 'eni-0a' }] })).toContain('eni-0a');
    expect(templateFault({ InstanceRequirements: {} })).toContain('InstanceRequirements');
    expect(
      templateFault({ NetworkInterfaces: [{ PrivateIpAddress: '10.0.0.11' }], Placement: { GroupName: 'a' } }),
    ).toBeNull();
  });
});

describe('the rung of another instance', () => {
  it('is taken where EC2 would launch one', () => {
    expect(replaceNext({ launch: { is: 'accepted' } })).toMatchObject({ do: 'take-rung', rung: 'replace' });
  });

  it('is taken where nobody knows, and says so', () => {
    const launch = { is: 'unknown', reason: 'TimeoutError: no answer' } as const;
    expect(replaceNext({ launch })).toMatchObject({
      do: 'take-rung',
      reason: expect.stringContaining('whether EC2 launches it is not known: TimeoutError: no answer'),
    });
  });

  it.each<[string, Partial<Facts>]>([
    ['EC2 refuses the launch', { launch: refused }],
    ['there is no launch template', { original: machine({ launchTemplate: null }, { ...dead }) }],
  ])('is not begun where %s', (_, more) => {
    const original = more.original && { ...dead, instance: { ...dead.instance, launchTemplate: null } };
    expect(replaceNext({ ...more, ...(original && { original }) })).toMatchObject({ do: 'skip-rung', rung: 'replace' });
  });

  it('is not begun where nobody can tell the volumes', () => {
    const lost = atReplace({ found: { ...ladderState().found, volumes: [] } });
    expect(decide(facts({ original: dead, seen: null, watched: null }), lost)).toMatchObject({ do: 'skip-rung' });
  });

  it('that was not begun is not asked for again', () => {
    const act: Act = { do: 'skip-rung', rung: 'replace', reason: refused.reason };
    const after = reduceAct(atReplace(), act, { is: 'done', atMs: NOON_MS });
    expect(after.failed.at(-1)).toEqual({ rung: 'replace', reason: refused.reason, notBegun: true });
    expect(decide(facts({ original: dead, seen: null, watched: null }), after)).toMatchObject({
      do: 'end',
      end: { as: 'escalated', code: 'ladder-spent', reason: expect.stringContaining(refused.reason) },
    });
  });

  it('that cannot be had is left out of a plan, and told in it', () => {
    const plan = planOf(facts({ seen: null, launch: refused }));
    expect(plan).toMatchObject({
      rungs: ['restart', 'swap'],
      sentence: expect.stringContaining('; no replace: AWS does not permit the launch'),
    });
    const only = planOf(facts({ seen: null, want: { do: 'replace-instance' }, launch: refused }));
    expect(only).toMatchObject({ refusal: { refuse: 'aws-refused', page: true } });
  });
});

describe('a rung that ends', () => {
  const fail: Act = { do: 'end-rung', reason: '' };
  const stop: Act = { do: 'stop-instance', which: 'original', reason: '' };
  const over = ladderState({ rung: null });

  it.each<[string, Act, 'done' | 'failed', Partial<LadderState>, boolean]>([
    ['with nothing made', fail, 'done', { rung: 'swap' }, true],
    ['with a volume made', fail, 'done', { rung: 'swap', hasMade: true }, false],
    ['with a volume that may be made', fail, 'done', { rung: 'swap', restoredVolumes: copy({ creating: [0] }) }, false],
    ['with its client restarted', fail, 'done', { rung: 'restart', hold: 'none', client: 'mayBeDown' }, false],
    ['with its instance started again', fail, 'done', { rung: 'stop-start', hold: 'none', original: 'started' }, false],
    ['by a stop that AWS refused', stop, 'failed', { rung: 'stop-start' }, true],
    [
      'by a second stop that AWS refused',
      stop,
      'failed',
      { rung: 'stop-start', hold: 'none', client: 'mayBeDown', original: 'stopIntended' },
      false,
    ],
    ['by its restart', { do: 'restart', reason: '' }, 'failed', { rung: 'restart' }, false],
  ])('%s: %s %s', (_, act, is, has, unspent) => {
    expect(endsUnspent(ladderState({ hold: 'none', ...has }), act, { is }, over)).toBe(unspent);
  });

  it('only where it ends', () => {
    expect(
      endsUnspent(ladderState({ rung: 'swap', hold: 'none' }), fail, { is: 'done' }, ladderState({ rung: 'swap' })),
    ).toBe(false);
    expect(endsUnspent(ladderState({ rung: null, hold: 'none' }), fail, { is: 'done' }, over)).toBe(false);
  });

  it('forgets what it has made with the rung', () => {
    const made = reduceAct(
      ladderState({ rung: 'replace', replacement: newReplacement({ instanceId: '' }) }),
      { do: 'launch', reason: '' },
      { is: 'done', atMs: NOON_MS, instanceId: 'i-0b', fence: 1 },
    );
    expect(made.hasMade).toBe(true);
    expect(reduceAct(made, fail, { is: 'done', atMs: NOON_MS }).hasMade).toBe(false);
  });
});
