// The stack that `npm run deploy` deploys: the suite, and nothing else.
import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
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
    const { fleets, documents, bundles, email, webhook, runbooks, nodeRoles, kmsKeys, dashboards, ...stackProps } =
      props;
    super(scope, id, {
      description: 'chainmend: keeps fleets of blockchain nodes healthy.',
      // CloudFormation takes 1 MB, including whitespace ("Template body size in an S3 object", CloudFormation quotas).
      suppressTemplateIndentation: true,
      ...stackProps,
    });
    addSuite(this, props, BY_CONTEXT);
  }
}
