// A leaked role, function by function: of all the attacker's requests, IAM allows exactly these. docs/security.md has them in words.
import { expect, it } from '@jest/globals';
import { AwsError } from '../../local/simulator/service.ts';
import { answered, type Deployed, theFive } from './powers/stacks.ts';
import { WANTS, type Want } from './powers/wants.ts';

const DENIED = /^(UnauthorizedOperation|AccessDenied|AccessDeniedException|AuthorizationErrorException)$/;
const THROTTLED = /^(RequestLimitExceeded|Throttling|ThrottlingException|TooManyRequestsException)$/;

const place = await theFive();
const functions = place.region.lambda
  .functionArns()
  .map((arn) => ({ arn, name: arn.split(':chainmend-').at(-1) ?? '' }));

async function isLetThrough({ region }: Deployed, { request }: Want, functionArn: string): Promise<boolean> {
  const who = { actor: 'attacker', roleArn: region.lambda.roleOf(functionArn), functionArn };
  return answered(region, async () => {
    for (let tries = 0; tries < 20; tries++) {
      const code = await region.gateway.request({ ...request(place), ...who }).then(
        () => 'done',
        (error: unknown) => {
          if (error instanceof AwsError) return error.name;
          throw error;
        },
      );
      if (!THROTTLED.test(code)) return !DENIED.test(code);
      await region.clock.sleep(10_000);
    }
    throw new Error('throttled without an end');
  });
}

/** By want: the functions whose role is enough. */
const LET_THROUGH: Readonly<Record<string, readonly string[]>> = {
  'delete what heals have put away': ['prune-retired'],
  'terminate what heals have put away': ['prune-retired'],
  'delete a clean snapshot': ['prune-retired'],
  'read a fleet’s data on an instance of one’s own making': ['replace-node'],
  // IAM judges each resource of a request alone, and one role serves all fleets.
  'attach one fleet’s volume to another fleet’s node': ['replace-node'],
  'restore one fleet’s snapshot as another fleet’s volume': ['replace-node'],
  'pull a volume off a running node': ['replace-node'],
  'stop a node': ['replace-node'],
  'start a stopped node': ['replace-node'],
  'grow a fleet’s volume to 16 TB': ['resize-volume'],
  'make a stranger’s volume one that may be attached': ['mark-root'],
  'make a node’s volume one that may be attached': ['mark-root'],
  'say that a fleet’s volume is put away': ['replace-node'],
  'say that a snapshot is verified': ['replace-node'],
  'write that a thing was put away': ['prune-retired', 'replace-node', 'snapshot-node'],
  'point a name of a fleet at oneself': ['register-nodes'],
  'start a heal': ['dispatch-heal'],
  // Each of them writes its own decisions.
  'write an incident': ['dispatch-heal', 'replace-node'],
  'write what nodes are said to be': ['watch-fleet'],
};

it.each(WANTS.map((want) => [want.name, want] as const))('%s', async (name, want) => {
  const through: string[] = [];
  for (const { arn, name: of } of functions) if (await isLetThrough(place, want, arn)) through.push(of);
  expect(through.sort()).toEqual(LET_THROUGH[name] ?? []);
});

it('names no want that there is not', () => {
  const names = WANTS.map(({ name }) => name);
  expect(Object.keys(LET_THROUGH).filter((name) => !names.includes(name))).toEqual([]);
});
