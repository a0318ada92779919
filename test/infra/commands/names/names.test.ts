// `npm run chainmend -- names adopt` and `release` against a region with a running fleet: they write and remove markers, and never an answer.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ssmParameterStore } from '../../../../infra/commands/fleets/parameter-store.ts';
import { awsNames, type NamesAccount } from '../../../../infra/commands/names/account.ts';
import { whyNotReleased } from '../../../../infra/commands/names/release.ts';
import type { AwsClientConfig } from '../../../../infra/commands/preflight/account.ts';
import { awsBelongings } from '../../../../infra/commands/retire/belongings.ts';
import { repositoryRoot } from '../../../../infra/paths.ts';
import { REGION_NAME, type Region } from '../../../../local/region.ts';
import { diskFull } from '../../../../local/scenarios/catalog/disk-full.ts';
import { readJournal } from '../../../../local/scenarios/report/journal.ts';
import { run } from '../../../../local/scenarios/run.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import { openIncidentRecord } from '../../../fixtures/builders/incident.ts';
import { inProcessHandler } from '../../../fixtures/in-process-handler.ts';
import { runNames, YES } from '../../../fixtures/verbs.ts';

const ZONE = 'bitcoin.internal';
const STRANGER = '10.9.9.9';
/** The actor of what the commands call. */
const PERSON = 'who runs the command';

let world: World;
let region: Region;
let following: ClockFollower;
let config: AwsClientConfig;

beforeAll(async () => {
  ({ world } = await run(diskFull, { seed: 1, lane: 'sweep', guard: false }));
  region = world.region;
  following = region.clock.follow({ speed: 200 });
  config = {
    region: REGION_NAME,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
    requestHandler: inProcessHandler(region.gateway, { actor: PERSON }),
  };
  await pause('Terraform’s records');
  await asTerraformMadeThem();
});
afterAll(() => following.stop());

/** `npm run chainmend -- names ${words}`; the person answers each question by the next of `answers`. */
async function npmRunNames(words: string, answers?: readonly (() => unknown)[], account = awsNames(config)) {
  const told: string[] = [];
  const say = (text: string) => void told.push(text);
  let asked = 0;
  const status = await runNames(words.split(' '), {
    ...{ say, complain: say, account: () => account, belongings: async () => awsBelongings(config) },
    confirm: answers && (async () => (await answers[asked++]?.()) !== false),
  });
  return { status, told: told.join('\n'), asked };
}

const yes = () => true;
const no = () => false;
const pause = (why: string) => ssmParameterStore(new SSMClient(config)).write('/chainmend/pauses/bitcoin', why, YES);
const records = () => region.route53.records(ZONE).filter(({ type }) => !['NS', 'SOA'].includes(type));
const answers = () => JSON.stringify(records().filter(({ type }) => type !== 'TXT'));
const markers = () =>
  records()
    .filter(({ name }) => name.startsWith('_chainmend.'))
    .map(({ name }) => name.slice('_chainmend.'.length).replace(`.${ZONE}`, ''))
    .sort();
const valuesOf = (name: string) =>
  records().find((record) => record.type === 'A' && record.name === `${name}.${ZONE}`)?.values;
const zoneId = async (): Promise<string> => {
  const { HostedZones } = (await region.call('route53', 'ListHostedZonesByName', { DNSName: ZONE })) as {
    HostedZones: { Id: string }[];
  };
  return HostedZones[0]?.Id.replace('/hostedzone/', '') ?? '';
};
const write = async (...Changes: object[]) =>
  region.call('route53', 'ChangeResourceRecordSets', { HostedZoneId: await zoneId(), ChangeBatch: { Changes } });
const change = (Action: string, Name: string, Type: string, values: readonly string[], TTL = 300) => {
  const ResourceRecords = values.map((Value) => ({ Value }));
  return { Action, ResourceRecordSet: { Name, Type, TTL, ResourceRecords } };
};
/** A person points a record elsewhere. */
const edit = (name: string, address: string) =>
  write(
    change('DELETE', `${name}.${ZONE}`, 'A', valuesOf(name) ?? []),
    change('CREATE', `${name}.${ZONE}`, 'A', [address]),
  );
