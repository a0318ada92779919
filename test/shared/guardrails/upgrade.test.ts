import { describe, expect, it } from '@jest/globals';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import {
  blueGreenFault,
  judgeBelowHeight,
  judgeUpgrade,
  ROLLING,
  type UpgradeFacts,
} from '../../../shared/guardrails/upgrade.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

const node = (name: string, health: 'synced' | 'stuck' | 'unknown' = 'synced') =>
  observedNode({ name, instanceId: `i-${name}`, health, role: 'follower' });
const refusalOf = (more: Partial<UpgradeFacts> = {}) =>
  judgeUpgrade({
    nowMs: NOON_MS,
    fleet: bitcoinFleet({ unit: 'node@*', client: { versions: ['28.0', '28.1'] } }),
    node: { instanceId: 'i-node1', name: 'node1' },
    role: 'follower',
    nodes: [node('node1'), node('node2')],
    breaker: { open: false, sentence: '0 of 2 nodes unhealthy or unknown, limit 1' },
    haltedSinceMs: null,
    to: '28.1',
    together: [],
    acknowledgesValidator: false,
    lastLines: [],
    ...more,
  });
const judged = (more: Partial<UpgradeFacts> = {}) => refusalOf(more)?.refuse ?? null;
const sentence = (more: Partial<UpgradeFacts>) => refusalOf(more)?.reason;

describe('nodes that go over at once', () => {
  const nodes = [node('node1'), node('node2', 'stuck'), node('node3')];

  it('do not wait for each other, and wait for any other node', () => {
    expect(judged({ nodes, together: ['i-node1', 'i-node2'] })).toBeNull();
    expect(judged({ nodes, together: ['i-node1', 'i-node3'] })).toBe('cannot-be-spared');
    expect(sentence({ nodes, together: ['i-node1', 'i-node3'] })).toMatch(/^1 of the 1 other nodes/);
    expect(judged({ nodes })).toBe('cannot-be-spared');
  });

  it('have each to be well before it is stopped', () => {
    const own = [node('node1', 'stuck'), node('node2')];
    expect(judged({ nodes: own, together: ['i-node1', 'i-node2'] })).toBe('cannot-be-spared');
  });
});

describe('a node may be upgraded', () => {
  it('where it and all others are well', () => {
    expect(judged()).toBeNull();
  });

  it.each<[string, Partial<UpgradeFacts>, string]>([
    ['its fleet file does not name the version', { to: '29.0' }, 'version-unknown'],
    ['it is a validator', { role: 'validator' }, 'validator'],
    ['nobody says what it does', { role: 'unknown' }, 'role-unknown'],
    ['it was not observed', { nodes: [node('node2')] }, 'observation-stale'],
    ['it is not well itself', { nodes: [node('node1', 'stuck'), node('node2')] }, 'cannot-be-spared'],
    ['another one is not known to be well', { nodes: [node('node1'), node('node2', 'unknown')] }, 'cannot-be-spared'],
    ['the chain stands', { haltedSinceMs: NOON_MS }, 'chain-standing'],
    [
      'its zone is in trouble',
      { breaker: { open: false, sentence: '', zone: { name: 'a', instanceIds: ['i-node1'], sentence: '2 of 2' } } },
      'zone-down',
    ],
    ['the breaker is open', { breaker: { open: true, sentence: '2 of 2' } }, 'breaker-open'],
  ])('but not where %s', (_, more, code) => {
    expect(refusalOf(more)).toMatchObject({ refuse: code, page: false });
  });

  it('and nobody is paged where it may not: the plan of its upgrade tells', () => {
    const stuck = [node('node1'), node('node2', 'stuck')];
    expect(refusalOf({ nodes: stuck })).toMatchObject({ page: false, retryAfterMs: 300_000 });
    expect(refusalOf({ to: '29.0' })).toEqual({
      refuse: 'version-unknown',
      reason: 'the fleet file does not name 29.0 under client.versions (28.0, 28.1)',
      page: false,
      retryAfterMs: 3_600_000,
    });
    expect(refusalOf({ fleet: bitcoinFleet() })).toMatchObject({
      refuse: 'version-unknown',
      reason: expect.stringMatching(/\(none\)$/),
    });
  });

  it('by a person alone where it signs, or may sign', () => {
    expect(refusalOf({ role: 'validator' })).toMatchObject({
      reason: expect.stringMatching(/^node1 is a validator: /),
      page: false,
    });
    expect(refusalOf({ role: 'unknown' })).toMatchObject({
      reason: expect.stringMatching(/^node1 is of unknown role, and could be a validator: /),
      page: false,
    });
  });
});

