import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { constants, createContext, runInContext } from 'node:vm';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { leanSchemas, withFewErrors, withLiterals } from '../../infra/bundle/schemas.ts';
import { type Bundle, bundleFunctions, bundleOptions } from '../../infra/bundle.ts';
import { repositoryRoot } from '../../infra/paths.ts';

const fixtures = join(repositoryRoot, 'test/infra/functions');
const temporary = () => mkdtempSync(join(tmpdir(), 'chainmend-'));

describe('the bundle of a function with all the clients of a heal', () => {
  let bundle: Bundle;
  let code: string;

  beforeAll(async () => {
    [bundle] = (await bundleFunctions(fixtures, temporary())) as [Bundle];
    code = readFileSync(join(bundle.directory, 'index.js'), 'utf8');
  });

  it('is one CommonJS file, with its source map beside the asset and no sources in it', () => {
    expect(bundle.name).toBe('heal-everything');
    expect(readdirSync(bundle.directory)).toEqual(['index.js', 'package.json']);
    const map = JSON.parse(readFileSync(join(bundle.directory, '../maps/heal-everything.js.map'), 'utf8'));
    expect(map.sources).toContainEqual(expect.stringContaining('test/infra/functions/heal-everything/handler.ts'));
    expect(map.sourcesContent).toBeUndefined();
  });

  it('is the same to the byte every time', async () => {
    const [again] = (await bundleFunctions(fixtures, temporary())) as [Bundle];
    expect(readFileSync(join(again.directory, 'index.js'), 'utf8')).toBe(code);
  });

  it('stays below 700 KiB', () => {
    expect(bundle.bytes / 1024).toBeLessThan(700);
  });

  it('holds only the way to credentials that Lambda has', () => {
    expect(code).toContain('AWS_SESSION_TOKEN');
    for (const absent of [
      'AssumeRoleWithWebIdentity',
      'sso_start_url',
      'credential_process',
      '169.254.169.254/latest',
    ]) {
      expect(code).not.toContain(absent);
    }
  });

  it('has no codec of event streams', () => {
    expect(code).toContain('event streams are left out of this bundle');
    expect(code).not.toContain('Prelude checksum');
  });

  it('runs in a bare node:vm context, which has no module loader but require', () => {
    const context = createContext(constants.DONT_CONTEXTIFY);
    Object.assign(context, {
      process,
      Buffer,
      TextEncoder,
      TextDecoder,
      URL,
      setTimeout,
      clearTimeout,
      AbortController,
      console,
    });
    const wrapper = runInContext(`(function (exports, require, module) {${code}\n})`, context);
    const module = { exports: {} as Record<string, unknown> };
    wrapper(module.exports, createRequire(import.meta.url), module);
    expect(Object.keys(module.exports)).toEqual(expect.arrayContaining(['awsClients', 'createHandler', 'handler']));
    expect(typeof module.exports['handler']).toBe('function');
  });
});

