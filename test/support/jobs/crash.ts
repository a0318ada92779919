// Plays a scenario once for each place at which a heal can be killed or an answer lost.
import { findScenario } from '../../../local/scenarios/catalog/index.ts';
import { type JournalLine, readJournal } from '../../../local/scenarios/report/journal.ts';
import { incidentsOf, readRecords } from '../../../local/scenarios/report/records.ts';
import { type Run, run } from '../../../local/scenarios/run.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import type { LambdaHooks } from '../../../local/simulator/lambda-runtime/environment.ts';
import type { AdmittedRequest, RequestFaults } from '../../../local/simulator/request-faults.ts';
import type { NodeRecord } from '../../../shared/heal/records.ts';
import { allDeaths, type Death, isOfCall, type Moment, placeOf, watchFor } from '../crash-places.ts';

export interface Story {
  readonly scenario: string;
  /** The durable function that dies. */
  readonly heal: string;
  readonly places:
    | readonly Death[]
    /** All that `allDeaths` finds in an undisturbed run: share `part` of `parts`, from 0, which begins with that run itself. */
    | { readonly tableEvery: number; readonly part: number; readonly parts: number };
}

export interface Crashed {
  readonly scenario: string;
  /** "crash-before: 012-call SUCCEED". */
  readonly place: string;
  /** ModifyVolume calls that took effect. */
  readonly modifications: number;
  /** Volumes, instances and snapshots that were made and not put away. */
  readonly made: number;
  /** An incident ended healed, by whichever attempt. */
  readonly healed: boolean;
  /** Expectations and invariants that did not hold, what is still held, and intents whose end the journal does not tell. */
  readonly unmet: readonly string[];
}

/** One run for each place, story after story. */
export async function job(stories: readonly Story[]): Promise<Crashed[]> {
  const ends: Crashed[] = [];
  for (const story of stories) ends.push(...(await endsOf(story)));
  return ends;
}

async function endsOf(story: Story): Promise<readonly Crashed[]> {
  const scenario = findScenario(story.scenario);
  if (!scenario) throw new Error(`there is no scenario ${story.scenario}`);
  if (!('parts' in story.places)) return endsAt(story, scenario, story.places);
  const { undisturbed, deaths } = await placesOf(story, scenario, story.places);
  return [...undisturbed, ...(await endsAt(story, scenario, deaths))];
}

async function endsAt(story: Story, scenario: Scenario, deaths: readonly Death[]): Promise<readonly Crashed[]> {
  const ends: Crashed[] = [];
  for (const death of deaths) ends.push(await dying(story, scenario, death));
  return ends;
}

async function placesOf(
  story: Story,
  scenario: Scenario,
  { tableEvery, part, parts }: Exclude<Story['places'], readonly unknown[]>,
): Promise<{ readonly undisturbed: readonly Crashed[]; readonly deaths: readonly Death[] }> {
  const moments: Moment[] = [];
  const requestFaults: RequestFaults = {
    fateOf: (request) => {
      const moment = momentOf(story, request);
      if (moment) moments.push(moment);
      return undefined;
    },
  };
  const undisturbed = await run(scenario, { seed: 1, lane: 'sweep', requestFaults });
  return {
    undisturbed: part === 0 ? [told(story, 'nowhere', undisturbed)] : [],
    deaths: allDeaths(moments, tableEvery).filter((_, at) => at % parts === part),
  };
}

async function dying(story: Story, scenario: Scenario, death: Death): Promise<Crashed> {
  const isNow = watchFor(death);
  let died = false;
  let checkpointDies = false;
  let world: Run['world'] | undefined;
  const people: Scenario['people'] = (opened) => {
    world = opened;
    scenario.people?.(opened);
  };
  const requestFaults: RequestFaults = {
    fateOf: (request) => {
      const moment = momentOf(story, request);
      if (!moment || !isNow(moment)) return undefined;
      checkpointDies = !isOfCall(death.how);
      died = !checkpointDies;
      return isOfCall(death.how) ? death.how : undefined;
    },
  };
  const checkpoint: LambdaHooks['checkpoint'] = (_, { arn, functionName }) => {
    if (!checkpointDies || functionName !== story.heal) return undefined;
    checkpointDies = false;
    died = true;
    if (death.how === 'crash-before' || death.how === 'crash-after') return death.how;
    world?.region.clock.after(0, () => world?.region.lambda.timeOut(arn));
    return undefined;
  };
  const options = { seed: 1, lane: 'sweep', disturbed: true, requestFaults, hooks: { checkpoint } } as const;
  const ended = told(story, placeOf(death), await run({ ...scenario, people }, options));
  return died ? ended : { ...ended, unmet: [...ended.unmet, 'the heal never came to this place'] };
}

