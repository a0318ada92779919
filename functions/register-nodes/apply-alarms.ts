// Creates, updates and deletes a fleet's alarms: in every mode, because they are chainmend's own eyes, but not while the fleet is paused.
import {
  DeleteAlarmsCommand,
  type MetricAlarm,
  PutMetricAlarmCommand,
  type PutMetricAlarmInput,
} from '@aws-sdk/client-cloudwatch';
import { isThrottling } from '../../shared/aws/refusals.ts';
import { fleetNames } from '../../shared/fleet/membership.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { SeenInstance } from '../../shared/fleet/nodes.ts';
import { alarmName } from '../../shared/fleet/resource-names.ts';
import { judgeMissing, type SubjectRefusal } from '../../shared/guardrails/names.ts';
import type { AlarmChange } from '../../shared/model/journal-fields.ts';
import { messageOf } from '../../shared/reconcile/fleets.ts';
import { readUnpaused } from '../../shared/reconcile/guard.ts';
import { subjectRefusal } from '../../shared/reconcile/notification.ts';
import { pacer } from '../../shared/reconcile/pace.ts';
import { diffAlarms, firstMetric, foreignActions, isOurs, parseDescription, putInput } from './alarm-changes.ts';
import { readAlarms, readCovered, readNamed, readTags } from './alarm-facts.ts';
import { type DiskSeries, desiredAlarms } from './alarms.ts';
import type { RegisterContext } from './context.ts';

/** "PutMetricAlarm: 3 transactions per second" (CloudWatch quotas), the same for DeleteAlarms. */
const GAP_MS = 350;
/** ListTagsForResource: 10 a second (CloudWatch quotas). */
const TAGS_GAP_MS = 120;
/** Alarms between two reads of the pauses. */
const GROUP = 20;
/** "AlarmNames: maximum number of 100 items" (DeleteAlarmsInput). */
const DELETIONS_A_CALL = 100;

export interface AlarmsDone {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  /** Changes that are left for the next run. */
  readonly left: number;
  readonly refusals: readonly SubjectRefusal[];
  /** Alarms that could not be written at all. */
  readonly failures: readonly unknown[];
}

export interface AlarmsToReconcile {
  readonly nodes: readonly SeenInstance[];
  /** Of those, the ones that another fleet claims, too. */
  readonly contested: ReadonlySet<string>;
  /** Of those, the data paths of which nobody tells anything. */
  readonly unseenPaths: ReadonlyMap<string, readonly string[]>;
  readonly fleets: readonly Fleet[];
  /** Instances of the fleet that have ended. */
  readonly readGone: () => Promise<readonly SeenInstance[]>;
  readonly seriesAt: (path: string) => Promise<ReadonlyMap<string, DiskSeries>>;
  /** A person confirms that alarms of nodes that are gone may be deleted. */
  readonly confirmed: boolean;
}

export async function reconcileAlarms(context: RegisterContext, facts: AlarmsToReconcile): Promise<AlarmsDone> {
  const { fleet, environment, clients } = context;
  const { nodes, contested, unseenPaths, fleets, readGone, seriesAt, confirmed } = facts;
  const otherFleets = fleetNames(fleets).filter((name) => name !== fleet.name);
  const existing = await readAlarms(clients.cloudwatch, `${fleet.suite}-${fleet.name}-`);
  // Only a fleet-wide alarm has this name.
  const fleetWideNow = existing.some(({ AlarmName }) => AlarmName === alarmName(fleet, undefined, 'status-check'));
  const series = new Map<string, DiskSeries>();
  // Over OTLP the probe on the nodes tells the disks, and no agent.
  if (fleet.metrics === 'classic' && nodes.length > 0)
    for (const { path } of fleet.volumes) for (const [key, found] of await seriesAt(path)) series.set(key, found);
  const covered = await readCovered(clients.cloudwatch, fleet);
  const nowMs = Date.now();
  const { runbooks } = context;
  const seen = { nodes, contested, unseenPaths, series, covered };
  const desired = desiredAlarms({ fleet, ...seen, fleetWideNow, runbooks, nowMs });
  const { create, update, remove, taken } = diffAlarms(fleet, desired, existing, otherFleets, nowMs);

  const run = new AlarmRun(context);
  run.refusals.push(
    ...desired.refusals,
    ...taken.map(({ alarm: { name: subject, node = fleet.name }, by }): SubjectRefusal => {
      const reason = `alarm ${subject} of ${fleet.name}/${node} is not made: it would have the name of an alarm of ${by}. Give the node another name`;
      return { refuse: 'alarm-foreign', subject, reason, page: true };
    }),
  );
  const puts: AlarmPut[] = [
    ...create.map(
      (alarm): AlarmPut => ({
        input: putInput(fleet, alarm, environment.TOPIC_ARN),
        sentence: `${alarm.name} is made`,
        counts: 'created',
      }),
    ),
    ...update.map(
      ({ alarm, now, why }): AlarmPut => ({
        input: putInput(fleet, alarm, environment.TOPIC_ARN, now),
        sentence: `${alarm.name} is rewritten: ${why}`,
        counts: 'updated',
        over: { now, why },
      }),
    ),
  ];
  await run.putAll(puts);
  // New alarms first: in a change between node alarms and fleet-wide alarms, no node may be without one.
  if (run.stopped || run.left > 0) return run.done(remove.length);
  const ended = remove.length > 0 ? await readGone() : [];
  const tooMany = judgeMissing(fleet.name, { ...countMissingNodes(remove, nodes, ended), what: 'alarms', confirmed });
  if (tooMany) {
    const { refuse, reason, page } = tooMany;
    run.refusals.push({ refuse, subject: `${fleet.name} alarms`, reason, page });
    return run.done(remove.length);
  }
  await run.removeAll(remove);
  return run.done();
}

