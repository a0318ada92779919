// One feed that lies among those that do not: it costs its own fleet, and no other.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { type FeedReading, readFeed } from '../../../functions/watch-releases/feed.ts';
import { httpFetcher } from '../../../shared/chains/fetch.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { reconcileFleets } from '../../../shared/reconcile/invocation.ts';
import { fleetOf } from '../../fixtures/sights.ts';
import { FEEDS, jsonStructures } from '../../fixtures/structures.ts';

const HONEST =
  '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>tag:x,2008:Repository/1/v29.1</id><title>29.1</title></entry></feed>';
/** As large as a feed may be. */
const BYTES = 2 * 1024 * 1024;
const LIES = { ...FEEDS, ...jsonStructures() };

const server = createServer((request, response) => {
  const lie = LIES[decodeURIComponent((request.url ?? '/').slice(1))];
  response.end(lie ? lie(BYTES * 0.9) : HONEST);
});
let url = '';
beforeAll(async () => {
  jest.spyOn(console, 'info').mockImplementation(() => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  jest.restoreAllMocks();
  server.close();
});

it.each(Object.keys(LIES))(
  'the feed of the first fleet has %s, and the second one is told of its release',
  async (lie) => {
    const readings = new Map<string, FeedReading>();
    const fleets: readonly Fleet[] = ['liar', 'honest'].map((name) => ({ ...fleetOf(), name }));
    await reconcileFleets({ startedAtMs: 0, untilMs: Date.now() + 600_000 } as never, fleets, {
      everyMs: 24 * 60 * 60_000,
      reconcile: async ({ name }) => {
        const from = `${url}/${name === 'liar' ? encodeURIComponent(lie) : ''}`;
        const ask = httpFetcher({ url: from, certificate: 'trusted' }, { timeoutMs: 60_000, maximumBytes: BYTES });
        const answer = await ask({ method: 'GET', path: '', expects: 'text' });
        expect(answer).toMatchObject({ kind: 'answered' });
        if (answer.kind === 'answered') readings.set(name, readFeed(String(answer.body), from));
        return {};
      },
    });
    expect([...readings.keys()]).toEqual(['liar', 'honest']);
    expect(readings.get('honest')).toMatchObject({ releases: [{ version: { text: '29.1' } }] });
    const lied = readings.get('liar');
    expect(lied).toEqual(
      lied !== undefined && 'unreadable' in lied
        ? { unreadable: expect.stringMatching(/^it /) }
        : { releases: expect.any(Array) },
    );
  },
);
