// Verbs about a node, an incident or a plan: restore, replace, undo and snapshot by hand, answers to questions, and what is going on.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { WRITERS } from '../../../shared/heal/records.ts';
import { SHRINK_MOST_GIB } from '../../../shared/model/payload.ts';
import { HEIGHT_MAX, VERSION } from '../../../shared/model/version.ts';
import { UsageError } from '../errors.ts';
import type { Ended, Opened, SharedOptions } from '../program.ts';
import { whole } from '../whole-number.ts';
import type { AnswerOptions } from './approve.ts';
import type { HealCommandContext } from './context.ts';
import type { JournalOptions } from './journal.ts';
import type { HealRequest, HealRequestOptions } from './request.ts';
import type * as Requests from './requests-by-hand.ts';
import type { ScaleOptions } from './scale.ts';
import type { AccountsContext } from './status-accounts.ts';

const ROLES = ['follower', 'validator', 'sentry', 'bootnode', 'unknown'] as const;

interface StatusOptions extends Pick<SharedOptions, 'region' | 'profile' | 'local' | 'name'> {
  readonly accounts?: string;
}

/** The file says where to look. @throws UsageError where the words say it, too */
function onlyFile(file: string, written: string | undefined, { region, profile, local, name }: StatusOptions): string {
  const given = Object.entries({ region, profile, local, name }).find(([, value]) => value !== undefined)?.[0];
  if (given !== undefined) throw new UsageError(`--${given} with --accounts: the file says where each of them is`);
  if (written !== undefined)
    throw new UsageError(
      `${written} with --accounts, which shows every fleet; expected --profile and --region for one`,
    );
  return file;
}