describe('a validator is upgraded', () => {
  const votes = { own: 10, chain: { total: 40, missing: 0, byzantine: 0 } };
  const validators = (more: Partial<ObservedNode> = {}) =>
    ['node1', 'node2', 'node3', 'node4'].map((name) => ({
      ...observedNode({ name, instanceId: `i-${name}`, role: 'validator', votes }),
      ...(name === 'node1' ? {} : more),
    }));
  const cosmos = bitcoinFleet({ chain: 'cosmoshub', unit: 'node@*', client: { versions: ['28.0', '28.1'] } });
  const named = (more: Partial<UpgradeFacts> = {}) =>
    judged({ fleet: cosmos, role: 'validator', nodes: validators(), acknowledgesValidator: true, ...more });

  it('where a person has named it and said what it is, and the others keep two thirds of the power', () => {
    expect(named()).toBeNull();
    expect(named({ role: 'unknown' })).toBeNull();
  });

  it.each<[string, Partial<UpgradeFacts>, string]>([
    ['nobody has said what it is', { acknowledgesValidator: false }, 'validator'],
    ['nobody has said so of one of unknown role', { acknowledgesValidator: false, role: 'unknown' }, 'role-unknown'],
    ['another one is not well: never two at once', { nodes: validators({ health: 'stuck' }) }, 'cannot-be-spared'],
    [
      'the others would not be enough',
      { nodes: validators({ votes: { ...votes, chain: { ...votes.chain, total: 30 } } }) },
      'quorum-at-risk',
    ],
    [
      'its chain tells no power',
      { fleet: bitcoinFleet({ unit: 'node@*', client: { versions: ['28.1'] } }) },
      'voting-power-unknown',
    ],
  ])('but not where %s', (_, more, refused) => {
    expect(named(more)).toBe(refused);
  });

  it('the refusal says what to type', () => {
    expect(sentence({ fleet: cosmos, role: 'validator', nodes: validators() })).toContain(
      'npm run chainmend -- upgrade bitcoin/node1 --to 28.1 --acknowledge-validator',
    );
  });
});

