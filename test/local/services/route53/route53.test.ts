// Route 53 as its own SDK client sees it, and IAM's checks of it.
import {
  type Change,
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  InvalidChangeBatch,
  ListHostedZonesByNameCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  ListTagsForResourceCommand,
  NoSuchHostedZone,
  PriorRequestNotComplete,
  Route53Client,
  type RRType,
} from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Statement } from '../../../../local/services/iam/policy.ts';
import {
  applyBatch,
  type Change as BatchChange,
  type RecordSet,
  recordKey,
} from '../../../../local/services/route53/batch.ts';
import { storedName } from '../../../../local/services/route53/names.ts';
import { createRoute53, type Route53 } from '../../../../local/services/route53/route53.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import { type GatewayRegion, gatewayRegion } from '../../../fixtures/gateway-region.ts';
import { inProcessHandler } from '../../../fixtures/in-process-handler.ts';
import { testKernel } from '../../../fixtures/kernel.ts';
import { wholeRegion } from '../../../fixtures/whole-region.ts';

const VPC = 'vpc-0123456789abcdef0';
let region: GatewayRegion;
let following: ClockFollower;
let world: Route53;
let client: Route53Client;

beforeAll(async () => {
  region = await gatewayRegion([], {}, ['route53']);
  world = createRoute53({ ...testKernel(), clock: region.clock });
  region.gateway.serve(world);
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'test' };
  client = new Route53Client({
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
    requestHandler: inProcessHandler(region.gateway),
  });
  following = region.follow();
});

afterAll(() => following.stop());

const virtually = (ms: number): Promise<void> => new Promise((resolve) => void region.clock.after(ms, resolve));

const set = (Action: Change['Action'], Name: string, Type: RRType, values: readonly string[], TTL = 60): Change => ({
  Action,
  ResourceRecordSet: { Name, Type, TTL, ResourceRecords: values.map((Value) => ({ Value })) },
});
const change = (HostedZoneId: string, ...Changes: Change[]) =>
  client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }));
const list = (HostedZoneId: string, more: object = {}) =>
  client.send(new ListResourceRecordSetsCommand({ HostedZoneId, ...more }));
const namesOf = ({ ResourceRecordSets }: Awaited<ReturnType<typeof list>>) =>
  ResourceRecordSets?.map(({ Name, Type }) => `${Name} ${Type}`);

let zones = 0;
/** Each test has its own zone. */
function newZone(name = `fleet${++zones}.internal`): { id: string; name: string } {
  return { id: world.addZone({ name, private: true, vpcId: VPC }), name };
}

