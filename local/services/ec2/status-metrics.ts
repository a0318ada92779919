// EC2's metrics of status checks, each minute, for running instances. Source: "Status check metrics" ("CloudWatch metrics that are available for your
// instances", EC2 user guide): "whether the instance has passed … in the last minute", "either 0 (passed) or 1 (failed)", "available at a 1-minute
// frequency at no charge"; unit Count; `StatusCheckFailed` is about all of them. VolumeStalledIOCheck: "Metrics for Amazon EBS volumes".
import type { RecordMetric } from '../cloudwatch/series.ts';
import type { CheckStatus, Instance } from './model.ts';
import type { Ec2State } from './state.ts';

type Dimensions = Readonly<Record<'InstanceId', string>>;

const MINUTE_MS = 60_000;

/**
 * One timer for all instances, which runs while there are any.
 * @returns a function to call after an instance was added
 */
export function statusMetrics(state: Ec2State, record: RecordMetric): () => void {
  const { clock } = state.kernel;
  // CloudWatch recognises a series by its dimensions object, without reading it.
  const dimensions = new Map<string, Dimensions>();
  let running = false;

  const dimensionsOf = (instanceId: string): Dimensions => {
    const known = dimensions.get(instanceId) ?? { InstanceId: instanceId };
    dimensions.set(instanceId, known);
    return known;
  };

  const publish = (): void => {
    // The minute that ends: CloudWatch dates a period by its start.
    const atMs = clock.now() - MINUTE_MS;
    const instances = state.instances.all();
    for (const instance of instances) {
      if (instance.state !== 'running') continue;
      for (const [name, failed] of failures(instance.checks)) {
        if (failed !== undefined) record('AWS/EC2', name, dimensionsOf(instance.instanceId), failed, atMs, 'Count');
      }
    }
    // Of a volume whose I/O completes nothing is published: 0 says the same as no alarm on it does.
    for (const { volumeId, attachment, impaired } of state.volumes.all())
      if (attachment && impaired === 'stalled')
        record(
          'AWS/EBS',
          'VolumeStalledIOCheck',
          { VolumeId: volumeId, InstanceId: attachment.instanceId },
          1,
          atMs,
          'None',
        );
    if (dimensions.size > instances.length) {
      for (const id of dimensions.keys()) if (!state.instances.get(id)) dimensions.delete(id);
    }
    running = instances.length > 0;
    if (running) clock.after(MINUTE_MS, publish);
  };

  return () => {
    if (running) return;
    running = true;
    clock.at((Math.floor(clock.now() / MINUTE_MS) + 1) * MINUTE_MS, publish);
  };
}

/** 1 for a failed check, 0 for a passed one; undefined for one that has not run or has no result. */
function failures({ system, instance, attachedEbs }: Instance['checks']): [string, 0 | 1 | undefined][] {
  const all = [failure(system), failure(instance), failure(attachedEbs)] as const;
  const any = all.includes(1) ? 1 : all.includes(undefined) ? undefined : 0;
  return [
    ['StatusCheckFailed', any],
    ['StatusCheckFailed_System', all[0]],
    ['StatusCheckFailed_Instance', all[1]],
    ['StatusCheckFailed_AttachedEBS', all[2]],
  ];
}

// Metrics can be missing for a while ("Create CloudWatch alarms for Amazon EC2 instances that fail status checks"). We assume that this is while a
// check is `initializing` or `insufficient-data`, because a datapoint says that a check passed or failed.
const failure = (status: CheckStatus): 0 | 1 | undefined =>
  status === 'ok' ? 0 : status === 'impaired' ? 1 : undefined;
