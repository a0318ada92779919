// The sweep lane: SDK clients keep their stack (retries, timeouts, endpoints, signing). Left out is the serialization of bytes, and what is about bytes alone.

import type { GuestResponse } from '../lambda-runtime/guest-https.ts';
import type { PreparedRequest } from './gateway.ts';
import type { WireResponse } from './message.ts';
import type { OperationModel } from './model.ts';

/** The part of a guest's SDK client that we use. */
export interface GuestClient {
  readonly config: { protocol: GuestProtocol; readonly defaultSigningName: string };
  readonly middlewareStack: { remove(name: string): boolean };
}

/** What writes headers that nobody reads where no bytes are sent, or a log that a sandbox's client does not have. */
const LEFT_OUT = [
  'getUserAgentMiddleware',
  'hostHeaderMiddleware',
  'recursionDetectionMiddleware',
  'contentLengthMiddleware',
  'loggerMiddleware',
];

/** The SDK's interface of a protocol (ClientProtocol of @smithy/types). */
interface GuestProtocol {
  getShapeId(): string;
  getRequestType(): unknown;
  getResponseType(): unknown;
  setSerdeContext(context: unknown): void;
  getPayloadCodec(): unknown;
  updateServiceEndpoint(request: unknown, endpoint: unknown): unknown;
  serializeRequest(operation: GuestOperation, input: object, context: SerdeContext): Promise<object>;
  deserializeResponse(operation: GuestOperation, context: SerdeContext, response: SdkResponse): Promise<object>;
}

interface GuestOperation {
  readonly name: string;
}

interface SerdeContext {
  endpoint(): Promise<{ protocol: string; hostname: string; port?: number; path: string }>;
}

interface SdkResponse {
  readonly statusCode: number;
  headers: Record<string, string>;
  body: unknown;
}

/** Carries prepared requests past the SDK's HTTP client, which passes on a request's headers as the very same object. */
export type PreparedByHeaders = WeakMap<object, PreparedRequest>;

/** A response that was never bytes; it replaces the response's stream. */
export interface ObjectResponse extends GuestResponse {
  readonly output: object;
  readonly requestId: string;
}

/** An error's bytes: the guest's own protocol makes its exception from them. */
export interface ErrorResponse extends GuestResponse {
  readonly bytes: Uint8Array;
}

export function objectResponse(output: object, requestId: string): ObjectResponse {
  const headers = { 'x-amzn-requestid': requestId };
  return { statusCode: 200, statusMessage: '', headers, complete: true, output, requestId };
}

export function errorResponse({ statusCode, headers, body }: WireResponse): ErrorResponse {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { statusCode, statusMessage: '', headers: { ...headers }, complete: true, bytes };
}

export interface ObjectLane {
  readonly prepared: PreparedByHeaders;
  prepare(service: string, operation: string, input: object): PreparedRequest;
}

/** Replaces a client's own protocol with an object protocol. Operations with raw bodies, and invalid input, keep the wire. */
export function speakObjects(client: GuestClient, lane: ObjectLane): void {
  layOutForReading(client.config);
  for (const name of LEFT_OUT)
    if (!client.middlewareStack.remove(name)) throw new Error(`the SDK’s client has no ${name} any more`);
  const own = client.config.protocol;
  const service = client.config.defaultSigningName;
  const protocol: GuestProtocol = {
    getShapeId: () => own.getShapeId(),
    getRequestType: () => own.getRequestType(),
    getResponseType: () => own.getResponseType(),
    setSerdeContext: (context) => own.setSerdeContext(context),
    getPayloadCodec: () => own.getPayloadCodec(),
    updateServiceEndpoint: (request, endpoint) => own.updateServiceEndpoint(request, endpoint),
    serializeRequest: async (operation, input, context) => {
      const prepared = lane.prepare(service, operation.name, input);
      if (needsWire(prepared.model) || prepared.refusal !== undefined)
        return own.serializeRequest(operation, input, context);
      const { protocol: scheme, hostname, port, path } = await context.endpoint();
      const request = sdkRequest({ protocol: scheme, hostname, port, path });
      lane.prepared.set(request.headers, prepared);
      return request;
    },
    deserializeResponse: async (operation, context, response) => {
      const body = response.body as Partial<ObjectResponse & ErrorResponse>;
      if (body.output !== undefined) {
        return Object.assign(body.output, { $metadata: { httpStatusCode: 200, requestId: body.requestId } });
      }
      if (body.bytes !== undefined) response.body = body.bytes;
      return own.deserializeResponse(operation, context, response);
    },
  };
  client.config.protocol = protocol;
}

/**
 * The SDK copies a client's config three times a call. `Object.assign` has made it a dictionary, which takes 9 µs to copy instead of 2. V8 lays an
 * object out for reading when it is read as a prototype, by code that has run a few times.
 */
function layOutForReading(config: GuestClient['config']): void {
  const view = Object.create(config) as GuestClient['config'];
  for (let reads = 0; reads < 20; reads++) view.protocol;
}

const needsWire = (model: OperationModel | undefined): boolean => model === undefined || model.rawBody;

interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number | undefined;
  readonly path: string;
  readonly method: 'POST';
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly body: undefined;
  clone(): SdkRequest;
}

function sdkRequest(to: Pick<SdkRequest, 'protocol' | 'hostname' | 'port' | 'path'>): SdkRequest {
  const request: SdkRequest = { ...to, method: 'POST', query: {}, headers: {}, body: undefined, clone: () => request };
  return request;
}
