// The parts of real machines that a test can check without one.
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decode, encode, type RecordType } from 'dns-packet';
import { maskedUserData } from '../../../shared/node-commands/masked-user-data.ts';
import { appear, disappear, hideHostDisks, linkOf } from './machine/devices.ts';
import { answerTo } from './machine/dns.ts';
import { enable, furnish } from './machine/system.ts';

describe('a /dev that is the host’s', () => {
  // This process itself has it.
  it.each([
    ['no device is made in', () => appear(process.pid, 'vol-0123456789abcdef0', '/dev/loop0')],
    ['no device is removed from', () => disappear(process.pid, 'vol-0123456789abcdef0', '/dev/loop0')],
    ['no disk is hidden in', () => hideHostDisks(process.pid)],
  ])('%s', (_, act) => {
    expect(act).toThrow("its /dev is the host's");
  });
});

it('a volume has the name by id that EC2 gives it', () => {
  expect(linkOf('vol-0123456789abcdef0')).toBe('/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0');
});

describe('the resolver', () => {
  const zone: Readonly<Record<string, readonly string[]>> = {
    'A node1.bitcoin.internal': ['10.0.0.10', '10.0.64.10'],
    'TXT node1.bitcoin.internal': ['"chainmend"'],
    'SRV _p2p._tcp.bitcoin.internal': ['0 0 8333 node1.bitcoin.internal'],
  };
  const lookup = (name: string, type: string): readonly string[] => {
    if (name === 'bad..name') throw new Error('that cannot be a name');
    return zone[`${type} ${name}`] ?? [];
  };
  const ask = (name: string, type: RecordType) => {
    const answer = answerTo(encode({ type: 'query', id: 7, questions: [{ name, type }] }), lookup);
    if (!answer) throw new Error('it says nothing');
    return decode(Buffer.from(answer));
  };

  it('tells every address of a name, to the question that was asked', () => {
    const { id, answers, rcode } = ask('node1.bitcoin.internal', 'A') as ReturnType<typeof decode> & { rcode: string };
    expect(id).toBe(7);
    expect(rcode).toBe('NOERROR');
    expect(answers?.map((answer) => ('data' in answer ? answer.data : undefined))).toEqual(['10.0.0.10', '10.0.64.10']);
  });

  it('tells port and target of a service', () => {
    expect(ask('_p2p._tcp.bitcoin.internal', 'SRV').answers).toMatchObject([
      { data: { port: 8333, target: 'node1.bitcoin.internal' } },
    ]);
  });

  it('says of a name without a record of that type that it exists, and of another that it does not', () => {
    expect(ask('node1.bitcoin.internal', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answers: [] });
    expect(ask('node9.bitcoin.internal', 'A')).toMatchObject({ rcode: 'NXDOMAIN', answers: [] });
  });

  it('has no records of what cannot be a name, and says nothing to what is no question', () => {
    expect(() => ask('node9.bitcoin.internal', 'A')).not.toThrow();
    expect(answerTo(Buffer.from('hello'), lookup)).toBeUndefined();
  });
});

describe('an image', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'chainmend-image-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const without = { instanceId: 'i-0123456789abcdef0', userData: '' };
  const CLOUD_INIT = 'etc/systemd/system/multi-user.target.wants/cloud-init.target';
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');

  it('has its own files, and its unit enabled', () => {
    furnish(root, { '/etc/systemd/system/node@.service': '[Service]\n' }, without);
    enable(root, 'node@0.21.service', 'node@.service');
    expect(read('/etc/systemd/system/node@.service')).toBe('[Service]\n');
    expect(readlinkSync(join(root, 'etc/systemd/system/multi-user.target.wants/node@0.21.service'))).toBe(
      '/etc/systemd/system/node@.service',
    );
  });

  it('boots by cloud-init with the user data of its instance, to the byte', () => {
    const clients = [{ runtime: { kind: 'systemd', unit: 'node@*' }, stopGraceSeconds: 60, cleanLine: null }] as const;
    furnish(root, {}, { instanceId: 'i-0123456789abcdef0', userData: maskedUserData(clients) });
    expect(read('/var/lib/cloud/seed/nocloud/user-data')).toBe(maskedUserData(clients));
    expect(read('/var/lib/cloud/seed/nocloud/meta-data')).toBe('instance-id: i-0123456789abcdef0\n');
    expect(readlinkSync(join(root, CLOUD_INIT))).toBe('/lib/systemd/system/cloud-init.target');
  });

  it('boots without cloud-init where its instance has no user data', () => {
    furnish(root, {}, without);
    expect(() => readlinkSync(join(root, CLOUD_INIT))).toThrow('ENOENT');
    expect(() => read('/var/lib/cloud/seed/nocloud/user-data')).toThrow('ENOENT');
  });
});
