// What AWS says when it refuses a modification for good: by which code a person is told, what that person can do, and when it is tried again. Pure.
// Sources: "Error codes for the Amazon EC2 API"; doc comment of ModifyVolumeCommand in @aws-sdk/client-ec2; "Quotas for Amazon EBS" (EBS user guide).
import type { Refused } from '../../shared/aws/refused.ts';
import type { GuardrailCode, Refusal } from '../../shared/model/guardrail-codes.ts';
import type { GrowPlan } from './decide.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface Cause {
  readonly code: GuardrailCode;
  /** In the imperative, for the end of a sentence. */
  readonly remedy: string;
  readonly lookAgainMs: number;
}

const QUOTAS = 'https://console.aws.amazon.com/servicequotas/home/services/ebs/quotas';

const CAUSES: Readonly<Record<string, Cause>> = {
  // "You've reached the limit on your Amazon EBS volume storage."
  VolumeLimitExceeded: {
    code: 'quota-reached',
    remedy: `have the quota “Storage … volumes, in TiB” of the volume’s type raised (${QUOTAS}), or delete volumes that nobody needs`,
    lookAgainMs: HOUR_MS,
  },
  // "You've reached the limit on your Amazon EBS volume modification storage in this Region": others' modifications end by themselves.
  VolumeModificationSizeLimitExceeded: {
    code: 'quota-reached',
    remedy: `wait until other modifications are completed, or have the quota “Storage modifications … in TiB” of the volume’s type raised (${QUOTAS})`,
    lookAgainMs: 30 * MINUTE_MS,
  },
  MaxIOPSLimitExceeded: {
    code: 'quota-reached',
    remedy: `have the quota “IOPS for Provisioned IOPS SSD … volumes” raised (${QUOTAS})`,
    lookAgainMs: HOUR_MS,
  },
  // "You can modify a volume up to four times within a rolling 24-hour period": those that are not ours are a person's.
  VolumeModificationRateExceeded: {
    code: 'budget-spent',
    remedy:
      'leave the volume’s size, type and performance alone until then, or make room on the node: others have modified it as well, and four times in 24 h is all that EBS takes',
    lookAgainMs: HOUR_MS,
  },
  IncorrectModificationState: {
    code: 'modification-in-progress',
    remedy: 'wait until it is completed: somebody has modified the volume in this very moment',
    lookAgainMs: 30 * MINUTE_MS,
  },
  UnauthorizedOperation: {
    code: 'aws-refused',
    remedy:
      'give the volume the tags of its fleet, by which the role of resize-volume knows it, or look for a policy of the organization',
    lookAgainMs: HOUR_MS,
  },
};

const OTHER: Cause = { code: 'aws-refused', remedy: 'look at the volume in EC2', lookAgainMs: HOUR_MS };

/** A full disk that stays full is told of at once, in AWS's own words: each code pages once in an incident. */
export function judgeRefusal(plan: GrowPlan, { refused, code: name }: Refused): Refusal {
  const { code, remedy, lookAgainMs } = CAUSES[name] ?? OTHER;
  const { volumeId, fromGiB, toGiB, usedGiB } = plan;
  const again = `it is tried again in ${lookAgainMs / MINUTE_MS} min`;
  return {
    refuse: code,
    reason: `${volumeId} stays at ${fromGiB} GiB, ${usedGiB} of them used: AWS refuses ${toGiB} GiB (${refused}). What to do: ${remedy}; ${again}`,
    page: true,
    lookAgainMs,
  };
}
