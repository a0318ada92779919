// Updates a stack to another template, as UpdateStack does: what is new is made, what has other properties is changed, what is gone stays where its policy
// says so.
import { isDeepStrictEqual } from 'node:util';
import type { TemplateResource } from './assembly.ts';
import {
  type Deployment,
  type DeployOptions,
  failed,
  type Made,
  makeAll,
  makeNew,
  makerFor,
  readResource,
} from './deploy.ts';
import type { Scope } from './intrinsics.ts';

/**
 * Throws an Error that names resource and type for a change that the region cannot make, before or after others were made.
 * @param before what the stack was made of
 */
export async function update(
  options: DeployOptions,
  before: { readonly deployment: Deployment; readonly template: DeployOptions['assembly']['template'] },
): Promise<Deployment> {
  const { resources: former } = before.deployment;
  const { Resources } = options.assembly.template;
  for (const [logicalId, { DeletionPolicy, Type }] of Object.entries(before.template.Resources))
    if (!Object.hasOwn(Resources, logicalId) && DeletionPolicy !== 'Retain')
      throw new Error(`Resources.${logicalId} (${Type}): the local region does not remove it from a stack`);
  return makeAll(options, (logicalId, resource, scope) =>
    updateOne(former.get(logicalId), { logicalId, resource, scope, options }),
  );
}

interface Wanted {
  readonly logicalId: string;
  readonly resource: TemplateResource;
  readonly scope: Scope;
  readonly options: DeployOptions;
}

async function updateOne(former: Made | undefined, { logicalId, resource, scope, options }: Wanted): Promise<Made> {
  const read = readResource(logicalId, resource, scope, options);
  if (former === undefined) return makeNew(logicalId, read, options);
  const { type, used } = read;
  if (former.type === resource.Type && isDeepStrictEqual(former.used, used)) return former;
  if (former.type !== resource.Type || type.update === undefined)
    throw new Error(`Resources.${logicalId} (${resource.Type}): the local region does not change it in a stack`);
  try {
    return { ...(await type.update(used, makerFor(logicalId, options), former)), type: resource.Type, used };
  } catch (cause) {
    throw failed(logicalId, resource, cause);
  }
}
