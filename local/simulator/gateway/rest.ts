// The REST protocols: labels, query and headers by the schema's bindings, the body by the client's own codec.
import type { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from '../service.ts';
import { readBody, readScalar, writeBody } from './body.ts';
import { textOf, type WireRequest, type WireResponse } from './message.ts';
import type { OperationModel, ServiceModel } from './model.ts';

export type Labels = Readonly<Record<string, string>>;

/** The operation whose URI template matches; of several, the one with the most literal text. */
export function findRestOperation(
  service: ServiceModel,
  method: string,
  url: URL,
): { model: OperationModel; labels: Labels } | undefined {
  let best: { model: OperationModel; labels: Labels; literalLength: number } | undefined;
  for (const model of service.operations.values()) {
    const { http } = model;
    if (http === undefined || http.method !== method || http.literalLength <= (best?.literalLength ?? -1)) continue;
    const match = http.pattern.exec(url.pathname);
    if (match === null || ![...http.staticQuery].every(([key, value]) => url.searchParams.get(key) === value)) continue;
    const labels = Object.fromEntries(http.labels.map((label, i) => [label, decoded(match[i + 1] ?? '')]));
    best = { model, labels, literalLength: http.literalLength };
  }
  return best;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError('SerializationException', `The path has an escape that means nothing: ${text.slice(0, 100)}`);
  }
}

export async function readRestInput(
  service: ServiceModel,
  operation: OperationModel,
  labels: Labels,
  url: URL,
  request: WireRequest,
): Promise<object> {
  const input: Record<string, unknown> = {};
  let inBody = false;
  for (const [name, member] of operation.input.structIterator()) {
    const { httpLabel, httpQuery, httpHeader, httpPayload } = member.getMergedTraits();
    if (httpLabel) input[name] = readText(member, labels[name]);
    else if (httpQuery) input[name] = readQueryMember(member, url.searchParams.getAll(httpQuery));
    else if (httpHeader) input[name] = readText(member, request.headers[httpHeader.toLowerCase()]);
    else if (httpPayload) input[name] = await readPayload(service, member, request.body);
    else inBody = true;
  }
  if (!inBody || request.body.length === 0) return input;
  const body = await readBody(service.clientProtocol.getPayloadCodec(), operation.input, request.body);
  return { ...(body as object), ...withoutUndefined(input) };
}

export function writeRestOutput(
  service: ServiceModel,
  operation: OperationModel,
  output: object,
  requestId: string,
): WireResponse {
  const values = output as Readonly<Record<string, unknown>>;
  const codec = service.clientProtocol.getPayloadCodec();
  const contentType = service.protocol === 'restXml' ? 'application/xml' : 'application/json';
  const headers: Record<string, string> = { 'x-amzn-requestid': requestId, 'content-type': contentType };
  let statusCode = operation.http?.statusCode ?? 200;
  let body: string | Uint8Array = '';
  let inBody = false;
  for (const [name, member] of operation.output.isUnitSchema() ? [] : operation.output.structIterator()) {
    const { httpHeader, httpPayload, httpResponseCode } = member.getMergedTraits();
    const value = values[name];
    if (httpHeader) {
      if (value !== undefined)
        headers[httpHeader.toLowerCase()] = value instanceof Date ? value.toUTCString() : String(value);
    } else if (httpPayload) {
      if (value !== undefined)
        body = isRaw(member) ? Buffer.from(value as Uint8Array) : writeBody(codec, member, value);
    } else if (httpResponseCode) {
      if (typeof value === 'number') statusCode = value;
    } else inBody = true;
  }
  if (inBody) body = writeBody(codec, operation.output, output);
  return { statusCode, headers, body };
}

const isRaw = (member: NormalizedSchema): boolean => member.isBlobSchema() || member.isStringSchema();

async function readPayload(service: ServiceModel, member: NormalizedSchema, body: Uint8Array): Promise<unknown> {
  if (body.length === 0) return undefined;
  if (member.isBlobSchema()) return body;
  return member.isStringSchema() ? textOf(body) : readBody(service.clientProtocol.getPayloadCodec(), member, body);
}

function readQueryMember(member: NormalizedSchema, values: readonly string[]): unknown {
  if (values.length === 0) return undefined;
  return member.isListSchema()
    ? values.map((value) => readText(member.getValueSchema(), value))
    : readText(member, values[0]);
}

function readText(member: NormalizedSchema, text: string | undefined): unknown {
  return text === undefined ? undefined : readScalar(member, text);
}

const withoutUndefined = (record: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
