// Requests of heals that change something on AWS, as lines of the story.
import { isMutating } from '../simulator/request-faults.ts';
import { requestEvidence } from './evidence.ts';
import type { HealFact, Requested } from './facts.ts';
import { isOfLadder } from './story-ladder.ts';
import type { StoryLine } from './story-line.ts';

/**
 * Requests that change something on AWS. Commands are left out: their answers are told. Of the ladder its journal tells what each is for,
 * and here only what AWS refused or never answered, or all where somebody wants to know.
 */
export function requestLines({ requests, about, kind }: HealFact, explain: boolean): StoryLine[] {
  return requests
    .filter(({ name }) => name.startsWith('ec2.') && isMutating(name.slice(4)))
    .filter(
      ({ outcome }) => explain || !(outcome === 'ok' || outcome === 'DryRunOperation') || !isOfLadder({ heal: kind }),
    )
    .filter(({ outcome }) => explain || !/^(RequestLimitExceeded|Throttling|DryRunOperation)/.test(outcome))
    .map((request) => ({
      atMs: request.atMs,
      label: request.name.slice(4),
      text: requestText(request),
      about,
      evidence: [requestEvidence(request)],
    }));
}

function requestText({ input, outcome }: Requested): string {
  const resource = String(input['VolumeId'] ?? input['InstanceId'] ?? '');
  const took = outcome === 'ok' || outcome === 'answer lost' || outcome.startsWith('caller killed');
  if (outcome === 'DryRunOperation') return `${resource}   AWS would do it`;
  return took ? resource : `${resource}   AWS refuses: ${outcome}`;
}
