// Deploys the stack into a region from its synthesized template, for any nodes.

import type { Region } from '../../region.ts';
import type { Assembly } from '../../simulator/cloudformation/assembly.ts';

const MAX_EVENTS = 20_000_000;

/** @returns the name of the stack's table */
export async function deployInto(region: Region, assembly: Assembly): Promise<string> {
  const deployment = await settled(region, () => region.deploy({ assembly }));
  const table = [...deployment.resources.values()].find(({ type }) => type.startsWith('AWS::DynamoDB::'));
  if (!table) throw new Error('the template has no table');
  return table.ref;
}

/** Runs the region until work that calls it has its answer. */
export async function settled<T>({ clock }: Region, work: () => Promise<T>): Promise<T> {
  let result: { readonly value: T } | { readonly error: unknown } | undefined;
  work().then(
    (value) => {
      result = { value };
    },
    (error: unknown) => {
      result = { error };
    },
  );
  await clock.run({ until: () => result !== undefined, maxEvents: MAX_EVENTS });
  if (!result) throw new Error('the region came to rest before it had answered');
  if ('error' in result) throw result.error;
  return result.value;
}
