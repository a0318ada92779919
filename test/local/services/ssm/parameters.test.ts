import type {
  DescribeDocumentResult,
  DescribeParametersResult,
  GetParameterHistoryResult,
  GetParameterResult,
  GetParametersByPathResult,
  GetParametersResult,
  ListDocumentsResult,
} from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Machines } from '../../../../local/nodes/machine.ts';
import { createSsm, type Ssm } from '../../../../local/services/ssm/service.ts';
import { sampled } from '../../../fixtures/asked.ts';
import { type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

let kernel: TestKernel;
let ssm: Ssm;

const call = <T>(operation: string, input: object): T => ssm.operations[operation]?.(input, kernel.call()) as T;
const refused = (name: string, message?: RegExp) =>
  expect.objectContaining({ name, ...(message ? { message: expect.stringMatching(message) } : {}) });
const put = (Name: string, Value: string, more: object = {}) =>
  call('PutParameter', { Name, Value, Type: 'String', ...more });
const get = (Name: string, more: object = {}) => call<GetParameterResult>('GetParameter', { Name, ...more }).Parameter;

beforeEach(() => {
  kernel = testKernel();
  ssm = createSsm(kernel, new Machines());
});

describe('parameters', () => {
  it('are written once, and again only when overwriting is meant', () => {
    expect(put('/chainmend/pause', 'off')).toEqual({ Version: 1, Tier: 'Standard' });
    expect(() => put('/chainmend/pause', 'on')).toThrow(refused('ParameterAlreadyExists'));
    expect(call('PutParameter', { Name: '/chainmend/pause', Value: 'maintenance', Overwrite: true })).toMatchObject({
      Version: 2,
    });
    expect(get('/chainmend/pause')).toMatchObject({
      Value: 'maintenance',
      Version: 2,
      ARN: 'arn:aws:ssm:eu-west-1:111122223333:parameter/chainmend/pause',
    });
    expect(get('/chainmend/pause:1')).toMatchObject({ Value: 'off', Selector: ':1' });
    expect(() => get('/chainmend/pause:9')).toThrow(refused('ParameterVersionNotFound'));
    expect(() => get('/chainmend/pauses/bitcoin')).toThrow(refused('ParameterNotFound'));
  });

  it.each([
    ['pause', '/pause'],
    ['/pause', 'pause'],
  ])('are one with and without a first slash: %s is %s', (written, asked) => {
    put(written, 'off');
    expect(() => put(asked, 'on')).toThrow(refused('ParameterAlreadyExists'));
    expect(get(asked)).toMatchObject({ Name: written, ARN: 'arn:aws:ssm:eu-west-1:111122223333:parameter/pause' });
    expect(call('GetParametersByPath', { Path: '/' })).toMatchObject({ Parameters: [{ Name: written }] });
    expect(call('DeleteParameters', { Names: [asked] })).toMatchObject({ DeletedParameters: [asked] });
    expect(() => get(written)).toThrow(refused('ParameterNotFound'));
  });

  it('keep what they have said before, until they are deleted', () => {
    const history = (more: object = {}) =>
      call<GetParameterHistoryResult>('GetParameterHistory', { Name: '/chainmend/pause', ...more });
    put('/chainmend/pause', 'off');
    put('/chainmend/pause', 'maintenance', { Overwrite: true });
    expect(history().Parameters).toMatchObject([
      { Value: 'off', Version: 1, LastModifiedDate: expect.any(Date) },
      { Value: 'maintenance', Version: 2 },
    ]);
    expect(history({ MaxResults: 1 })).toMatchObject({
      Parameters: [{ Version: 1 }],
      NextToken: expect.any(String),
    });
    put('/chain/rpc-password', 'hunter2', { Type: 'SecureString' });
    expect(history({ Name: '/chain/rpc-password' }).Parameters?.[0]?.Value).not.toContain('hunter2');
    call('DeleteParameter', { Name: '/chainmend/pause' });
    expect(history).toThrow(refused('ParameterNotFound'));
  });

  it('of AWS itself name the newest image, and are nobody’s to write', () => {
    const name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
    expect(get(name)).toMatchObject({
      Value: expect.stringMatching(/^ami-[0-9a-f]{17}$/),
      DataType: 'aws:ec2:image',
      ARN: `arn:aws:ssm:eu-west-1::parameter${name}`,
    });
    expect(() => put(name, 'ami-0123456789abcdef0', { Overwrite: true })).toThrow(
      refused('AccessDeniedException', /No access to reserved parameter name/),
    );
    expect(() => get('/aws/service/unheard-of')).toThrow(refused('ParameterNotFound'));
  });

  it('that are secret are shown only to those who decrypt', () => {
    put('/chain/rpc-password', 'hunter2', { Type: 'SecureString' });
    expect(get('/chain/rpc-password')?.Value).not.toContain('hunter2');
    expect(get('/chain/rpc-password', { WithDecryption: true })).toMatchObject({
      Value: 'hunter2',
      Type: 'SecureString',
    });
  });

  it('are read by tens, and what is not there is listed, not an error', () => {
    put('/chainmend/pause', 'off');
    expect(
      call<GetParametersResult>('GetParameters', { Names: ['/chainmend/pause', '/chainmend/pauses/x'] }),
    ).toMatchObject({
      Parameters: [{ Name: '/chainmend/pause' }],
      InvalidParameters: ['/chainmend/pauses/x'],
    });
    const Names = Array.from({ length: 11 }, (_, index) => `/p${index}`);
    expect(() => call('GetParameters', { Names })).toThrow(refused('ValidationException', /less than or equal to 10/));
  });

  it('are listed by path, level by level or below, ten a page', () => {
    for (let index = 10; index < 25; index++) put(`/chainmend/fleets/f${index}`, '{"fleet":{"a":{}}}');
    put('/chainmend/fleets/deep/one', 'x');
    put('/chainmend/fleetsother', 'x');
    const page = (input: object) =>
      call<GetParametersByPathResult>('GetParametersByPath', { Path: '/chainmend/fleets', ...input });
    const first = page({});
    expect(first.Parameters).toHaveLength(10);
    const second = page({ NextToken: first.NextToken });
    expect(second.Parameters).toHaveLength(5);
    expect(second.NextToken).toBeUndefined();
    expect(page({ Recursive: true }).Parameters?.[0]?.Name).toBe('/chainmend/fleets/deep/one');
    expect(() => page({ MaxResults: 11 })).toThrow(refused('ValidationException'));
    expect(() => page({ NextToken: 'strange' })).toThrow(refused('InvalidNextToken'));
  });

  it('have names and values with rules', () => {
    expect(() => put('chainmend/pause', 'x')).toThrow(refused('ValidationException', /fully qualified/));
    expect(() => put('/aws/x', 'x')).toThrow(refused('AccessDeniedException'));
    expect(() => put('aws-x', 'x')).toThrow(refused('ValidationException', /can't be prefixed with "aws" or "ssm"/));
    expect(() => put('/ssm/x', 'x')).toThrow(refused('ValidationException', /can't be prefixed with "ssm"/));
    expect(() => get('/a b')).toThrow(refused('ValidationException'));
    expect(() => put('/a', 'x', { AllowedPattern: '(' })).toThrow(refused('InvalidAllowedPatternException'));
    for (const slow of sampled('parameters', ['((a+)+)+$', `^${'a?'.repeat(40)}b$`, `^${'a{0,9}'.repeat(12)}b$`], 3))
      expect(() => put('/a', `${'a'.repeat(40)}!`, { AllowedPattern: slow })).toThrow(
        refused('InvalidAllowedPatternException', /takes too long/),
      );
    expect(() => put('/a', 'x', { DataType: 'banana' })).toThrow(refused('ValidationException'));
    expect(() => put('/a b', 'x')).toThrow(refused('ValidationException'));
    expect(() => put('/a', 'x'.repeat(4_097))).toThrow(refused('ValidationException', /4096/));
    expect(() => put('/a', 'x', { AllowedPattern: '^\\d+$' })).toThrow(refused('ParameterPatternMismatchException'));
    expect(() => call('PutParameter', { Name: '/a', Value: 'x' })).toThrow(
      refused('ValidationException', /type is required/),
    );
    put('/a', 'x');
    expect(() => put('/a', 'x', { Type: 'SecureString', Overwrite: true })).toThrow(
      refused('HierarchyTypeMismatchException'),
    );
  });

  it('are described without their values, and deleted', () => {
    put('/chainmend/pause', 'off', { Description: 'pauses everything' });
    put('/other', 'x');
    const describeAll = (input: object) => call<DescribeParametersResult>('DescribeParameters', input).Parameters;
    expect(describeAll({ ParameterFilters: [{ Key: 'Path', Option: 'Recursive', Values: ['/chainmend'] }] })).toEqual([
      expect.objectContaining({ Name: '/chainmend/pause', Description: 'pauses everything', Version: 1 }),
    ]);
    expect(describeAll({})?.[0]).not.toHaveProperty('Value');
    expect(call('DeleteParameters', { Names: ['/other', '/none'] })).toEqual({
      DeletedParameters: ['/other'],
      InvalidParameters: ['/none'],
    });
    expect(() => call('DeleteParameter', { Name: '/other' })).toThrow(refused('ParameterNotFound'));
  });
});

describe('command documents', () => {
  const content = (runCommand: string) =>
    JSON.stringify({
      schemaVersion: '2.2',
      parameters: { Path: { type: 'String', default: '/data' } },
      mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: [runCommand] } }],
    });

  it('are created once, versioned by updating, and sent in their default version', () => {
    call('CreateDocument', { Name: 'chainmend-test', Content: content('true'), DocumentType: 'Command' });
    expect(() => call('CreateDocument', { Name: 'chainmend-test', Content: content('true') })).toThrow(
      refused('DocumentAlreadyExists'),
    );
    expect(() =>
      call('UpdateDocument', { Name: 'chainmend-test', Content: content('true'), DocumentVersion: '$LATEST' }),
    ).toThrow(refused('DuplicateDocumentContent'));
    call('UpdateDocument', { Name: 'chainmend-test', Content: content('false'), DocumentVersion: '$LATEST' });
    const described = () => call<DescribeDocumentResult>('DescribeDocument', { Name: 'chainmend-test' }).Document;
    expect(described()).toMatchObject({
      DocumentVersion: '1',
      LatestVersion: '2',
      DefaultVersion: '1',
      Status: 'Active',
      HashType: 'Sha256',
    });
    call('UpdateDocumentDefaultVersion', { Name: 'chainmend-test', DocumentVersion: '2' });
    expect(described()?.DocumentVersion).toBe('2');
    expect(call('GetDocument', { Name: 'chainmend-test', DocumentVersion: '1' })).toMatchObject({
      Content: content('true'),
    });
    call('DeleteDocument', { Name: 'chainmend-test' });
    expect(described).toThrow(refused('InvalidDocument'));
  });

  it('are refused for content that no agent would run, with the place of the error', () => {
    const create = (Content: string) => () => call('CreateDocument', { Name: 'chainmend-test', Content });
    expect(create('{"schemaVersion":"2.2","mainSteps":[{"action":"aws:runScript"}]}')).toThrow(
      refused('InvalidDocumentContent', /mainSteps\.0/),
    );
    expect(create('{')).toThrow(refused('InvalidDocumentContent', /neither JSON nor YAML/));
    expect(create(content('x'.repeat(70_000)))).toThrow(refused('MaxDocumentSizeExceeded'));
    expect(() => call('CreateDocument', { Name: 'AWS-Mine', Content: content('true') })).toThrow(
      refused('InvalidDocumentContent', /reserved/),
    );
  });

  it('are listed by prefix and owner', () => {
    for (const name of ['chainmend-a', 'chainmend-b', 'other'])
      call('CreateDocument', { Name: name, Content: content('true') });
    const Filters = [
      { Key: 'Owner', Values: ['Self'] },
      { Key: 'Name', Values: ['chainmend-'] },
    ];
    const names = call<ListDocumentsResult>('ListDocuments', { Filters }).DocumentIdentifiers?.map(({ Name }) => Name);
    expect(names).toEqual(['chainmend-a', 'chainmend-b']);
  });
});
