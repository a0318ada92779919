// The CDK app: `cdk synth`, `cdk deploy`, or plain `node infra/app.ts`. Synthesis needs no credentials and no network; a deployment does.
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { nameOf } from '../shared/model/suite.ts';
import { commandDocuments, firstBootScripts } from '../shared/node-commands/index.ts';
import { terminalText } from '../shared/text/terminal-text.ts';
import { bundleFunctions } from './bundle.ts';
import { addChecks } from './checks.ts';
import { emailAddress } from './constructs/pages.ts';
import { webhookPlace } from './constructs/relay-pages.ts';
import { FleetFilesError } from './fleet-files-error.ts';
import { readFleets } from './fleets.ts';
import { fleetsDirectory } from './fleets-directory.ts';
import { InputError } from './input-error.ts';
import { kmsKeyArn, nodeRoleArn, runbooksPrefix } from './inputs.ts';
import { namesOf, suiteNamed } from './names.ts';
import { nearest } from './nearest.ts';
import { repositoryRoot } from './paths.ts';
import { ChainmendStack, NodesStack } from './stack.ts';

/** What may be given by `-c`: see `synthesize`. */
const OURS = ['name', 'email', 'webhook', 'fleets', 'bundles', 'runbooks', 'nodeRoles', 'kmsKeys', 'dashboards'];
/** Words that CDK's own command line puts into the context ("Context values", AWS CDK Developer Guide); all of its others have a colon or a slash. */
const OF_CDK = ['tree-metadata', 'cli-telemetry', 'acknowledged-issue-numbers'];

try {
  // The feature flags that `cdk init` would write into cdk.json. They are here so that every way of starting the app has them.
  await synthesize(new App({ analyticsReporting: false, context: recommendedFlags }));
} catch (error) {
  if (!(error instanceof InputError || error instanceof FleetFilesError)) throw error;
  console.error(terminalText(error.message));
  process.exitCode = 1;
}

/**
 * CDK context, given by `-c NAME=…`:
 * - name: the suite's, where several live in one region; CHAINMEND_NAME says the same.
 * - email: where pages go.
 * - webhook: where the address of a chat's incoming webhook lies, ssm:/NAME of a SecureString or secret:NAME of Secrets Manager; pages are posted to it.
 * - fleets: the folder of fleet files.
 * - bundles: a folder with the functions' bundles; made in dist/functions unless given.
 * - runbooks: the prefix of the runbooks' paths in the alarms' descriptions: `https://github.com/OWNER/chainmend/blob/main/`.
 * - nodeRoles: ARNs of the roles of the nodes' instances, with commas, or none. A replacement instance gets its role through its launch template, and
 * replace-node may pass on only these roles.
 * - kmsKeys: ARNs of the keys of other accounts that encrypt the nodes' volumes, with commas.
 * - dashboards: none, where no fleet is to have one.
 */
async function synthesize(app: App): Promise<void> {
  refuseUnknownContext(app);
  const email = contextOf(app, 'email');
  const suite = suiteGiven(app);
  // Wrong input is reported before anything is bundled.
  if (email !== undefined) emailAddress(email);
  const webhook = contextOf(app, 'webhook');
  if (webhook !== undefined) webhookPlace(webhook, 'context "webhook"', namesOf(suite).parameterPrefix);
  const runbooks = runbooksOf(app);
  const nodeRoles = nodeRolesOf(app);
  const kmsKeys = kmsKeysOf(app);
  const dashboards = dashboardsOf(app);
  const fleets = readFleets(contextOf(app, 'fleets') ?? fleetsDirectory);
  const bundles = contextOf(app, 'bundles') ?? join(repositoryRoot, 'dist/functions');
  if (contextOf(app, 'bundles') === undefined) await bundleFunctions(join(repositoryRoot, 'functions'), bundles);
  const documents = commandDocuments();
  const name = nameOf(suite);
  // What `--exclusively` names are the ids; what CloudFormation has are the names.
  const called = (id: string) => (name === undefined ? {} : { stackName: `${id}-${name}` });
  new ChainmendStack(app, 'Chainmend', {
    ...called('Chainmend'),
    suite,
    fleets,
    documents,
    bundles,
    ...(email !== undefined && { email }),
    ...(webhook !== undefined && { webhook }),
    ...(runbooks !== undefined && { runbooks }),
    ...(nodeRoles !== undefined && { nodeRoles }),
    kmsKeys,
    dashboards,
  });
  for (const { document } of fleets)
    if (document.deploy)
      new NodesStack(app, `ChainmendNodes-${document.fleet}`, {
        ...called(`ChainmendNodes-${document.fleet}`),
        ...{ suite, document, scripts: firstBootScripts(), bundles },
      });
  addChecks(app);
  app.synth();
}

/** A misspelt `email` would deploy a stack that pages nobody. */
function refuseUnknownContext(app: App): void {
  const given = Object.keys(app.node.getAllContext() as Readonly<Record<string, unknown>>);
  const unknown = given.find((name) => !(/[:/@]/.test(name) || OURS.includes(name) || OF_CDK.includes(name)));
  if (unknown === undefined) return;
  const near = nearest(unknown, OURS);
  const instead = near === undefined ? `there are ${OURS.join(', ')}` : `did you mean "${near}"?`;
  throw new InputError(`unknown context ${JSON.stringify(unknown)}; ${instead}`);
}

/** A suite that the commands find by CHAINMEND_NAME is not to be deployed under another name by the same shell. */
function suiteGiven(app: App): string {
  const [context, environment] = [contextOf(app, 'name'), process.env['CHAINMEND_NAME'] || undefined];
  if (context !== undefined && environment !== undefined && context !== environment)
    throw new InputError(
      `context "name" is ${JSON.stringify(context)}, expected what CHAINMEND_NAME says, ${JSON.stringify(environment)}, or no CHAINMEND_NAME`,
    );
  return suiteNamed(context ?? environment, context === undefined ? 'CHAINMEND_NAME' : 'context "name"');
}

function runbooksOf(app: App): string | undefined {
  const prefix = contextOf(app, 'runbooks');
  return prefix === undefined ? undefined : runbooksPrefix(prefix, 'context "runbooks"');
}

/** undefined: the context names no roles. `none`: no node has a role. */
function nodeRolesOf(app: App): readonly string[] | undefined {
  const written = contextOf(app, 'nodeRoles');
  if (written === undefined || written === 'none') return written && [];
  return words(written).map((role) => nodeRoleArn(role, 'context "nodeRoles"', 'none'));
}

function kmsKeysOf(app: App): readonly string[] {
  return words(contextOf(app, 'kmsKeys') ?? '').map((key) => kmsKeyArn(key, 'context "kmsKeys"'));
}

function dashboardsOf(app: App): boolean {
  const written = contextOf(app, 'dashboards');
  if (written === undefined || written === 'none') return written === undefined;
  throw new InputError(`context "dashboards" is ${JSON.stringify(written)}, expected none`);
}

function words(text: string): string[] {
  return text.split(',').filter((word) => word !== '');
}

function contextOf(app: App, name: string): string | undefined {
  const value: unknown = app.node.tryGetContext(name);
  if (value === undefined || typeof value === 'string') return value;
  throw new InputError(`context "${name}" is ${JSON.stringify(value)}, expected text`);
}
