// `npm run deploy:nodes -- WORDS`: the words are CDK's (infra/commands/nodes/deploy-nodes.ts).
import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { terminalText } from '../shared/text/terminal-text.ts';
import { wordsForCdk } from './commands/nodes/deploy-nodes.ts';
import { newNodesOf } from './commands/nodes/new-nodes.ts';
import { rulesQuota } from './commands/nodes/open-ports.ts';
import { FleetFilesError } from './fleet-files-error.ts';
import { InputError } from './input-error.ts';
import { repositoryRoot } from './paths.ts';

const words = process.argv.slice(2);
const profile = words[words.indexOf('--profile') + 1];
if (words.includes('--profile') && profile !== undefined) process.env['AWS_PROFILE'] = profile;

try {
  const clients = { ec2: new EC2Client({}), cloudformation: new CloudFormationClient({}) };
  const say = (text: string): void => console.error(terminalText(text));
  const newNodes = (file: Parameters<typeof newNodesOf>[1], stack: string) =>
    newNodesOf(clients, file, stack, Date.now()).catch((cause: unknown) => {
      const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new InputError(
        `what new nodes of ${file.fleet.name} begin with cannot be read: ${why}. Your environment says which account and region: AWS_PROFILE, or AWS_REGION and credentials. Without a snapshot: deploy.data: sync`,
      );
    });
  const rules = async () => {
    const quota = await rulesQuota(new ServiceQuotasClient({}));
    if ('unread' in quota) say(quota.unread);
    return quota;
  };
  const given = await wordsForCdk({ newNodes, rules, say }, words, process.env['CHAINMEND_NAME'] || undefined);
  const { status, error } = spawnSync(
    process.execPath,
    [join(repositoryRoot, 'node_modules/aws-cdk/bin/cdk'), ...given],
    {
      // The `node` of the path starts cdk.json's app. It must be this one, which strips types.
      env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}` },
      ...{ cwd: repositoryRoot, stdio: 'inherit' },
    },
  );
  if (error) throw error;
  process.exitCode = status ?? 1;
} catch (error) {
  if (!(error instanceof InputError || error instanceof FleetFilesError)) throw error;
  console.error(terminalText(error.message));
  process.exitCode = 1;
}