describe('at a height', () => {
  const HEIGHT = 100;
  const at = (height: number | null, more: Partial<UpgradeFacts> = {}) =>
    judged({ atHeight: HEIGHT, nodes: [{ ...node('node1', 'stuck'), height }, node('node2', 'stuck')], ...more });

  it('a node is switched where it stands right below it, however the others fare', () => {
    expect(at(HEIGHT - 1, { haltedSinceMs: NOON_MS, breaker: { open: true, sentence: '2 of 2' } })).toBeNull();
  });

  it('CometBFT tells the block of the height itself, which it has stored and not executed', () => {
    expect(at(HEIGHT)).toBeNull();
  });

  it.each<[string, number | null, readonly string[]]>([
    ['lower', HEIGHT - 2, []],
    ['higher', HEIGHT + 1, []],
    ['where nobody knows', null, []],
    ['where its client says another height', null, ['UPGRADE "v2" NEEDED at height: 1000: {}']],
    ['where its client has ended for another reason', null, ['panic: wrong Block.Header.AppHash at height: 100']],
  ])('and not %s', (_, height, lastLines) => {
    expect(at(height, { lastLines })).toBe('upgrade-height');
  });

  it.each([
    ['ERR UPGRADE "v2" NEEDED at height: 100: {"binaries":{}} module=x/upgrade'],
    ['panic: halt per configuration height 100 time 0'],
  ])('a client that has ended says that it waits there: %s', (line) => {
    expect(at(null, { lastLines: [line] })).toBeNull();
  });

  it('is told where it is instead, and asked again in twenty minutes', () => {
    const told = (more: Partial<UpgradeFacts>) => refusalOf({ atHeight: HEIGHT, ...more });
    const own = node('node1', 'stuck');
    expect(told({ nodes: [{ ...own, height: 90 }] })).toEqual({
      refuse: 'upgrade-height',
      reason: 'node1 does not stand below block 100: it is at 90',
      page: false,
      retryAfterMs: 1_200_000,
    });
    expect(told({ nodes: [] })?.reason).toMatch(/: it was not observed for 3 min$/);
    const silent = [{ ...own, height: null }];
    expect(told({ nodes: silent })?.reason).toMatch(/its client does not say that it waits there$/);
    expect(told({ nodes: silent, lastLines: [`panic: ${'x'.repeat(300)}`] })?.reason).toMatch(
      /there \("panic: x{153}"\)$/,
    );
  });

  it('goes by the node itself, and by any of its clients', () => {
    const others = [
      { ...node('node2'), height: HEIGHT - 1 },
      { ...node('node1', 'stuck'), height: 90 },
    ];
    expect(at(null, { nodes: others })).toBe('upgrade-height');
    const lastLines = ['Shutdown: done', 'panic: halt per configuration height 100 time 0'];
    expect(at(null, { lastLines })).toBeNull();
  });

  it('a node that waits there is looked at each minute, and told', () => {
    const waits = judgeBelowHeight(
      { ...node('node1', 'stuck'), height: HEIGHT - 1 },
      { to: '28.1', atHeight: HEIGHT },
      null,
    );
    expect(waits).toEqual({
      refuse: 'upgrade-height',
      reason: 'the chain stops below block 100 for 28.1: node1 is switched to it first',
      page: false,
      retryAfterMs: 60_000,
    });
  });

  it('a validator is left to a person there, too', () => {
    expect(at(HEIGHT - 1, { role: 'validator' })).toBe('validator');
  });

  const track = (progress: number): Pick<ObservedNode, 'memory'> => ({
    memory: { track: { progress, sinceMs: null, readAtMs: null, advancedAtMs: null } } as never,
  });

  it('what was seen once stays true while it is silent: from there it does not go on', () => {
    const silent = { ...node('node1', 'unknown'), height: null };
    expect(at(null, { nodes: [{ ...silent, ...track(HEIGHT - 1) }] })).toBeNull();
    expect(at(null, { nodes: [{ ...silent, ...track(HEIGHT) }] })).toBeNull();
    expect(at(null, { nodes: [{ ...silent, ...track(HEIGHT + 1) }] })).toBe('upgrade-height');
    expect(at(null, { nodes: [{ ...silent, ...track(HEIGHT - 2) }] })).toBe('upgrade-height');
  });

  it.each<[string, Partial<ObservedNode>, number | null, string | null]>([
    ['stands right below it', { height: HEIGHT - 1 }, HEIGHT + 50, 'upgrade-height'],
    ['has stored the block of the height, and goes no further', { height: HEIGHT }, HEIGHT, 'upgrade-height'],
    ['has gone on', { height: HEIGHT + 1 }, HEIGHT + 1, null],
    ['stood there when it was last asked', { height: null, ...track(HEIGHT - 1) }, HEIGHT, 'upgrade-height'],
    ['is down since the chain has come there', { height: null, health: 'unreachable' }, HEIGHT - 1, 'upgrade-height'],
    ['is down before', { height: null, health: 'unreachable' }, HEIGHT - 9, null],
    ['is down, and nobody knows the height', { height: null, health: 'unreachable' }, null, null],
    ['nobody could ask', { height: null, health: 'unknown' }, HEIGHT, null],
    ['stands lower: that is its own trouble', { height: HEIGHT - 9 }, HEIGHT + 50, null],
  ])('a node that %s', (_, seen, tip, refused) => {
    const upgrade = { to: '28.1', atHeight: HEIGHT };
    expect(judgeBelowHeight({ ...node('node1', 'stuck'), ...seen }, upgrade, tip)?.refuse ?? null).toBe(refused);
  });
});

