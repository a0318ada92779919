// Whose the nodes are that a fleet's tags describe: a suite with a name writes its claim on those that nobody has, and people are told of the others.

import { DescribeTagsCommand } from '@aws-sdk/client-ec2';
import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { tagResources } from '../../shared/aws/tagging.ts';
import {
  deployedIn,
  deployedParameterNames,
  judgeClaim,
  type Neighbour,
  neighboursOf,
} from '../../shared/fleet/membership.ts';
import type { SeenInstance } from '../../shared/fleet/nodes.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { claimOf, claimOn, DEFAULT_SUITE } from '../../shared/model/suite.ts';
import { hasTags, SUITE_TAG } from '../../shared/model/tags.ts';
import { messageOf } from '../../shared/reconcile/fleets.ts';
import { readUnpaused } from '../../shared/reconcile/guard.ts';
import type { RegisterContext } from './context.ts';

/** What is claimed in one run; the next one goes on. */
const MAX_CLAIMS = 50;
const UNNAMED = `/${DEFAULT_SUITE}`;

export interface Claims {
  /** Instances that are this suite's from now on. */
  readonly claimed: readonly string[];
  readonly refusals: readonly SubjectRefusal[];
}

/**
 * An instance without a claim is the node of the suite that has no name, where that one's fleets describe it: it may be at work there. So a suite with a
 * name claims only what they do not describe, and nothing while it does not know.
 *
 * @param others nodes by the fleet's tags that are not this suite's
 */
export async function claimNodes(context: RegisterContext, others: readonly SeenInstance[]): Promise<Claims> {
  const { fleet } = context;
  const open = others.filter(({ tags }) => claimOn(fleet.suite, tags) === 'unclaimed');
  const unnamed = open.length === 0 ? [] : await readUnnamed(context.clients.ssm);
  const claimed: string[] = [];
  const refusals: SubjectRefusal[] = [];
  for (const node of others) {
    const why = claimOn(fleet.suite, node.tags) === 'unclaimed' ? whyNotOurs(node.tags, unnamed) : '';
    if (why === null) {
      if (claimed.length < MAX_CLAIMS && (await claim(context, node))) claimed.push(node.instanceId);
      continue;
    }
    const refusal = judgeClaim(fleet.suite, node.instanceId, node.tags, why);
    if (refusal)
      refusals.push({
        refuse: refusal.refuse,
        subject: node.instanceId,
        node,
        reason: refusal.reason,
        page: refusal.page,
      });
  }
  return { claimed, refusals };
}

/**
 * Why a node that nobody has claimed is not this suite's to claim; null where it is. Pure.
 *
 * @param unnamed the fleets of the suite without a name; a sentence where they are not known
 */
export function whyNotOurs(
  tags: Readonly<Record<string, string>>,
  unnamed: readonly Neighbour[] | string,
): string | null {
  if (typeof unnamed === 'string') return `, and whether it is the suite’s without a name is not known: ${unnamed}`;
  const theirs = unnamed.find((fleet) => hasTags(tags, fleet.tags));
  return theirs ? `, so it is the suite’s without a name, whose fleet ${theirs.name} describes it` : null;
}

/** The fleets of the suite without a name, none where there is no such suite; a sentence where they cannot be known. */
async function readUnnamed(ssm: SSMClient): Promise<readonly Neighbour[] | string> {
  try {
    const { Parameters = [] } = await ssm.send(
      new GetParametersCommand({ Names: [...deployedParameterNames(UNNAMED)] }),
    );
    const values = new Map(Parameters.map(({ Name = '', Value = '' }) => [Name, Value]));
    return values.size === 0 ? [] : neighboursOf('', deployedIn(UNNAMED, values));
  } catch (error) {
    return messageOf(error);
  }
}

/** EC2 has no compare-and-swap for tags: the tag is read right before, and the role may give it only to what has none. */
async function claim(context: RegisterContext, { instanceId, name }: SeenInstance): Promise<boolean> {
  const { clients, fleet } = context;
  const now = await readUnpaused(context);
  if ('refuse' in now) return false;
  const { Tags = [] } = await clients.ec2.send(
    new DescribeTagsCommand({
      Filters: [
        { Name: 'resource-id', Values: [instanceId] },
        { Name: 'key', Values: [SUITE_TAG] },
      ],
    }),
  );
  if (Tags.length > 0) return false;
  const act = `CreateTags ${instanceId}`;
  const value = claimOf(fleet.suite);
  const subject = { name, instanceId };
  await context.write(
    { kind: 'intent', act, sentence: `${name} has no suite: it gets ${SUITE_TAG}=${value}` },
    subject,
  );
  await tagResources(clients.ec2, [instanceId], { [SUITE_TAG]: value });
  await context.write({ kind: 'result', act, sentence: 'done', fields: { status: 'done' } }, subject);
  return true;
}
