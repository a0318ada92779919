// The entrance of wire requests into the region: finds service, protocol and operation, and writes the response in the same form.
import { gunzipSync } from 'node:zlib';
import { AwsError } from '../service.ts';
import type { Caller, Gateway } from './gateway.ts';
import { urlOf, type WireRequest, type WireResponse } from './message.ts';
import { escapeXml, type Protocol, protocolOf } from './protocols.ts';

/** What the wire uses of the gateway. */
export type WireGateway = Pick<Gateway, 'models' | 'operationsOf' | 'prepare' | 'send'>;

export interface Scope {
  readonly accessKeyId: string;
  /** Signing name of the service. */
  readonly service: string;
}

/** The signer and the service of a request: from the Authorization header, or from the query string of a presigned request. */
export function scopeOf(request: WireRequest): Scope | undefined {
  const signed = request.headers['authorization'] ?? '';
  const presigned = () => urlOf(request).searchParams.get('X-Amz-Credential') ?? '';
  // Credential=<key>/<date>/<region>/<service>/aws4_request (SigV4); our key ids may contain slashes.
  const match = /(?:Credential=|^)([^,\s]+)\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(signed || presigned());
  return match ? { accessKeyId: match[1] ?? '', service: match[2] ?? '' } : undefined;
}

/**
 * Sends a request through the gateway. If the response is lost, the promise stays pending for ever.
 * @param abandoned whether the caller has died meanwhile
 */
export async function handleWireRequest(
  gateway: WireGateway,
  request: WireRequest,
  caller: Caller,
  abandoned: () => boolean = () => false,
): Promise<WireResponse> {
  const scope = scopeOf(request);
  if (scope === undefined) return withoutProtocol(request, 403, 'MissingAuthenticationToken', UNSIGNED);
  const service = gateway.models.get(scope.service);
  if (service === undefined) {
    const known = [...gateway.models.keys()].filter((name) => gateway.operationsOf(name).length > 0).join(', ');
    const message = `The local region does not emulate the service "${scope.service}"; it knows ${known}.`;
    return withoutProtocol(request, 400, 'NotImplemented', message);
  }
  const protocol = protocolOf(service, request);
  const refuse = (error: AwsError) => protocol.writeError(service, error, NO_REQUEST_ID);
  try {
    const plain = { ...request, body: decoded(request) };
    const asked = protocol.ask(service, plain);
    if (asked === undefined) return refuse(new AwsError('InvalidAction', unknownOperationText(protocol, request)));
    const input = await asked.readInput();
    refuseDepth(input);
    const prepared = gateway.prepare(service.name, asked.operation, input);
    const { model } = prepared;
    return await new Promise((resolve) => {
      gateway.send<WireResponse>(prepared, caller, {
        render: (output, requestId) => {
          if (model === undefined)
            throw new Error(`${service.name}.${asked.operation} answered without having a model`);
          return protocol.writeOutput(service, model, output, requestId);
        },
        answer: resolve,
        fail: (error, requestId) => resolve(protocol.writeError(service, error, requestId)),
        abandoned,
      });
    });
  } catch (error) {
    if (error instanceof AwsError) return refuse(error);
    throw error;
  }
}

/** The error for a request that is not admitted, in its own protocol as far as that is known. */
export function refuseUnread(gateway: WireGateway, request: WireRequest, error: AwsError): WireResponse {
  const service = gateway.models.get(scopeOf(request)?.service ?? '');
  if (service === undefined) return withoutProtocol(request, error.statusCode, error.name, error.message);
  const protocol = protocolOf(service, request);
  return protocol.writeError(service, protocolError(protocol, error), NO_REQUEST_ID);
}

/** "Common errors" of the query APIs have these names; the JSON names end in "Exception" (DynamoDB and Lambda API references). */
const JSON_NAMES: ReadonlyMap<string, string> = new Map([
  ['IncompleteSignature', 'IncompleteSignatureException'],
  ['InvalidClientTokenId', 'UnrecognizedClientException'],
  ['MissingAuthenticationToken', 'MissingAuthenticationTokenException'],
  ['SignatureDoesNotMatch', 'InvalidSignatureException'],
]);

function protocolError({ name }: Protocol, error: AwsError): AwsError {
  const { name: code, message, statusCode } = error;
  // "Client error codes" of EC2: one code for unknown keys and for wrong signatures.
  if (name === 'ec2Query' && (code === 'InvalidClientTokenId' || code === 'SignatureDoesNotMatch'))
    return new AwsError('AuthFailure', message, { statusCode: 401 });
  const known =
    name.startsWith('awsJson') || name === 'restJson1' || name === 'rpcv2Cbor' ? JSON_NAMES.get(code) : undefined;
  return known === undefined
    ? error
    : new AwsError(known, message, { statusCode: name === 'restJson1' ? statusCode : 400 });
}

const UNSIGNED =
  'The request is not signed. The local region finds the service by the SigV4 scope: configure any access key and secret key.';

/** Refused before it reached the region, so it has no id of its own. */
const NO_REQUEST_ID = '00000000-0000-0000-0000-000000000000';

const unknownOperationText = (protocol: Protocol, request: WireRequest): string =>
  `${request.method} ${request.path} names no operation of the protocol ${protocol.name}.`;

function decoded(request: WireRequest): Uint8Array {
  if (request.headers['content-encoding'] !== 'gzip') return request.body;
  try {
    return gunzipSync(request.body, { maxOutputLength: BODY_BYTES_MAX });
  } catch (error) {
    throw new AwsError('SerializationException', `The request body is not gzip: ${(error as Error).message}`);
  }
}

/** DynamoDB's 32 levels of attributes are about 70 levels of JSON. Deeper values would only test the depth of our stack. */
const DEPTH_MAX = 100;

function refuseDepth(input: unknown): void {
  let level: readonly unknown[] = [input];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) {
      throw new AwsError('SerializationException', `The request body is nested more than ${DEPTH_MAX} levels deep.`);
    }
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) ? Object.values(value) : [],
    );
  }
}

export const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** The response to a request of an unknown protocol: JSON if the client speaks it, else XML. */
function withoutProtocol(request: WireRequest, statusCode: number, code: string, message: string): WireResponse {
  const speaksJson =
    request.headers['x-amz-target'] !== undefined || /json/.test(request.headers['content-type'] ?? '');
  if (speaksJson) {
    const headers = { 'content-type': 'application/json', 'x-amzn-errortype': code };
    return { statusCode, headers, body: JSON.stringify({ __type: code, message }) };
  }
  const text = escapeXml(message);
  const error = `<Error><Code>${code}</Code><Message>${text}</Message></Error>`;
  const body = `<Response><Errors>${error}</Errors>${error}<RequestID>${NO_REQUEST_ID}</RequestID></Response>`;
  return { statusCode, headers: { 'content-type': 'text/xml' }, body };
}
