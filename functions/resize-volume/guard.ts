// Read again inside the very step that mutates: pauses, fleet file and mode, the node's pause tag.
import { DescribeTagsCommand } from '@aws-sdk/client-ec2';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { Refusal } from '../../shared/guardrails/codes.ts';
import { judgePauseTag, PAUSE_TAG, readSwitches } from '../../shared/guardrails/switches.ts';
import type { Tools } from './tools.ts';

/** The fleet as it is now and the hash of its very file, for the journal; or why nothing may be done now. */
export async function guardAgain({
  clients,
  payload,
  environment,
}: Tools): Promise<{ readonly fleet: Fleet; readonly fleetHash: string } | Refusal> {
  const { instanceId, fleet, mode } = payload;
  const [switches, { Tags = [] }] = await Promise.all([
    readSwitches(clients.ssm, environment.PARAMETER_PREFIX, fleet),
    clients.ec2.send(
      new DescribeTagsCommand({
        Filters: [
          { Name: 'resource-id', Values: [instanceId] },
          { Name: 'key', Values: [PAUSE_TAG] },
        ],
      }),
    ),
  ]);
  if ('refuse' in switches) return switches;
  const paused =
    switches.refusal ?? judgePauseTag(Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])));
  if (paused) return paused;
  // A heal that began under `act` does not go on under `ask` or `plan`; one that was approved goes on under both `ask` and `act`.
  const allowed = switches.fleet.mode === 'act' || (switches.fleet.mode === 'ask' && mode === 'ask');
  if (allowed) return { fleet: switches.fleet, fleetHash: switches.fleetHash };
  const reason = `the fleet file says mode: ${switches.fleet.mode}, the heal began under mode: ${mode}`;
  return { refuse: 'mode-changed', reason, page: false, lookAgainMs: 60_000 };
}
