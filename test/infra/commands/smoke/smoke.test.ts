// `npm run chainmend -- smoke`: which resources it recognizes as its own, when it begins, and what it calls healed. In all cases it removes what it made.
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { SmokeError } from '../../../../infra/commands/errors.ts';
import type { StoryLine, Suite } from '../../../../infra/commands/heal/context.ts';
import { cleanUp } from '../../../../infra/commands/smoke/cleanup.ts';
import type { Account, DeployRequest, LadderAccount, SmokeContext } from '../../../../infra/commands/smoke/context.ts';
import { isSmokeFleetFile, ladderFleet, smokeFleet, smokeFleetText } from '../../../../infra/commands/smoke/fleet.ts';
import { commandFor, isOurs, type Leftover, leftoversOf, ORDER } from '../../../../infra/commands/smoke/leftovers.ts';
import { pauseText, SMOKE_TAG } from '../../../../infra/commands/smoke/names.ts';
import { planText } from '../../../../infra/commands/smoke/plan.ts';
import { healStatusOf } from '../../../../infra/commands/smoke/proof.ts';
import { blockersOf, type ReadinessFacts } from '../../../../infra/commands/smoke/readiness.ts';
import { userData } from '../../../../infra/commands/smoke/user-data.ts';
import { readFleets } from '../../../../infra/fleets.ts';
import { firstBootOf } from '../../../../local/scenarios/world/launches.ts';
import { endedIncident, openIncidentRecord } from '../../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../../fixtures/builders/node.ts';
import { NOON_MS } from '../../../fixtures/builders/time.ts';
import { runSmoke, YES } from '../../../fixtures/verbs.ts';

const RUN = 'smoke-0a1b2c';
const ROLE = 'arn:aws:iam::111122223333:role/smoke-node';
const ours = { [SMOKE_TAG]: RUN };
const VOLUME = 'vol-0123456789abcdef0';
const volume = (more: Partial<Leftover & { kind: 'volume' }> = {}): Leftover => ({
  ...{ kind: 'volume', id: VOLUME, state: 'available', tags: ours },
  ...more,
});
const instance = (more: Partial<Leftover & { kind: 'instance' }> = {}): Leftover => ({
  ...{ kind: 'instance', id: INSTANCE, state: 'running', tags: ours },
  ...more,
});
const alarm = (tags: Record<string, string>): Leftover => ({ kind: 'alarm', id: `chainmend-smoke-${RUN}-disk`, tags });

describe('what belongs to a run', () => {
  it('carries the tag of a run: no other value, no other tag, and nothing without one', () => {
    expect(isOurs(volume())).toBe(true);
    expect(isOurs(volume(), 'smoke-ffffff')).toBe(false);
    for (const tags of [{}, { [SMOKE_TAG]: '' }, { [SMOKE_TAG]: 'yes' }, { 'chainmend:fleet': 'smoke' }, { Name: RUN }])
      expect(isOurs(volume({ tags }))).toBe(false);
  });

  it('is an alarm where both its fleet and its node are the test’s', () => {
    expect(isOurs(alarm({ 'chainmend:fleet': 'smoke', 'chainmend:node': RUN }), RUN)).toBe(true);
    expect(isOurs(alarm({ 'chainmend:fleet': RUN, 'chainmend:node': RUN }), RUN)).toBe(true);
    expect(isOurs(alarm({ 'chainmend:fleet': 'bitcoin', 'chainmend:node': RUN }))).toBe(false);
    expect(isOurs(alarm({ 'chainmend:fleet': 'smoke', 'chainmend:node': 'node2' }))).toBe(false);
    expect(isOurs(alarm({ 'chainmend:fleet': 'smoke' }))).toBe(false);
  });

  it('is a pause only where a run has set it, and never a person’s', () => {
    const pause = (value: string): Leftover => ({ kind: 'pause', id: '/chainmend/pauses/smoke', value });
    expect(isOurs(pause(pauseText(RUN)), RUN)).toBe(true);
    for (const value of ['off', 'Anna moves a database', `${pauseText(RUN)}, said Anna`, pauseText('smoke-')])
      expect(isOurs(pause(value))).toBe(false);
  });

  it('goes in an order in which nothing is made anew, and what has ended is no more', () => {
    const things = [
      volume(),
      instance(),
      volume({ id: 'vol-1', tags: {} }),
      instance({ id: 'i-1', state: 'terminated' }),
    ];
    expect(leftoversOf(things).map(({ id }) => id)).toEqual([INSTANCE, VOLUME]);
    expect(ORDER.indexOf('stack')).toBeLessThan(ORDER.indexOf('table'));
    expect(ORDER.at(-1)).toBe('pause');
  });

  it('has a command that removes it, whatever it is', () => {
    for (const kind of ORDER)
      expect(commandFor({ kind, id: 'x', state: '', tags: {}, value: '' } as Leftover)).toMatch(/^aws [a-z0-9]+ .*x/);
  });
});

