// The suite as a construct in an owner's own CDK app. The package has this file compiled, with the functions' bundles and the nodes' documents beside
// it (pack.ts): an owner's synthesis needs no source and no bundler.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack, Token } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { CommandDocuments } from '../constructs/documents.ts';
import { emailAddress } from '../constructs/pages.ts';
import { webhookPlace } from '../constructs/relay-pages.ts';
import { type FleetFile, fleetsOfDocuments, readFleets } from '../fleets.ts';
import { InputError } from '../input-error.ts';
import { kmsKeyArn, nodeRoleArn, runbooksPrefix } from '../inputs.ts';
import { namesOf, suiteNamed } from '../names.ts';
import { addSuite, type HowGiven } from '../suite.ts';
import type { FleetDocument } from './fleet-document.ts';

export interface ChainmendProps {
  /**
   * The suite's name, where several live in one region of an account: at most 20 lower-case letters, digits and hyphens. Everything that the suite makes by
   * name begins with it. Without a name it begins with `chainmend`. Another name is another suite: nothing is carried over.
   */
  readonly name?: string;
  /** The folder of the fleet files (NAME.yaml), or the fleets themselves. */
  readonly fleets: string | readonly FleetDocument[];
  /**
   * ARNs of the roles of the nodes' instance profiles. When another instance takes a node's place, only these may be passed on to it.
   * `[]`: no node has one. Not given: there is a warning, since nearly every node has one.
   */
  readonly nodeRoles?: readonly string[];
  /** The address that pages are mailed to. Other subscribers: `pages.addSubscription(…)`. */
  readonly email?: string;
  /** Where the address of a chat's incoming webhook lies: `ssm:/NAME` of a SecureString or `secret:NAME` of Secrets Manager. Pages are posted to it. */
  readonly webhook?: string;
  /** The prefix of the runbooks' paths in the alarms' descriptions: `https://github.com/OWNER/chainmend/blob/main/`. */
  readonly runbooks?: string;
  /** ARNs of the keys of other accounts that encrypt the nodes' volumes. */
  readonly kmsKeys?: readonly string[];
  /** Whether each fleet has a dashboard ($3 a month each beyond the first three); `true` unless given. */
  readonly dashboards?: boolean;
}

const BY_PROPS: HowGiven = {
  email: 'email',
  nodeRoles: 'nodeRoles',
  nameRoles:
    "Give the roles of the nodes' instance profiles, nodeRoles: [ARN, …] or, where no node has a profile, nodeRoles: []",
  noDashboards: 'dashboards: false',
};

/**
 * Keeps fleets of blockchain nodes healthy. A region of an account has room for one of each `name`: its functions, its table and its alarms have literal
 * names.
 *
 * With the id `Default` its resources have the logical ids that they have in the stack of the repository: a deployment of that becomes one of your
 * app without a replacement.
 *
 * Throws an `Error` for a fleet that is not right, with its field, and for what CloudFormation or IAM would refuse.
 */
export class Chainmend extends Construct {
  /** Where pages are published. */
  readonly pages: Topic;
  /** Incidents, leases and the journal. */
  readonly table: TableV2;
  /** How everything that it makes by name begins: `chainmend`, `payments-chainmend`. */
  readonly suite: string;

  constructor(scope: Construct, id: string, props: ChainmendProps) {
    super(scope, id);
    this.suite = suiteNamed(props.name, 'name');
    refuseSecond(this);
    const { email, webhook, runbooks, nodeRoles, kmsKeys = [], dashboards = true } = props;
    if (email !== undefined) emailAddress(email, 'email');
    if (webhook !== undefined) webhookPlace(webhook, 'webhook', namesOf(this.suite).parameterPrefix);
    if (runbooks !== undefined) runbooksPrefix(runbooks, 'runbooks');
    // A role that the same app makes is known by a token.
    for (const role of nodeRoles ?? []) if (!Token.isUnresolved(role)) nodeRoleArn(role, 'nodeRoles', '[]');
    for (const key of kmsKeys) kmsKeyArn(key, 'kmsKeys');
    const { table, topic } = addSuite(
      this,
      {
        suite: this.suite,
        fleets: fleetsOf(props.fleets),
        documents: packedDocuments(),
        bundles: join(import.meta.dirname, 'functions'),
        ...(email !== undefined && { email }),
        ...(webhook !== undefined && { webhook }),
        ...(runbooks !== undefined && { runbooks }),
        ...(nodeRoles !== undefined && { nodeRoles }),
        kmsKeys,
        dashboards,
      },
      BY_PROPS,
    );
    this.table = table;
    this.pages = topic;
  }
}

function fleetsOf(given: ChainmendProps['fleets']): FleetFile[] {
  if (typeof given === 'string') return readFleets(given);
  return fleetsOfDocuments(given);
}

/** pack.ts writes it. */
const packedDocuments = (): CommandDocuments =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'documents.json'), 'utf8')) as CommandDocuments;

/** Two environments that are known, or two stacks whose environments the deployment tells, may be different ones. */
function refuseSecond(chainmend: Chainmend): void {
  const own = Stack.of(chainmend);
  const isKnown = !Token.isUnresolved(own.account) && !Token.isUnresolved(own.region);
  for (const other of chainmend.node.root.node.findAll()) {
    if (other === chainmend || !(other instanceof Chainmend) || other.suite !== chainmend.suite) continue;
    const its = Stack.of(other);
    if (its === own || (isKnown && its.account === own.account && its.region === own.region))
      throw new InputError(
        `${chainmend.node.path} and ${other.node.path} are in one region of one account, which has room for one Chainmend of a name: give all fleets to one of them, or another name to one`,
      );
  }
}