const virtually = (minutes: number) =>
  new Promise((resolve) => void region.clock.after(minutes * 60_000, () => resolve(undefined)));
const foreignRefusals = () =>
  readJournal(region, world.tableName).filter(({ code }) => code === 'record-foreign').length;

/** The fleet's zone, as if Terraform had made it: no marker, one old address, a CNAME, and records of others. */
async function asTerraformMadeThem(): Promise<void> {
  const now = records();
  await write(...now.map(({ name, type, ttlSeconds, values }) => change('DELETE', name, type, values, ttlSeconds)));
  const kept = now.filter(({ name, type }) => type !== 'TXT' && !/^node[23]\./.test(name));
  await write(
    ...kept.map(({ name, type, values }) => change('CREATE', name, type, values)),
    change('CREATE', `node2.${ZONE}`, 'A', [STRANGER]),
    change('CREATE', `node3.${ZONE}`, 'CNAME', ['elsewhere.example']),
    change('CREATE', `grafana.${ZONE}`, 'A', ['10.0.200.7']),
    change('CREATE', `elsewhere.${ZONE}`, 'A', ['10.1.0.1']),
    change('CREATE', `_chainmend.elsewhere.${ZONE}`, 'TXT', [
      '"heritage=chainmend,fleet=bitcoin,region=us-east-1,type=A"',
    ]),
  );
}