describe('an error of AWS in a bundle', () => {
  interface FixtureBundle {
    awsClients(configure: (service: string) => object): Record<string, { send(command: object): Promise<unknown> }>;
    commands: Record<string, new (input: object) => object>;
    errors: Record<string, new () => Error>;
  }
  let bundled: FixtureBundle;

  beforeAll(async () => {
    const [{ directory }] = (await bundleFunctions(fixtures, temporary())) as [Bundle];
    process.env['AWS_REGION'] = 'eu-west-1';
    bundled = createRequire(import.meta.url)(join(directory, 'index.js')) as FixtureBundle;
  });

  /** The error of the bundled client for such an answer of AWS. */
  async function thrown(
    client: string,
    command: string,
    statusCode: number,
    body: string,
  ): Promise<Error & Record<string, unknown>> {
    const answer = {
      statusCode,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: Readable.from([Buffer.from(body)]),
    };
    const clients = bundled.awsClients(() => ({
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
      requestHandler: { handle: async () => ({ response: answer }) },
    }));
    const Command = bundled.commands[command] as new (input: object) => object;
    return (await clients[client]
      ?.send(new Command({ TableName: 't', Names: [] }))
      .catch((error: unknown) => error)) as never;
  }

  it('that its sources name has its own class and its fields', async () => {
    const body =
      '{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no","Item":{"pk":{"S":"a"}}}';
    const error = await thrown('dynamodb', 'PutItemCommand', 400, body);
    expect(error).toBeInstanceOf(bundled.errors['ConditionalCheckFailedException']);
    expect(error).toMatchObject({
      name: 'ConditionalCheckFailedException',
      $fault: 'client',
      Item: { pk: { S: 'a' } },
    });
  });

  it('that nobody names still says its name, message and fault', async () => {
    const body = '{"__type":"InvalidKeyId","message":"the key is gone"}';
    expect(await thrown('ssm', 'GetParametersCommand', 400, body)).toMatchObject({
      name: 'InvalidKeyId',
      message: 'the key is gone',
      $fault: 'client',
      $metadata: { httpStatusCode: 400 },
    });
    const body500 = '{"__type":"com.amazonaws.ssm#InternalServerError","Message":"try later"}';
    expect(await thrown('ssm', 'GetParametersCommand', 500, body500)).toMatchObject({
      name: 'InternalServerError',
      message: 'try later',
      $fault: 'server',
    });
  });

  it('is kept by name or class, and dropped otherwise', () => {
    const source =
      'n0_registry.registerError(KeptError$, KeptError);\nn0_registry.registerError(OtherError$, OtherError);';
    expect(withFewErrors(source, new Set(['KeptError']))).toBe('n0_registry.registerError(KeptError$, KeptError);\n');
    expect(() => withFewErrors('n0_registry.registerError(A$, B);', new Set())).toThrow(
      'registered otherwise than expected',
    );
  });
});

