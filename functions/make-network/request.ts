// What CloudFormation asks of a function behind a custom resource, and how it is answered. Sources: "Custom resource request and response objects" and
// "Request fields" of the CloudFormation guide.
import * as https from 'node:https';
import * as v from 'valibot';
import { checked, text } from '../../shared/events/fields.ts';
import { plainText } from '../../shared/text/plain-text.ts';

const nodeName = text(/^[a-z][a-z0-9-]{0,31}$/, "a node's name of lower-case letters, digits and -");

const digits = text(/^[1-9][0-9]{0,6}$/, 'a whole number');

const clique = v.strictObject({
  PeriodSeconds: digits,
  EpochBlocks: digits,
  Alloc: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          Address: text(/^0x[0-9a-f]{40}$/, 'an address'),
          Wei: text(/^[0-9]{1,60}$/, 'a whole number'),
        }),
      ),
      v.maxLength(16),
    ),
  ),
  /** Whose enode URLs the stack tells, as NAME.ZONE:PORT. */
  Introducers: v.pipe(v.array(nodeName), v.maxLength(16)),
  Zone: text(/^[a-z0-9.-]{1,253}$/, 'the name of a zone'),
  Port: text(/^[1-9][0-9]{0,4}$/, 'a port'),
});

/** CloudFormation makes a text of every number. */
const network = v.strictObject({
  /** "chainmend/networks/irita": the name of the network's own secret, and of those of its nodes with /NODE behind it. */
  Secrets: text(
    /^([a-z][a-z0-9-]{0,19}-)?chainmend\/networks\/[a-z][a-z0-9-]{0,31}$/,
    'a name such as chainmend/networks/irita',
  ),
  Fleet: text(/^([a-z][a-z0-9-]{0,19}\/)?[a-z][a-z0-9-]{0,31}$/, "the value of a fleet's tag"),
  ChainId: text(/^[A-Za-z0-9_.-]{1,50}$/, 'the id of a chain'),
  Nodes: v.pipe(
    v.array(
      v.strictObject({
        Name: nodeName,
        Volume: text(/^vol-[0-9a-f]{8,17}$/, 'the id of a volume'),
        Role: v.picklist(['validator', 'sentry', 'bootnode', 'follower'], 'a role'),
      }),
    ),
    v.minLength(1),
    v.maxLength(50),
  ),
  /** Of a geth chain; without it the chain is CometBFT's. */
  Clique: v.optional(clique),
});

const answered = {
  ResponseURL: text(/^https:\/\/[a-z0-9.-]{1,200}\.amazonaws\.com(\.cn)?\/\S{1,4000}$/, 'an https address of AWS'),
  StackId: v.string(),
  RequestId: v.string(),
  LogicalResourceId: v.string(),
  RequestType: v.picklist(['Create', 'Update', 'Delete'], 'Create, Update or Delete'),
  PhysicalResourceId: v.optional(v.string()),
};

const event = v.object({
  ...answered,
  ResourceProperties: v.object({ Network: network }),
});

type NetworkRequest = v.InferOutput<typeof event>;
export type Network = v.InferOutput<typeof network>;
export type Asked = Omit<NetworkRequest, 'ResourceProperties'>;

/** Throws an `EventError`. */
export const requestIn = (received: unknown): NetworkRequest => checked(event, received);
/** Where an answer goes, also of a request that is not right. Throws an `EventError`. */
export const askedIn = (received: unknown): Asked => checked(v.object(answered), received);

export type Answer =
  | { readonly id: string; readonly data: Readonly<Record<string, string>> }
  | { readonly id: string; readonly failed: string };

/** "Reason … The length of the response body can't exceed 4096 bytes". */
const REASON_CHARACTERS = 1_000;

export const answerBody = ({ StackId, RequestId, LogicalResourceId }: Asked, answer: Answer): string =>
  JSON.stringify({
    ...('failed' in answer
      ? { Status: 'FAILED', Reason: plainText(answer.failed, REASON_CHARACTERS) }
      : { Status: 'SUCCESS', Data: answer.data }),
    PhysicalResourceId: answer.id,
    ...{ StackId, RequestId, LogicalResourceId },
  });

const TIMEOUT_MS = 10_000;

/** Throws an `Error` where it was not taken: Lambda then begins once more, and everything that was made is found. */
export function respond({ ResponseURL }: Asked, body: string): Promise<void> {
  const url = new URL(ResponseURL);
  return new Promise((resolve, reject) => {
    const sent = https.request(
      {
        ...{ protocol: 'https:', hostname: url.hostname, path: url.pathname + url.search, method: 'PUT', agent: false },
        // The address is signed without a type of content.
        headers: { 'content-type': '', 'content-length': String(Buffer.byteLength(body)), connection: 'close' },
      },
      ({ statusCode = 0 }) => {
        clearTimeout(deadline);
        sent.destroy();
        if (statusCode >= 200 && statusCode < 300) resolve();
        else reject(new Error(`CloudFormation did not take the answer (HTTP ${statusCode})`));
      },
    );
    const deadline = setTimeout(() => {
      sent.destroy();
      reject(new Error(`CloudFormation did not take the answer within ${TIMEOUT_MS / 1000} s`));
    }, TIMEOUT_MS);
    sent.on('error', (error) => {
      clearTimeout(deadline);
      reject(new Error(`CloudFormation cannot be answered: ${plainText(String(error))}`));
    });
    sent.end(body);
  });
}