describe('handing records over', () => {
  it('is asked for first, and a misspelt fleet or a no changes nothing', async () => {
    const before = JSON.stringify(records());
    expect(await npmRunNames('adopt bitcoin')).toMatchObject({
      status: 1,
      told: expect.stringContaining('names adopt bitcoin --yes'),
    });
    expect(await npmRunNames('adopt bitcion --yes')).toMatchObject({
      status: 2,
      told: expect.stringContaining('did you mean bitcoin?'),
    });
    expect((await npmRunNames('adopt * --yes')).status).toBe(2);
    expect((await npmRunNames('adopt')).status).toBe(2);
    const { status, told } = await npmRunNames('adopt bitcoin', [no]);
    expect(status).toBe(1);
    expect(told).toMatch(/Nothing was changed\.$/);
    expect(JSON.stringify(records())).toBe(before);
  });

  it('shows what would be made of each record, and why others cannot be handed over', async () => {
    const { told } = await npmRunNames('adopt bitcoin', [no]);
    expect(told).toMatch(/node2\.bitcoin\.internal A 10\.9\.9\.9, TTL 300 s: becomes 10\.0\.64\.10, TTL \d+ s$/m);
    expect(told).toMatch(/pool\.bitcoin\.internal A 10\.0.*: TTL 300 → \d+ s/);
    expect(told).toMatch(/_bitcoin-p2p\._tcp\.bitcoin\.internal SRV .*TTL 300/);
    expect(told).toMatch(/3 that cannot be handed over$/m);
    expect(told).toMatch(/grafana\.bitcoin\.internal A 10\.0\.200\.7: no node of the fleet has this name$/m);
    expect(told).toMatch(/elsewhere\.bitcoin\.internal A .*region=us-east-1/);
    expect(told).toMatch(/node3\.bitcoin\.internal A: .* is a CNAME/);
    expect(told).toMatch(/fleet bitcoin is paused: Terraform’s records\. Nothing is written until that ends\./);
  });

  it('leaves the record of a node that a person has paused', async () => {
    const { instanceId } = world.find('bitcoin', 'node1');
    region.ec2.setTag(instanceId, 'chainmend:pause', 'mine');
    const { told } = await npmRunNames('adopt bitcoin', [no]);
    await region.call('ec2', 'DeleteTags', { Resources: [instanceId], Tags: [{ Key: 'chainmend:pause' }] });
    expect(told).toMatch(
      /4 that cannot be handed over.*node1\.bitcoin\.internal A 10\.0\.0\.10: .* is paused, doubled/s,
    );
  });

  it('shows a record again that somebody changed while the person read, and takes it as it is then', async () => {
    const other = '10.9.9.8';
    const { status, told, asked } = await npmRunNames('adopt bitcoin', [() => edit('node2', other), no]);
    expect([status, asked]).toEqual([1, 2]);
    expect(told).toMatch(/changed while you read.*node2\.bitcoin\.internal A 10\.9\.9\.8, TTL 300 s: becomes/s);
    expect(markers()).toEqual(['elsewhere']);
  });

  it('is refused as a whole where somebody changes a record at the last moment, and looks again', async () => {
    const real = awsNames(config);
    let times = 0;
    const raced: NamesAccount = {
      ...real,
      change: async (...batch) => {
        times++;
        if (times === 1) await edit('node2', STRANGER);
        return real.change(...batch);
      },
    };
    const { status, told } = await npmRunNames('adopt bitcoin', [yes, no], raced);
    expect([status, times]).toEqual([1, 1]);
    expect(told).toMatch(
      /Route 53 refused: .*do not match the current values.*node2\.bitcoin\.internal A 10\.9\.9\.9/s,
    );
    expect(markers()).toEqual(['elsewhere']);
  });

  it('gives up where somebody changes the zone all the time', async () => {
    const real = awsNames(config);
    let times = 0;
    const raced: NamesAccount = {
      ...real,
      change: async (...batch) => {
        await edit('node2', `10.9.8.${++times}`);
        return real.change(...batch);
      },
    };
    const { status, told } = await npmRunNames('adopt bitcoin --yes', undefined, raced);
    expect([status, times]).toEqual([1, 4]);
    expect(told).toMatch(/was changed 4 times by somebody else/);
    expect(markers()).toEqual(['elsewhere']);
  });

  it('writes a marker beside each and changes no answer; a second time there is nothing to do', async () => {
    const before = answers();
    const { status, told } = await npmRunNames('adopt bitcoin --yes');
    expect(status).toBe(0);
    expect(told).toMatch(/Handed over: 4 records have their markers/);
    expect(answers()).toBe(before);
    expect(markers()).toEqual(['_bitcoin-p2p._tcp', 'elsewhere', 'node1', 'node2', 'pool']);
    const again = await npmRunNames('adopt bitcoin --yes');
    expect(again.told).toMatch(/^Nothing in the zone bitcoin\.internal .* can be handed over to bitcoin\./);
    expect(again.told).toMatch(/4 have the fleet’s marker already$/);
  });

  it('lets register-nodes keep the records from then on, and pages for none of them', async () => {
    const before = foreignRefusals();
    await write(change('DELETE', `node3.${ZONE}`, 'CNAME', ['elsewhere.example']));
    await pause('off');
    await virtually(11);
    expect(valuesOf('node2')).toEqual([world.find('bitcoin', 'node2').machine.privateIp]);
    expect(valuesOf('node3')).toEqual([world.find('bitcoin', 'node3').machine.privateIp]);
    expect(valuesOf('grafana')).toEqual(['10.0.200.7']);
    expect(foreignRefusals()).toBe(before);
  });
});