describe('an answer of AWS in a bundle', () => {
  interface FixtureBundle {
    awsClients(configure: (service: string) => object): Record<string, { send(command: object): Promise<unknown> }>;
    commands: Record<string, new (input: object) => object>;
  }
  let bundled: FixtureBundle;

  beforeAll(async () => {
    const [{ directory }] = (await bundleFunctions(fixtures, temporary())) as [Bundle];
    process.env['AWS_REGION'] = 'eu-west-1';
    bundled = createRequire(import.meta.url)(join(directory, 'index.js')) as FixtureBundle;
  });

  /** The whole SDK from node_modules: the bundle must read the same. */
  const whole: Record<string, () => Promise<object>> = {
    cloudwatch: () => import('@aws-sdk/client-cloudwatch'),
    dynamodb: () => import('@aws-sdk/client-dynamodb'),
    ec2: () => import('@aws-sdk/client-ec2'),
    lambda: () => import('@aws-sdk/client-lambda'),
    sns: () => import('@aws-sdk/client-sns'),
    ssm: () => import('@aws-sdk/client-ssm'),
  };

  const answering = (type: string, body: string) => () => ({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: {
      handle: async () => ({
        response: {
          statusCode: 200,
          headers: { 'content-type': type },
          body: Readable.from([Buffer.from(body)]),
        },
      }),
    },
  });

  const xml = (name: string, inner: string) =>
    `<?xml version="1.0"?><${name} xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${inner}</${name}>`;

  // Members, list items and enum values that the lockfile's SDK does not know, between those that it knows.
  it.each<[client: string, command: string, input: object, type: string, body: string, has: object]>([
    [
      ...(['ec2', 'DescribeVolumesCommand', {}, 'text/xml'] as const),
      xml(
        'DescribeVolumesResponse',
        '<tomorrowSet><item><a>1</a></item></tomorrowSet><volumeSet><item><volumeId>vol-1</volumeId><size>7</size><status>resting</status>' +
          '<volumeType>gp9</volumeType><tomorrow><deep><item>x</item></deep></tomorrow><tagSet><item><key>a</key><value>b</value><since>1</since></item></tagSet></item></volumeSet>',
      ),
      {
        Volumes: [
          { VolumeId: 'vol-1', Size: 7, State: 'resting', VolumeType: 'gp9', Tags: [{ Key: 'a', Value: 'b' }] },
        ],
      },
    ],
    [
      ...(['sns', 'PublishCommand', { TopicArn: 'arn:aws:sns:eu-west-1:1:t', Message: 'm' }, 'text/xml'] as const),
      xml('PublishResponse', '<PublishResult><MessageId>id</MessageId><Tomorrow><a/></Tomorrow></PublishResult>'),
      { MessageId: 'id' },
    ],
    [
      ...(['ssm', 'GetCommandInvocationCommand', { CommandId: 'c'.repeat(36), InstanceId: 'i-1' }] as const),
      'application/x-amz-json-1.1',
      '{"Status":"Pondering","StandardOutputContent":"{}","Tomorrow":{"a":[{"b":1}]},"CloudWatchOutputConfig":{"Tomorrow":true}}',
      { Status: 'Pondering', StandardOutputContent: '{}' },
    ],
    [
      ...([
        'dynamodb',
        'GetItemCommand',
        { TableName: 't', Key: { pk: { S: 'a' } } },
        'application/x-amz-json-1.0',
      ] as const),
      '{"Item":{"pk":{"S":"a"},"n":{"N":"1"},"later":{"VECTOR":[1,2]}},"Tomorrow":[{"x":{}}]}',
      { Item: { pk: { S: 'a' }, n: { N: '1' } } },
    ],
    [
      ...(['lambda', 'GetDurableExecutionCommand', { DurableExecutionArn: 'arn' }, 'application/json'] as const),
      '{"Status":"DREAMING","DurableExecutionArn":"arn","StartTimestamp":1767268800,"Tomorrow":{"a":[null,{"b":"c"}]}}',
      { Status: 'DREAMING', DurableExecutionArn: 'arn' },
    ],
    [
      ...([
        'cloudwatch',
        'GetMetricDataCommand',
        { StartTime: new Date(0), EndTime: new Date(1), MetricDataQueries: [] },
      ] as const),
      'application/x-amz-json-1.0',
      '{"MetricDataResults":[{"Id":"m","Values":[1.5],"StatusCode":"Guessed","Tomorrow":{"a":[1]}}],"Tomorrow":"b"}',
      { MetricDataResults: [{ Id: 'm', Values: [1.5] }] },
    ],
  ])('of %s is read although it says more than the SDK knows', async (client, command, input, type, body, has) => {
    const configure = answering(type, body);
    const Command = bundled.commands[command] as new (input: object) => object;
    const lean = (await bundled.awsClients(configure)[client]?.send(new Command(input))) as object;
    expect(lean).toMatchObject(has);
    const module = (await whole[client]?.()) as Record<
      string,
      new (
        input: object,
      ) => { send(command: object): Promise<object> }
    >;
    const [Client] = Object.entries(module).flatMap(([name, value]) => (/^[A-Z]\w+Client$/.test(name) ? [value] : []));
    const WholeCommand = module[command] as unknown as new (input: object) => object;
    const full = await new (Client as NonNullable<typeof Client>)(configure()).send(new WholeCommand(input));
    expect(JSON.parse(JSON.stringify(lean))).toEqual(JSON.parse(JSON.stringify(full)));
  });
});

