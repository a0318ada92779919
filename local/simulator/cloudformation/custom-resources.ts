// Custom resources: CloudFormation invokes a function, and waits until that has put its answer to an address that is for this one request. Source: "Custom
// resource request and response objects" and "ServiceTimeout" of the CloudFormation guide.
import type { HttpAnswer, Network } from '../network/network.ts';
import type { Answers, Maker, Properties, ResourceType } from './resource.ts';

type Answered = Awaited<ReturnType<Answers['next']>['answer']>;

export class CustomResourceAnswers implements Answers {
  readonly #host: string;
  readonly #waiting = new Map<string, (answer: Answered) => void>();
  #asked = 0;

  constructor(network: Network, regionName: string) {
    this.#host = `cloudformation-custom-resource-response-${regionName.replaceAll('-', '')}.s3.${regionName}.amazonaws.com`;
    network.attach(this.#host, 'internet', (_port, { method, path, body }) => {
      const take = this.#waiting.get(path);
      if (method !== 'PUT' || !take) return status(403);
      this.#waiting.delete(path);
      take(JSON.parse(new TextDecoder().decode(body)) as Answered);
      return status(200);
    });
  }

  /** An address of its own, and what will be put there. */
  next(): { readonly url: string; readonly answer: Promise<Answered> } {
    const path = `/answer-${++this.#asked}?Expires=1&Signature=a`;
    return {
      url: `https://${this.#host}${path}`,
      answer: new Promise((resolve) => this.#waiting.set(path, resolve)),
    };
  }
}

const status = (statusCode: number): HttpAnswer => ({ kind: 'response', statusCode, body: '', afterMs: 40 });

/** "The default value is 3600 seconds". */
const TIMEOUT_SECONDS = 3_600;

async function create(properties: Properties, maker: Maker) {
  const { ServiceToken, ServiceTimeout = TIMEOUT_SECONDS } = properties;
  const { url, answer } = maker.answers.next();
  const request = {
    ...{ RequestType: 'Create', ResponseURL: url, StackId: maker.arn('cloudformation', 'stack/local/1') },
    ...{ RequestId: maker.uuid(), ResourceType: 'AWS::CloudFormation::CustomResource' },
    ...{ LogicalResourceId: maker.logicalId, ResourceProperties: texts(properties) },
  };
  await maker.call('lambda', 'Invoke', {
    ...{ FunctionName: ServiceToken, InvocationType: 'Event' },
    Payload: new TextEncoder().encode(JSON.stringify(request)),
  });
  const late = maker.wait(Number(ServiceTimeout) * 1_000).then(() => undefined);
  const answered = await Promise.race([answer, late]);
  if (!answered)
    throw new Error('CloudFormation did not receive a response from your Custom Resource within the service timeout');
  if (answered.RequestId !== request.RequestId) throw new Error('Invalid RequestId in the response object');
  if (answered.Status !== 'SUCCESS')
    throw new Error(`Received response status [FAILED] from custom resource. Message returned: ${answered.Reason}`);
  return { ref: answered.PhysicalResourceId, attributes: { ...answered.Data } };
}

/** "CloudFormation converts numbers and booleans to strings". */
function texts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(texts);
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, texts(inner)]));
}

/** With the properties of those that this suite has: any others are an error. */
export const customResource: ResourceType = { uses: ['ServiceToken', 'ServiceTimeout', 'Network'], create };
