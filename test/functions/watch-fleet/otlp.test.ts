// Metrics over OTLP: what is sent, what is sent again, and what is told when it fails.
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from '@jest/globals';
import { type Gauge, refusedPoints, sendGauges } from '../../../functions/watch-fleet/otlp.ts';
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
function answering(...answers: readonly (number | Buffer | Error)[]) {
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
        if (Buffer.isBuffer(answer)) return { response: { statusCode: 200, body: [answer] } };
        return { response: { statusCode: answer, body: [Buffer.from(answer === 200 ? '' : 'Rate\nexceeded')] } };
      },
    },
  };
  return { sent, client: { config } as unknown as CloudWatchClient };
}

describe('metrics over OTLP', () => {
  it('go signed to the region’s own endpoint, a thousand points at once, and none is left out', async () => {
    const { sent, client } = answering(200);
    await sendGauges(client, gauges(2_250), AT);
    expect(
      sent.map(({ hostname, path, headers }) => [hostname, path, headers['authorization'], headers['content-type']]),
    ).toEqual(Array(3).fill(['monitoring.eu-west-1.amazonaws.com', '/v1/metrics', 'signed', 'application/x-protobuf']));
    const points = sent.flatMap(({ body }) => readOtlp(body, 'application/x-protobuf'));
    expect(points.map(({ Value }) => Value)).toEqual(gauges(2_250).map(({ value }) => value));
    expect(sent.map(({ body }) => readOtlp(body, 'application/x-protobuf').length)).toEqual([1_000, 1_000, 250]);
  });

  it.each([
    [1, 15_000, 'é'],
    [2, 20_000, 'x'],
    [150, 200, 'x'],
  ])(
    'with %d labels of %d %j go in full requests of at most a megabyte, and none is left out',
    async (count, length, letter) => {
      const { sent, client } = answering(200);
      const labels = Object.fromEntries(Array.from({ length: count }, (_, at) => [`l${at}`, letter.repeat(length)]));
      // Each has a metric of its own, which takes the most bytes.
      const own = gauges(990).map((gauge, at) => ({ ...gauge, name: `metric_${at}`, labels }));
      await sendGauges(client, own, AT);
      expect(Math.max(...sent.map(({ body }) => body.length))).toBeLessThanOrEqual(1_000_000);
      for (const { body } of sent.slice(0, -1)) expect(body.length).toBeGreaterThan(900_000);
      const points = sent.flatMap(({ body }) => readOtlp(body, 'application/x-protobuf'));
      expect(points.map(({ Value }) => Value)).toEqual(own.map(({ value }) => value));
    },
  );

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
    await expect(sendGauges(client, gauges(2_250), AT)).rejects.toThrow('1 of 3 requests failed: HTTP 400');
    expect(sent).toHaveLength(3);
  });

  it('that CloudWatch leaves out of a request that it took are told with its own words, and not sent again', async () => {
    // partial_success: rejected_data_points 300, error_message "Too\nlong".
    const answer = Buffer.from([0x0a, 0x0d, 0x08, 0xac, 0x02, 0x12, 0x08, ...Buffer.from('Too\nlong')]);
    expect(refusedPoints(answer)).toEqual({ points: 300, why: 'Too long' });
    const { sent, client } = answering(answer);
    await expect(sendGauges(client, gauges(450), AT)).rejects.toThrow(
      /^metrics over OTLP: 1 of 1 requests failed: 300 of 450 points refused: Too long$/,
    );
    expect(sent).toHaveLength(1);
  });

  it('are all taken where the answer is empty, names no point, or has only what nobody knows yet', () => {
    for (const bytes of [[], [0x0a, 0x00], [0x18, 0x01], [0x19, 1, 2, 3, 4, 5, 6, 7, 8], [0x1d, 1, 2, 3, 4]])
      expect(refusedPoints(Buffer.from(bytes))).toEqual({ points: 0, why: '' });
  });

  it.each([[[0x0a]], [[0x0a, 0x05, 0x08]], [[0x0b, 0x00]], [Array(12).fill(0xff)]])(
    'are not called sent where the answer is no message: %j',
    async (bytes) => {
      const { sent, client } = answering(Buffer.from(bytes));
      await expect(sendGauges(client, gauges(1), AT)).rejects.toThrow('an answer that is no protobuf message');
      expect(sent).toHaveLength(1);
    },
  );
});
