// The SSM documents that nodes run. A function version names exactly the documents that it was deployed with.
import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { DEFAULT_SUITE } from '../../shared/model/suite.ts';
import type { CommandDocument, commandDocuments } from '../../shared/node-commands/index.ts';
import { InputError } from '../input-error.ts';
import { writeOnce } from './shared-runs.ts';
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
    const contentOf = isWhole(this)
      ? ({ content }: CommandDocument) => content
      : share(scope, Object.values(documents));
    for (const document of Object.values(documents)) {
      new CfnDocument(this, document.name, {
        name: document.name,
        content: contentOf(document),
        documentType: 'Command',
        // JSON is the default of DocumentFormat.
        targetType: '/AWS::EC2::Instance',
      }).applyRemovalPolicy(RemovalPolicy.RETAIN);
    }
  }
}

/** Where a script may be cut: between its lines, and between commands of one line. */
const LINES = /(?<=[\n;])/;

/**
 * Writes each run of lines that several documents have into the template once. CloudFormation joins them, so that a document in the account is
 * what it is here (docs/fidelity.md says what AWS does not document of it).
 */
function share(scope: Construct, documents: readonly CommandDocument[]): (document: CommandDocument) => object {
  const texts = documents.flatMap(({ content }) => textsOf(content));
  const written = writeOnce(scope, 'R', texts, (text) => text.split(LINES));
  return ({ content }) => mapTexts(content, written) as object;
}

const textsOf = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
};

function mapTexts(value: unknown, written: (text: string) => unknown): unknown {
  if (typeof value === 'string') return written(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, written));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, written)]));
}

/** Where CloudFormation would not take such a mapping: `-c chainmend:documents=whole` writes each document out. */
function isWhole({ node }: Construct): boolean {
  const given: unknown = node.tryGetContext('chainmend:documents');
  if (given === undefined || given === 'whole') return given === 'whole';
  throw new InputError(`context "chainmend:documents" is ${JSON.stringify(given)}, expected whole`);
}

/** The documents of one suite: `payments-chainmend-observe-node-0123abcd`. Another suite, of another version, may have other ones, and prunes its own. */
function namedFor(suite: string, documents: CommandDocuments): CommandDocuments {
  const named = (name: string): string => name.replace(DEFAULT_SUITE, suite);
  return Object.fromEntries(
    Object.entries(documents).map(([key, document]) => [key, { ...document, name: named(document.name) }]),
  ) as CommandDocuments;
}
