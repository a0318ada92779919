// The SSM documents that nodes run. A function version names exactly the documents that it was deployed with.
import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { DEFAULT_SUITE } from '../../shared/model/suite.ts';
import type { commandDocuments } from '../../shared/node-commands/index.ts';
import { suiteNames } from './suite-names.ts';

/** The documents, made from this checkout's scripts. */
export type CommandDocuments = ReturnType<typeof commandDocuments>;

/**
 * The documents stay when they are replaced or the stack is deleted: running heals are pinned to their function version, and so to its documents.
 * prune-retired deletes them long after. A rollback to older content finds its old document again; `cdk deploy --import-existing-resources` adopts it.
 */
export class Documents extends Construct {
  /** Of all documents of this deployment. */
  readonly names: readonly string[];
  /** The document names that a function must send now. */
  readonly observeNode: string;
  readonly growFilesystem: string;
  readonly readConfig: string;
  readonly writeConfig: string;
  readonly askPeers: string;
  readonly changePeers: string;
  readonly askNode: string;
  readonly seeClients: string;
  readonly inspectNode: string;
  readonly restartClient: string;
  readonly checkVolume: string;
  readonly fillVolume: string;
  readonly swapVolumes: string;
  readonly stopClient: string;
  readonly startClient: string;

  constructor(scope: Construct, id: string, given: CommandDocuments) {
    super(scope, id);
    const documents = namedFor(suiteNames(this).suite, given);
    this.names = Object.values(documents).map(({ name }) => name);
    this.observeNode = documents.observeNode.name;
    this.growFilesystem = documents.growFilesystem.name;
    this.readConfig = documents.readConfig.name;
    this.writeConfig = documents.writeConfig.name;
    this.askPeers = documents.askPeers.name;
    this.changePeers = documents.changePeers.name;
    this.askNode = documents.askNode.name;
    this.seeClients = documents.seeClients.name;
    this.inspectNode = documents.inspectNode.name;
    this.restartClient = documents.restartClient.name;
    this.checkVolume = documents.checkVolume.name;
    this.fillVolume = documents.fillVolume.name;
    this.swapVolumes = documents.swapVolumes.name;
    this.stopClient = documents.stopClient.name;
    this.startClient = documents.startClient.name;
    for (const { name, content } of Object.values(documents)) {
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

/** The documents of one suite: `payments-chainmend-observe-node-0123abcd`. Another suite, of another version, may have other ones, and prunes its own. */
function namedFor(suite: string, documents: CommandDocuments): CommandDocuments {
  const named = (name: string): string => name.replace(DEFAULT_SUITE, suite);
  return Object.fromEntries(
    Object.entries(documents).map(([key, document]) => [key, { ...document, name: named(document.name) }]),
  ) as CommandDocuments;
}