/** Verbs about a node, an incident or a plan. */
export function addHealVerbs(program: Command, open: Opened<HealCommandContext & AccountsContext>, ended: Ended): void {
  program.commandsGroup('What is going on:');
  program
    .command('status')
    .description('how fleets and their nodes are, and what is open; pauses first')
    .argument('[fleet[/node]]', 'every fleet unless given')
    .option('--accounts <file>', 'every fleet of the accounts and regions that this file names')
    .action(async (written: string | undefined, { accounts, ...shared }: StatusOptions) => {
      if (accounts !== undefined) {
        const { statusOfAccounts } = await import('./status-accounts.ts');
        Object.assign(ended, await statusOfAccounts(await open(), onlyFile(accounts, written, shared)));
        return;
      }
      const { status, statusOfAll } = await import('./status.ts');
      const { targetOf } = await import('./target.ts');
      const context = await open();
      Object.assign(ended, await (written === undefined ? statusOfAll(context) : status(context, targetOf(written))));
    });
  program
    .command('endpoints')
    .description('where a fleet’s nodes answer: RPC by address and by DNS name; of a private network P2P, too')
    .argument('<fleet>', 'its name')
    .addOption(new Option('--role <role>', 'only nodes of this role').choices(ROLES))
    .action(async (fleet: string, options: { readonly role?: (typeof ROLES)[number] }) => {
      const { endpoints } = await import('./endpoints.ts');
      Object.assign(ended, await endpoints(await open(), fleet, options));
    });
  program
    .command('explain')
    .description('one incident: what happened, what was done, why, and how to stop and undo it')
    .argument('<incident>', 'its digits, or the first 4 of them; or FLEET/NODE for the latest of a node')
    .action(async (written: string) => {
      const { explain } = await import('./explain.ts');
      Object.assign(ended, await explain(await open(), written));
    });
  program
    .command('plan')
    .description('say what a heal of a node would do now: source, guardrails, cost and time')
    .argument('<node>', 'a node by its name or its instance id')
    .addOption(
      new Option('--of <verb>', 'the plan of this verb')
        .choices(['restore', 'replace', 'undo', 'snapshot'])
        .default('restore'),
    )
    .action((written: string, { of }: { of: 'restore' | 'replace' | 'undo' | 'snapshot' }) =>
      carry(
        ({ restoreOf, replaceOf, undoOf, snapshotOf }) =>
          ({ restore: restoreOf, replace: replaceOf, undo: undoOf, snapshot: snapshotOf })[of](written, {}),
        { plan: true },
      ),
    );
  program
    .command('journal')
    .description('what functions have written lately of a fleet or a node')
    .argument('<fleet[/node]>')
    .option('--incident <digits>', 'only of this incident')
    .addOption(new Option('--by <function>', 'only what this function has written').choices(WRITERS))
    .option('--lines <number>', 'so many; 40 unless given', lineCount)
    .action(async (written: string, options: JournalOptions) => {
      const { journal } = await import('./journal.ts');
      const { targetOf } = await import('./target.ts');
      Object.assign(ended, await journal(await open(), targetOf(written), options));
    });
  program.commandsGroup('Heals by hand, and answers:');
  const A_NODE = 'a node by its name or its instance id';
  const requestVerb = (name: string, argument: string, description: string, what = A_NODE): Command =>
    program
      .command(name)
      .description(description)
      .argument(argument, what)
      .option('--plan', 'only say what would be done')
      .option('--wait', 'stay until it is over; its outcome is the exit status')
      .option('--for <minutes>', 'wait no longer than this', minutes);
  const carry = async (
    made: (requests: typeof Requests) => HealRequest,
    options: HealRequestOptions,
  ): Promise<void> => {
    const request = made(await import('./requests-by-hand.ts'));
    const { carryOut } = await import('./request.ts');
    Object.assign(ended, await carryOut(await open(), request, options));
  };
  requestVerb('restore', '<node>', 'make new volumes for a node from its best snapshot, or from one that you name')
    .option('--snapshot <id>', 'this one, or the set that it belongs to', snapshotId)
    .option('--acknowledge-validator', 'it is a validator, and you know that no other copy of its key runs')
    .action((written: string, options: Requests.RestoreOptions) =>
      carry(({ restoreOf }) => restoreOf(written, options), options),
    );
  requestVerb('replace', '<node>', 'put a node on a new instance; the old one is kept for days').action(
    (written: string, options: HealRequestOptions) => carry(({ replaceOf }) => replaceOf(written), options),
  );
  requestVerb('undo', '<node>', 'put back the volumes that a heal has kept').action(
    (written: string, options: HealRequestOptions) => carry(({ undoOf }) => undoOf(written), options),
  );
  requestVerb('shrink', '<node>', 'give a node a smaller data volume with a copy of its files')
    .requiredOption('--to <gib>', 'its size in GiB; what is used may take 75 % of it', gib)
    .action((written: string, options: Requests.ShrinkOptions) =>
      carry(({ shrinkOf }) => shrinkOf(written, options), options),
    );
  requestVerb('snapshot', '<fleet[/node]>', 'stop a donor cleanly, take a snapshot of its volumes, and start it again')
    .option('--acknowledge-validator', 'it is a validator, and may sign nothing for some minutes')
    .action((written: string, options: HealRequestOptions & { acknowledgeValidator?: true }) =>
      carry(({ snapshotOf }) => snapshotOf(written, options), options),
    );
  requestVerb(
    'upgrade',
    '<fleet[/node]>',
    'run another version of the client: one node first, then one after the other',
    'a fleet, or one validator of it',
  )
    .requiredOption('--to <version>', 'a version that the fleet file names under client.versions', version)
    .option('--acknowledge-validator', 'FLEET/NODE is a validator, and may sign nothing while it is switched')
    .option('--at-height <height>', 'the chain stops below this block: all nodes change when they stand there', height)
    .addOption(
      new Option('--strategy <strategy>', 'on each node itself, or on another instance that takes its place')
        .choices(['rolling', 'blue-green'])
        .default('rolling'),
    )
    .option('--rehearse', 'try it first on a copy of a node’s data; the fleet needs drills')
    .action((written: string, options: Requests.UpgradeOptions) =>
      carry(({ upgradeOf }) => upgradeOf(written, options), options),
    );
  requestVerb(
    'drill',
    '<fleet>',
    'prove on a throw-away instance that a node comes back from the newest snapshots',
    'its name',
  ).action((written: string, options: HealRequestOptions) => carry(({ drillOf }) => drillOf(written), options));
  program
    .command('scale')
    .description('change the number of nodes of a deployed group, one proved step at a time')
    .argument('<fleet>', 'its name')
    .argument('<nodes>', 'how many it is to have', whole(2, 50))
    .option('--plan', 'only say what would be done')
    .action(async (fleet: string, nodes: number, options: ScaleOptions) => {
      const { scale } = await import('./scale.ts');
      Object.assign(ended, await scale(await open(), fleet, nodes, options));
    });
  const decide = (name: 'approve' | 'reject', description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<incident>', 'its digits from the page, or the first 4 of them; or the 12 of a plan of names or peers')
      .option('--plan <hash>', 'only if this is still the plan that waits')
      .action(async (written: string, options: AnswerOptions) => {
        const { answerQuestion } = await import('./approve.ts');
        ended.status = await answerQuestion(await open(), name, written, options);
        ended.facts = { answer: name, incident: written, isAnswered: ended.status === 0 };
      });
  decide('approve', 'say yes to the plan of a heal in mode ask; shows it first');
  decide('reject', 'say no to it');
  program
    .command('ack')
    .description('stop repeating a page; without a page, list those that are repeated')
    .argument('[page]', 'its key, as the page says it; or a code, for all pages of it')
    .action(async (written?: string) => {
      const { acknowledgePage } = await import('./acknowledge.ts');
      Object.assign(ended, await acknowledgePage(await open(), written));
    });
}

const gib = whole(1, SHRINK_MOST_GIB);

function height(written: string): number {
  const value = Number(written);
  if (Number.isInteger(value) && value >= 1 && value <= HEIGHT_MAX) return value;
  throw new InvalidArgumentError('Expected the height of a block, for example 22491000.');
}

function version(written: string): string {
  if (VERSION.test(written)) return written;
  throw new InvalidArgumentError(
    'Expected a version of letters, digits and _.+-, for example 28.1, or a digest of an image (sha256:…).',
  );
}

function minutes(written: string): number {
  const value = Number(written);
  if (Number.isInteger(value) && value >= 1 && value <= 48 * 60) return value;
  throw new InvalidArgumentError('Expected minutes, 1 to 2880, for example 90.');
}

function lineCount(written: string): number {
  const value = Number(written);
  if (Number.isInteger(value) && value >= 1 && value <= 1_000) return value;
  throw new InvalidArgumentError('Expected a number of lines, 1 to 1000.');
}

function snapshotId(written: string): string {
  if (/^snap-[0-9a-f]{8,17}$/.test(written)) return written;
  throw new InvalidArgumentError('Expected snap- and 8 to 17 hex digits.');
}