describe('a private hosted zone', () => {
  it('is made once for a VPC, with name servers and a start of authority, and found by its id', async () => {
    const asked = { Name: 'Bitcoin.Internal', VPC: { VPCId: VPC, VPCRegion: 'eu-west-1' as const } };
    const made = await client.send(new CreateHostedZoneCommand({ ...asked, CallerReference: 'one' }));
    expect(made).toMatchObject({
      HostedZone: { Name: 'bitcoin.internal.', Config: { PrivateZone: true }, ResourceRecordSetCount: 2 },
      ChangeInfo: { Status: 'PENDING', SubmittedAt: expect.any(Date) },
      Location: expect.stringMatching(/hostedzone\/Z0/),
    });
    const Id = made.HostedZone?.Id ?? '';
    expect(Id).toMatch(/^\/hostedzone\/Z0[0-9A-F]{18}$/);
    const found = await client.send(new GetHostedZoneCommand({ Id }));
    expect(found).toMatchObject({ HostedZone: { Id }, VPCs: [{ VPCId: VPC, VPCRegion: 'eu-west-1' }] });
    expect(found.DelegationSet).toBeUndefined();
    expect(namesOf(await list(Id))).toEqual(['bitcoin.internal. NS', 'bitcoin.internal. SOA']);
    const again = (CallerReference: string) => client.send(new CreateHostedZoneCommand({ ...asked, CallerReference }));
    await expect(again('one')).rejects.toMatchObject({ name: 'HostedZoneAlreadyExists' });
    await expect(again('two')).rejects.toMatchObject({ name: 'ConflictingDomainExists' });
    const tags = new ListTagsForResourceCommand({ ResourceType: 'hostedzone', ResourceId: Id.slice(12) });
    expect((await client.send(tags)).ResourceTagSet).toMatchObject({ ResourceType: 'hostedzone', Tags: [] });
  });

  it('that does not exist is the SDK’s own exception', async () => {
    await expect(list('ZNOTHERE')).rejects.toBeInstanceOf(NoSuchHostedZone);
    await expect(change('ZNOTHERE', set('CREATE', 'a.b', 'A', ['10.0.0.1']))).rejects.toMatchObject({
      name: 'NoSuchHostedZone',
      $metadata: { httpStatusCode: 404 },
    });
  });

  it('is not filtered for by name: the list begins at the name, by labels from the right, and goes on', async () => {
    for (const name of ['b.order', 'a-b.a.order', 'a.order', 'z.a.order']) newZone(name);
    const from = (input: object) => client.send(new ListHostedZonesByNameCommand(input));
    const first = await from({ DNSName: 'a.order', MaxItems: 4 });
    expect(first.HostedZones?.map(({ Name }) => Name)).toEqual(['a.order.', 'a-b.a.order.', 'z.a.order.', 'b.order.']);
    const missing = await from({ DNSName: 'aa.order', MaxItems: 1 });
    expect(missing.HostedZones?.map(({ Name }) => Name)).toEqual(['b.order.']);
    const page = await from({ DNSName: 'a.order', MaxItems: 2 });
    expect(page).toMatchObject({ IsTruncated: true, NextDNSName: 'z.a.order.', MaxItems: 2, DNSName: 'a.order' });
    const next = await from({ DNSName: page.NextDNSName, HostedZoneId: page.NextHostedZoneId, MaxItems: 1 });
    expect(next.HostedZones?.map(({ Name }) => Name)).toEqual(['z.a.order.']);
    await expect(from({ HostedZoneId: 'Z1' })).rejects.toMatchObject({ name: 'InvalidInput' });
  });

  it('is listed with all others, page by page', async () => {
    const ids: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await client.send(new ListHostedZonesCommand({ MaxItems: 3, ...(Marker && { Marker }) }));
      ids.push(...(page.HostedZones ?? []).map(({ Id }) => Id));
      Marker = page.NextMarker;
    } while (Marker && ids.length < 100);
    const whole = await client.send(new ListHostedZonesCommand({}));
    expect(ids).toEqual(whole.HostedZones?.map(({ Id }) => Id));
  });
});

