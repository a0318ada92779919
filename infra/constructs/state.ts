// The one table: fleets, nodes, incidents, budgets and the journal. Single items, conditional writes.
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { tableName } from '../names.ts';
import type { Grant } from './grants.ts';

export class State extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      // A literal name, so that a stack that was deleted and deployed again adopts its journal
      // (`--import-existing-resources`).
      tableName,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Fences and leases live here. Without them a second heal could start beside one that still runs.
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /**
   * To read and write items of these partitions, one at a time: no scan, no delete, no batch.
   * @param account the budgets that all fleets have together, too
   */
  grant({ account = false, writes = true }: { readonly account?: boolean; readonly writes?: boolean } = {}): Grant {
    return {
      sid: writes ? 'ReadAndWriteState' : 'ReadState',
      actions: ['dynamodb:GetItem', ...(writes ? ['dynamodb:PutItem'] : []), 'dynamodb:Query'],
      resources: [this.table.tableArn],
      conditions: {
        'ForAllValues:StringLike': {
          'dynamodb:LeadingKeys': ['FLEET#*', 'JOURNAL#*', ...(account ? ['ACCOUNT'] : [])],
        },
      },
    };
  }
}
