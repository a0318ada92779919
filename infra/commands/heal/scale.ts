// `scale`: another number of nodes for a group that chainmend has deployed. Shows what would be done, asks, and has it begun; the suite goes on by itself.

import { plainText } from '../../../shared/text/plain-text.ts';
import { consentTo, refuseUnasked, type YesOption } from '../consent.ts';
import { UsageError } from '../errors.ts';
import type { HealCommandContext, ScaleAnswer } from './context.ts';
import type { RequestOutcome } from './request.ts';
import { knownFleet } from './target.ts';

export interface ScaleOptions extends YesOption {
  readonly plan?: true;
}

/** @throws UsageError where no fleet has the name, NeedsYesError where nobody can be asked */
export async function scale(
  context: HealCommandContext,
  written: string,
  nodes: number,
  options: ScaleOptions,
): Promise<RequestOutcome> {
  const suite = context.suite();
  if (written.includes('/'))
    throw new UsageError(`${written}: expected a fleet, not a node of one, for example ${written.split('/')[0]}`);
  const words = `scale ${written} ${nodes}`;
  if (!options.plan) refuseUnasked('scale', context, options, words);
  const settings = await suite.settings();
  const fleet = await knownFleet(suite, settings, written);
  const file = settings.fleets.find(({ name }) => name === fleet);
  if (file !== undefined && file.scales === undefined) {
    context.complain(noGroup(fleet));
    return { status: 1, facts: { did: 'nothing', code: 'size-limits', reason: noGroup(fleet) } };
  }
  const shown = await suite.scale({ fleet, nodes });
  if (shown.underWay !== undefined) context.say(plainText(`Under way: ${shown.underWay}.`));
  for (const sentence of shown.left) context.say(plainText(`${sentence}.`));
  if (shown.refusals.length > 0) return refused(context, shown);
  if (shown.left.length === 0) context.say(`${fleet} has ${nodes} nodes, or is on its way to them.`);
  if (options.plan) return { status: 0, facts: { did: 'planned', ...shown } };
  const yes = await consentTo('scale', context, options, `${words}?`);
  if (yes === undefined) {
    context.say('Nothing was done.');
    return { status: 1, facts: { did: 'nothing' } };
  }
  const by = await suite.caller();
  const answer = await suite.scale({ fleet, nodes }, { plan: shown.plan, by, yes });
  if (answer.refusals.length > 0) return refused(context, answer);
  for (const sentence of answer.done) context.say(plainText(`Begun: ${sentence}.`));
  context.say(
    `It goes on by itself, a step every five minutes at most. Follow it: npm run chainmend -- journal ${fleet} --by seed-groups`,
  );
  return { status: 0, facts: { did: 'started', ...answer } };
}

const noGroup = (fleet: string): string =>
  `${fleet} has no group that may be scaled. Nodes of their own: add one under deploy.nodes of its file, then npm run deploy and npm run deploy:nodes. A group: give it deploy.group.minimum and maximum, then the same`;

function refused(context: HealCommandContext, answer: ScaleAnswer): RequestOutcome {
  for (const refusal of answer.refusals) context.complain(plainText(`Refused. ${refusal}`));
  return { status: 1, facts: { did: 'refused', ...answer } };
}
