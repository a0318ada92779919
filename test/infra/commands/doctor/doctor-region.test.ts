// `chainmend doctor` in a region whose fleet is well, and then broken in one way after another: each is told with its code, and nothing else is.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DoctorReport } from '../../../../infra/commands/doctor/report.ts';
import { addDoctorVerb } from '../../../../infra/commands/doctor/verbs.ts';
import { type JsonResult, runProgram } from '../../../../infra/commands/program.ts';
import { ACCOUNT_ID, createRegion, REGION_NAME, type Region } from '../../../../local/region.ts';
import { prepare } from '../../../../local/scenarios/run.ts';
import { launchTemplate, snapshotsOf, templateName } from '../../../../local/scenarios/world/fixtures.ts';
import { GOOD, impatient, SICK, smallFleet } from '../../../../local/scenarios/world/ladder.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import { HEALS } from '../../../../shared/readiness/verdict.ts';
import { inProcessHandler } from '../../../fixtures/in-process-handler.ts';

const KEY = `arn:aws:kms:${REGION_NAME}:${ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const TOPIC = `arn:aws:sns:${REGION_NAME}:${ACCOUNT_ID}:chainmend-pages`;
const NODE_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/bitcoin-node`;
const READY_MS = 240_000;
const ASKED_MS = 120_000;

let region: Region;
let world: World;
let following: ClockFollower;

beforeAll(async () => {
  region = await createRegion({ seed: 1, lane: 'sweep', guard: false });
  world = await prepare(region, {
    // In mode plan no heal begins meanwhile.
    fleets: { bitcoin: { ...impatient, mode: 'plan', snapshots: { clean: {} } } },
    build: (made) => {
      const volumes = [{ role: 'data', path: '/node-data', sizeGiB: 100, usedPercent: 46, kmsKeyId: KEY }];
      const sick = smallFleet(made, { more: { volumes } });
      snapshotsOf(made, sick, { hoursAgo: 6, snapshotId: GOOD });
      launchTemplate(made, 'bitcoin', { IamInstanceProfile: { Name: 'bitcoin-node' } });
    },
  });
  following = region.clock.follow({ speed: 10 });
  const { Role = '' } = (await region.call('lambda', 'GetFunctionConfiguration', {
    FunctionName: 'chainmend-replace-node',
  })) as { Role?: string };
  await putRolePolicy(Role.split('/').at(-1) ?? '', 'NodeRoles', {
    ...{ Effect: 'Allow', Action: 'iam:PassRole', Resource: NODE_ROLE },
    Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
  });
  await region.call('sns', 'Subscribe', { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'you@example.com' });
}, READY_MS);

afterAll(() => following.stop());

const putRolePolicy = (RoleName: string, PolicyName: string, ...Statement: object[]) =>
  region.call('iam', 'PutRolePolicy', { RoleName, PolicyName, PolicyDocument: JSON.stringify({ Statement }) });

interface Asked {
  readonly status: 0 | 1 | 2;
  /** What a person reads on stdout, and on stderr. */
  readonly said: string;
  readonly facts: DoctorReport | undefined;
}

/** `npm run chainmend -- doctor ${words}` */
async function npmRunDoctor(...words: readonly string[]): Promise<Asked> {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  let facts: DoctorReport | undefined;
  const context = {
    ...{ say, status: () => {}, nowMs: () => region.clock.now() },
    config: {
      region: REGION_NAME,
      credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
      requestHandler: inProcessHandler(region.gateway),
    },
  };
  const output = {
    ...{ say, complain: say },
    write: (result: JsonResult) => {
      facts = result.facts as DoctorReport;
    },
  };
  const status = await runProgram(['doctor', ...words], output, (program, ended) =>
    addDoctorVerb(program, async () => context, ended),
  );
  return { status, said: said.join('\n'), facts };
}