describe('a batch of changes', () => {
  it('is read back at once, and answered by DNS when it is in sync', async () => {
    const { id, name } = newZone();
    const node = `node1.${name}`;
    const { ChangeInfo } = await change(id, set('CREATE', node, 'A', ['10.0.0.11', '10.0.0.12']));
    expect(ChangeInfo).toMatchObject({ Status: 'PENDING', Id: expect.stringMatching(/^\/change\/C0/) });
    expect(namesOf(await list(id, { StartRecordName: node, MaxItems: 1 }))).toEqual([`${node}. A`]);
    expect(world.records(name).at(-1)).toEqual({
      name: node,
      type: 'A',
      ttlSeconds: 60,
      values: ['10.0.0.11', '10.0.0.12'],
    });
    expect(world.resolve(node, 'A')).toEqual([]);
    await virtually(60_000);
    const status = await client.send(new GetChangeCommand({ Id: ChangeInfo?.Id }));
    expect(status.ChangeInfo?.Status).toBe('INSYNC');
    expect(world.resolve(node.toUpperCase(), 'A')).toEqual(['10.0.0.11', '10.0.0.12']);
    expect(world.resolve(node, 'A', 'vpc-0ffffffffffffffff')).toEqual([]);
  });

  it('is all or nothing, and names everything that is wrong', async () => {
    const { id, name } = newZone();
    await change(id, set('CREATE', `node1.${name}`, 'A', ['10.0.0.11']));
    const refused = change(
      id,
      set('CREATE', `node2.${name}`, 'A', ['10.0.0.12']),
      set('CREATE', `NODE1.${name}.`, 'A', ['10.0.0.13']),
      set('DELETE', `node9.${name}`, 'A', ['10.0.0.19']),
      set('UPSERT', 'node1.elsewhere', 'A', ['10.0.0.11']),
    );
    await expect(refused).rejects.toBeInstanceOf(InvalidChangeBatch);
    await expect(refused).rejects.toMatchObject({
      message: `[Tried to create resource record set [name='node1.${name}.', type='A'] but it already exists, Tried to delete resource record set [name='node9.${name}.', type='A'] but it was not found, RRSet with DNS name node1.elsewhere. is not permitted in zone ${name}.]`,
    });
    expect(namesOf(await list(id))).toEqual([`${name}. NS`, `${name}. SOA`, `node1.${name}. A`]);
  });

  it('deletes only what is exactly so: values in any order, and the TTL', async () => {
    const { id, name } = newZone();
    const pool = `pool.${name}`;
    await change(id, set('CREATE', pool, 'A', ['10.0.0.1', '10.0.0.2'], 30));
    for (const wrong of [
      set('DELETE', pool, 'A', ['10.0.0.1', '10.0.0.2'], 60),
      set('DELETE', pool, 'A', ['10.0.0.1'], 30),
    ]) {
      await expect(change(id, wrong)).rejects.toMatchObject({
        message: expect.stringContaining('but the values provided do not match the current values'),
      });
    }
    await change(id, set('DELETE', pool, 'A', ['10.0.0.2', '10.0.0.1'], 30));
    expect(world.records(name)).toHaveLength(2);
  });

  it('replaces a record set whole, by UPSERT or by DELETE and CREATE', async () => {
    const { id, name } = newZone();
    await change(id, set('UPSERT', `a.${name}`, 'A', ['10.0.0.1', '10.0.0.2']));
    await change(id, set('UPSERT', `a.${name}`, 'A', ['10.0.0.3']));
    await change(id, set('DELETE', `a.${name}`, 'A', ['10.0.0.3']), set('CREATE', `a.${name}`, 'A', ['10.0.0.4'], 5));
    expect(world.records(name).at(-1)).toMatchObject({ ttlSeconds: 5, values: ['10.0.0.4'] });
  });

  it('that arrives while the one before it is being processed is refused', async () => {
    const { id, name } = newZone();
    const both = await Promise.allSettled([
      change(id, set('UPSERT', `a.${name}`, 'A', ['10.0.0.1'])),
      change(id, set('UPSERT', `b.${name}`, 'A', ['10.0.0.2'])),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { reason } = both.find((one) => one.status === 'rejected') as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(PriorRequestNotComplete);
  });

  it.each([
    ['A', 'not-an-address', /Value is not a valid IPv4 address/],
    ['A', '10.0.0.256', /10\.0\.0\.256/],
    ['AAAA', '10.0.0.1', /IPv6/],
    ['TXT', 'heritage=chainmend', /Value should be enclosed in quotation marks/],
    ['TXT', '"a"b"', /Value should be enclosed in quotation marks/],
    ['TXT', `"${'x'.repeat(256)}"`, /Value is too long/],
    ['SRV', '10 10 8333', /SRVRRDATA/],
    ['SRV', '10 10 99999 node1.bitcoin.internal', /SRVRRDATA/],
    ['CNAME', 'a..b', /InvalidDomainName/],
  ] as const)('with the %s value %s is refused', async (type, value, message) => {
    const { id, name } = newZone();
    await expect(change(id, set('UPSERT', `x.${name}`, type, [value]))).rejects.toMatchObject({
      name: 'InvalidChangeBatch',
      message: expect.stringMatching(message),
    });
  });

  it('takes TXT with several strings, SRV with and without the last dot, and names with “*” and “_”', async () => {
    const { id, name } = newZone();
    await change(
      id,
      set('CREATE', `*.${name}`, 'A', ['10.0.0.9']),
      set('CREATE', `_p2p._tcp.${name}`, 'SRV', ['0 1 8333 node1.x.', '0 1 8333 node2.x']),
      set('CREATE', `node1.${name}`, 'TXT', ['"owner=chainmend" "second \\" string"']),
    );
    expect(namesOf(await list(id))?.slice(2)).toEqual([
      `\\052.${name}. A`,
      `_p2p._tcp.${name}. SRV`,
      `node1.${name}. TXT`,
    ]);
    await virtually(60_000);
    expect(world.resolve(`anything.${name}`, 'A')).toEqual(['10.0.0.9']);
    expect(world.resolve(`node1.${name}`, 'A')).toEqual([]);
    await change(id, set('DELETE', `\\052.${name}`, 'A', ['10.0.0.9']));
  });

  it('leaves NS and SOA of a zone, and keeps CNAME apart from all else', async () => {
    const { id, name } = newZone();
    const [ns] = world.records(name);
    await expect(change(id, set('DELETE', name, 'NS', ns?.values ?? [], ns?.ttlSeconds))).rejects.toMatchObject({
      message: '[A HostedZone must contain at least one NS record for the zone itself.]',
    });
    await change(id, set('CREATE', `a.${name}`, 'A', ['10.0.0.1']));
    await expect(change(id, set('CREATE', `a.${name}`, 'CNAME', ['b.internal']))).rejects.toMatchObject({
      message: expect.stringContaining('conflicts with other records with the same DNS name'),
    });
    await change(id, set('CREATE', `alias.${name}`, 'CNAME', [`a.${name}`]));
    await virtually(60_000);
    expect(world.resolve(`alias.${name}`, 'A')).toEqual(['10.0.0.1']);
  });

  it('without TTL or values is invalid input, and routing policies are said not to be there', async () => {
    const { id, name } = newZone();
    const bare: Change = { Action: 'UPSERT', ResourceRecordSet: { Name: `a.${name}`, Type: 'A' } };
    await expect(change(id, bare)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining(`[Action=UPSERT, Name=a.${name}, Type=A, SetIdentifier=null]`),
    });
    const weighted = set('UPSERT', `a.${name}`, 'A', ['10.0.0.1']);
    const ResourceRecordSet = {
      ...weighted.ResourceRecordSet,
      Weight: 1,
      SetIdentifier: 'x',
    } as Change['ResourceRecordSet'];
    await expect(change(id, { Action: 'UPSERT', ResourceRecordSet })).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

describe('the list of records', () => {
  it('is sorted by labels from the right, then by type, and paged from a name and a type', async () => {
    const { id, name } = newZone();
    const records = [`b.${name}`, `a.b.${name}`, `b-1.${name}`, `a.${name}`];
    await change(id, ...records.map((record) => set('CREATE', record, 'A', ['10.0.0.1'])));
    await change(id, set('CREATE', `b.${name}`, 'TXT', ['"x"']));
    const sorted = [`${name}. NS`, `${name}. SOA`, `a.${name}. A`, `b-1.${name}. A`];
    sorted.push(`b.${name}. A`, `b.${name}. TXT`, `a.b.${name}. A`);
    expect(namesOf(await list(id))).toEqual(sorted);
    const paged: string[] = [];
    let start: object | undefined = {};
    while (start && paged.length < 20) {
      const page: Awaited<ReturnType<typeof list>> = await list(id, { MaxItems: 2, ...start });
      paged.push(...(namesOf(page) ?? []));
      start = page.IsTruncated
        ? { StartRecordName: page.NextRecordName, StartRecordType: page.NextRecordType }
        : undefined;
    }
    expect(paged).toEqual(sorted);
    expect(namesOf(await list(id, { StartRecordName: `b.${name}`, StartRecordType: 'SRV', MaxItems: 1 }))).toEqual([
      `b.${name}. TXT`,
    ]);
    await expect(list(id, { StartRecordType: 'A' })).rejects.toMatchObject({ name: 'InvalidInput' });
  });

  it('has at most 300 record sets a page, however many are asked for', async () => {
    const { id, name } = newZone();
    const many = Array.from({ length: 310 }, (_, index) => set('CREATE', `n${index}.${name}`, 'A', ['10.0.0.1']));
    await change(id, ...many);
    const page = await list(id, { MaxItems: 1000 });
    expect(page).toMatchObject({ IsTruncated: true, MaxItems: 300 });
    expect(page.ResourceRecordSets).toHaveLength(300);
  });
});

describe('the limits of a batch', () => {
  const zone = 'bitcoin.internal.';
  const own = (type: string): [string, RecordSet] => [
    recordKey(zone, type),
    { name: zone, type, ttlSeconds: 60, values: ['x'] },
  ];
  const records = new Map([own('NS'), own('SOA')]);
  const changes = (count: number, action: BatchChange['action'], values: readonly string[] = ['10.0.0.1']) =>
    Array.from(
      { length: count },
      (_, index): BatchChange => ({
        action,
        name: `n${index}.${zone}`,
        type: values[0]?.startsWith('"') ? 'TXT' : 'A',
        ttlSeconds: 60,
        values,
      }),
    );
  const long = [`"${'x'.repeat(248)}"`];

  it.each([
    ['1,000 records are created', changes(1000, 'CREATE'), undefined],
    ['1,001 are too many', changes(1001, 'CREATE'), 'Number of records limit of 1000 exceeded.'],
    ['500 upserts count as 1,000', changes(500, 'UPSERT'), undefined],
    ['501 upserts are too many', changes(501, 'UPSERT'), 'Number of records limit of 1000 exceeded.'],
    ['32,000 characters are created', changes(128, 'CREATE', long), undefined],
    ['32,250 are too many', changes(129, 'CREATE', long), 'Number of characters limit of 32000 exceeded.'],
    ['65 long upserts are too many', changes(65, 'UPSERT', long), 'Number of characters limit of 32000 exceeded.'],
    [
      'a record set has at most 400 values',
      changes(
        1,
        'CREATE',
        Array.from({ length: 401 }, (_, i) => `10.0.${i >> 8}.${i & 255}`),
      ),
      'Number of records in a record set limit of 400 exceeded.',
    ],
    ['a value is there once', changes(1, 'CREATE', ['10.0.0.1', '10.0.0.1']), "Duplicate Resource Record: '10.0.0.1'"],
  ])('%s', (_sentence, batch, refusal) => {
    const applied = applyBatch(zone, records, batch);
    expect('refused' in applied ? applied.refused : undefined).toEqual(refusal && [refusal]);
  });

  it('one record set is changed once', () => {
    const twice = [...changes(1, 'UPSERT'), ...changes(1, 'UPSERT')];
    expect(applyBatch(zone, records, twice)).toEqual({
      refused: [`The request contains an invalid set of changes for a resource record set 'A n0.${zone}'`],
    });
  });
});

describe('names', () => {
  it.each([
    ['Node1.Bitcoin.Internal', 'node1.bitcoin.internal.'],
    ['*.bitcoin.internal.', '\\052.bitcoin.internal.'],
    ['\\052.bitcoin.internal', '\\052.bitcoin.internal.'],
    ['_p2p._tcp.bitcoin.internal', '_p2p._tcp.bitcoin.internal.'],
    ['ex\\344mple.com', 'ex\\344mple.com.'],
    ['\\101.com', 'a.com.'],
    ['a\\056b.com', 'a\\056b.com.'],
  ])('%s is stored as %s', (given, stored) => {
    expect(storedName(given)).toBe(stored);
    expect(storedName(stored)).toBe(stored);
  });

  it.each([
    ['', /DomainLabelEmpty/],
    ['a..b', /DomainLabelEmpty/],
    [`${'x'.repeat(64)}.b`, /DomainLabelTooLong/],
    [`${`${'x'.repeat(60)}.`.repeat(5)}b`, /DomainNameTooLong/],
    ['a b.c', /UnsupportedCharacter/],
    ['exämple.com', /UnsupportedCharacter/],
  ])('“%s” is none', (given, message) => {
    expect(() => storedName(given)).toThrow(message);
  });
});

describe('a role', () => {
  it('changes only names, types and in ways that its conditions allow, for every change of a batch', async () => {
    const whole = await wholeRegion();
    try {
      const HostedZoneId = whole.region.route53.addZone({ name: 'bitcoin.internal', private: true });
      const ask = async (statements: readonly Statement[], ...Changes: Change[]) =>
        new Route53Client({ ...(await whole.as(statements)), region: 'us-east-1' }).send(
          new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }),
        );
      const own: Statement = {
        Effect: 'Allow',
        Action: 'route53:ChangeResourceRecordSets',
        Resource: `arn:aws:route53:::hostedzone/${HostedZoneId}`,
        Condition: {
          'ForAllValues:StringLike': { 'route53:ChangeResourceRecordSetsNormalizedRecordNames': '*.bitcoin.internal' },
          'ForAllValues:StringEquals': {
            'route53:ChangeResourceRecordSetsRecordTypes': ['A', 'TXT'],
            'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
          },
          StringEquals: { 'aws:RequestedRegion': 'us-east-1' },
        },
      };
      const fine = set('UPSERT', 'NODE1.Bitcoin.Internal.', 'A', ['10.0.0.11']);
      await expect(ask([own], fine)).resolves.toMatchObject({ ChangeInfo: { Status: 'PENDING' } });
      for (const other of [
        set('UPSERT', 'bitcoin.internal', 'A', ['10.0.0.1']),
        set('UPSERT', 'node2.bitcoin.internal', 'SRV', ['0 1 8333 node1.bitcoin.internal']),
        set('DELETE', 'node1.bitcoin.internal', 'A', ['10.0.0.11']),
      ]) {
        await expect(ask([own], fine, other)).rejects.toMatchObject({
          name: 'AccessDenied',
          message: expect.stringContaining(`arn:aws:route53:::hostedzone/${HostedZoneId}`),
        });
      }
      const list = { Effect: 'Allow', Action: 'route53:ListHostedZonesByName', Resource: '*' } as const;
      const reader = new Route53Client({ ...(await whole.as([list])), region: 'us-east-1' });
      await expect(reader.send(new ListHostedZonesByNameCommand({}))).resolves.toMatchObject({ IsTruncated: false });
      await expect(reader.send(new ListResourceRecordSetsCommand({ HostedZoneId }))).rejects.toMatchObject({
        $metadata: { httpStatusCode: 403 },
      });
    } finally {
      await whole.following.stop();
    }
  });
});