describe('before anything is made', () => {
  const ground: ReadinessFacts = {
    ...{ leftovers: [], paused: '', standingFleet: undefined, inTheWay: [], isBootstrapped: true },
  };
  const standing: ReadinessFacts = { ...ground, standingFleet: JSON.stringify(smokeFleet('smoke')) };

  it('an empty account, or a stack that knows the fleet, is ground to begin on', () => {
    expect(blockersOf(ground, false)).toEqual([]);
    expect(blockersOf(standing, true)).toEqual([]);
  });

  it('a deployment that would take the place of somebody’s is refused', () => {
    const [why, ...more] = blockersOf({ ...ground, inTheWay: ['function chainmend-dispatch-heal'] }, false);
    expect(more).toEqual([]);
    expect(why).toMatch(/function chainmend-dispatch-heal.*--stack-is-deployed/);
    expect(blockersOf({ ...ground, isBootstrapped: false }, false)).toEqual([expect.stringContaining('cdk bootstrap')]);
  });

  it('a stack that does not know the fleet, or knows another, is told with what to do', () => {
    expect(blockersOf(ground, true)).toEqual([expect.stringMatching(/--print-fleet > infra.*npm run deploy/)]);
    const planned = JSON.stringify({ ...smokeFleet('smoke'), mode: 'plan' });
    expect(blockersOf({ ...standing, standingFleet: planned }, true)).toEqual([expect.stringMatching(/push smoke/)]);
  });

  it('a pause and an earlier run are told at once', () => {
    const found = blockersOf(
      { ...standing, paused: 'Anna', leftovers: [volume(), volume({ id: 'vol-9', tags: {} })] },
      true,
    );
    expect(found).toEqual([
      expect.stringMatching(/left volume vol-0123456789abcdef0 \(available\), or/),
      expect.stringMatching(/^paused: Anna/),
    ]);
  });
});

describe('the fleet of the test', () => {
  it('is the one that the region’s ground is deployed with', () => {
    const [found] = readFleets(join(import.meta.dirname, '../../../../local/scenarios/fleets-smoke'));
    expect(found?.document).toEqual(smokeFleet('smoke'));
  });

  it('is known again in another order, and not with another word', () => {
    const document = smokeFleet('smoke');
    const turned = Object.fromEntries(Object.entries(document).reverse());
    expect(isSmokeFleetFile(JSON.stringify(turned), 'smoke')).toBe(true);
    expect(isSmokeFleetFile(JSON.stringify(document), RUN)).toBe(false);
    expect(isSmokeFleetFile('no JSON', 'smoke')).toBe(false);
    expect(smokeFleetText('smoke')).toContain('chainmend:smoke-fleet: smoke');
  });
});

