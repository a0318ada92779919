// The CDK app: `cdk synth`, `cdk deploy`, or plain `node infra/app.ts`; no credentials and no network until something is deployed.
import { join, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { commandDocuments } from '../shared/documents/index.ts';
import { bundleFunctions } from './bundle.ts';
import { addChecks } from './checks.ts';
import { fleetsDirectory, readFleets } from './fleets.ts';
import { repositoryRoot } from './paths.ts';
import { ChainmendStack } from './stack.ts';

const app = new App({ analyticsReporting: false });

/** Text given by `-c NAME=…`. Throws an `Error` that names it where it is something else. */
function context(name: string): string | undefined {
  const value: unknown = app.node.tryGetContext(name);
  if (value !== undefined && typeof value !== 'string')
    throw new Error(`context "${name}" is ${JSON.stringify(value)}, expected text`);
  return value;
}

const bundles = resolve(context('bundles') ?? join(repositoryRoot, 'dist/functions'));
await bundleFunctions(join(repositoryRoot, 'functions'), bundles);

const email = context('email');
new ChainmendStack(app, 'Chainmend', {
  fleets: readFleets(context('fleets') ?? fleetsDirectory),
  documents: commandDocuments(),
  bundles,
  ...(email !== undefined && { email }),
});
addChecks(app);
app.synth();
