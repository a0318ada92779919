// Each guardrail by class of action and case: a table for a tired person to look up.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Role } from '../../../shared/fleet/model.ts';
import {
  type ClassFacts,
  classOf,
  guardedAs,
  judgeClass,
  judgeOwner,
  type OwnerFacts,
} from '../../../shared/guardrails/replace.ts';
import { RUNGS, type Rung } from '../../../shared/model/rungs.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

it('a rung is counted by what it does to the instance, and guarded by what it does to the data', () => {
  const counted = Object.fromEntries(
    [...RUNGS, 'roll-back' as const, 'reindex' as const].map((rung) => [rung, [classOf(rung), guardedAs(rung)]]),
  );
  expect(counted).toEqual({
    restart: ['restart', 'restart'],
    'stop-start': ['restart', 'restart'],
    'roll-back': ['restart', 'replace'],
    reindex: ['restart', 'replace'],
    swap: ['replace', 'replace'],
    replace: ['replace', 'replace'],
  });
});

const closed = { open: false, sentence: '1 of 5 nodes unhealthy or unknown, limit 1' };
const open = { open: true, sentence: '3 of 5 nodes unhealthy or unknown, limit 1' };

const zoneOf = (instanceId: string) => ({ name: 'eu-west-1a', instanceIds: [instanceId], sentence: '3 of 3' });

const facts = (more: Partial<ClassFacts> = {}): ClassFacts => ({
  class: 'replace',
  fleet: bitcoinFleet(),
  role: 'follower',
  node: { instanceId: INSTANCE, name: 'node2' },
  breaker: closed,
  haltedSinceMs: null,
  cause: 'unknown',
  manual: false,
  acknowledgesValidator: false,
  ...more,
});
const mayRestart = bitcoinFleet({ owner: { restartValidators: true } });
const halted = { haltedSinceMs: NOON_MS };
const manual = { manual: true };
const acknowledged = { manual: true, acknowledgesValidator: true };

/** [case, facts, the refusal of a restart, the refusal of a replacement]; null: it is allowed. */
const CASES: readonly [string, Partial<ClassFacts>, string | null, string | null][] = [
  ['an ordinary follower', {}, null, null],
  ['a sentry', { role: 'sentry' }, null, null],
  ['a bootnode', { role: 'bootnode' }, null, null],
  ['more of the fleet in trouble than the breaker allows', { breaker: open }, null, 'breaker-open'],
  [
    'the same, and most of them are unknown',
    { breaker: { ...open, isMostlyUnknown: true } },
    'breaker-open',
    'breaker-open',
  ],
  ['the same, and nobody could be asked', { breaker: { ...open, isBlind: true } }, 'breaker-open', 'breaker-open'],
  ['a zone in trouble that it is in', { breaker: { ...open, zone: zoneOf(INSTANCE) } }, null, 'zone-down'],
  ['the same, with the breaker closed', { breaker: { ...closed, zone: zoneOf(INSTANCE) } }, null, 'zone-down'],
  ['the same, and a person names the node', { breaker: { ...open, zone: zoneOf(INSTANCE) }, ...manual }, null, null],
  ['a zone in trouble that it is not in', { breaker: { ...closed, zone: zoneOf('i-other') } }, null, null],
  ['the same, and a person names the node', { breaker: open, ...manual }, null, null],
  ['a chain that stands still', halted, 'chain-standing', 'chain-standing'],
  ['the same, and the client has failed here', { ...halted, cause: 'known' }, null, 'chain-standing'],
  ['the same, and the breaker is open, too', { ...halted, cause: 'known', breaker: open }, null, 'chain-standing'],
  ['the same, and a person names the node', { ...halted, ...manual }, null, null],
  ['a validator', { role: 'validator' }, 'validator', 'validator'],
  ['a validator whose client has failed', { role: 'validator', cause: 'known' }, 'validator', 'validator'],
  ['a validator that may be restarted', { role: 'validator', fleet: mayRestart }, null, 'validator'],
  ['the same, with the breaker open', { role: 'validator', fleet: mayRestart, breaker: open }, null, 'validator'],
  ['a validator that a person names', { role: 'validator', ...manual }, 'validator', 'validator'],
  ['the same, and the person acknowledges it', { role: 'validator', ...acknowledged }, 'validator', null],
  [
    'an acknowledgement that no person gave',
    { role: 'validator', acknowledgesValidator: true },
    'validator',
    'validator',
  ],
  ['a validator of a chain that stands still', { role: 'validator', ...halted }, 'chain-standing', 'chain-standing'],
  ['a role that nobody told', { role: 'unknown' }, 'role-unknown', 'role-unknown'],
  ['the same, where validators may be restarted', { role: 'unknown', fleet: mayRestart }, null, 'role-unknown'],
  ['the same, and a person names it', { role: 'unknown', ...manual }, 'role-unknown', 'role-unknown'],
  ['the same, and the person acknowledges what it may be', { role: 'unknown', ...acknowledged }, 'role-unknown', null],
];