/**
 * Nodes whose alarms would be deleted and that are not there any more, and how many there were in all. Nodes whose end EC2 itself reports do not
 * count: those are no mistake of a selection.
 */
function countMissingNodes(
  remove: readonly MetricAlarm[],
  nodes: readonly SeenInstance[],
  ended: readonly SeenInstance[],
): { readonly gone: number; readonly of: number } {
  const there = new Set([...nodes, ...ended].map(({ instanceId }) => instanceId));
  const ours = remove.filter(({ AlarmDescription }) => parseDescription(AlarmDescription).threshold !== undefined);
  const ids = ours.flatMap((alarm) => firstMetric(alarm)?.dimensions['InstanceId'] ?? []);
  const gone = new Set(ids.filter((id) => !there.has(id))).size;
  return { gone, of: gone + nodes.length };
}

interface AlarmPut {
  readonly input: PutMetricAlarmInput;
  readonly sentence: string;
  readonly counts: 'created' | 'updated';
  /** The existing alarm, whose tags are checked right before, and why it is rewritten. */
  readonly over?: { readonly now: MetricAlarm; readonly why: string };
}

const changeOf = ({ input: { AlarmName: alarmName = '' }, over }: AlarmPut): AlarmChange =>
  over ? { alarmName, change: 'updated', why: over.why } : { alarmName, change: 'made' };

/** The mutations of one fleet's turn: paced, with one guard for each group. An alarm that fails does not stop the others. */
class AlarmRun {
  readonly refusals: SubjectRefusal[] = [];
  left = 0;
  stopped = false;
  readonly #counts = { created: 0, updated: 0, deleted: 0 };
  readonly #failures: unknown[] = [];
  readonly #context: RegisterContext;
  readonly #pace = pacer(GAP_MS);
  readonly #paceTags = pacer(TAGS_GAP_MS);

  constructor(context: RegisterContext) {
    this.#context = context;
  }

