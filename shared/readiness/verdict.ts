// What `chainmend doctor` says of one heal of one node: it would work, it would not, nobody knows, or the fleet does not want it. Pure.
import type { ReadinessColumn } from '../heal/records.ts';
import type { GuardrailCode } from '../model/guardrail-codes.ts';

/** What begins by itself: the rungs of the ladder, and the heals beside it. In the order in which they are shown. */
export const HEALS = [
  'grow',
  'restart',
  'stop-start',
  'swap',
  'replace',
  'snapshot',
  'move',
] as const satisfies readonly ReadinessColumn[];
/** What a person asks for, and what a heal goes on without. */
export const VERBS = ['upgrade', 'blue-green', 'shrink', 'scale-down', 'drill', 'roll-back', 'prune'] as const;
export const COLUMNS = [...HEALS, ...VERBS] as const;
export type Column = (typeof COLUMNS)[number];

/** One reason why a heal would not work, or why that is not known. */
export interface Finding {
  readonly is: 'no' | 'unknown';
  readonly code: FindingCode;
  readonly why: string;
  /** What a person does about it; undefined where `why` says it, or nothing can be done. */
  readonly remedy?: string;
  /** A line to paste. */
  readonly paste?: string;
}

/** Why a precondition is not so: by its row's code and remedy unless it says others. */
export type Why = Omit<Finding, 'is' | 'code'> & { readonly is?: 'unknown'; readonly code?: FindingCode };

export type Verdict =
  | { readonly is: 'yes' }
  /** The worst finding comes first. */
  | { readonly is: 'no' | 'unknown'; readonly findings: readonly [Finding, ...Finding[]] }
  /** The fleet file, or the node's role, rules it out: that is nobody's trouble. */
  | { readonly is: 'off'; readonly why: string };

/** One no is enough. What is unknown is never taken for a yes, and never for a no. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const sorted = findings.toSorted((a, b) => Number(a.is === 'unknown') - Number(b.is === 'unknown'));
  const [first, ...others] = sorted;
  return first === undefined ? { is: 'yes' } : { is: first.is, findings: [first, ...others] };
}

export const no = (code: FindingCode, why: string, more: Pick<Finding, 'remedy' | 'paste'> = {}): Finding => ({
  ...{ is: 'no', code, why },
  ...more,
});

export const unknown = (code: FindingCode, why: string, more: Pick<Finding, 'remedy' | 'paste'> = {}): Finding => ({
  ...{ is: 'unknown', code, why },
  ...more,
});

/** Something that was read, or why it could not be. */
export type Read<T> = { readonly value: T } | { readonly unread: string };

/** The finding where nothing could be read; otherwise those that follow from what was read. */
export const known = <T>(read: Read<T>, findingsOf: (value: T) => readonly Finding[]): readonly Finding[] =>
  'unread' in read ? [unknown('unread', read.unread)] : findingsOf(read.value);

/** Codes that no heal uses, each with a sentence for docs/doctor.md. */
export const DOCTOR_CODES = {
  unread: 'Something could not be read; the sentence has AWS’s own words.',
  unauthorized:
    'AWS denies the call by a policy that holds for others, too: of the organization, of a resource, or of an endpoint.',
  'caller-may-not': 'Your own credentials may not make this call, which says nothing about the heals’ role.',
  'not-asked': 'More different dry runs would be needed than one fleet gets.',
  'key-unusable': 'The KMS key of a volume cannot be used in its present state.',
  'key-denies': 'A policy of the KMS key, or of the heals’ role, denies what EBS needs at each attachment and start.',
  'volume-unknown': 'A data volume of the fleet file is on no attached volume with its tags.',
  'no-good-snapshot': 'No snapshot set is good for this node if its trouble began now.',
  'no-template': 'No launch template is known from which another instance could be launched.',
  'tags-full': 'The instance carries as many tags as EC2 takes, and would need one more to leave its fleet.',
  'volume-unfit':
    'A data volume is one for which no copy can stand in on its node: LVM, RAID, LUKS, ZFS, btrfs, a mount unit or an automount.',
  'unit-gone':
    'What runs could not be started again, or could not come back after an upgrade: its unit’s file, its executable or its image is gone.',
  'template-unfit': 'No other instance can be launched from the launch template as it is.',
  'snapshots-stopped': 'No lifecycle policy takes snapshots of this fleet any more.',
  'command-failed': 'The node did not carry out a command that only looks.',
  untried: 'No drill has shown lately that the owner’s command comes through: a heal goes on without it.',
  'not-deployed': 'chainmend is not deployed in this account and region.',
  'suite-alarm': 'An alarm on chainmend itself is in ALARM.',
  'nobody-paged': 'Nobody has confirmed a subscription of the pages.',
  'not-observed': 'The fleet was not observed within the last three minutes.',
  'fleet-file-broken': 'A stored fleet file does not parse.',
} as const;

export type FindingCode = GuardrailCode | keyof typeof DOCTOR_CODES;