describe('a request to AWS in a bundle', () => {
  const input = {
    MinCount: 1,
    MaxCount: 2,
    LaunchTemplate: { LaunchTemplateName: 'node', Version: '$Default' },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: 'subnet-1',
        Groups: ['sg-1', 'sg-2'],
        PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: '10.0.0.1' }],
      },
    ],
    BlockDeviceMappings: [
      { DeviceName: '/dev/xvdf', Ebs: { VolumeSize: 7, VolumeType: 'gp3', DeleteOnTermination: false } },
    ],
    MetadataOptions: { HttpTokens: 'required' },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] }],
    Placement: { GroupName: 'g', Tenancy: 'default' },
    UserData: 'IyEvYmluL3No',
    ClientToken: 'token',
  } as const;

  it('says the same as from the SDK as it is installed, however deep its shapes are', async () => {
    const [{ directory }] = (await bundleFunctions(fixtures, temporary())) as [Bundle];
    process.env['AWS_REGION'] = 'eu-west-1';
    const bundled = createRequire(import.meta.url)(join(directory, 'index.js')) as {
      awsClients(configure: () => object): { ec2: { send(command: object): Promise<unknown> } };
      commands: { RunInstancesCommand: new (input: object) => object };
    };
    const sent: string[] = [];
    const configure = () => ({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
      requestHandler: {
        handle: async ({ body }: { body: string }) => {
          sent.push(body);
          const answer = '<RunInstancesResponse><instancesSet/></RunInstancesResponse>';
          return { response: { statusCode: 200, headers: {}, body: Readable.from([Buffer.from(answer)]) } };
        },
      },
    });
    await bundled.awsClients(configure).ec2.send(new bundled.commands.RunInstancesCommand(input));
    const whole = await import('@aws-sdk/client-ec2');
    await new whole.EC2Client(configure() as never).send(new whole.RunInstancesCommand(input as never));
    expect(sent[0]).toContain('NetworkInterface.1.SecurityGroupId.2=sg-2');
    expect(sent[0]).toBe(sent[1]);
  });
});

describe('a function whose lazy.ts names a module', () => {
  const functions = join(repositoryRoot, 'test/infra/lazy-functions');
  type Handler = (event: { rare: boolean }) => Promise<{ text?: string; isOurs?: boolean; sees?: boolean }>;
  let bundle: Bundle;
  const load = (file = join(bundle.directory, 'index.js')) =>
    (createRequire(import.meta.url)(file) as { handler: Handler }).handler;
  const read = (directory: string, file: string) => readFileSync(join(directory, file), 'utf8');
  const copied = () => {
    const directory = join(temporary(), 'asset');
    cpSync(bundle.directory, directory, { recursive: true });
    return directory;
  };

  beforeAll(async () => {
    [bundle] = (await bundleFunctions(functions, temporary())) as [Bundle];
  });

  it('has a second file, with that module and a source map of its own', () => {
    expect(readdirSync(bundle.directory)).toEqual(['index.js', 'lazy.js', 'package.json']);
    expect(read(bundle.directory, 'index.js')).not.toContain('a rare act');
    expect(read(bundle.directory, 'lazy.js')).toContain('a rare act');
    const map = new SourceMap(JSON.parse(read(join(bundle.directory, '../maps'), 'rare-act-lazy.js.map')));
    const lines = read(bundle.directory, 'lazy.js').split('\n');
    const line = lines.findIndex((text) => text.includes('a rare act'));
    const found = map.findEntry(line, (lines[line] ?? '').indexOf('a rare act'));
    expect(found).toMatchObject({
      originalSource: expect.stringMatching(/lazy-functions\/rare-act\/rare\.ts$/),
      originalLine: 4,
    });
  });

  it('is the same to the byte every time', async () => {
    const [again] = (await bundleFunctions(functions, temporary())) as [Bundle];
    for (const file of ['index.js', 'lazy.js']) expect(read(again.directory, file)).toBe(read(bundle.directory, file));
  });

  it('loads it when it is first used, and what both files use is there once', async () => {
    const directory = copied();
    const handler = load(join(directory, 'index.js'));
    const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).includes(join(directory, 'lazy.js'));
    expect(await handler({ rare: false })).toEqual({ text: 'ordinary' });
    expect(isLoaded()).toBe(false);
    expect(await handler({ rare: true })).toMatchObject({ isOurs: true, sees: true });
    expect(isLoaded()).toBe(true);
  });

  it('does not start without its second file, and says so', () => {
    const directory = copied();
    rmSync(join(directory, 'lazy.js'));
    expect(() => load(join(directory, 'index.js'))).toThrow(
      expect.objectContaining({
        name: 'LazyFileError',
        message: "the function's asset has no lazy.js: deploy it whole",
      }),
    );
  });

  it('fails by name where the second file cannot be loaded', async () => {
    const directory = copied();
    writeFileSync(join(directory, 'lazy.js'), 'module.exports = () => { throw new Error("half a file"); };');
    const handler = load(join(directory, 'index.js'));
    expect(await handler({ rare: false })).toEqual({ text: 'ordinary' });
    await expect(handler({ rare: true })).rejects.toMatchObject({
      name: 'LazyFileError',
      message: "lazy.js of the function's asset cannot be loaded: half a file",
    });
  });

  it('is refused where lazy.ts says anything else, or names what is not there', async () => {
    const told = async (text: string) => {
      const root = temporary();
      mkdirSync(join(root, 'f'));
      writeFileSync(join(root, 'f/handler.ts'), 'export const handler = 1, createHandler = 1, awsClients = 1;\n');
      writeFileSync(join(root, 'f/lazy.ts'), text);
      return bundleFunctions(root, temporary()).catch((error: Error) => error.message);
    };
    expect(await told('export const a = 1;\n')).toMatch(
      /lazy\.ts: expected export \* as NAME from 'MODULE', found export const a = 1;$/,
    );
    expect(await told("export * as a from './gone.ts';\n")).toMatch(/lazy\.ts: there is no .*gone\.ts$/);
  });
});