  /** Whether an existing alarm is this fleet's own, by its tags as they are now. */
  async #mayWrite({ over }: AlarmPut): Promise<boolean> {
    if (!over) return true;
    const { now, why } = over;
    const { fleet, environment } = this.#context;
    const [foreign] = foreignActions(now, environment.TOPIC_ARN);
    const ours = await this.#isOurs(now);
    if (ours && foreign === undefined) return true;
    const because = ours
      ? `it has an action of its own (${foreign}), which chainmend may not write`
      : `it does not carry the tags of ${fleet.name}`;
    const reason = `alarm ${now.AlarmName} should be rewritten (${why}), but ${because}: it is left as it is`;
    this.refusals.push({ refuse: 'alarm-foreign', subject: now.AlarmName ?? '', reason, page: true });
    return false;
  }

  /** PutMetricAlarm overwrites what has the name, and no policy can forbid that. What somebody has made or changed since it was read waits for the next run. */
  async #asRead(puts: readonly AlarmPut[]): Promise<readonly AlarmPut[]> {
    const names = puts.map(({ input: { AlarmName = '' } }) => AlarmName);
    const there = await readNamed(this.#context.clients.cloudwatch, names);
    return puts.filter(({ input: { AlarmName: subject = '' }, over }) => {
      const now = there.get(subject);
      if (now?.kind === 'composite') {
        const reason = `alarm ${subject} should be made, but a composite alarm has its name: it is left as it is`;
        this.refusals.push({ refuse: 'alarm-foreign', subject, reason, page: true });
        return false;
      }
      const asRead = over && (over.now.AlarmConfigurationUpdatedTimestamp?.getTime() ?? null);
      if (now?.configuredAtMs === asRead) return true;
      this.left++;
      return false;
    });
  }

  async #isOurs({ AlarmArn }: MetricAlarm): Promise<boolean> {
    if (AlarmArn === undefined) return false;
    await this.#paceTags();
    try {
      return isOurs(await readTags(this.#context.clients.cloudwatch, AlarmArn), this.#context.fleet);
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  async putAll(puts: readonly AlarmPut[]): Promise<void> {
    for (let from = 0; from < puts.length; from += GROUP) {
      if (Date.now() >= this.#context.untilMs) {
        this.left += puts.length - from;
        return;
      }
      // A group at a time: reading the tags of thousands takes longer than a run has.
      const group: AlarmPut[] = [];
      for (const put of await this.#asRead(puts.slice(from, from + GROUP)))
        if (await this.#mayWrite(put)) group.push(put);
      if (group.length === 0) continue;
      if (
        !(await this.#begins(
          group.map(({ sentence }) => sentence),
          group.map(changeOf),
          'PutMetricAlarm',
        ))
      ) {
        this.left += puts.length - from;
        return;
      }
      const undone = await this.#putGroup(group);
      this.left += undone;
      await this.#ended('PutMetricAlarm', group.length - undone, group.length);
      if (this.stopped) {
        this.left += Math.max(0, puts.length - from - GROUP);
        return;
      }
    }
  }

  async #putGroup(group: readonly AlarmPut[]): Promise<number> {
    let undone = 0;
    for (const [index, { input, counts }] of group.entries()) {
      await this.#pace();
      try {
        await this.#context.clients.cloudwatch.send(new PutMetricAlarmCommand(input));
        this.#counts[counts]++;
      } catch (error) {
        undone++;
        if (!isThrottling(error)) {
          this.#failures.push(
            new Error(`alarm ${input.AlarmName} could not be written: ${messageOf(error)}`, { cause: error }),
          );
          continue;
        }
        // Others need the API rate, too: the next run continues.
        this.stopped = true;
        return undone + group.length - index - 1;
      }
    }
    return undone;
  }

  /** Deletes alarms of ours only, after reading their tags again. */
  async removeAll(remove: readonly MetricAlarm[]): Promise<void> {
    for (let from = 0; from < remove.length; from += DELETIONS_A_CALL) {
      if (Date.now() >= this.#context.untilMs) {
        this.left += remove.length - from;
        return;
      }
      const names: string[] = [];
      for (const alarm of remove.slice(from, from + DELETIONS_A_CALL))
        if (await this.#isOurs(alarm)) names.push(alarm.AlarmName ?? '');
      if (names.length === 0) continue;
      if (
        !(await this.#begins(
          names.map((name) => `${name} goes`),
          names.map((alarmName) => ({ alarmName, change: 'deleted' })),
          'DeleteAlarms',
        ))
      ) {
        this.left += remove.length - from;
        return;
      }
      await this.#pace();
      try {
        await this.#context.clients.cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: names }));
        this.#counts.deleted += names.length;
        await this.#ended('DeleteAlarms', names.length, names.length);
      } catch (error) {
        // "In the event of an error, no alarms are deleted": somebody else deleted one of them, and the next run reads again.
        // With its tags goes the right to delete it: the second of two runs is denied.
        if (!isGone(error) && !(isDenied(error) && (await this.#isAnyGone(names)))) throw error;
        this.left += names.length;
        await this.#ended('DeleteAlarms', 0, names.length);
      }
    }
  }

  async #isAnyGone(names: readonly string[]): Promise<boolean> {
    const { fleet, clients } = this.#context;
    const there = new Set(
      (await readAlarms(clients.cloudwatch, `${fleet.suite}-${fleet.name}-`)).map(({ AlarmName }) => AlarmName),
    );
    return names.some((name) => !there.has(name));
  }

  /** Reads the guard and writes the intent of one group; false when nothing more may be begun. */
  async #begins(sentences: readonly string[], alarms: readonly AlarmChange[], act: string): Promise<boolean> {
    const context = this.#context;
    if (Date.now() >= context.untilMs) return false;
    const now = await readUnpaused(context);
    if ('refuse' in now) {
      this.refusals.push(subjectRefusal(now, context.fleet.name));
      this.stopped = true;
      return false;
    }
    const sentence = `${sentences.length} ${sentences.length === 1 ? 'alarm' : 'alarms'} of ${context.fleet.name}: ${sentences[0]}`;
    await context.write({
      kind: 'intent',
      act: `${act} ${context.fleet.name}`,
      sentence,
      evidence: { alarms: sentences },
      fields: { alarms },
    });
    return true;
  }

  async #ended(act: string, done: number, of: number): Promise<void> {
    const sentence = done === of ? 'done' : `${done} of ${of} done`;
    const status = done === of ? 'done' : 'partly';
    await this.#context.write({
      kind: 'result',
      act: `${act} ${this.#context.fleet.name}`,
      sentence,
      fields: { status },
    });
  }

  done(more = 0): AlarmsDone {
    return { ...this.#counts, left: this.left + more, refusals: this.refusals, failures: this.#failures };
  }
}

/**
 * DeleteAlarms and ListTagsForResource use different names for this error. A full class name in the source would bring the SDK's own errors into the
 * bundle.
 */
const isGone = (error: unknown): boolean => error instanceof Error && /^ResourceNotFound(Exception)?$/.test(error.name);

const isDenied = (error: unknown): boolean => error instanceof Error && /^AccessDenied(Exception)?$/.test(error.name);
