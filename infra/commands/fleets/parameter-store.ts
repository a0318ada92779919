// SSM parameters for the commands of `npm run chainmend`: read and write.
import {
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  paginateGetParametersByPath,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { plainText } from '../../../shared/text/plain-text.ts';
import type { Yes } from '../consent.ts';
import { StoreError, withPlace } from '../errors.ts';

export interface ParameterStore {
  /** undefined where the parameter does not exist. */
  read(name: string): Promise<string | undefined>;
  /** Names of the parameters right below a path, without it. */
  list(path: string): Promise<readonly string[]>;
  /** @returns its version now: 1 for a new parameter; undefined where AWS does not say */
  write(name: string, value: string, yes: Yes): Promise<number | undefined>;
}

/** More fleets than this are not named in a message. */
const MAX_LISTED = 1_000;

/** Uses the account and region of the environment, as every AWS command does. */
export function ssmParameterStore(client = new SSMClient()): ParameterStore {
  return {
    async read(name) {
      try {
        const { Parameter } = await client.send(new GetParameterCommand({ Name: name }));
        return Parameter?.Value;
      } catch (error) {
        if (error instanceof ParameterNotFound) return undefined;
        throw storeError(name, error);
      }
    },
    async list(path) {
      const names: string[] = [];
      try {
        for await (const { Parameters = [] } of paginateGetParametersByPath({ client }, { Path: path })) {
          names.push(...Parameters.flatMap(({ Name }) => Name?.slice(path.length + 1) ?? []));
          if (names.length > MAX_LISTED) break;
        }
      } catch (error) {
        throw storeError(path, error);
      }
      return names;
    },
    async write(name, value) {
      // Intelligent-Tiering makes a parameter advanced only for a value of more than 4 KB. It keeps an advanced parameter, which `Standard` would not
      // do: an advanced parameter cannot become a standard one [SSM PutParameter, Tier].
      const input = { Name: name, Value: value, Type: 'String', Overwrite: true, Tier: 'Intelligent-Tiering' } as const;
      try {
        return (await client.send(new PutParameterCommand(input))).Version;
      } catch (error) {
        throw storeError(name, error);
      }
    },
  };
}

/** @param what the operation or its subject, for the message */
export async function withStoreError<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof StoreError ? cause : storeError(what, cause);
  }
}

function storeError(what: string, cause: unknown): StoreError {
  const words = plainText(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause));
  return new StoreError(`${what}: ${withPlace(words)}`, { cause });
}