describe('a function that does not export what the local region drives it by', () => {
  it('is refused by the name of the export', async () => {
    const functions = temporary();
    mkdirSync(join(functions, 'half-done'));
    writeFileSync(join(functions, 'half-done/handler.ts'), 'export const handler = async () => ({});\n');
    await expect(bundleFunctions(functions, temporary())).rejects.toThrow('it must export createHandler, awsClients');
  });
});

describe('an SDK that has changed its shape stops the build', () => {
  it('when a schema key is no string constant', () => {
    expect(withLiterals('const _eN = "eN";\nvar a = { [_eN]: 1 };')).toBe('const _eN = "eN";\nvar a = { ["eN"]: 1 };');
    expect(() => withLiterals('var a = { [_eN]: 1 };')).toThrow('the key [_eN] is not a string constant');
  });

  it('when a constant would be taken for one that it is not', () => {
    const source =
      'const _a = "A";\nconst n0 = "names";\nvar B = [3, n0, _a, x._a, "_a", __a, _a$, { "k": _a, [_a]: 1 }];';
    expect(withLiterals(source)).toBe(
      'const _a = "A";\nconst n0 = "names";\nvar B = [3, n0, "A", x._a, "_a", __a, _a$, { "k": "A", ["A"]: 1 }];',
    );
  });

  it('and what the durable SDK asks of node:util is what stands in its place', async () => {
    const sdk = readFileSync(join(repositoryRoot, 'node_modules/@aws/durable-execution-sdk-js/dist/index.mjs'), 'utf8');
    expect(sdk).toContain("import util from 'node:util';");
    const { default: util } = await import('../../infra/bundle/stand-ins/node-util.ts');
    const asked = new Set([...sdk.matchAll(/\butil\.(\w+)/g)].map(([, name = '']) => name));
    expect([...asked].sort()).toEqual(Object.keys(util));
  });

  it('when a client is bundled whose schemas are elsewhere', async () => {
    const root = temporary();
    const client = join(root, 'node_modules/@aws-sdk/client-new');
    mkdirSync(client, { recursive: true });
    writeFileSync(join(client, 'package.json'), '{"name":"@aws-sdk/client-new","version":"9.0.0","main":"index.js"}');
    writeFileSync(join(client, 'index.js'), 'export const NewClient = 1;');
    const bundled = build({
      ...bundleOptions,
      absWorkingDir: root,
      sourcemap: false,
      write: false,
      stdin: { contents: "export * from '@aws-sdk/client-new'", resolveDir: root },
      plugins: [leanSchemas(new Set())],
    });
    await expect(bundled).rejects.toThrow(/lean-schemas: @aws-sdk\/client-new\/index.js is bundled, but no file/);
  });
});
