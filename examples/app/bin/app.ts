// `npm run synth` writes the template; `npm run deploy` deploys it. A synthesis needs no credentials, and neither do the tests.
import { App } from 'aws-cdk-lib';
import { FleetsStack } from '../lib/fleets-stack';

const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
new FleetsStack(new App(), 'Fleets', account && region ? { env: { account, region } } : {});
