// Empty regions behind sockets, for programs that talk to AWS in several regions: one of each name, with one key for all.
import { createRegion } from '../../../local/region.ts';
import { newAccessKey } from '../../../local/simulator/gateway/keys.ts';
import type { ServiceModel } from '../../../local/simulator/gateway/model.ts';
import { listen } from '../../../local/simulator/gateway/server.ts';
import { botocoreName } from '../../fixtures/moto/botocore-names.ts';

export interface ServedRegions {
  /** What a program needs: the key, a region, and `CHAINMEND_ENDPOINTS`, a JSON object of URLs by region. */
  readonly environment: Readonly<Record<string, string>>;
  /** The emulated operations, by botocore's name of the service. */
  readonly operations: Readonly<Record<string, readonly string[]>>;
  /** What a region asks of requests, by botocore's name of the service. */
  readonly models: ReadonlyMap<string, ServiceModel>;
  /** Each defect of a region, with its stack. */
  readonly defects: readonly string[];
  close(): Promise<void>;
}

/** The first region is the default. @param speed virtual seconds a second */
export async function serveRegions(names: readonly string[], speed: number): Promise<ServedRegions> {
  const key = newAccessKey();
  const defects: string[] = [];
  const onDefect = (error: unknown, during: string): void => {
    defects.push(`${during}: ${error instanceof Error ? error.stack : String(error)}`);
  };
  const served = await Promise.all(
    names.map(async (regionName) => {
      const region = await createRegion({
        ...{ seed: 1, lane: 'fidelity', guard: false, startMs: Date.now(), regionName, retain: 100, onDefect },
      });
      const server = await listen(region.gateway, {
        admissions: [{ ...key, caller: { actor: 'person' } }],
        nowMs: () => region.clock.now(),
        onDefect,
      });
      region.sqs.servedAt(server.url);
      return { regionName, gateway: region.gateway, server, following: region.clock.follow({ speed }) };
    }),
  );
  const [first] = served;
  if (first === undefined) throw new Error('names: expected at least one region');
  const services = [...first.gateway.models.keys()];
  return {
    defects,
    models: new Map([...first.gateway.models].map(([service, model]) => [botocoreName(service), model])),
    operations: Object.fromEntries(
      services.map((service) => [botocoreName(service), first.gateway.operationsOf(service)]),
    ),
    environment: {
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      AWS_DEFAULT_REGION: first.regionName,
      CHAINMEND_ENDPOINTS: JSON.stringify(
        Object.fromEntries(served.map(({ regionName, server }) => [regionName, server.url])),
      ),
      CHAINMEND_SPEED: String(speed),
    },
    close: async () => {
      for (const { server, following } of served) {
        await following.stop();
        await server.close();
      }
    },
  };
}
