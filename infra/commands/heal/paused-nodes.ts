// Which instances people have paused by a tag: one question for all of the account and region, as it is now.
import { EC2Client, paginateDescribeTags } from '@aws-sdk/client-ec2';
import { judgePauseTag, PAUSE_TAG } from '../../../shared/guardrails/switches.ts';
import { plainText } from '../../../shared/text/plain-text.ts';

/** By instance, the sentence of its pause; or why nobody can tell. */
export type PausedNodes = { readonly nodes: ReadonlyMap<string, string> } | { readonly unknown: string };

/** "MaxResults: between 5 and 1000" (DescribeTagsRequest, @aws-sdk/client-ec2). */
const TAGS_A_PAGE = 1_000;
const MAX_PAGES = 10;

export async function readPausedNodes(client = new EC2Client()): Promise<PausedNodes> {
  const Filters = [
    { Name: 'key', Values: [PAUSE_TAG] },
    { Name: 'resource-type', Values: ['instance'] },
  ];
  const nodes = new Map<string, string>();
  let pages = 0;
  try {
    for await (const { Tags = [], NextToken } of paginateDescribeTags({ client, pageSize: TAGS_A_PAGE }, { Filters })) {
      for (const { ResourceId = '', Value = '' } of Tags) {
        const paused = judgePauseTag({ [PAUSE_TAG]: Value });
        if (paused) nodes.set(ResourceId, paused.reason);
      }
      if (++pages === MAX_PAGES && NextToken)
        return { unknown: `more than ${MAX_PAGES * TAGS_A_PAGE} instances carry ${PAUSE_TAG}` };
    }
  } catch (error) {
    return { unknown: plainText(error instanceof Error ? `${error.name}: ${error.message}` : String(error), 300) };
  }
  return { nodes };
}
