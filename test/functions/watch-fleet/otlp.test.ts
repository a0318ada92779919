// Metrics over OTLP: what is sent, what is sent again, and what is told when it fails.
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from '@jest/globals';
import { type Gauge, sendGauges } from '../../../functions/watch-fleet/otlp.ts';
import { readOtlp } from '../../../local/services/cloudwatch/otlp.ts';

const AT = Date.UTC(2026, 0, 1);
const gauges = (count: number): readonly Gauge[] =>
  Array.from({ length: count }, (_, value) => ({
    name: 'chainmend_peers',
    unit: '1',
    value,
    labels: { Node: `n${value}` },
  }));

interface Sent {
  readonly hostname: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/** A client whose requests are answered in turn; the last answer stands for all that follow. */
function answering(...answers: readonly (number | Error)[]) {
  const sent: Sent[] = [];
  const config = {
    region: async () => 'eu-west-1',
    endpointProvider: ({ Region }: { Region: string }) => ({
      url: new URL(`https://monitoring.${Region}.amazonaws.com`),
    }),
    systemClockOffset: 0,
    signer: async () => ({
      sign: async (request: Sent) => ({ ...request, headers: { ...request.headers, authorization: 'signed' } }),
    }),
    requestHandler: {
      handle: async (request: Sent) => {
        const answer = answers[Math.min(sent.length, answers.length - 1)];
        sent.push(request);
        if (answer instanceof Error) throw answer;
        return { response: { statusCode: answer, body: [Buffer.from(answer === 200 ? '' : 'Rate\nexceeded')] } };
      },
    },
  };
  return { sent, client: { config } as unknown as CloudWatchClient };
}

describe('metrics over OTLP', () => {
  it('go signed to the region’s own endpoint, two hundred points at once, and none is left out', async () => {
    const { sent, client } = answering(200);
    await sendGauges(client, gauges(450), AT);
    expect(
      sent.map(({ hostname, path, headers }) => [hostname, path, headers['authorization'], headers['content-type']]),
    ).toEqual(Array(3).fill(['monitoring.eu-west-1.amazonaws.com', '/v1/metrics', 'signed', 'application/x-protobuf']));
    const points = sent.flatMap(({ body }) => readOtlp(body, 'application/x-protobuf'));
    expect(points.map(({ Value }) => Value)).toEqual(gauges(450).map(({ value }) => value));
    expect(sent.map(({ body }) => readOtlp(body, 'application/x-protobuf').length)).toEqual([200, 200, 50]);
  });

  it.each([429, 503, new Error('socket hang up')])(
    'that are answered by %s come again, three times at most',
    async (answer) => {
      const once = answering(answer, 200);
      await sendGauges(once.client, gauges(1), AT);
      expect(once.sent).toHaveLength(2);
      expect(once.sent[1]?.body).toEqual(once.sent[0]?.body);
      const always = answering(answer);
      await expect(sendGauges(always.client, gauges(1), AT)).rejects.toThrow(
        'metrics over OTLP: 1 of 1 requests failed',
      );
      expect(always.sent).toHaveLength(3);
    },
  );

  it('that CloudWatch refuses are told with its own words, on one line, and not sent again', async () => {
    const { sent, client } = answering(403);
    await expect(sendGauges(client, gauges(1), AT)).rejects.toThrow(
      /^metrics over OTLP: 1 of 1 requests failed: HTTP 403, Rate exceeded$/,
    );
    expect(sent).toHaveLength(1);
  });

  it('of one request that fails keep no other one back', async () => {
    const { sent, client } = answering(400, 200);
    await expect(sendGauges(client, gauges(450), AT)).rejects.toThrow('1 of 3 requests failed: HTTP 400');
    expect(sent).toHaveLength(3);
  });
});