const METRIC = { metric: { namespace: 'Bitcoin', height: 'tip' } };

describe('another instance may come beside a node', () => {
  const file = (more: Parameters<typeof bitcoinFleet>[0] = {}) =>
    bitcoinFleet({
      ...{ unit: 'node@*', probe: 'ssm', client: { versions: ['28.0', '28.1'] } },
      replace: { rungs: ['restart', 'swap', 'replace'] },
      ...more,
    });
  const lacking = (more: Parameters<typeof bitcoinFleet>[0] = {}) => blueGreenFault(file(more));

  it('where the fleet file allows another instance, and somebody can see where a client stands', () => {
    expect(lacking({})).toBeNull();
    expect(refusalOf({ fleet: file(), isBlueGreen: true })).toBeNull();
  });

  it.each<[string, Parameters<typeof bitcoinFleet>[0], RegExp]>([
    ['it allows none', { replace: { rungs: ['restart', 'swap'] } }, /does not allow another instance/],
    ['nobody asks its clients', { probe: 'none' }, /nobody can see where a client stands/],
    ['its clients are only seen to run', { probe: 'unit' }, /nobody can see where a client stands/],
    ['a metric tells heights without hashes', { probe: METRIC }, /a metric tells no block hashes/],
  ])('and not where %s', (_, more, why) => {
    expect(lacking(more)).toMatch(why);
  });

  it('where a metric tells heights, and references tell blocks', () => {
    expect(lacking({ probe: METRIC, health: { references: ['https://bitcoin-a.example/'] } })).toBeNull();
  });

  it.each([{ docker: 'node' }, { compose: { file: '/opt/node/compose.yaml', service: 'node' } }])(
    'and not where its client is a container: %p',
    (runtime) => {
      expect(lacking({ unit: undefined, ...runtime })).toMatch(/its client is a container/);
    },
  );

  it('and not where an owner’s own commands start one of its clients, or nothing can be asked', () => {
    const fleet = file();
    const [unit] = fleet.units;
    if (unit === undefined) throw new Error('it has a unit');
    const runtime = { kind: 'commands', start: '/opt/up', stop: '/opt/down', status: '/opt/is-up' } as const;
    const units = [unit, { ...unit, name: 'sidecar', runtime }];
    expect(blueGreenFault({ ...fleet, units } as typeof fleet)).toMatch(/its owner’s own commands/);
    expect(blueGreenFault({ ...fleet, rpc: undefined })).toMatch(/nobody can see where a client stands/);
  });

  it.each(['sentry', 'bootnode'] as const)('not for a %s, which others know by its identity', (role) => {
    const fleet = file();
    expect(refusalOf({ fleet, role, isBlueGreen: true })).toMatchObject({
      refuse: 'upgrade-beside',
      page: true,
      reason: expect.stringContaining(ROLLING),
    });
    expect(refusalOf({ fleet, role })).toBeNull();
  });

  it.each(['validator', 'unknown'] as const)('never for one of role %s', (role) => {
    const fleet = file();
    expect(refusalOf({ fleet, role, isBlueGreen: true })).not.toBeNull();
    expect(refusalOf({ fleet, role, isBlueGreen: true, acknowledgesValidator: true })).toMatchObject({
      refuse: 'upgrade-beside',
    });
  });
});
