// The SSM documents that nodes run. A function version names the very documents that it was deployed with.
import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';

export interface CommandDocument {
  /** With a hash of the content at its end: "chainmend-observe-node-1f2e3d4c". */
  readonly name: string;
  /** The document itself, schema 2.2. */
  readonly content: object;
}

/**
 * Kept when they are replaced or the stack is deleted: heals in flight are pinned to their function version, and so to its
 * documents. Going back to an older content meets its old document again; `cdk deploy --import-existing-resources` adopts it.
 */
export class Documents extends Construct {
  constructor(scope: Construct, id: string, documents: readonly CommandDocument[]) {
    super(scope, id);
    for (const { name, content } of documents) {
      new CfnDocument(this, name, {
        name,
        content,
        documentType: 'Command',
        documentFormat: 'JSON',
        targetType: '/AWS::EC2::Instance',
      }).applyRemovalPolicy(RemovalPolicy.RETAIN);
    }
  }
}