/** The calls of a person while something is asked. */
async function callsOf(work: () => Promise<unknown>) {
  const before = region.gateway.trace.calls.length;
  await work();
  return region.gateway.trace.calls.slice(before).filter(({ actor }) => actor === 'person');
}

/** "swap key-denies node1 node2", one for each cause; of the account, its problems. */
async function causes(): Promise<readonly string[]> {
  const { facts } = await npmRunDoctor('--json');
  const { problems = [], fleets = [] } = facts ?? {};
  return [
    ...problems.map(({ is, code }) => `${is} ${code}`),
    ...fleets.flatMap((fleet) =>
      fleet.causes.map(({ is, code, heals, nodes }) => {
        const whom = nodes.length === fleet.nodes.length ? 'all' : nodes.join(' ');
        return `${is} ${code}: ${heals.join(' ')} of ${whom}`;
      }),
    ),
  ];
}

const nodeOf = (name: string) => world.find('bitcoin', name);
const volumeOf = (name: string): string => nodeOf(name).volumeIds.get('data') ?? '';
const setAlarm = (StateValue: string) =>
  region.call('monitoring', 'SetAlarmState', {
    ...{ AlarmName: 'chainmend/sweeps-missing', StateValue, StateReason: 'a test' },
  });

describe('chainmend doctor', () => {
  it(
    'makes dry runs and nothing that could change anything, and says that a subscription of the pages waits',
    async () => {
      let told: readonly string[] = [];
      const calls = await callsOf(async () => {
        told = await causes();
      });
      expect(told).toEqual(['no nobody-paged']);
      const others = calls.filter(({ operation }) => !/^(Describe|Get|List|Query|Simulate)/.test(operation));
      expect([...new Set(others.map(({ operation }) => operation))].sort()).toEqual([
        ...['CreateGrant', 'CreateSnapshots', 'CreateVolume', 'ModifyVolume', 'RunInstances'],
        ...['StartInstances', 'StopInstances'],
      ]);
      expect(others.every(({ input }) => (input as { DryRun?: boolean }).DryRun === true)).toBe(true);
      // Nodes that are alike are asked about once: there are four, in three zones.
      expect(others.filter(({ operation }) => operation === 'RunInstances').length).toBeLessThanOrEqual(3);
      expect(others.filter(({ operation }) => operation === 'StopInstances').length).toBe(1);
    },
    ASKED_MS,
  );

  it(
    'finds nothing where every heal would work, says with which data, and sends a command only if it is asked to',
    async () => {
      region.sns.confirm(TOPIC, 'you@example.com');
      let asked: Asked = { status: 2, said: '', facts: undefined };
      const calls = await callsOf(async () => {
        asked = await npmRunDoctor('bitcoin', '--command');
      });
      const { status, said } = asked;
      expect(said).toMatch(/^bitcoin: 4 nodes: every heal would work now \(mode plan: no heal begins by$/m);
      expect(status).toBe(0);
      expect(said).toMatch(/^NODES +GROW +RESTART +STOP-START +SWAP +REPLACE +SNAPSHOT$/m);
      expect(said).toMatch(/^node1 +yes +yes +yes +yes +yes +yes$/m);
      expect(said).toMatch(/^NODES +MOVE +SHRINK$/m);
      expect(said).toMatch(/^node1 +yes +yes$/m);
      expect(said).toMatch(/^and 3 more +of node2 +height \d+$/m);
      expect(said).toMatch(/^growth this month +\$100\.00 a month left of \$100\.00$/m);
      expect(said).toMatch(/^Dry runs are asked as arn:aws:iam::\d+:user\/person; /m);
      for (const line of said.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
      const sent = calls.filter(({ operation }) => operation === 'SendCommand');
      expect(sent.map(({ input }) => (input as { DocumentName: string }).DocumentName)).toEqual([
        expect.stringMatching(/^chainmend-see-clients-/),
      ]);
    },
    ASKED_MS,
  );

  it(
    'tells of each trouble with its node: an agent, a pause, tags; and of sweeps that do not come',
    async () => {
      nodeOf('node2').machine.setAgentConnected(false);
      region.ec2.setTag(nodeOf('node3').instanceId, 'chainmend:pause', 'mine');
      region.ec2.setTag(volumeOf('node4'), 'Component', 'other');
      await setAlarm('ALARM');
      const told = await causes();
      await setAlarm('OK');
      region.ec2.setTag(volumeOf('node4'), 'Component', 'nodes/bitcoin');
      region.ec2.setTag(nodeOf('node3').instanceId, 'chainmend:pause', undefined);
      nodeOf('node2').machine.setAgentConnected(true);
      expect(told).toEqual([
        'no suite-alarm',
        `no paused: ${HEALS.join(' ')} shrink of node3`,
        'no node-silent: grow restart swap snapshot move shrink of node2',
        'no volume-unknown: swap snapshot shrink of node4',
        'no volume-not-found: grow of node4',
      ]);
    },
    ASKED_MS,
  );

  it(
    'tells of a key that is disabled, and of one whose policy denies grants: each start and each copy would fail',
    async () => {
      region.ec2.setKeyEnabled(KEY, false);
      expect(await causes()).toEqual(['no key-unusable: stop-start swap replace move shrink of all']);
      region.ec2.setKeyEnabled(KEY, true);
      const keyPolicy = (...Statement: object[]) =>
        region.call('kms', 'PutKeyPolicy', {
          KeyId: KEY,
          PolicyName: 'default',
          Policy: JSON.stringify({ Statement }),
        });
      const Principal = { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` };
      const account = { Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal };
      await keyPolicy(account, { Effect: 'Deny', Action: 'kms:CreateGrant', Resource: '*', Principal: { AWS: '*' } });
      expect(await causes()).toEqual(['no key-denies: stop-start swap replace move shrink of all']);
      await keyPolicy(account);
    },
    ASKED_MS,
  );

  it(
    'tells of quotas before they are met: how much is left, for how many restores, and which line raises them',
    async () => {
      region.ec2.setQuotas({ storageTiB: { gp3: 1 }, vcpus: 8 });
      const { status, said } = await npmRunDoctor();
      expect(status).toBe(1);
      expect(await causes()).toEqual(['no quota-reached: replace of all']);
      const words = said.replace(/\s+/g, ' ');
      expect(words).toContain('another instance needs 2 vCPUs; On-Demand Standard vCPUs: 0 of 8 are left');
      expect(words).toContain(
        '560 GiB of 1 TiB are left; room for 5 more restores of 100 GiB; growth of all its volumes to 2 TiB',
      );
      expect(said).toMatch(
        /^ {4}aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-1216C47A --desired-value \d+$/m,
      );
      region.ec2.setQuotas({ storageTiB: { gp3: 50 }, vcpus: 640 });
    },
    ASKED_MS,
  );

  it(
    'says what a launch template that is gone, and the last snapshot, cost',
    async () => {
      await region.call('ec2', 'DeleteSnapshot', { SnapshotId: GOOD });
      await region.call('ec2', 'DeleteLaunchTemplate', { LaunchTemplateName: templateName(nodeOf(SICK).fleet) });
      const { status, said } = await npmRunDoctor();
      expect(status).toBe(1);
      expect(said).toMatch(/^bitcoin: 4 nodes: 4 of 4 cannot be restored/m);
      expect(said).toMatch(/^ {2}no, template-unfit: replace of 4 of 4 nodes \(node1, node2 and 2 more\)$/m);
      expect(said).toMatch(/^ {2}no, no-good-snapshot: swap, shrink of 4 of 4 nodes/m);
      expect(said).toMatch(/^node1 +no good snapshot$/m);
    },
    ASKED_MS,
  );

  it('names the nearest fleet for one that does not exist', async () => {
    expect(await npmRunDoctor('bitcion')).toMatchObject({
      status: 2,
      said: expect.stringContaining('did you mean bitcoin?'),
    });
  });
});