describe('what may be done to a client', () => {
  it.each(CASES)('of %s', (_, more, restart, replace) => {
    expect(judgeClass(facts({ ...more, class: 'restart' }))?.refuse ?? null).toBe(restart);
    expect(judgeClass(facts({ ...more, class: 'replace' }))?.refuse ?? null).toBe(replace);
  });

  it('is told to a person where only a person can change it, and to nobody where the chain stands still', () => {
    expect(judgeClass(facts({ role: 'validator' }))).toMatchObject({ page: true, retryAfterMs: 3_600_000 });
    expect(judgeClass(facts({ breaker: open }))).toMatchObject({ page: true, retryAfterMs: 300_000 });
    expect(judgeClass(facts({ breaker: { ...closed, zone: zoneOf(INSTANCE) } }))).toMatchObject({ page: true });
    expect(judgeClass(facts(halted))).toMatchObject({
      page: false,
      reason: 'nobody has advanced since 2026-01-01T12:00Z: it is the chain, and node2 gets no other instance',
    });
  });

  it('of a validator tells the person what to do', () => {
    const { reason = '' } = judgeClass(facts({ role: 'validator' })) ?? {};
    expect(reason).toContain(`node2 (${INSTANCE})`);
    expect(reason).toContain('start it where it is');
    expect(reason).toContain('no other copy of its key runs');
    expect(reason).toContain('npm run chainmend -- restore bitcoin/node2 --acknowledge-validator');
    const { reason: restart = '' } = judgeClass(facts({ class: 'restart', role: 'validator' })) ?? {};
    expect(restart).toContain('owner.restartValidators: true');
    expect(reason).toContain('it is never replaced');
  });

  it('never replaces a validator or an unknown role that no person has acknowledged, whatever else is true', () => {
    const any = fc.record({
      class: fc.constant('replace' as const),
      role: fc.constantFrom<Role>('validator', 'unknown'),
      fleet: fc.constantFrom(bitcoinFleet(), mayRestart),
      breaker: fc.constantFrom(open, closed),
      haltedSinceMs: fc.constantFrom(null, NOON_MS),
      cause: fc.constantFrom<ClassFacts['cause']>('known', 'unknown'),
      manual: fc.boolean(),
      acknowledgesValidator: fc.boolean(),
    });
    fc.assert(
      fc.property(any, (more) => {
        const refused = judgeClass(facts(more)) !== null;
        expect(refused).toBe(!(more.manual && more.acknowledgesValidator));
      }),
    );
  });

  it('is a restart for the rungs that keep everything', () => {
    expect(RUNGS.map(classOf)).toEqual(['restart', 'restart', 'replace', 'replace']);
  });
});

const stack = { 'aws:cloudformation:stack-name': 'nodes' };
const standby = bitcoinFleet({ replace: { autoScaling: 'standby' } });
const drift = bitcoinFleet({ owner: { acceptDrift: true } });
const guessed = { ManagedBy: 'Terraform' };
const byTerraform = bitcoinFleet({ owner: { by: 'terraform' } });
const byNobody = bitcoinFleet({ owner: { by: 'nobody' } });
const noDrift = bitcoinFleet({ owner: { by: 'terraform', acceptDrift: false } });
const changing = bitcoinFleet({ replace: { publicAddress: 'may-change' } });
const lost = { ip: '198.51.100.7', allocationId: null };
const elastic = { ip: '198.51.100.7', allocationId: 'eipalloc-0123456789abcdef0' };

