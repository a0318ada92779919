// The stacks of the app: the suite, which `npm run deploy` deploys, and the nodes of each fleet that says `deploy`, for `npm run deploy:nodes`.
import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { addNodes, type NodesProps } from './constructs/node-fleet.ts';
import { addSuite, type HowGiven, type SuiteProps } from './suite.ts';

export interface ChainmendStackProps extends StackProps, SuiteProps {}

const BY_CONTEXT: HowGiven = {
  email: '-c email',
  nodeRoles: '-c nodeRoles',
  nameRoles:
    'npm run chainmend -- check --account prints the command: npm run deploy -- -c nodeRoles=ARN,… or, where no node has a profile, -c nodeRoles=none',
  noDashboards: '-c dashboards=none',
};

export class ChainmendStack extends Stack {
  constructor(scope: Construct, id: string, props: ChainmendStackProps) {
    const {
      suite,
      fleets,
      documents,
      bundles,
      email,
      webhook,
      runbooks,
      nodeRoles,
      kmsKeys,
      dashboards,
      ...stackProps
    } = props;
    super(scope, id, {
      description: 'chainmend: keeps fleets of blockchain nodes healthy.',
      // CloudFormation takes 1 MB, including whitespace ("Template body size in an S3 object", CloudFormation quotas).
      suppressTemplateIndentation: true,
      ...stackProps,
    });
    addSuite(this, props, BY_CONTEXT);
  }
}

/** The nodes of one fleet, in a stack that the suite's knows nothing of: neither can take the other with it. */
export class NodesStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    props: Pick<NodesProps, 'suite' | 'document' | 'scripts' | 'bundles'> & Pick<StackProps, 'stackName'>,
  ) {
    super(scope, id, {
      description: `chainmend: the nodes of fleet ${props.document.fleet}.`,
      // A stack that is deleted by mistake takes the instances with it; the data volumes stay in any case.
      terminationProtection: true,
      ...(props.stackName !== undefined && { stackName: props.stackName }),
    });
    addNodes(this, props);
  }
}
