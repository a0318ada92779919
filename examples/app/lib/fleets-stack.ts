// What looks after two fleets that the account has already. Nothing of theirs is in this stack: they are known by their tags.
import { join } from 'node:path';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Chainmend } from 'chainmend';
import type { Construct } from 'constructs';

/** The role that the instances have. When another instance takes a node's place, it gets this one and no other. */
export const nodeRole = 'arn:aws:iam::111122223333:role/bitcoin-node';

export class FleetsStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    // CloudFormation takes 1 MB, including whitespace.
    super(scope, id, { suppressTemplateIndentation: true, ...props });
    const chainmend = new Chainmend(this, 'Chainmend', {
      fleets: join(__dirname, '../../fleets'),
      nodeRoles: [nodeRole],
      email: 'oncall@example.com',
    });
    // Whoever else is paged.
    chainmend.pages.addSubscription(new UrlSubscription('https://pager.example.com/chainmend'));
    new CfnOutput(this, 'Journal', { value: chainmend.table.tableName });
  }
}
