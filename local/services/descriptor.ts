// What a service of the region is declared by, in the file service.ts of its folder. Gateway, authorizer and deployer know services by this alone.
import type { ResourceTypes } from '../simulator/cloudformation/resource.ts';
import type { ServiceInterface } from '../simulator/gateway/service-interface.ts';
import type { Kernel, RegionIdentity } from '../simulator/kernel.ts';
import type { Service } from '../simulator/service.ts';
import type { Check, Mappings } from './iam/check.ts';
import type { PolicyDocument } from './iam/policy.ts';

/** The part that is known without a region. */
export interface ServiceDeclaration extends ServiceInterface {
  readonly iam: IamDeclaration;
  /** What CloudFormation makes of the resource types of this service, by type: "AWS::SQS::Queue". */
  readonly resources?: ResourceTypes;
}

export interface IamDeclaration {
  /** Of the service's actions and ARNs: "cloudwatch". */
  readonly prefix: string;
  /** The condition keys that requests for an action carry here, by action; "aws:ResourceTag/*" stands for every key that begins so. */
  readonly conditionKeys?: Readonly<Record<string, readonly string[]>>;
  /** How the service says no; 400 `AccessDeniedException` unless given. */
  readonly denied?: AccessDenied;
}

export interface AccessDenied {
  readonly code: string;
  readonly statusCode: number;
  /** Stands before IAM's own sentence. */
  readonly preface?: string;
}

/**
 * @typeParam Made the service with the handles that scenarios and other services use
 * @typeParam Needs what it is made from besides the kernel
 */
export interface ServiceDescriptor<Made extends Service = Service, Needs extends readonly unknown[] = readonly []>
  extends ServiceDeclaration {
  create(kernel: Kernel, ...needs: Needs): Made;
  /** What each operation asks IAM for. */
  readonly permissions?: Mappings<Made>;
  /** Tags of the resource behind an ARN of this service; none where there is no such resource. */
  tagsOf?(service: Made, arn: string): Readonly<Record<string, string>>;
  /** A resource's own policy; undefined where it has none. */
  policyOf?(service: Made, arn: string): PolicyDocument | undefined;
  /** What another service that uses a resource needs besides the action itself. */
  checksOfUse?(service: Made, action: string, arn: string, region: RegionIdentity): readonly Check[];
}
