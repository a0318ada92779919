// The model of an AWS service, read by reflection from its SDK client: operations, shapes, protocol.
import { NormalizedSchema, translateTraits } from '@smithy/core/schema';
import { readDeclarations } from './declarations.ts';
import { readLimits } from './limits.ts';
import { type Checker, compileChecker, type Rules } from './rules.ts';
import type { ServiceInterface } from './service-interface.ts';
import { type Copier, type CopyRules, compileCopier } from './shape.ts';

export type ProtocolName =
  | 'ec2Query'
  | 'awsQuery'
  | 'awsJson1_0'
  | 'awsJson1_1'
  | 'restJson1'
  | 'restXml'
  | 'rpcv2Cbor';

export interface OperationModel {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** HTTP binding, only in REST protocols. */
  readonly http: HttpBinding | undefined;
  /** Input or output is (partly) a raw body, which exists only on the wire. */
  readonly rawBody: boolean;
  /** Validates and copies; compiled at the first use. */
  readonly copyInput: Copier;
  readonly copyOutput: Copier;
  /** Finds invalid values in a copied input; compiled at the first use. */
  readonly check: Checker;
}

export interface HttpBinding {
  readonly method: string;
  readonly pattern: RegExp;
  /** Names of the groups of `pattern`, in order. */
  readonly labels: readonly string[];
  readonly staticQuery: ReadonlyMap<string, string>;
  /** Literal characters of the URI template: of the matching templates, the one with most of them wins. */
  readonly literalLength: number;
  readonly statusCode: number;
}

export interface ServiceModel {
  readonly name: string;
  readonly declared: ServiceInterface;
  /** As the SDK writes it: "EC2", "CloudWatch". */
  readonly protocol: ProtocolName;
  readonly xmlNamespace: string;
  /** Errors also have their code of the older query protocol ("awsQueryCompatible" trait). */
  readonly queryCompatible: boolean;
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** By name, and by the code of the older query protocol. */
  readonly errors: ReadonlyMap<string, NormalizedSchema>;
  /** The checks of the values of inputs. */
  readonly rules: () => Rules;
  /** The client's own protocol object, for its codecs. */
  readonly clientProtocol: ClientProtocol;
}

export type Models = ReadonlyMap<string, ServiceModel>;

/** The part of the SDK's protocol objects that we use; their declared types are too narrow. */
export interface ClientProtocol {
  getShapeId(): string;
  getPayloadCodec(): PayloadCodec;
  readonly options: { defaultNamespace: string };
  readonly awsQueryCompatible?: boolean;
}

export interface PayloadCodec {
  createSerializer(): { write(schema: NormalizedSchema, value: unknown): void; flush(): string | Uint8Array };
  createDeserializer(): { read(schema: NormalizedSchema, body: Uint8Array): unknown };
}

const loaded = new Map<ServiceInterface, Promise<ServiceModel>>();

/** Models of these services, by name. Each is read once per process; importing client-ec2 alone takes 0.4 s. */
export async function loadModels(services: readonly ServiceInterface[]): Promise<Models> {
  const models = await Promise.all(services.map(loadModel));
  return new Map(models.map((model) => [model.name, model]));
}

function loadModel(service: ServiceInterface): Promise<ServiceModel> {
  const known = loaded.get(service) ?? service.client.load().then((module) => reflect(service, module));
  loaded.set(service, known);
  return known;
}

function reflect(declared: ServiceInterface, module: Readonly<Record<string, unknown>>): ServiceModel {
  const { protocol: clientProtocol, protocolSettings } = clientConfig(module);
  const protocol = clientProtocol.getShapeId().split('#')[1] as ProtocolName;
  const rules = rulesOf(declared, module);
  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, NormalizedSchema>();
  for (const schema of Object.values(module)) {
    if (isOperation(schema)) operations.set(schema[2], operationModel(schema, protocol, rules));
    else if (isError(schema)) errors.set(schema[2], NormalizedSchema.of(schema));
  }
  for (const { operation } of declared.endpoints ?? [])
    operations.set(operation[2], operationModel(operation as unknown as OperationSchema, protocol, rules));
  // Our services may use a code or the shape's name; a shape of that name comes first.
  for (const shape of [...errors.values()]) {
    const [code] = queryErrorOf(shape);
    if (code !== undefined && !errors.has(code)) errors.set(code, shape);
  }
  return {
    name: declared.name,
    declared,
    protocol,
    xmlNamespace: protocolSettings.xmlNamespace ?? '',
    queryCompatible: clientProtocol.awsQueryCompatible === true || declared.queryCompatible === true,
    operations,
    errors,
    rules,
    clientProtocol,
  };
}

