// `smoke`: deploys to an AWS account, heals one throw-away node, and removes everything. Exit status 0 healed and removed, 1 not.
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_SUITE } from '../../../shared/model/suite.ts';
import { commandNames } from '../../names.ts';
import { consentTo, refuseUnasked } from '../consent.ts';
import { UsageError } from '../errors.ts';
import type { Ended, Opened } from '../program.ts';
import { VERSION } from '../program-name.ts';
import type { SmokeContext } from './context.ts';
import { LADDER_FLEET, STANDING_FLEET } from './names.ts';

interface Options {
  readonly subnet?: string;
  readonly instanceProfile?: string;
  readonly securityGroup?: string;
  readonly for: number;
  readonly stackIsDeployed?: true;
  readonly plan?: true;
  readonly yes?: true;
  readonly keep?: true;
  readonly remove?: true;
  readonly printFleet?: true;
  readonly ladder?: true;
  readonly record?: string;
}

const HEAL_MINUTES = 45;

/** The smoke test's verb. Ctrl-C once removes what was made, twice leaves it. */
export function addSmokeVerb(program: Command, open: Opened<SmokeContext>, ended: Ended): void {
  program
    .command('smoke')
    .description('deploy chainmend in the account, heal one throw-away node, and remove it all again')
    .option(
      '--subnet <id>',
      'where the node is launched; it must reach Systems Manager, CloudWatch and packages',
      subnetId,
    )
    .option(
      '--instance-profile <name>',
      'its instance profile: AmazonSSMManagedInstanceCore and CloudWatchAgentServerPolicy',
    )
    .option('--security-group <id>', "its security group; the VPC's default one unless given", groupId)
    .option('--ladder', 'a restart and a swap, too: some hours')
    .option('--plan', 'only say what would be made, and what it costs')
    .option('--stack-is-deployed', 'use the stack that is there, and leave it')
    .option('--for <minutes>', 'how long the heal may take', minutes, HEAL_MINUTES)
    .option('--keep', 'leave everything if it was not healed')
    .option('--record <file>', 'write masked requests and answers of AWS to a new file')
    .option('--remove', 'only remove what earlier runs left')
    .option(
      '--print-fleet',
      `print the fleet file that --stack-is-deployed needs: ${STANDING_FLEET}, or ${LADDER_FLEET}`,
    )
    .action(async (options: Options) => {
      ended.status = await carryOut(await open(), options);
    });
}

async function carryOut(context: SmokeContext, options: Options): Promise<0 | 1> {
  const isLadder = options.ladder === true;
  if (options.printFleet) {
    const { standingFleetText } = await import('./fleet.ts');
    context.say(standingFleetText(isLadder).trimEnd());
    return 0;
  }
  if (commandNames().suite !== DEFAULT_SUITE)
    throw new UsageError('smoke tries the suite that has no name; expected neither --name nor CHAINMEND_NAME');
  const stackIsDeployed = options.stackIsDeployed === true;
  if (options.remove) {
    const yes = await consentTo('smoke', context, options, 'Remove what earlier runs of the smoke test left?');
    if (yes === undefined) return undone(context);
    const clearing = { run: undefined, fleet: undefined, withStack: !stackIsDeployed, yes };
    const { cleanUp } = await import('./cleanup.ts');
    const left = await cleanUp(context, context.account(), clearing);
    if (left?.length === 0) context.say('Nothing of a smoke test is left.');
    return left?.length === 0 ? 0 : 1;
  }
  const { subnet, instanceProfile: profile, securityGroup } = options;
  if (subnet === undefined) throw new UsageError('where? Expected --subnet subnet-…, one that reaches Systems Manager');
  if (profile === undefined)
    throw new UsageError(
      'as what? Expected --instance-profile NAME, an instance profile whose role has AmazonSSMManagedInstanceCore and CloudWatchAgentServerPolicy',
    );
  const request = { subnetId: subnet, profile, securityGroupId: securityGroup, stackIsDeployed, isLadder };
  if (options.plan) {
    const { planText } = await import('./plan.ts');
    context.say(planText(request));
    return 0;
  }
  refuseUnasked('smoke', context, options, MAKES);
  if (!options.yes) {
    const { planText } = await import('./plan.ts');
    context.say(planText(request));
  }
  const yes = await consentTo('smoke', context, options, 'Make it?');
  if (yes === undefined) return undone(context);
  const { smokeRun } = await import('./run.ts');
  const { recordTo } = await import('./recording.ts');
  const recorder = options.record === undefined ? undefined : recordTo(options.record, VERSION, context.nowMs);
  return smokeRun(
    { ...context, account: () => context.account(recorder) },
    { ...request, yes, keep: options.keep === true, healMinutes: options.for },
  );
}

const MAKES = 'smoke makes things that cost money';

function undone({ say }: Pick<SmokeContext, 'say'>): 1 {
  say('Nothing was done.');
  return 1;
}

function subnetId(written: string): string {
  if (/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/.test(written)) return written;
  throw new InvalidArgumentError('Expected subnet- and 8 or 17 hex digits.');
}

function groupId(written: string): string {
  if (/^sg-([0-9a-f]{8}|[0-9a-f]{17})$/.test(written)) return written;
  throw new InvalidArgumentError('Expected sg- and 8 or 17 hex digits.');
}

function minutes(written: string): number {
  const value = Number(written);
  if (value >= 0.1 && value <= 240) return value;
  throw new InvalidArgumentError('Expected minutes, 0.1 to 240, for example 45.');
}
