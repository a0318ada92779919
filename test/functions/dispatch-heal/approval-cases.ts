// Mode ask with the real functions in the region: what an approval covers, what it does not cover, and the record of it.

import { everySeconds } from '../../../local/nodes/rhythm.ts';
import { readJournal } from '../../../local/scenarios/report/journal.ts';
import { pageIn } from '../../../local/scenarios/report/pages.ts';
import { incidentsOf } from '../../../local/scenarios/report/records.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { answerAsPaged } from '../../../local/scenarios/world/answers.ts';
import { snapshotsOf } from '../../../local/scenarios/world/fixtures.ts';
import { corruptNow, GOOD, impatient, incidentsEnded, smallFleet } from '../../../local/scenarios/world/ladder.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { changedTerms } from '../../../shared/heal/approval.ts';
import type { ApprovalRecord } from '../../../shared/heal/records.ts';

const EXCEEDED = 'replace-node approval-exceeded';
const NEWER = 'snap-00000000000000e11';

/** The questions of heals that were paged; names and peers ask, too. */
const questions = ({ region }: World) =>
  region.sns
    .published()
    .map(pageIn)
    .filter(
      // When the cause is over, its page is told to be resolved, under the same code.
      ({ code, incidentId, severity }) => code === 'approval-wanted' && incidentId !== undefined && severity === 'page',
    );

const lines = ({ region, tableName }: World, kind: string) =>
  readJournal(region, tableName).filter((line) => line.kind === kind && line.by === 'replace-node');

const approvalOf = (world: World): ApprovalRecord | undefined =>
  incidentsOf(world).find(({ approval }) => approval !== undefined)?.approval;

const swappedFrom = ({ region }: World): readonly string[] =>
  region.gateway.trace.calls
    .filter(({ operation, outcome }) => operation === 'CreateVolume' && outcome === 'ok')
    .map(({ input }) => (input as { readonly SnapshotId: string }).SnapshotId);

const sick = (name: string, told: Pick<Scenario, 'people' | 'done' | 'expect'>): Scenario => ({
  name,
  sentence: name,
  fleets: { bitcoin: { ...impatient, mode: 'ask', replace: { rungs: ['swap'] } } },
  build: (world) =>
    snapshotsOf(world, smallFleet(world, { clock: everySeconds(30) }), { hoursAgo: 8, snapshotId: GOOD }),
  ...told,
  hours: 6,
  people: (world) => {
    world.at(3, () => corruptNow(world));
    told.people?.(world);
  },
});

/** The answers of AWS when watch-fleet's role approves a plan of names in a person's place. */
const forgeries = new WeakMap<World, string[]>();

async function approveAs(world: World, FunctionName: string, event: object): Promise<void> {
  const { region } = world;
  const { Role } = await region.call('lambda', 'GetFunctionConfiguration', { FunctionName: 'chainmend-watch-fleet' });
  const caller = { actor: 'chainmend-watch-fleet/attacker', roleArn: String(Role) };
  const input = { FunctionName, Payload: new Uint8Array(Buffer.from(JSON.stringify(event))) };
  const told = await region.gateway.request({ service: 'lambda', operation: 'Invoke', input, ...caller }).then(
    ({ FunctionError, Payload }) => `${FunctionError ?? 'done'}: ${Buffer.from((Payload ?? []) as Uint8Array)}`,
    (error: Error) => error.name,
  );
  forgeries.set(world, [...(forgeries.get(world) ?? []), told]);
}

const PERSON = /^Unhandled: .*expected nothing that only a person may say, where a function invokes \(alias hints\)/;

