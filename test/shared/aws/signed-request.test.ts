// What we sign ourselves goes where the SDK's own requests go: a region on this machine, a proxy, a partition.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { sendPlain } from '../../../shared/aws/signed-request.ts';

const request = { path: '/v1/metrics', contentType: 'application/json', body: Buffer.from('{}'), answerBytesMax: 100 };
const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'test' };
const VARIABLES = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_CLOUDWATCH'];
const before = VARIABLES.map((name) => [name, process.env[name]] as const);

let server: Server;
let address: string;
let heard: IncomingMessage[];

beforeEach(async () => {
  heard = [];
  server = createServer((asked, answer) => {
    heard.push(asked);
    asked.resume().once('end', () => answer.end('{}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

it.each(VARIABLES)('by %s it goes to that address, with its port, signed as CloudWatch’s', async (name) => {
  process.env[name] = `http://${address}`;
  const cloudwatch = new CloudWatchClient({ region: 'eu-west-1', credentials });
  expect(`${await sendPlain(cloudwatch, request)}`).toBe('{}');
  expect(heard.map(({ url, headers }) => [url, headers.host])).toEqual([['/v1/metrics', address]]);
  expect(heard[0]?.headers.authorization).toMatch(/\/eu-west-1\/monitoring\/aws4_request, .*SignedHeaders=[^,]*host/);
});

it('by a path in front it keeps that path, and the SDK’s own requests go the same way', async () => {
  process.env['AWS_ENDPOINT_URL'] = `http://${address}/aws/`;
  const cloudwatch = new CloudWatchClient({ region: 'eu-west-1', credentials });
  await sendPlain(cloudwatch, request);
  await cloudwatch.send(new ListMetricsCommand({})).catch(() => undefined);
  expect(heard[0]?.url).toBe('/aws/v1/metrics');
  expect(new Set(heard.map(({ headers }) => headers.host))).toEqual(new Set([address]));
});

it('without any it goes to the region’s own host', async () => {
  const hosts: string[] = [];
  const handle = async ({ hostname }: { readonly hostname: string }) => {
    hosts.push(hostname);
    return { response: { statusCode: 200, headers: {}, body: Buffer.from('{}') } };
  };
  const requestHandler = { handle, updateHttpClientConfig: () => {}, httpHandlerConfigs: () => ({}) } as never;
  for (const more of [{}, { useFipsEndpoint: true }])
    await sendPlain(new CloudWatchClient({ region: 'eu-west-1', credentials, requestHandler, ...more }), request);
  expect(hosts).toEqual(['monitoring.eu-west-1.amazonaws.com', 'monitoring-fips.eu-west-1.amazonaws.com']);
});