// Static schemas are arrays that begin with their kind: 9 operation, -3 error structure (@smithy/core/schema).
type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];
type OperationSchema = readonly [9, string, string, Parameters<typeof translateTraits>[0], SchemaRef, SchemaRef];
const isOperation = (value: unknown): value is OperationSchema => Array.isArray(value) && value[0] === 9;
const isError = (value: unknown): value is Extract<SchemaRef, readonly [-3, ...unknown[]]> =>
  Array.isArray(value) && value[0] === -3;

/** An exception's code and status in the query protocol: "awsQueryError" trait. */
export const queryErrorOf = (shape: NormalizedSchema): readonly [code?: string, statusCode?: number] =>
  (shape.getMergedTraits().awsQueryError as [string, number] | undefined) ?? [];

interface ClientConfig {
  readonly protocol: ClientProtocol;
  /** Has the XML namespace even if the client itself writes JSON. */
  readonly protocolSettings: { xmlNamespace?: string };
}
type ClientClass = new (config: object) => { config: ClientConfig };

function clientConfig(module: Readonly<Record<string, unknown>>): ClientConfig {
  const found = Object.entries(module).find(
    ([name, value]) => /^[A-Z]\w*Client$/.test(name) && typeof value === 'function' && 'send' in value.prototype,
  );
  if (found === undefined) throw new Error('an SDK client module without a client class');
  const Client = found[1] as ClientClass;
  const unused = { region: 'eu-west-1', credentials: { accessKeyId: 'unused', secretAccessKey: 'unused' } };
  return new Client(unused).config;
}

const KEPT: CopyRules = { emptyLists: 'kept' };
const EC2_REQUEST: CopyRules = { emptyLists: 'dropped' };

/** Read when the first request is checked: not every run uses every service. */
function rulesOf({ client, limits }: ServiceInterface, module: Readonly<Record<string, unknown>>): () => Rules {
  let rules: Rules | undefined;
  return () => {
    rules ??= {
      limits: limits === undefined ? new Map() : readLimits(limits),
      enums: readDeclarations(client.packageName, module),
    };
    return rules;
  };
}

function operationModel(schema: OperationSchema, protocol: ProtocolName, rules: () => Rules): OperationModel {
  const [, , name, traits, inputRef, outputRef] = schema;
  const input = NormalizedSchema.of(inputRef);
  const output = NormalizedSchema.of(outputRef);
  const http = protocol.startsWith('rest') ? httpBinding(translateTraits(traits).http) : undefined;
  return {
    name,
    input,
    output,
    http,
    rawBody: hasRawBody(input) || hasRawBody(output),
    copyInput: compileCopier(input, protocol === 'ec2Query' ? EC2_REQUEST : KEPT),
    copyOutput: compileCopier(output, KEPT),
    check: compileChecker(input, rules),
  };
}

function httpBinding(http: unknown): HttpBinding {
  const [method, uri, statusCode] = http as [string, string, number | undefined];
  const [path = '/', query = ''] = uri.split('?');
  const pattern = path
    .replace(/[.]/g, '\\$&')
    .replace(/\{\w+(\+?)\}/g, (_label, greedy) => (greedy ? '(.+)' : '([^/]+)'));
  return {
    method,
    pattern: new RegExp(`^${pattern}/?$`),
    labels: [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, label = '']) => label),
    staticQuery: new Map(new URLSearchParams(query)),
    literalLength: uri.replace(/\{[^}]*\}/g, '').length,
    statusCode: statusCode ?? 200,
  };
}

function hasRawBody(shape: NormalizedSchema): boolean {
  if (!shape.isStructSchema()) return false;
  for (const [, member] of shape.structIterator()) {
    if (member.isStreaming()) return true;
    if (member.getMergedTraits().httpPayload && (member.isBlobSchema() || member.isStringSchema())) return true;
  }
  return false;
}
