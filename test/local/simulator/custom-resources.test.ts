// Custom resources of a stack: a function is invoked, and what it puts to an address of its own is what CloudFormation goes on with.
import { describe, expect, it } from '@jest/globals';
import { CustomResourceAnswers, customResource } from '../../../local/simulator/cloudformation/custom-resources.ts';
import type { Maker } from '../../../local/simulator/cloudformation/resource.ts';
import { type HttpAnswer, Network } from '../../../local/simulator/network/network.ts';

const PROPERTIES = {
  ServiceToken: 'arn:aws:lambda:a',
  ServiceTimeout: 480,
  Network: { Nodes: [{ Count: 4, Is: true }] },
};

/** A stack whose function answers as `answer` says; undefined: never. */
function made(answer: (request: Record<string, unknown>) => object | undefined, method = 'PUT') {
  const network = new Network();
  const statuses: number[] = [];
  const maker = {
    ...{ logicalId: 'Network', uuid: () => 'r', wait: async () => {} },
    answers: new CustomResourceAnswers(network, 'eu-west-1'),
    arn: (service: string, resource: string) => `arn:aws:${service}:${resource}`,
    call: async (_service: string, _operation: string, { Payload }: { readonly Payload: Uint8Array }) => {
      const request = JSON.parse(new TextDecoder().decode(Payload)) as Record<string, unknown>;
      const body = answer(request);
      if (body) {
        const { hostname, pathname, search } = new URL(String(request['ResponseURL']));
        const put = {
          method,
          path: pathname + search,
          headers: {},
          body: new TextEncoder().encode(JSON.stringify(body)),
        };
        for (let at = 0; at < 2; at++) {
          const told = network.request('internet', hostname, 443, put) as HttpAnswer;
          statuses.push(told.kind === 'response' ? told.statusCode : 0);
        }
      }
      return {};
    },
  } as unknown as Maker;
  return { statuses, created: Promise.resolve(customResource.create(PROPERTIES, maker)) };
}
const right = { Status: 'SUCCESS', PhysicalResourceId: 'mine', RequestId: 'r', Data: { A: 'b' } };

describe('a custom resource', () => {
  it('is what its function answers, to an address that takes one answer', async () => {
    const { created, statuses } = made(() => right);
    expect(await created).toEqual({ ref: 'mine', attributes: { A: 'b' } });
    expect(statuses).toEqual([200, 403]);
  });

  it('tells its properties as texts', async () => {
    let asked: unknown;
    await made((request) => {
      asked = request['ResourceProperties'];
      return right;
    }).created;
    expect(asked).toEqual({ ...PROPERTIES, ServiceTimeout: '480', Network: { Nodes: [{ Count: '4', Is: 'true' }] } });
  });

  it.each<readonly [string, object | undefined, string, string]>([
    [
      'fails with the reason of its function',
      { ...right, Status: 'FAILED', Reason: 'why' },
      'PUT',
      'Message returned: why',
    ],
    ['fails where no answer comes in time', undefined, 'PUT', 'within the service timeout'],
    ['takes no answer that is not put', right, 'POST', 'within the service timeout'],
    ['takes no answer to another request', { ...right, RequestId: 'x' }, 'PUT', 'Invalid RequestId'],
  ])('%s', async (_, body, method, told) => {
    await expect(made(() => body, method).created).rejects.toThrow(told);
  });
});
