// The declaration of a region's service, in the file service.ts of its folder. Gateway, authorizer and deployer use only this.
import type { ResourceTypes } from '../simulator/cloudformation/resource.ts';
import type { ServiceInterface } from '../simulator/gateway/service-interface.ts';
import type { Kernel, RegionIdentity } from '../simulator/kernel.ts';
import type { Service } from '../simulator/service.ts';
import type { Check, Mappings } from './iam/check.ts';
import type { PolicyDocument } from './iam/policy.ts';

/** The part that is known without a region. */
export interface ServiceDeclaration extends ServiceInterface {
  readonly iam: IamDeclaration;
  /** Its requests may be signed for us-east-1 from anywhere ("Global services", "Managing AWS STS in an AWS Region", IAM user guide). */
  readonly isGlobal?: true;
  /** How CloudFormation makes resources of this service, by type: "AWS::SQS::Queue". */
  readonly resources?: ResourceTypes;
}

export interface IamDeclaration {
  /** The prefix of the service's actions and ARNs: "cloudwatch". */
  readonly prefix: string;
  /** The condition keys of requests for an action, by action; "aws:ResourceTag/*" stands for every key with this beginning. */
  readonly conditionKeys?: Readonly<Record<string, readonly string[]>>;
  /** The service's access denied error; 400 `AccessDeniedException` by default. */
  readonly denied?: AccessDenied;
}

export interface AccessDenied {
  readonly code: string;
  readonly statusCode: number;
  /** Text before IAM's own sentence. */
  readonly preface?: string;
}

/**
 * @typeParam Made the service with the handles for scenarios and other services
 * @typeParam Needs its dependencies besides the kernel
 */
export interface ServiceDescriptor<Made extends Service = Service, Needs extends readonly unknown[] = readonly []>
  extends ServiceDeclaration {
  create(kernel: Kernel, ...needs: Needs): Made;
  /** The IAM checks of each operation. */
  readonly permissions?: Mappings<Made>;
  /** Tags of the resource with an ARN of this service; none if it does not exist. */
  tagsOf?(service: Made, arn: string): Readonly<Record<string, string>>;
  /** A resource's own policy; undefined without one. */
  policyOf?(service: Made, arn: string): PolicyDocument | undefined;
  /** Further permissions that another service needs to use a resource. */
  checksOfUse?(service: Made, action: string, arn: string, region: RegionIdentity): readonly Check[];
}
