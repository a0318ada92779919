// Tags, names and records: all texts that people, templates and other programs write on resources of the account.
import fc from 'fast-check';
import { parseDescription } from '../../../../functions/register-nodes/alarm-changes.ts';
import { foreignRecordFault, markedBy, type ZoneRecord } from '../../../../functions/register-nodes/zone.ts';
import { refusalOf } from '../../../../shared/aws/refusals.ts';
import { settable } from '../../../../shared/aws/tagging.ts';
import { deployedIn } from '../../../../shared/fleet/membership.ts';
import { nodeOf } from '../../../../shared/fleet/nodes.ts';
import { FleetFileError } from '../../../../shared/fleet/problems.ts';
import { parseFleet } from '../../../../shared/fleet/resolve.ts';
import { judgePauseTag } from '../../../../shared/guardrails/switches.ts';
import { dateOf, LEDGER_TAGS } from '../../../../shared/model/tags.ts';
import { userDataWithOwn } from '../../../../shared/node-commands/user-data.ts';
import { keyPolicyWord } from '../../../../shared/readiness/key-policy.ts';
import { clientNameOf, ledgerTags, readLedger } from '../../../../shared/snapshots/ledger.ts';
import { isMeant } from '../../../../shared/text/wildcard.ts';
import { anyText } from '../../../fixtures/any.ts';
import { bitcoin } from '../../../fixtures/fleet-documents.ts';
import { HOSTILE } from '../../../fixtures/hostile-text.ts';
import { jsonStructures, numbered, TEXTS, widened, within } from '../../../fixtures/structures.ts';
import { mutatedJson, mutatedText } from '../mutate.ts';
import { everything, type Target, target } from '../target.ts';

const fleet = parseFleet({ ...bitcoin, role: { tag: 'Role', values: { sealer: 'validator' } } });

const value = fc.oneof(
  fc.constantFrom('', 'true', '5', '1e3', '-1', ' 7 ', '2026-01-01', '2026-13-99T99:99:99Z', '9'.repeat(300), HOSTILE),
  fc.constantFrom('sealer', '__proto__', 'toString', 'incident incident', 'Geth/v1.14.5-stable', '/Satoshi:27.0.0/'),
  anyText({ maxLength: 400 }),
);
const key = fc.oneof(
  fc.constantFrom(
    ...Object.values(LEDGER_TAGS),
    'chainmend:fleet',
    'chainmend:node',
    'chainmend:pause',
    'Name',
    'Role',
  ),
  fc.constantFrom('__proto__', 'constructor', 'toString', '', HOSTILE),
);
const tags = fc.dictionary(key, value, { maxKeys: 12, noNullPrototype: true });

const record: fc.Arbitrary<ZoneRecord> = fc.record({
  name: fc.oneof(
    fc.constantFrom('_chainmend.node1.bitcoin.internal', 'node1.bitcoin.internal'),
    anyText({ maxLength: 80 }),
  ),
  type: fc.constantFrom('A', 'TXT', 'SRV', 'CNAME', '__proto__'),
  ttlSeconds: fc.nat(),
  values: fc.array(fc.oneof(fc.constant('"heritage=chainmend,fleet=bitcoin,region=local,type=A"'), anyText()), {
    maxLength: 4,
  }),
  plain: fc.boolean(),
});
const owner = { suite: 'chainmend', fleet: 'bitcoin', region: 'local' };

const MESSAGE =
  'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n--x--\n';
const KEY_USE = {
  action: 'kms:Decrypt',
  roleArn: 'arn:aws:iam::111122223333:role/heal',
  accountId: '111122223333',
  region: 'eu-west-1',
};
const KEY_POLICY = {
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: ['arn:aws:iam::111122223333:root', '*'] },
      Action: ['kms:*', 'kms:D*t'],
      Condition: { StringLike: { 'kms:ViaService': ['ec2.*.amazonaws.com', '*'] } },
    },
  ],
};

const versions = ['Geth/v1.14.5-stable/linux-amd64', '/LitecoinCore:0.21.2.1/', '0.38.12', 'Lighthouse/v8.2.2-e423a66'];