/** The refusal of each rung, in the order restart, stop-start, swap, replace. */
const OWNED: readonly [string, Partial<OwnerFacts>, readonly (string | null)[]][] = [
  ['nobody else', {}, [null, null, null, null]],
  ['an Auto Scaling group', { autoScalingGroup: 'nodes' }, [null, 'asg-owned', 'asg-owned', 'asg-owned']],
  ['the same, where it may be set aside', { autoScalingGroup: 'nodes', fleet: standby }, [null, null, null, null]],
  [
    'a group that may set it aside, and can spare none',
    { autoScalingGroup: 'nodes', fleet: standby, standbyFault: 'a minimum of 5' },
    [null, 'asg-owned', 'asg-owned', 'asg-owned'],
  ],
  ['a stack', { tags: stack }, [null, null, 'drift-refused', 'drift-refused']],
  ['a stack that accepts drift', { tags: stack, fleet: drift }, [null, null, null, null]],
  ['Terraform, by a tag', { tags: { ManagedBy: 'Terraform' } }, [null, null, 'drift-refused', 'drift-refused']],
  ['Terraform, by a key', { tags: { 'terraform-module': 'nodes' } }, [null, null, 'drift-refused', 'drift-refused']],
  ['Terraform, by the file', { fleet: byTerraform }, [null, null, 'drift-refused', 'drift-refused']],
  ['nobody by the file, whatever a tag lets one guess', { tags: guessed, fleet: byNobody }, [null, null, null, null]],
  ['nobody by the file, and a stack', { tags: stack, fleet: byNobody }, [null, null, 'drift-refused', 'drift-refused']],
  ['Terraform that accepts no drift', { fleet: noDrift }, [null, null, 'drift-refused', 'drift-refused']],
  ['nobody, with disks of its own', { instanceStore: true }, [null, 'instance-store', null, 'instance-store']],
  [
    'nobody, with disks that nobody has asked for',
    { instanceStore: null },
    [null, 'instance-store', null, 'instance-store'],
  ],
  ['nobody, and somebody has protected it', { stopProtected: true }, [null, 'stop-protected', null, 'stop-protected']],
  [
    'nobody, and nobody knows whether it is protected',
    { stopProtected: null },
    [null, 'aws-refused', null, 'aws-refused'],
  ],
  ['nobody, with a public address', { publicIp: lost }, [null, 'public-ip', null, 'public-ip']],
  ['nobody, with one that may change', { publicIp: lost, fleet: changing }, [null, null, null, null]],
  ['nobody, with an elastic address', { publicIp: elastic }, [null, null, null, null]],
  ['a group and a stack', { autoScalingGroup: 'n', tags: stack }, [null, 'asg-owned', 'asg-owned', 'asg-owned']],
  [
    'a group that lets go and a stack',
    { autoScalingGroup: 'n', tags: stack, fleet: standby },
    [null, null, 'drift-refused', 'drift-refused'],
  ],
];

describe('an instance that is owned', () => {
  const judge = (rung: Rung, more: Partial<OwnerFacts>) =>
    judgeOwner({
      ...{
        rung,
        fleet: bitcoinFleet(),
        tags: {},
        autoScalingGroup: null,
        instanceStore: false,
        stopProtected: false,
        publicIp: null,
      },
      standbyFault: null,
      ...more,
    });

  it('by anybody may have its data rolled back: that runs what its owner has written for it', () => {
    expect(judge('roll-back', { autoScalingGroup: 'nodes', tags: { ManagedBy: 'terraform' } })).toBeNull();
  });

  it.each(OWNED)('by %s', (_, more, codes) => {
    expect(RUNGS.map((rung) => judge(rung, more)?.refuse ?? null)).toEqual(codes);
  });

  it('is upgraded where it is: nothing of its owner changes', () => {
    for (const [, more] of OWNED) expect(judge('upgrade', more)).toBeNull();
  });

  it('by nobody is not held up by a group that it is not in', () => {
    expect(judge('swap', { standbyFault: 'a minimum of 5' })).toBeNull();
  });

  it('is told of by its owner’s name, and by what would let the heal go on', () => {
    expect(judge('swap', { autoScalingGroup: 'asg-1' })?.reason).toMatch(/asg-1.*replace\.autoScaling: standby/);
    expect(judge('swap', { tags: stack })?.reason).toMatch(/stack nodes.*data volumes.*owner\.acceptDrift: true/);
    expect(judge('swap', { tags: guessed })?.reason).toMatch(
      /Terraform owns.*a guess from the tag ManagedBy=Terraform: owner\.by says who does, terraform or nobody$/,
    );
    expect(judge('swap', { fleet: byTerraform })?.reason).not.toMatch(/guess/);
    expect(judge('replace', { publicIp: lost })?.reason).toContain('198.51.100.7');
    expect(judge('replace', { publicIp: lost })?.reason).toContain('replace.publicAddress: may-change');
    expect(judge('replace', { instanceStore: true })).toMatchObject({ page: true });
    expect(judge('stop-start', { stopProtected: true })).toMatchObject({ page: true });
    expect(judge('stop-start', { stopProtected: null })).toMatchObject({ page: true });
  });
});
