// watch-releases: once a day it reads the feeds that fleet files name, and compares them with what the nodes run. It tells people, and upgrades nothing.
import middy from '@middy/core';
import { type MetricsClients, metricsClients } from '../../shared/aws/clients.ts';
import { logged } from '../../shared/aws/log.ts';
import { httpFetcher } from '../../shared/chains/fetch.ts';
import { fleetContext } from '../../shared/reconcile/context.ts';
import {
  fleetsNamed,
  type LambdaContext,
  openInvocation,
  readAllFleets,
  reconcileFleets,
} from '../../shared/reconcile/invocation.ts';
import { parseReleasesEvent } from './event.ts';
import { lookAtReleases, RELEASES, type ReleasesSummary } from './look.ts';

export { metricsClients as awsClients };

/** Of the schedule. */
const EVERY_MS = 24 * 60 * 60_000;
/** Of the function's 120 s: the feeds of one fleet take 20 s at most. What is left comes first another day, and is told in the log. */
const WORK_MS = 80_000;
/** A feed of GitHub is some 50 kB; the notes of ten releases may be much more. */
const FEED_LIMITS = { timeoutMs: 10_000, maximumBytes: 2 * 1024 * 1024 };

export function createHandler({ clients }: { readonly clients: MetricsClients }) {
  const look = async (event: unknown, lambda: LambdaContext): Promise<readonly ReleasesSummary[]> => {
    const invocation = openInvocation({ clients, variables: [], workMs: WORK_MS }, lambda);
    const { fleet: name } = parseReleasesEvent(event);
    const { fleets } = await readAllFleets(invocation);
    const watched = fleetsNamed(fleets, name).filter(({ releases }) => releases !== undefined);
    return reconcileFleets(invocation, watched, {
      everyMs: EVERY_MS,
      reconcile: (fleet) =>
        lookAtReleases(fleetContext(invocation, RELEASES, fleet), (url) =>
          httpFetcher({ url, certificate: 'trusted' }, FEED_LIMITS)({ method: 'GET', path: '', expects: 'text' }),
        ),
    });
  };
  return middy<unknown, readonly ReleasesSummary[]>().use(logged()).handler(look);
}

export const handler = createHandler({ clients: metricsClients() });
