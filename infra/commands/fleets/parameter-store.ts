// SSM parameters, as the commands of `npm run fleets` read and write them.
import { GetParameterCommand, ParameterNotFound, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { plainText } from '../../../shared/text/plain-text.ts';

export interface ParameterStore {
  /** undefined where there is no such parameter. */
  read(name: string): Promise<string | undefined>;
  /** @returns the version that it has now: 1 where it was not there; undefined where AWS does not say */
  write(name: string, value: string): Promise<number | undefined>;
}

/** AWS refused, or could not be asked: its own words, which a person at a terminal can act on. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** In the account and region that the environment names, as for every AWS command. */
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
    async write(name, value) {
      // Intelligent-Tiering takes an advanced parameter only for a value of more than 4 KB, and leaves one as it is, which
      // `Standard` would not: an advanced parameter cannot become a standard one [SSM PutParameter, Tier].
      const input = { Name: name, Value: value, Type: 'String', Overwrite: true, Tier: 'Intelligent-Tiering' } as const;
      try {
        return (await client.send(new PutParameterCommand(input))).Version;
      } catch (error) {
        throw storeError(name, error);
      }
    },
  };
}

function storeError(name: string, cause: unknown): StoreError {
  const words = plainText(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause));
  return new StoreError(`${name}: ${words}${/Region is missing|CredentialsProvider/.test(words) ? WHOSE : ''}`, {
    cause,
  });
}

/** The SDK says what it lacks, not where it looked. */
const WHOSE = '; your environment says which account and region: AWS_PROFILE, or AWS_REGION and credentials';