export const TARGETS: readonly Target[] = [
  target({
    name: 'the ledger of a snapshot',
    input: tags,
    samples: [
      {},
      JSON.parse('{"__proto__":"x"}'),
      { 'chainmend:quarantined': HOSTILE, 'chainmend:height': '9'.repeat(99) },
    ],
    parse: (given) => {
      const ledger = readLedger(given);
      return { ledger, again: readLedger(ledgerTags(ledger)), settable: ledgerTags(ledger) };
    },
    errors: [],
    read: everything,
  }),
  target({
    name: 'the tags of an instance',
    input: tags,
    samples: [{ Name: HOSTILE, Role: 'toString', 'chainmend:pause': HOSTILE }],
    parse: (given) => {
      const Tags = Object.entries(given).map(([Key, Value]) => ({ Key, Value }));
      const { name, role } = nodeOf(fleet, { InstanceId: 'i-0123456789abcdef0', Tags });
      return { name, role, pause: judgePauseTag(given)?.reason };
    },
    errors: [],
    read: everything,
  }),
  target({
    name: 'tags that are written',
    input: tags,
    samples: [{ 'chainmend:why': HOSTILE }],
    parse: settable,
    errors: [],
    read: (written) => written.filter(({ Key }) => Key?.startsWith('chainmend:')).map(({ Value }) => Value),
  }),
  target({
    name: 'the version of a client, and dates',
    input: mutatedText(versions),
    samples: [
      '1.'.repeat(50_000),
      '1'.repeat(100_000),
      ' '.repeat(100_000),
      'a-'.repeat(50_000),
      `${'a '.repeat(50_000)}/1`,
    ],
    structures: { ...TEXTS, ...within('Geth/v1', TEXTS), ...within('/Satoshi:27', TEXTS) },
    parse: (text) => [clientNameOf(text, 'bitcoin'), dateOf(text)],
    errors: [],
  }),
  target({
    name: 'records of a zone',
    input: fc.array(record, { maxLength: 6 }),
    samples: [],
    parse: (records) => {
      const zone = new Map(records.map((one) => [`${one.name} ${one.type}`, one]));
      return records.map((one) => [markedBy(owner, one), typeof foreignRecordFault(owner, one, zone)]);
    },
    errors: [],
  }),
  target({
    name: 'the description of an alarm, and its name',
    input: mutatedText([
      'Filling.\nRunbook: docs/runbooks/disk.md\nSet to 85 by chainmend; a threshold of your own stays.',
    ]),
    samples: ['\nRunbook: '.repeat(10_000), `Set to ${'9'.repeat(100_000)}`, 'a'.repeat(100_000)],
    structures: { ...TEXTS, ...within('Filling.\nRunbook: ', TEXTS), ...within('Set to 85 by ', TEXTS) },
    parse: (text) => [parseDescription(text), isMeant(`${'*a'.repeat(120)}`, text)],
    errors: [],
  }),
  target({
    name: 'the user data of a launch template',
    input: mutatedText(['#!/bin/sh\nmkfs /dev/sdf\n', '#cloud-config\nruncmd: [ls]\n', MESSAGE]),
    samples: ['', HOSTILE],
    structures: {
      ...TEXTS,
      ...within(MESSAGE, TEXTS),
      ...within('MIME-Version: 1.0\n', TEXTS),
      ...within('#!', TEXTS),
    },
    parse: (text) => userDataWithOwn('#!/bin/sh\n', Buffer.from(text)),
    errors: [],
    read: (data) => ('fault' in data ? data.fault : ''),
  }),
  target({
    name: 'the policy of a key',
    input: mutatedJson([KEY_POLICY]),
    samples: ['', '{}', '[]', 'null', '{"Statement":null}', '{"Statement":[null]}'],
    structures: {
      ...TEXTS,
      ...jsonStructures(),
      ...within('{"Statement":', jsonStructures(), '}'),
      statements: (size) => JSON.stringify(widened(KEY_POLICY, size)),
      'wildcards of an action': (size) =>
        JSON.stringify({ Statement: { Effect: 'Allow', Principal: '*', Action: 'kms:*a'.repeat(size / 6) } }),
    },
    parse: (text) => keyPolicyWord(text, KEY_USE),
    errors: [],
  }),
  target({
    name: 'what the deployment knows of fleets',
    input: mutatedJson([{ of: 1, fleets: { bitcoin: [{ Component: 'nodes/bitcoin' }, { data: 0 }] } }]),
    samples: ['', '{}', '[]', 'null'],
    structures: {
      ...TEXTS,
      ...jsonStructures(),
      ...within('{"of":1,"fleets":', jsonStructures(), '}'),
      fleets: (size) => `{"of":1,"fleets":{${numbered((at) => `"f${at}":[{"a":"b"},{}],`)(size)}"z":[{},{}]}}`,
    },
    parse: (text) => deployedIn('/chainmend', new Map([['/chainmend/deployed/1', text]])).size,
    errors: [FleetFileError],
  }),
  target({
    name: 'what AWS says when it refuses',
    input: fc.record({ name: value, message: fc.oneof(value, mutatedText(['You are not authorized', HOSTILE])) }),
    samples: [{ name: HOSTILE, message: HOSTILE.repeat(10_000) }],
    parse: (given) =>
      refusalOf(Object.assign(new Error(given.message), { name: given.name, $metadata: { httpStatusCode: 403 } })),
    // A throttling error, by its name, is thrown on unchanged.
    errors: [Error],
    read: everything,
  }),
];