describe('the node’s user data', () => {
  it('name one volume by its id, format it only while it is empty, and say to the region what they do', () => {
    const script = userData(VOLUME);
    expect(script).toMatch(/^#!\/bin\/bash\n/);
    expect(firstBootOf(script)).toEqual({ volumeId: VOLUME, path: '/smoke', fillMiB: 1_700, fillAfterSeconds: 240 });
    expect(script.indexOf('cmp --bytes')).toBeGreaterThan(0);
    expect(script.indexOf('cmp --bytes')).toBeLessThan(script.indexOf('mkfs.xfs -q "$disk"'));
    expect(script).not.toMatch(/mkfs\S* .*-f|wipefs|dd of=/);
    expect(Buffer.from(script).length).toBeLessThan(16_384); // "User data is limited to 16 KB" (EC2 user guide)
  });

  it('are made for nothing that is no volume', () => {
    for (const id of ['', 'vol-', '$(reboot)', `${VOLUME}; rm -rf /`])
      expect(() => userData(id)).toThrow(/no id of a volume/);
  });
});

describe('healed', () => {
  const line = (kind: string, sentence: string): StoryLine => ({
    by: 'resize-volume',
    ...{ atMs: NOON_MS, place: '1', attempt: 1, kind, sentence, code: undefined, act: undefined, evidence: undefined },
  });
  const proof = line('proof', 'filesystem 3 GiB, 55 % used; client running');
  const facts = { incident: endedIncident('healed', NOON_MS), story: [proof], madeGiB: 2, volumeGiB: 3 };

  it('is what EC2 and the journal say both', () => {
    expect(healStatusOf(facts)).toEqual({
      is: 'healed',
      words: 'volume 2 → 3 GiB by EC2; filesystem 3 GiB, 55 % used; client running',
    });
  });

  it('is not a closed incident alone', () => {
    expect(healStatusOf({ ...facts, volumeGiB: 2 })).toMatchObject({ is: 'over' });
    expect(healStatusOf({ ...facts, story: [] })).toMatchObject({ is: 'over' });
    expect(healStatusOf({ ...facts, story: [line('proof', 'filesystem 2 GiB, 88 % used')] })).toMatchObject({
      is: 'over',
    });
    expect(healStatusOf({ ...facts, story: [line('outcome', proof.sentence)] })).toMatchObject({ is: 'over' });
  });

  it('is waited for while the incident is open, and not after it was given up', () => {
    expect(healStatusOf({ ...facts, incident: undefined })).toMatchObject({ is: 'waiting' });
    expect(healStatusOf({ ...facts, incident: openIncidentRecord() })).toMatchObject({ is: 'waiting' });
    expect(healStatusOf({ ...facts, incident: endedIncident('escalated', NOON_MS) })).toMatchObject({ is: 'over' });
  });
});

describe('a run', () => {
  let world: Leftover[];
  let calls: string[];
  let told: string[];
  let nowMs: number;
  let account: Account;
  let context: SmokeContext;
  let interrupt: AbortController;
  let suite: Suite;

  beforeEach(() => {
    [world, calls, told, nowMs, interrupt] = [[], [], [], NOON_MS, new AbortController()];
    const call = (name: string): void => void calls.push(name);
    account = {
      identity: async () => ({
        account: '111122223333',
        arn: 'arn:aws:iam::111122223333:user/anna',
        region: 'eu-west-1',
      }),
      withoutDurable: async () => undefined,
      suiteThere: async () => [],
      parameter: async (name) =>
        name.endsWith('/fleets/smoke')
          ? JSON.stringify(smokeFleet('smoke'))
          : name.startsWith('/cdk')
            ? '28'
            : undefined,
      subnet: async () => ({ vpcId: 'vpc-1', zone: 'eu-west-1a' }),
      profileLacks: async () => undefined,
      image: async () => 'ami-0123456789abcdef0',
      makeVolume: async (run) => {
        call('makeVolume');
        world.push(volume({ tags: { [SMOKE_TAG]: run } }));
        return VOLUME;
      },
      makeInstance: async ({ run }) => {
        call('makeInstance');
        world.push(instance({ tags: { [SMOKE_TAG]: run } }));
        return INSTANCE;
      },
      instanceState: async () => 'running',
      attach: async () => call('attach'),
      volume: async () => ({ state: 'available', sizeGiB: 3 }),
      unmanaged: async () => undefined,
      alarmNames: async (prefix) => [prefix],
      pauseFleet: async (fleet) => call(`pause ${fleet}`),
      markKept: async () => call('markKept'),
      things: async () => world,
      again: async (thing) => world.find(({ id }) => id === thing.id),
      remove: async (thing) => {
        call(`remove ${thing.kind} ${thing.id}`);
        world = world.filter(({ id }) => id !== thing.id);
      },
      // Used only with --ladder.
      ladder: new Proxy({} as LadderAccount, { get: () => fails }),
    };
    const healed = {
      ...endedIncident('healed', NOON_MS),
      ...{ instanceId: INSTANCE, trigger: 'disk:data' },
    };
    suite = {
      fleet: async () => ({ incidents: [healed], nodes: [] }),
      story: async () => [
        {
          ...{ atMs: NOON_MS, place: '1', attempt: 1, kind: 'proof', code: undefined, act: undefined },
          ...{ sentence: 'filesystem 3 GiB, 55 % used; client running', evidence: undefined },
        },
      ],
    } as unknown as Suite;
    context = {
      ...{ account: () => account, suite: () => suite, chance: () => '0a1b2c', made: new Map(), confirm: undefined },
      cdk: {
        deploy: async ({ ladder, isAgain }: DeployRequest) => {
          call(`deploy${ladder ? ` with ${ladder.role}` : ''}${isAgain ? ' again' : ''}`);
          world.push({ kind: 'stack', id: 'Chainmend', state: 'CREATE_COMPLETE', tags: ours });
        },
        destroy: async () => {
          call('destroy');
          world = world.filter(({ kind }) => kind !== 'stack');
        },
      },
      say: (text) => void told.push(text),
      complain: (text) => void told.push(text),
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
      interrupted: interrupt.signal,
    };
  });

  const words = ['--subnet', 'subnet-0123456789abcdef0', '--instance-profile', 'smoke-node', '--yes'];
  const deployed = [...words, '--stack-is-deployed'];

  it('deploys, heals, and removes instance, volume and stack, in that order', async () => {
    expect(await runSmoke(words, context)).toBe(0);
    expect(calls).toEqual([
      ...['deploy', 'markKept', 'makeVolume', 'makeInstance', 'attach', `pause ${RUN}`],
      ...[`remove instance ${INSTANCE}`, `remove volume ${VOLUME}`, 'destroy'],
    ]);
    expect(told.at(-1)).toMatch(/^Healed, and everything is removed: volume 2 → 3 GiB/);
    expect([...context.made.keys()]).toEqual(['chainmend']); // The table, which no stack here has made.
  });

  it('makes the ladder’s stack a second time over what the first one kept, before a node is paid for', async () => {
    account = { ...account, ladder: { ...account.ladder, roleOf: async () => ROLE, makeTemplate: fails } };
    expect(await runSmoke([...words, '--ladder'], context)).toBe(1);
    expect(calls.slice(0, 6)).toEqual([
      ...[`deploy with ${ROLE}`, 'markKept', 'destroy', `deploy with ${ROLE} again`, 'markKept', 'makeVolume'],
    ]);
    expect(told.at(-1)).toBe('Not healed. Everything is removed.');
  });

  it('makes nothing for the ladder where a stack that stays may not pass on the role of the node', async () => {
    const { parameter } = account;
    account = {
      ...account,
      parameter: async (name) =>
        name.endsWith('/fleets/smoke-ladder') ? JSON.stringify(ladderFleet('smoke-ladder')) : parameter(name),
      ladder: { ...account.ladder, roleOf: async () => ROLE, mayPassOn: async () => false },
    };
    expect(await runSmoke([...deployed, '--ladder'], context)).toBe(1);
    expect(calls).toEqual([]);
    expect(told.at(-1)).toMatch(/^Nothing was made\.\n {2}replace-node may not pass on .*-c nodeRoles=arn:\S+/);
  });

  it('leaves a stack that was there, and never asks CDK', async () => {
    expect(await runSmoke(deployed, context)).toBe(0);
    expect(calls.join()).not.toMatch(/deploy|destroy|markKept/);
    expect(context.made.size).toBe(0);
  });

  it.each([
    ['the deployment', words, (): object => Object.assign(context.cdk, { deploy: fails })],
    ['the volume', deployed, () => Object.assign(account, { makeVolume: fails })],
    ['the launch', deployed, () => Object.assign(account, { makeInstance: fails })],
    ['the attachment', deployed, () => Object.assign(account, { attach: fails })],
    ['the agent', deployed, () => Object.assign(account, { unmanaged: async () => 'its SSM agent is silent' })],
    ['the alarm', deployed, () => Object.assign(account, { alarmNames: async () => [] })],
    ['the journal', deployed, () => Object.assign(suite, { fleet: fails })],
    ['the heal', deployed, () => Object.assign(suite, { fleet: async () => ({ incidents: [], nodes: [] }) })],
  ] as const)('removes everything where %s fails, within its time', async (_, given, break_) => {
    break_();
    expect(await runSmoke(given, context)).toBe(1);
    expect(told.at(-1)).toBe('Not healed. Everything is removed.');
    expect(leftoversOf(world)).toEqual([]);
    expect(nowMs - NOON_MS).toBeLessThan(100 * 60_000);
  });

  it('finds what was made although its answer was lost', async () => {
    const { makeInstance } = account;
    account = {
      ...account,
      makeInstance: async (wish) => {
        await makeInstance(wish);
        throw new SmokeError('RunInstances: TimeoutError');
      },
    };
    expect(await runSmoke(deployed, context)).toBe(1);
    expect(calls).toContain(`remove instance ${INSTANCE}`);
  });

  it('removes what was made when somebody interrupts', async () => {
    account = { ...account, attach: async () => interrupt.abort() };
    expect(await runSmoke(deployed, context)).toBe(1);
    expect(leftoversOf(world)).toEqual([]);
  });

  it('leaves all for a look with --keep, where it was not healed', async () => {
    account = { ...account, attach: fails };
    expect(await runSmoke([...deployed, '--keep'], context)).toBe(1);
    expect(calls.join()).not.toContain('remove');
    expect(told.at(-1)).toMatch(/--keep.*npm run chainmend -- smoke --remove --stack-is-deployed/);
  });

  it('says at the end what it could not remove, and the command that does', async () => {
    const { remove } = account;
    account = { ...account, remove: (thing) => (thing.kind === 'volume' ? fails() : remove(thing)) };
    expect(await runSmoke(deployed, context)).toBe(1);
    expect(told.join('\n')).toContain(`  volume ${VOLUME} (available): aws ec2 delete-volume --volume-id ${VOLUME}`);
    expect(told.at(-1)).toBe('Healed, and not everything is removed.');
  });

  it('does not remove what lost its tag since it was listed', async () => {
    world = [volume(), instance()];
    account = { ...account, again: async (thing) => ({ ...thing, tags: { Name: 'now a person’s' } }) as Leftover };
    await cleanUp(context, account, { run: undefined, fleet: undefined, withStack: false, yes: YES });
    expect(calls).toEqual([]);
    expect(told.join('\n')).toContain('it does not carry our tag any more, and is left alone');
  });

  it('makes nothing where something is in the way', async () => {
    account = { ...account, suiteThere: async () => ['table chainmend'] };
    expect(await runSmoke(words, context)).toBe(1);
    expect(calls).toEqual([]);
  });

  it('says what is missing, and ends with 2', async () => {
    for (const some of [[], ['--subnet', 'subnet-0123456789abcdef0'], ['--subnet', 'x'], ['--nothing']])
      expect(await runSmoke(some, context)).toBe(2);
    expect(
      await runSmoke(
        words.filter((word) => word !== '--yes'),
        context,
      ),
    ).toBe(1);
    expect(await runSmoke(['--remove'], context)).toBe(1);
    expect(told.slice(-2)).toEqual([
      expect.stringContaining('smoke makes things that cost money: this is not a terminal'),
      expect.stringMatching(/smoke --remove --yes$/),
    ]);
    expect(calls).toEqual([]);
    expect(await runSmoke(['--help'], context)).toBe(0);
  });

  it('tells its plan without asking AWS anything', async () => {
    account = new Proxy({} as Account, { get: () => fails });
    expect(await runSmoke([...words, '--plan'], context)).toBe(0);
    expect(told.join()).toContain(
      planText({
        subnetId: 'subnet-0123456789abcdef0',
        profile: 'smoke-node',
        stackIsDeployed: false,
        securityGroupId: undefined,
        isLadder: false,
      }),
    );
  });
});

async function fails(): Promise<never> {
  throw new SmokeError('AWS: no');
}
