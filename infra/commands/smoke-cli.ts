// `npm run smoke`: deploys to an AWS account, heals one throw-away node, and removes everything. Exit status 0 healed and removed, 1 not, 2 wrong
// use.
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import pico from 'picocolors';
import { unfitWord } from '../../shared/text/command-words.ts';
import { plainLines, terminalText } from '../../shared/text/terminal-text.ts';
import { UsageError } from './fleets/context.ts';
import { awsSuite } from './heal/aws-suite.ts';
import { SuiteError } from './heal/context.ts';
import { awsAccount } from './smoke/aws-account.ts';
import { cdk } from './smoke/cdk.ts';
import { cleanUp } from './smoke/cleanup.ts';
import { type SmokeContext, SmokeError } from './smoke/context.ts';
import { standingFleetText } from './smoke/fleet.ts';
import { leftoversText } from './smoke/leftovers.ts';
import { LADDER_FLEET, STANDING_FLEET } from './smoke/names.ts';
import { planText } from './smoke/plan.ts';
import { smokeRun } from './smoke/run.ts';

// Only on a terminal: picocolors would also colour a pipe in CI.
const colors = pico.createColors(process.stderr.isTTY === true && pico.isColorSupported);

/** @returns the exit status; any other thrown error is a defect of this program */
export async function runSmoke(words: readonly string[], context: SmokeContext): Promise<0 | 1 | 2> {
  try {
    const unfit = unfitWord(words);
    if (unfit !== undefined) throw new UsageError(unfit);
    const program = commandOf(context).parse([...words], { from: 'user' });
    return await carryOut(context, program.opts<Options>());
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError || error instanceof SmokeError || error instanceof SuiteError)) throw error;
    context.complain(colors.red(plainLines(error.message)));
    return error instanceof UsageError ? 2 : 1;
  }
}

interface Options {
  readonly subnet?: string;
  readonly profile?: string;
  readonly securityGroup?: string;
  readonly for: number;
  readonly stackIsDeployed?: true;
  readonly plan?: true;
  readonly yes?: true;
  readonly keep?: true;
  readonly remove?: true;
  readonly printFleet?: true;
  readonly ladder?: true;
}

const HEAL_MINUTES = 45;

const commandOf = (context: SmokeContext): Command =>
  new Command('npm run smoke --')
    .description(
      'Deploys chainmend in the account and region of your environment, heals one throw-away node, removes it all',
    )
    .option(
      '--subnet <id>',
      'where the node is launched; it must reach Systems Manager, CloudWatch and packages',
      subnetId,
    )
    .option('--profile <name>', 'its instance profile: AmazonSSMManagedInstanceCore and CloudWatchAgentServerPolicy')
    .option('--security-group <id>', "its security group; the VPC's default one unless given", groupId)
    .option('--ladder', 'besides the disk one restart and one swap, and what only an account can tell: some hours')
    .option('--plan', 'only say what would be made, and what it costs')
    .option('--yes', 'do it')
    .option('--stack-is-deployed', 'use the stack that is there, and leave it')
    .option('--for <minutes>', 'how long the heal may take', minutes, HEAL_MINUTES)
    .option('--keep', 'leave everything where it was not healed, for a look')
    .option('--remove', 'only remove what earlier runs left')
    .option(
      '--print-fleet',
      `print the fleet file that --stack-is-deployed needs: ${STANDING_FLEET}, or ${LADDER_FLEET}`,
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.say(text.trimEnd()),
      writeErr: (text) => context.complain(text.trimEnd()),
    });

async function carryOut(context: SmokeContext, options: Options): Promise<0 | 1> {
  const isLadder = options.ladder === true;
  if (options.printFleet) {
    context.say(standingFleetText(isLadder).trimEnd());
    return 0;
  }
  const stackIsDeployed = options.stackIsDeployed === true;
  if (options.remove) {
    const clearing = { run: undefined, fleet: undefined, withStack: !stackIsDeployed };
    const left = await cleanUp(context, context.account(), clearing);
    if (left?.length === 0) context.say('Nothing of a smoke test is left.');
    return left?.length === 0 ? 0 : 1;
  }
  const { subnet, profile, securityGroup } = options;
  if (subnet === undefined) throw new UsageError('where? Expected --subnet subnet-…, one that reaches Systems Manager');
  if (profile === undefined)
    throw new UsageError(
      'as what? Expected --profile NAME, an instance profile whose role has AmazonSSMManagedInstanceCore and CloudWatchAgentServerPolicy',
    );
  const request = { subnetId: subnet, profile, securityGroupId: securityGroup, stackIsDeployed, isLadder };
  if (options.plan) {
    context.say(planText(request));
    return 0;
  }
  if (!options.yes)
    throw new UsageError('it makes things that cost money: say --yes, or --plan to hear what it would make');
  return smokeRun(context, { ...request, keep: options.keep === true, healMinutes: options.for });
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

function terminalDesk(interrupted: AbortSignal): SmokeContext {
  return {
    ...{ account: () => awsAccount(), suite: () => awsSuite(), cdk, interrupted, made: new Map() },
    say: (text) => void process.stdout.write(`${terminalText(text)}\n`),
    complain: (text) => void process.stderr.write(`${terminalText(text)}\n`),
    nowMs: () => Date.now(),
    sleep: (ms) => setTimeout(ms),
    chance: () => randomBytes(3).toString('hex'),
  };
}

if (import.meta.main) {
  const interrupt = new AbortController();
  const context = terminalDesk(interrupt.signal);
  process.on('SIGINT', () => {
    if (!interrupt.signal.aborted) {
      interrupt.abort();
      process.stderr.write('\nInterrupted: what was made is removed, once what is under way has ended.\n');
      return;
    }
    const deployed = process.argv.includes('--stack-is-deployed') ? ' --stack-is-deployed' : '';
    const again = `npm run smoke -- --remove${deployed}`;
    process.stderr.write(`\nStopped. Whatever carries the tag chainmend:smoke is left as it is, and paid for.\n`);
    for (const line of leftoversText([...context.made.values()], again))
      process.stderr.write(`${terminalText(line)}\n`);
    process.exit(130);
  });
  process.exitCode = await runSmoke(process.argv.slice(2), context);
}