describe('where nothing says which account and region', () => {
  const VARIABLES = ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_CONFIG_FILE'];
  const before = VARIABLES.map((name) => [name, process.env[name]] as const);
  afterAll(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  it.each(['adopt', 'release'])('%s says what is missing and where it looked', async (what) => {
    for (const name of VARIABLES) delete process.env[name];
    process.env['AWS_CONFIG_FILE'] = '/dev/null';
    const told: string[] = [];
    const say = (text: string) => void told.push(text);
    const status = await runNames([what, 'bitcoin', '--yes'], {
      ...{ say, complain: say, account: () => awsNames(), belongings: async () => awsBelongings(), confirm: undefined },
    });
    expect(status).toBe(1);
    expect(told.join()).toMatch(/Region is missing; your environment says which account and region: AWS_PROFILE, or/);
  });
});

describe('giving records back', () => {
  it('is refused while the fleet would page for them at once, with what to do', async () => {
    const before = JSON.stringify(records());
    const { status, told } = await npmRunNames('release bitcoin --yes');
    expect(status).toBe(1);
    expect(told).toMatch(
      /^bitcoin keeps names: .*npm run chainmend -- push bitcoin.*npm run chainmend -- pause bitcoin --why/,
    );
    expect(told).toMatch(/Nothing was changed$/);
    expect(JSON.stringify(records())).toBe(before);
  });

  it.each([
    ['has no dns', { file: { is: 'there', fleet: { dns: undefined } } }, undefined],
    ['is retired', { file: { is: 'missing' } }, undefined],
    ['is paused', { paused: 'mine' }, undefined],
    ['is not deployed any more', { isDeployed: false }, undefined],
    ['keeps names', {}, /keeps names/],
    ['has a file that nobody can read', { file: { is: 'broken', why: 'no JSON' } }, /cannot be read.*no JSON/],
    [
      'is paused while a heal is at work',
      { paused: 'mine', incidents: [{ ...openIncidentRecord(), state: 'claimed' }] },
      /^heals are open/,
    ],
  ])('where the fleet %s', (_, more, why) => {
    const facts = { isDeployed: true, file: { is: 'there', fleet: { dns: {} } }, paused: undefined };
    const said = whyNotReleased('bitcoin', { ...facts, incidents: [], nodes: [], ...more } as never);
    if (why) expect(said).toMatch(why);
    else expect(said).toBeUndefined();
  });

  it('removes the markers alone, and only those of this suite', async () => {
    await pause('names go back');
    const before = answers();
    const shown = await npmRunNames('release bitcoin', [no]);
    expect(shown.told).toMatch(/the markers of these records go, and the records stay:.*Nothing was changed\.$/s);
    expect(shown.told).toMatch(/when its pause ends, each of them is foreign, and paged/);
    const { status, told } = await npmRunNames('release bitcoin', [yes]);
    expect(status).toBe(0);
    expect(told).toMatch(/Released: \d+ markers are gone, and every record is as it was\./);
    expect(answers()).toBe(before);
    expect(markers()).toEqual(['elsewhere']);
    expect((await npmRunNames('release bitcoin --yes')).told).toMatch(
      /^No DNS record in account .* of a fleet bitcoin/,
    );
  });

  it('says what is left where somebody changes the zone all the time, and goes on when it is run again', async () => {
    expect((await npmRunNames('adopt bitcoin --yes')).status).toBe(0);
    const before = markers();
    const raced = { ...awsNames(config), change: async () => 'Tried to delete it' };
    const { status, told } = await npmRunNames('release bitcoin --yes', undefined, raced);
    expect(status).toBe(1);
    expect(told).toMatch(/Route 53 refused: Tried to delete it\..*(\d) of \1 markers of bitcoin are there still/s);
    expect(markers()).toEqual(before);
    expect((await npmRunNames('release bitcoin --yes')).status).toBe(0);
    expect(markers()).toEqual(['elsewhere']);
  });

  it('leaves the records as they are afterwards', async () => {
    const before = answers();
    await virtually(11);
    expect(answers()).toBe(before);
    expect(markers()).toEqual(['elsewhere']);
  });

  it('can be undone: what was handed over, given back and handed over again is the fleet’s', async () => {
    expect((await npmRunNames('adopt bitcoin --yes')).status).toBe(0);
    expect(markers()).toContain('pool');
  });
});

describe('what a person needs', () => {
  it('is on the page: every call of both commands, and nothing else', () => {
    const called = region.gateway.trace.calls
      .filter(({ actor }) => actor === PERSON)
      .map(({ service, operation }) => `${service}:${operation}`);
    const page = readFileSync(join(repositoryRoot, 'docs/security.md'), 'utf8');
    const [, section = ''] = page.split('### The person who hands records over');
    const [needs = ''] = section.split('Changes of records can be held');
    const named = [...needs.matchAll(/`([a-z0-9]+:[A-Z]\w+)`/g)].map(([, action = '']) => action);
    // The pauses of these tests, and what is called only where several zones have one name.
    const others = ['ssm:PutParameter'];
    const rarely = ['route53:GetHostedZone'];
    expect([...new Set(called), ...rarely].filter((call) => !others.includes(call)).sort()).toEqual(
      [...new Set(named)].sort(),
    );
  });
});
