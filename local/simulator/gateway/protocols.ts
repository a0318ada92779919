// The wire protocols of AWS on the server's side: they find a request's operation, read its input, and write responses.
import { crc32 } from 'node:zlib';
import { AwsJson1_1Protocol, AwsSmithyRpcV2CborProtocol, XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { cbor } from '@smithy/core/cbor';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { AwsError } from '../service.ts';
import { readBody, writeBody } from './body.ts';
import { textOf, urlOf, type WireRequest, type WireResponse } from './message.ts';
import { type OperationModel, type PayloadCodec, type ProtocolName, queryErrorOf, type ServiceModel } from './model.ts';
import { type QueryDialect, readQueryInput } from './query-reader.ts';
import { findRestOperation, readRestInput, writeRestOutput } from './rest.ts';
import type { PlainEndpoint } from './service-interface.ts';

export interface OperationRequest {
  readonly operation: string;
  /** Absent if the service has no such operation. */
  readonly model: OperationModel | undefined;
  /** Throws `AwsError` if the body violates the protocol. */
  readInput(): Promise<unknown>;
}

export interface Protocol {
  /** plain: an endpoint with a form of its own. */
  readonly name: ProtocolName | 'plain';
  /** Undefined if the request names no operation. */
  ask(service: ServiceModel, request: WireRequest): OperationRequest | undefined;
  writeOutput(service: ServiceModel, operation: OperationModel, output: object, requestId: string): WireResponse;
  writeError(service: ServiceModel, error: AwsError, requestId: string): WireResponse;
}

/** The protocol of a request: a service may have several (CloudWatch: query, JSON and CBOR). */
export function protocolOf(service: ServiceModel, request: WireRequest): Protocol {
  const endpoint = endpointOf(service, request);
  if (endpoint) return plain(endpoint, request);
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return rpcv2Cbor;
  const contentType = request.headers['content-type'] ?? '';
  if (request.headers['x-amz-target'] !== undefined) return contentType.includes('-1.1') ? json1_1 : json1_0;
  if (service.protocol === 'ec2Query') return ec2Query;
  if (service.protocol === 'restJson1') return restJson1;
  if (service.protocol === 'restXml') return restXml;
  if (service.protocol === 'awsQuery' || /form-urlencoded/.test(contentType)) return awsQuery;
  return service.protocol === 'awsJson1_1' ? json1_1 : json1_0;
}

const endpointOf = ({ declared }: ServiceModel, request: WireRequest): PlainEndpoint | undefined =>
  declared.endpoints?.find(({ method, path }) => request.method === method && request.path === path);

/** AWS publishes no form of such an endpoint's errors (December 2026: "OTLP Endpoints" has their codes): here they are JSON. */
const plain = (endpoint: PlainEndpoint, asked: WireRequest): Protocol => ({
  name: 'plain',
  ask(service, request) {
    const operation = endpoint.operation[2];
    return { operation, model: service.operations.get(operation), readInput: async () => endpoint.readInput(request) };
  },
  writeOutput(_service, _operation, output, requestId) {
    const { contentType, body } = endpoint.writeOutput(asked, output);
    return { statusCode: 200, headers: { 'x-amzn-requestid': requestId, 'content-type': contentType }, body };
  },
  writeError(_service, { name, message, statusCode }, requestId) {
    const headers = { 'x-amzn-requestid': requestId, 'x-amzn-errortype': name, 'content-type': 'application/json' };
    return { statusCode, headers, body: JSON.stringify({ __type: name, message }) };
  },
});

/** The protocol of a service's own SDK client. */
export const nativeProtocol = (service: ServiceModel): Protocol => BY_NAME[service.protocol];

const query = (name: ProtocolName, dialect: QueryDialect): Protocol => ({
  name,
  ask(service, request) {
    const form = request.body.length > 0 ? new URLSearchParams(textOf(request.body)) : urlOf(request).searchParams;
    const operation = form.get('Action');
    if (operation === null) return undefined;
    const model = service.operations.get(operation);
    return { operation, model, readInput: async () => model && readQueryInput(model.input, form, dialect) };
  },
  writeOutput(service, operation, output, requestId) {
    const content = xmlContent(service, operation.output, output);
    const { name: action } = operation;
    const inner =
      dialect === 'ec2'
        ? `<requestId>${requestId}</requestId>${content}`
        : `<${action}Result>${content}</${action}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    return xml(200, requestId, `<${action}Response xmlns="${service.xmlNamespace}">${inner}</${action}Response>`);
  },
  writeError(service, error, requestId) {
    const { statusCode, queryCode } = describeError(service, error);
    if (dialect === 'aws') return xml(statusCode, requestId, xmlError(error, queryCode, requestId));
    const text = `<Code>${escapeXml(queryCode)}</Code><Message>${escapeXml(error.message)}</Message>`;
    const body = `<Response><Errors><Error>${text}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
    return xml(statusCode, requestId, body);
  },
});

interface RpcFormat {
  readonly name: ProtocolName;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  operationOf(request: WireRequest): string | undefined;
  codecOf(service: ServiceModel): PayloadCodec;
  /** Bodies without a schema, for errors. */
  parse(body: string | Uint8Array): object;
  format(value: object): string | Uint8Array;
}

/** JSON and CBOR: one operation a request, and the whole body is its input. */
const rpc = (format: RpcFormat): Protocol => ({
  name: format.name,
  ask(service, request) {
    const operation = format.operationOf(request);
    if (operation === undefined) return undefined;
    const model = service.operations.get(operation);
    const readInput = async () => {
      if (model === undefined || model.input.isUnitSchema() || request.body.length === 0) return {};
      return readBody(format.codecOf(service), model.input, request.body);
    };
    return { operation, model, readInput };
  },
  writeOutput(service, operation, output, requestId) {
    const headers = { 'x-amzn-requestid': requestId, 'content-type': format.contentType, ...format.headers };
    const body = operation.output.isUnitSchema()
      ? format.format({})
      : writeBody(format.codecOf(service), operation.output, output);
    return withChecksum(service, { statusCode: 200, headers, body });
  },
  writeError(service, error, requestId) {
    const { statusCode, shape, name, queryCode } = describeError(service, error);
    const data = shape ? format.parse(writeBody(format.codecOf(service), shape, error.data)) : {};
    const body = format.format({ ...data, __type: name, message: error.message });
    const headers: Record<string, string> = {
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': name,
      'content-type': format.contentType,
      ...format.headers,
    };
    if (service.queryCompatible) headers['x-amzn-query-error'] = `${queryCode};${blame(error)}`;
    return withChecksum(service, { statusCode, headers, body });
  },
});

function withChecksum(service: ServiceModel, response: WireResponse): WireResponse {
  if (!service.declared.checksums) return response;
  return { ...response, headers: { ...response.headers, 'x-amz-crc32': String(crc32(response.body)) } };
}

const rest = (name: 'restJson1' | 'restXml'): Protocol => ({
  name,
  ask(service, request) {
    const url = urlOf(request);
    const found = findRestOperation(service, request.method, url);
    if (found === undefined) return undefined;
    const { model, labels } = found;
    return { operation: model.name, model, readInput: () => readRestInput(service, model, labels, url, request) };
  },
  writeOutput: writeRestOutput,
  writeError(service, error, requestId) {
    const { statusCode, shape } = describeError(service, error);
    if (name === 'restXml') return xml(statusCode, requestId, xmlError(error, error.name, requestId));
    const codec = service.clientProtocol.getPayloadCodec();
    const data = shape ? JSON.parse(textOf(bytesOf(writeBody(codec, shape, error.data)))) : {};
    const headers = {
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': error.name,
      'content-type': 'application/json',
    };
    return { statusCode, headers, body: JSON.stringify({ ...data, __type: error.name, message: error.message }) };
  },
});

const json = (name: 'awsJson1_0' | 'awsJson1_1'): Protocol =>
  rpc({
    name,
    contentType: name === 'awsJson1_0' ? 'application/x-amz-json-1.0' : 'application/x-amz-json-1.1',
    headers: {},
    operationOf: (request) => request.headers['x-amz-target']?.split('.').at(-1),
    codecOf: (service) =>
      service.protocol.startsWith('awsJson') ? service.clientProtocol.getPayloadCodec() : jsonCodec,
    parse: (body) => JSON.parse(textOf(bytesOf(body))),
    format: (value) => JSON.stringify(value),
  });

const jsonCodec = new AwsJson1_1Protocol({
  defaultNamespace: '',
  serviceTarget: '',
}).getPayloadCodec() as unknown as PayloadCodec;

const cborCodec = new AwsSmithyRpcV2CborProtocol({ defaultNamespace: '' }).getPayloadCodec() as unknown as PayloadCodec;

const ec2Query = query('ec2Query', 'ec2');
const awsQuery = query('awsQuery', 'aws');
const restJson1 = rest('restJson1');
const restXml = rest('restXml');
const json1_0 = json('awsJson1_0');
const json1_1 = json('awsJson1_1');
const rpcv2Cbor = rpc({
  name: 'rpcv2Cbor',
  contentType: 'application/cbor',
  headers: { 'smithy-protocol': 'rpc-v2-cbor' },
  operationOf: (request) => /\/service\/[^/]+\/operation\/([^/?]+)/.exec(request.path)?.[1],
  codecOf: () => cborCodec,
  parse: (body) => cbor.deserialize(bytesOf(body)),
  format: (value) => cbor.serialize(value),
});

const BY_NAME: Readonly<Record<ProtocolName, Protocol>> = {
  ec2Query,
  awsQuery,
  awsJson1_0: json1_0,
  awsJson1_1: json1_1,
  restJson1,
  restXml,
  rpcv2Cbor,
};

function xml(statusCode: number, requestId: string, body: string): WireResponse {
  return { statusCode, headers: { 'x-amzn-requestid': requestId, 'content-type': 'text/xml' }, body };
}

function xmlError(error: AwsError, code: string, requestId: string): string {
  const text = `<Type>${blame(error)}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(error.message)}</Message>`;
  return `<ErrorResponse><Error>${text}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
}

/** The members of an output as XML, without the element around them: the query protocols name that element themselves. */
function xmlContent(service: ServiceModel, shape: NormalizedSchema, output: object): string {
  if (shape.isUnitSchema()) return '';
  const serializer = new XmlShapeSerializer({
    xmlNamespace: '',
    serviceNamespace: service.clientProtocol.options.defaultNamespace,
    timestampFormat: { useTrait: true, default: 5 },
  });
  serializer.write(shape, output);
  const element = String(serializer.flush());
  const start = element.indexOf('>') + 1;
  return element.charAt(start - 2) === '/' ? '' : element.slice(start, element.lastIndexOf('</'));
}

const blame = (error: AwsError): 'Sender' | 'Receiver' => (error.$fault === 'server' ? 'Receiver' : 'Sender');

const bytesOf = (body: string | Uint8Array): Uint8Array => (typeof body === 'string' ? Buffer.from(body) : body);

/** XML 1.0 cannot contain most control characters, or halves of surrogate pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

export const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    .replace(NOT_IN_XML, '\ufffd')
    .replace(/[<>&]/g, (character) => (character === '<' ? '&lt;' : character === '>' ? '&gt;' : '&amp;'));

/** Name, status and older code of an error: the model's if it has one of this name or code, else the service's. */
function describeError(service: ServiceModel, error: AwsError) {
  const shape = service.errors.get(error.name);
  const traits = shape?.getMergedTraits();
  const [queryCode = error.name] = shape ? queryErrorOf(shape) : [];
  const name = shape === undefined ? error.name : String((shape.getSchema() as unknown as readonly unknown[])[2]);
  // The status codes in these models are for other protocols: over JSON every client error is 400.
  const isPlainJson = service.protocol.startsWith('awsJson') && !service.queryCompatible;
  const modelled = isPlainJson ? undefined : (traits?.httpError as number | undefined);
  return { shape, name, queryCode, statusCode: modelled ?? error.statusCode };
}
