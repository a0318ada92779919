// The store of heals over the region's own table, for tests of what is written when several write.
import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoDb } from '../../local/services/dynamodb/dynamodb.ts';
import { AwsError } from '../../local/simulator/service.ts';
import { createStore, type Store } from '../../shared/heal/store.ts';
import { testKernel } from './kernel.ts';

const TableName = 'chainmend';

export interface Table {
  readonly store: Store;
  /** Called before the next write alone: somebody else may be first. */
  meanwhile: () => Promise<void>;
  /** The answer to the next write is lost, though it takes effect: the SDK sends it again. */
  loseAnswer: () => void;
}

/** DynamoDB's other copies are always behind: who does not ask for a consistent read is answered with the past. */
export function tableOfHeals(): Table {
  const kernel = testKernel();
  kernel.faults.add('stale-reads');
  const { operations } = createDynamoDb(kernel);
  const ask = (operation: string, input: object): unknown => operations[operation]?.(input as never, kernel.call());
  ask('CreateTable', {
    TableName,
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  });
  let isLost = false;
  const client = {
    send: async (command: { readonly input: object }) => {
      const operation = command.constructor.name.replace(/Command$/, '');
      if (operation === 'PutItem') {
        const before = table.meanwhile;
        table.meanwhile = async () => {};
        await before();
      }
      try {
        const answer = ask(operation, command.input);
        if (operation !== 'PutItem' || !isLost) return answer;
        isLost = false;
        return ask(operation, command.input);
      } catch (error) {
        if (!(error instanceof AwsError) || error.name !== 'ConditionalCheckFailedException') throw error;
        throw new ConditionalCheckFailedException({ message: error.message, $metadata: {}, ...error.data });
      }
    },
  };
  const table: Table = {
    store: createStore(client as unknown as DynamoDBClient, TableName),
    meanwhile: async () => {},
    loseAnswer: () => {
      isLost = true;
    },
  };
  return table;
}
