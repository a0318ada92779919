// Verbs about a node, an incident or a plan: restore, replace, undo and snapshot by hand, answers to questions, and what is going on.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { WRITERS } from '../../../shared/heal/records.ts';
import { SHRINK_MOST_GIB } from '../../../shared/model/payload.ts';
import { HEIGHT_MAX, VERSION } from '../../../shared/model/version.ts';
import { UsageError } from '../fleets/context.ts';
import type { Ended, SharedOptions } from '../program.ts';
import { whole } from '../whole-number.ts';
import { acknowledgePage } from './acknowledge.ts';
import { type AnswerOptions, answerQuestion } from './approve.ts';
import type { HealCommandContext } from './context.ts';
import { endpoints } from './endpoints.ts';
import { explain } from './explain.ts';
import { type JournalOptions, journal } from './journal.ts';
import { carryOut, type HealRequest, type HealRequestOptions } from './request.ts';
import { type ScaleOptions, scale } from './scale.ts';
import { status, statusOfAll } from './status.ts';
import { type AccountsContext, statusOfAccounts } from './status-accounts.ts';
import { nodeOf, targetOf } from './target.ts';

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
export function addHealVerbs(program: Command, context: HealCommandContext & AccountsContext, ended: Ended): void {
  program.commandsGroup('What is going on:');
  program
    .command('status')
    .description('how fleets and their nodes are, what is open, and how far it is; pauses first')
    .argument('[fleet[/node]]', 'every fleet unless given')
    .option('--accounts <file>', 'every fleet of the accounts and regions that this file names')
    .action(async (written: string | undefined, { accounts, ...shared }: StatusOptions) => {
      if (accounts !== undefined)
        Object.assign(ended, await statusOfAccounts(context, onlyFile(accounts, written, shared)));
      else
        Object.assign(ended, await (written === undefined ? statusOfAll(context) : status(context, targetOf(written))));
    });
  program
    .command('endpoints')
    .description(
      'where the nodes of a fleet can be asked: their RPC by address and by DNS name; of a private network also how they are dialled',
    )
    .argument('<fleet>', 'its name')
    .addOption(new Option('--role <role>', 'only nodes of this role').choices(ROLES))
    .action(async (fleet: string, options: { readonly role?: (typeof ROLES)[number] }) => {
      Object.assign(ended, await endpoints(context, fleet, options));
    });
  program
    .command('explain')
    .description('one incident: what happened, what was done, why, and how to stop and undo it')
    .argument('<incident>', 'its digits, or the first 4 of them; or FLEET/NODE for the latest of a node')
    .action(async (written: string) => {
      Object.assign(ended, await explain(context, written));
    });
  program
    .command('plan')
    .description('say what a heal of a node would do now, with its source, its guardrails, its cost and its time')
    .argument('<node>', 'a node by its name or its instance id')
    .addOption(
      new Option('--of <verb>', 'the plan of this verb')
        .choices(['restore', 'replace', 'undo', 'snapshot'])
        .default('restore'),
    )
    .action((written: string, { of }: { of: 'restore' | 'replace' | 'undo' | 'snapshot' }) => {
      const made = { restore: restoreOf, replace: replaceOf, undo: undoOf, snapshot: snapshotOf }[of](written, {});
      return carry(made, { plan: true });
    });
  program
    .command('journal')
    .description('what all functions have written of a fleet or a node lately')
    .argument('<fleet[/node]>')
    .option('--incident <digits>', 'only of this incident')
    .addOption(new Option('--by <function>', 'only what this function has written').choices(WRITERS))
    .option('--lines <number>', 'so many; 40 unless given', lineCount)
    .action(async (written: string, options: JournalOptions) => {
      Object.assign(ended, await journal(context, targetOf(written), options));
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
  const carry = async (made: HealRequest, options: HealRequestOptions): Promise<void> => {
    Object.assign(ended, await carryOut(context, made, options));
  };
  requestVerb('restore', '<node>', 'make new volumes for a node from its best snapshot, or from one that you name')
    .option('--snapshot <id>', 'this one, or the set that it belongs to', snapshotId)
    .option('--acknowledge-validator', 'it is a validator, and you know that no other copy of its key runs')
    .action((written: string, options: RestoreOptions) => carry(restoreOf(written, options), options));
  requestVerb('replace', '<node>', 'put a node on a new instance; the old one is kept for days').action(
    (written: string, options: HealRequestOptions) => carry(replaceOf(written), options),
  );
  requestVerb('undo', '<node>', 'put back the volumes that a heal has kept').action(
    (written: string, options: HealRequestOptions) => carry(undoOf(written), options),
  );
  requestVerb(
    'shrink',
    '<node>',
    'give a node a smaller data volume: its files are copied beside it, and the two exchanged',
  )
    .requiredOption('--to <gib>', 'the size of the new volume in GiB; what is used may take 75 % of it', gib)
    .action((written: string, options: ShrinkOptions) => carry(shrinkOf(written, options), options));
  requestVerb('snapshot', '<fleet[/node]>', 'stop a donor cleanly, take a snapshot of its volumes, and start it again')
    .option('--acknowledge-validator', 'it is a validator, and may sign nothing for some minutes')
    .action((written: string, options: HealRequestOptions & { acknowledgeValidator?: true }) =>
      carry(snapshotOf(written, options), options),
    );
  requestVerb(
    'upgrade',
    '<fleet[/node]>',
    'run another version of the client: one node first, then one after the other',
    'a fleet, or one validator of it',
  )
    .requiredOption('--to <version>', 'a version that the fleet file names under client.versions', version)
    .option('--acknowledge-validator', 'FLEET/NODE is a validator, and may sign nothing while it is switched')
    .option(
      '--at-height <height>',
      'the chain stops below this block for it: all nodes go over when they stand there',
      height,
    )
    .addOption(
      new Option(
        '--strategy <strategy>',
        'rolling: on each node itself; blue-green: on another instance beside each, which takes its place',
      )
        .choices(['rolling', 'blue-green'])
        .default('rolling'),
    )
    .option('--rehearse', 'try it on a copy of the first node’s data before any node gets it; the fleet needs drills')
    .action((written: string, options: UpgradeOptions) => carry(upgradeOf(written, options), options));
  requestVerb(
    'drill',
    '<fleet>',
    'prove on a throw-away instance that a node comes back from the newest snapshots',
    'its name',
  ).action((written: string, options: HealRequestOptions) => carry(drillOf(written), options));
  program
    .command('scale')
    .description('give a group that chainmend has deployed another number of nodes, one proved step at a time')
    .argument('<fleet>', 'its name')
    .argument('<nodes>', 'how many it is to have', whole(2, 50))
    .option('--plan', 'only say what would be done')
    .action(async (fleet: string, nodes: number, options: ScaleOptions) => {
      Object.assign(ended, await scale(context, fleet, nodes, options));
    });
  const decide = (name: 'approve' | 'reject', description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<incident>', 'its digits from the page, or the first 4 of them; or the 12 of a plan of names or peers')
      .option('--plan <hash>', 'only if this is still the plan that waits')
      .action(async (written: string, options: AnswerOptions) => {
        ended.status = await answerQuestion(context, name, written, options);
        ended.facts = { answer: name, incident: written, isAnswered: ended.status === 0 };
      });
  decide('approve', 'say yes to what a heal in mode ask waits for; shows the plan first');
  decide('reject', 'say no to it');
  program
    .command('ack')
    .description('say that you look after a page: it is not repeated; without a page, list those that are')
    .argument('[page]', 'its key, as the page says it; or a code, for all pages of it')
    .action(async (written?: string) => {
      Object.assign(ended, await acknowledgePage(context, written));
    });
}

interface UpgradeOptions extends HealRequestOptions {
  readonly to: string;
  readonly atHeight?: number;
  readonly strategy: 'rolling' | 'blue-green';
  readonly rehearse?: true;
  readonly acknowledgeValidator?: true;
}

interface RestoreOptions extends HealRequestOptions {
  readonly snapshot?: string;
  readonly acknowledgeValidator?: true;
}

function restoreOf(written: string, { snapshot, acknowledgeValidator }: RestoreOptions): HealRequest {
  const { fleet, node, shown } = nodeOf(written);
  const more = {
    ...(snapshot !== undefined && { snapshotId: snapshot }),
    ...(acknowledgeValidator && { acknowledgesValidator: true }),
  };
  return { event: { kind: 'restore', fleet, ...node, ...more }, words: `restore ${shown}` };
}

function replaceOf(written: string): HealRequest {
  const { fleet, node, shown } = nodeOf(written);
  return { event: { kind: 'replace-instance', fleet, ...node }, words: `replace ${shown}` };
}

function undoOf(written: string): HealRequest {
  const { fleet, node, shown } = nodeOf(written);
  return { event: { kind: 'undo', fleet, ...node }, words: `undo ${shown}` };
}

interface ShrinkOptions extends HealRequestOptions {
  readonly to: number;
}

function shrinkOf(written: string, { to }: ShrinkOptions): HealRequest {
  const { fleet, node, shown } = nodeOf(written);
  return { event: { kind: 'shrink', fleet, ...node, toGiB: to }, words: `shrink ${shown} to ${to} GiB` };
}

const gib = whole(1, SHRINK_MOST_GIB);

function snapshotOf(written: string, { acknowledgeValidator }: { readonly acknowledgeValidator?: true }): HealRequest {
  // No validator is chosen by itself.
  const { fleet, node, shown } = acknowledgeValidator ? nodeOf(written) : targetOf(written);
  const more = acknowledgeValidator && { acknowledgesValidator: true };
  return { event: { kind: 'snapshot', fleet, ...node, ...more }, words: `snapshot ${shown}` };
}

function upgradeOf(
  written: string,
  { to, atHeight, strategy, rehearse, acknowledgeValidator }: UpgradeOptions,
): HealRequest {
  const isBeside = strategy === 'blue-green';
  if (isBeside && atHeight !== undefined)
    throw new UsageError(
      'blue-green: not with --at-height. The whole chain stands there, and an instance beside a node could not be seen to go on',
    );
  if (isBeside && acknowledgeValidator)
    throw new UsageError('blue-green: not for a validator. It has one identity, of which no second copy may run');
  if (rehearse && atHeight !== undefined)
    throw new UsageError('--rehearse: not with --at-height. Below it the version makes no block, on no copy');
  if (rehearse && isBeside)
    throw new UsageError(
      '--rehearse: not with blue-green. Each version proves itself beside its node before it serves',
    );
  if (rehearse && acknowledgeValidator)
    throw new UsageError('--rehearse: not for a validator. Its data hold what must not run twice');
  const more = {
    ...(atHeight !== undefined && { atHeight }),
    ...(isBeside && { strategy }),
    ...(rehearse && { rehearse }),
  };
  const words = `upgrade ${written} to ${to}${atHeight === undefined ? '' : ` at height ${atHeight}`}${isBeside ? ', on another instance beside each' : ''}${rehearse ? ', on a copy first' : ''}`;
  // No validator goes along with its fleet.
  if (acknowledgeValidator) {
    const { fleet, node } = nodeOf(written);
    return { event: { kind: 'upgrade', fleet, ...node, to, ...more, acknowledgesValidator: true }, words };
  }
  if (written.includes('/'))
    throw new UsageError(
      `${written}: expected a fleet, for example ${written.split('/')[0]}; a validator is named alone, with --acknowledge-validator`,
    );
  return { event: { kind: 'upgrade', fleet: written, to, ...more }, words };
}

function height(written: string): number {
  const value = Number(written);
  if (Number.isInteger(value) && value >= 1 && value <= HEIGHT_MAX) return value;
  throw new InvalidArgumentError('Expected the height of a block, for example 22491000.');
}

function drillOf(fleet: string): HealRequest {
  if (fleet.includes('/'))
    throw new UsageError(`${fleet}: expected a fleet, not a node of one, for example ${fleet.split('/')[0]}`);
  return { event: { kind: 'drill', fleet }, words: `drill ${fleet}` };
}

function version(written: string): string {
  if (VERSION.test(written)) return written;
  throw new InvalidArgumentError('Expected a version of letters, digits and _.+-, for example 28.1.');
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