export const SCENARIOS: readonly Scenario[] = [
  sick('watch-fleet says yes to a plan of names in a person’s place: neither its role nor its alias lets it', {
    people: (world) =>
      world.whenPaged('approval-wanted', 1, async ({ plan, incidentId }) => {
        if (incidentId !== undefined) return;
        const yes = { kind: 'approve', fleet: 'bitcoin', plan };
        const lets = { kind: 'reconcile', fleet: 'bitcoin', confirm: true };
        await approveAs(world, 'chainmend-register-nodes', yes);
        for (const event of [yes, lets, { kind: 'reconcile', fleet: 'bitcoin' }])
          await approveAs(world, 'chainmend-register-nodes:hints', event);
      }),
    done: (world) => (forgeries.get(world)?.length ?? 0) >= 4,
    expect: [
      {
        sentence: 'it may not invoke the function itself, and through the alias it may only hint',
        holds: (_, world) => {
          const [itself, yes = '', lets = '', hint = ''] = forgeries.get(world) ?? [];
          return (
            itself === 'AccessDeniedException' && PERSON.test(yes) && PERSON.test(lets) && hint.startsWith('done: ')
          );
        },
      },
      {
        sentence: 'the names are as they were: nobody has approved anything',
        holds: ({ dns }) => dns.find(({ name }) => name === 'pool.bitcoin.internal')?.values.length === 4,
      },
    ],
  }),
  sick('a swap that is approved is of the very snapshot that was shown, and who said yes is written down', {
    people: (world) => world.whenPaged('approval-wanted', 5, ({ approve }) => answerAsPaged(world, approve)),
    done: (world) => incidentsEnded(world, 'healed'),
    expect: [
      {
        sentence: 'people were asked once, with every term of the plan',
        holds: (_, world) => {
          const [only, another] = questions(world) as readonly { readonly terms?: Record<string, string> }[];
          const { terms = {} } = only ?? {};
          return (
            another === undefined &&
            ['incident', 'node', 'act', 'rungs', 'volumes', 'source', 'cost'].every((name) => terms[name]) &&
            terms['source']?.includes(GOOD) === true &&
            /^bitcoin\/node2 on i-/.test(terms['node'] ?? '')
          );
        },
      },
      {
        sentence: 'the record has the terms, and the answer with nobody’s name',
        holds: (_, world) => {
          const { answer, terms = [] } = approvalOf(world) ?? {};
          return answer?.said === 'approved' && answer.by === null && new Map(terms).get('rungs') === 'swap';
        },
      },
      {
        sentence: 'the journal says that it was approved, and that nobody told by whom',
        holds: (_, world) =>
          lines(world, 'decision').some(({ sentence }) =>
            /^plan [0-9a-f]{16} is approved, by whom was not told$/.test(sentence),
          ),
      },
      { sentence: 'it was swapped from it', holds: (_, world) => swappedFrom(world).join() === GOOD },
    ],
  }),
  sick('a better snapshot comes while a person thinks: the yes is refused with what changed, and asked for again', {
    people: (world) => {
      let asked = 0;
      world.whenPaged('approval-wanted', 5, ({ approve, incidentId }) => {
        if (incidentId !== undefined) asked++;
        if (asked === 1 && incidentId !== undefined) {
          world.theirs.add(NEWER);
          snapshotsOf(world, world.find('bitcoin', 'node2'), { hoursAgo: 1, snapshotId: NEWER });
        }
        return answerAsPaged(world, approve);
      });
    },
    done: (world) => incidentsEnded(world, 'healed'),
    expect: [
      {
        sentence: 'refused, by name: the source was another',
        holds: ({ refusals }) => {
          const [only] = refusals.filter(({ kind, guardrail }) => `${kind} ${guardrail}` === EXCEEDED);
          return (
            only?.reason.startsWith('the plan has changed since it was approved: source: set-') === true &&
            only.reason.includes(GOOD) &&
            only.reason.includes(NEWER)
          );
        },
      },
      {
        sentence: 'people were asked twice, about different plans',
        holds: (_, world) => {
          const [first, second, third] = questions(world) as readonly {
            plan?: string;
            terms?: Record<string, string>;
          }[];
          const terms = (of: typeof first) => Object.entries(of?.terms ?? {});
          return (
            third === undefined &&
            first?.plan !== second?.plan &&
            changedTerms(terms(first), terms(second))?.includes('source: ') === true
          );
        },
      },
      { sentence: 'it was swapped from the second', holds: (_, world) => swappedFrom(world).join() === NEWER },
    ],
  }),
];
