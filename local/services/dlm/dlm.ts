// Data Lifecycle Manager: checks, stores, describes and runs snapshot policies. Copies in other Regions are made, and snapshots are shared with other
// accounts, where the world has them. If the region ignores a part of a policy, its StatusMessage says so. The rights of its
// execution role are not checked. Source: doc comments in @aws-sdk/client-dlm.
import type {
  CreateLifecyclePolicyRequest,
  CreateLifecyclePolicyResponse,
  DeleteLifecyclePolicyRequest,
  GetLifecyclePoliciesRequest,
  GetLifecyclePoliciesResponse,
  GetLifecyclePolicyRequest,
  GetLifecyclePolicyResponse,
  ListTagsForResourceRequest,
  PolicyDetails,
  Tag,
} from '@aws-sdk/client-dlm';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, notEmulated, type Service } from '../../simulator/service.ts';
import { checkDetails, missing } from './details.ts';
import { type SnapshotSupply, startSchedule, unsupportedFeatures } from './schedule.ts';

interface Policy {
  readonly id: string;
  readonly arn: string;
  readonly description: string;
  readonly state: 'ENABLED' | 'DISABLED';
  readonly roleArn: string;
  readonly details: PolicyDetails;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
}

/** "Amazon Data Lifecycle Manager quotas": custom policies in a Region. */
const POLICIES_MAX = 100;
const DEFAULT_POLICY_ONLY = [
  'DefaultPolicy',
  'CreateInterval',
  'RetainInterval',
  'CopyTags',
  'ExtendDeletion',
  'CrossRegionCopyTargets',
  'Exclusions',
] as const;

/** @param beginWithinMs of the first time of a policy that names none */
export function createDlm(kernel: Kernel, supply: SnapshotSupply, beginWithinMs?: number): Service {
  const policies = new Map<string, Policy>();
  const ids = kernel.random('dlm/ids');

  const find = (id = ''): Policy => {
    const policy = policies.get(id);
    if (policy) return policy;
    throw notFound([id]);
  };

  const create = (input: CreateLifecyclePolicyRequest): CreateLifecyclePolicyResponse => {
    const ofDefault = DEFAULT_POLICY_ONLY.find((member) => input[member] !== undefined);
    if (ofDefault !== undefined) throw notEmulated(`${ofDefault}, of default lifecycle policies`);
    const { Description: description = '', ExecutionRoleArn: roleArn = '', State: state, Tags: tags = {} } = input;
    if (state === undefined) throw missing('State');
    const details = checkDetails(input.PolicyDetails);
    if (policies.size >= POLICIES_MAX) {
      throw new AwsError('LimitExceededException', `Too many policies: ${POLICIES_MAX}`, { statusCode: 429 });
    }
    const id = `policy-0${ids.hex(16)}`;
    const arn = `arn:aws:dlm:${kernel.regionName}:${kernel.accountId}:policy/${id}`;
    const policy = { id, arn, description, state, roleArn, details, tags, createdAtMs: kernel.clock.now() };
    policies.set(id, policy);
    if (state === 'ENABLED') {
      for (const schedule of details.Schedules ?? [])
        startSchedule(kernel, supply, {
          policyId: id,
          details,
          schedule,
          beginWithinMs,
          isThere: () => policies.has(id),
        });
    }
    return { PolicyId: id };
  };

  const list = (input: GetLifecyclePoliciesRequest): GetLifecyclePoliciesResponse => {
    const unknown = (input.PolicyIds ?? []).filter((id) => !policies.has(id));
    if (unknown.length > 0) throw notFound(unknown);
    // "[Default policies only]": there are none.
    const matching = input.DefaultPolicyType ? [] : [...policies.values()].filter((policy) => matches(policy, input));
    return {
      Policies: matching.map(({ id, description, state, tags, details }) => ({
        PolicyId: id,
        Description: description,
        State: state,
        Tags: { ...tags },
        PolicyType: details.PolicyType,
        DefaultPolicy: false,
      })),
    };
  };

  const get = (input: GetLifecyclePolicyRequest): GetLifecyclePolicyResponse => {
    const { id, arn, description, state, roleArn, details, tags, createdAtMs } = find(input.PolicyId);
    const date = new Date(createdAtMs);
    return {
      Policy: {
        PolicyId: id,
        Description: description,
        State: state,
        StatusMessage: statusOf(supply, details) ?? state,
        ExecutionRoleArn: roleArn,
        DateCreated: date,
        DateModified: date,
        PolicyDetails: details,
        Tags: { ...tags },
        PolicyArn: arn,
        DefaultPolicy: false,
      },
    };
  };

  return {
    name: 'dlm',
    operations: {
      CreateLifecyclePolicy: create,
      // Its snapshots stay ("Delete a lifecycle policy", EBS user guide).
      DeleteLifecyclePolicy: ({ PolicyId }: DeleteLifecyclePolicyRequest): object => {
        policies.delete(find(PolicyId).id);
        return {};
      },
      GetLifecyclePolicies: list,
      GetLifecyclePolicy: get,
      ListTagsForResource: ({ ResourceArn = '' }: ListTagsForResourceRequest) => ({
        Tags: { ...find(ResourceArn.split('/').at(-1)).tags },
      }),
    },
  };
}

function statusOf(supply: SnapshotSupply, { Schedules = [] }: PolicyDetails): string | undefined {
  const absent = [...new Set(Schedules.flatMap((schedule) => unsupportedFeatures(supply, schedule)))];
  return absent.length > 0 ? `The local region does not emulate ${absent.join(', ')}` : undefined;
}

function matches({ id, state, details }: Policy, asked: GetLifecyclePoliciesRequest): boolean {
  const isAmong = (tags: readonly Tag[] | undefined, wanted: readonly string[] | undefined): boolean =>
    wanted === undefined || wanted.some((one) => tags?.some(({ Key, Value }) => `${Key}=${Value}` === one));
  const toAdd = (details.Schedules ?? []).flatMap(({ TagsToAdd = [] }) => TagsToAdd);
  return (
    (asked.PolicyIds === undefined || asked.PolicyIds.includes(id)) &&
    (asked.State === undefined || asked.State === state) &&
    (asked.ResourceTypes === undefined || asked.ResourceTypes.some((type) => details.ResourceTypes?.includes(type))) &&
    isAmong(details.TargetTags, asked.TargetTags) &&
    isAmong(toAdd, asked.TagsToAdd)
  );
}

const notFound = (ids: readonly string[]): AwsError =>
  new AwsError('ResourceNotFoundException', `Policies not found: ${ids.join(', ')}`, {
    statusCode: 404,
    data: { ResourceType: 'policy', ResourceIds: ids },
  });