/** What a request of the heal is, where it is a checkpoint or changes something. */
function momentOf({ heal }: Story, request: AdmittedRequest): Moment | undefined {
  const { actor, mutating, service, operation, input } = request;
  if (!actor.startsWith(heal)) return undefined;
  const { Updates = [], DocumentName = '' } = input as {
    readonly Updates?: readonly { readonly Name?: string; readonly Action?: string }[];
    readonly DocumentName?: string;
  };
  if (operation === 'CheckpointDurableExecution')
    return { is: 'checkpoint', name: Updates.map(({ Name, Action }) => `${Name} ${Action}`).join(' and ') };
  if (!mutating) return undefined;
  // "chainmend-swap-volumes-1a2b3c": what the command is, without the hash of its document.
  const document = /^chainmend-(.*)-\w+$/.exec(DocumentName)?.[1];
  return { is: 'call', name: `${service}.${operation}${document === undefined ? '' : ` ${document}`}` };
}

function told(story: Story, place: string, ended: Run): Crashed {
  const { report, world, unmet } = ended;
  return {
    scenario: story.scenario,
    place,
    modifications: world.region.gateway.trace.calls.filter(
      ({ operation, outcome }) =>
        operation === 'ModifyVolume' && outcome !== 'caller killed before' && !/^[A-Z]/.test(outcome ?? ''),
    ).length,
    made: made(world),
    healed: incidentsOf(world).some(({ state }) => state === 'healed'),
    unmet: [
      ...unmet,
      ...report.violations.map(({ invariant, detail }) => `${invariant}: ${detail}`),
      ...heldStill(ended),
      // What ends for good has nobody left to tell of its last act: the attempt behind it tells what it found.
      ...(place.startsWith('lost for good') ? [] : untold(ended, story.heal)),
    ],
  };
}

/** What heals have made and have not put away. */
function made({ region }: Run['world']): number {
  return [
    ...region.ec2.volumes().map(({ tags }) => tags),
    ...region.ec2.instances().map(({ tags }) => tags),
    ...region.ec2.snapshots().map(({ tags }) => tags),
  ].filter(
    (tags) =>
      tags.some(({ Key }) => Key === 'chainmend:incident') && !tags.some(({ Key }) => Key === 'chainmend:keep-until'),
  ).length;
}

function heldStill({ world: { region, tableName } }: Run): readonly string[] {
  return readRecords<NodeRecord>(region, tableName, 'NODE#')
    .filter(({ owner, operation }) => owner !== null || operation !== null)
    .map(({ instanceId, owner, operation }) => `${instanceId}: held by ${owner}, in the middle of ${operation?.kind}`);
}

/** Intents whose end the journal does not tell: each has a result of the same act. */
function untold({ world: { region, tableName } }: Run, heal: string): readonly string[] {
  const lines = readJournal(region, tableName).filter((line) => heal.endsWith(line.heal));
  // The result of a command names its number alone.
  const nameOf = ({ incidentId, attempt, act = '' }: JournalLine): string =>
    [incidentId, attempt, act.replace(/^SendCommand \S+ (?=\S)/, 'SendCommand ')].join(' ');
  const results = lines.filter(({ kind }) => kind === 'result').map(nameOf);
  return lines.flatMap((line) => {
    if (line.kind !== 'intent') return [];
    const at = results.indexOf(nameOf(line));
    if (at >= 0) results.splice(at, 1);
    return at >= 0 ? [] : [`the journal does not tell what became of ${line.act} (${line.place})`];
  });
}
