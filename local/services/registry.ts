// The services of one region. A request finds its service by the signing name; IAM finds a resource's service by the ARN.
import type { Kernel, RegionIdentity } from '../simulator/kernel.ts';
import { ownValue } from '../simulator/own-properties.ts';
import type { Service } from '../simulator/service.ts';
import type { ServiceDeclaration, ServiceDescriptor } from './descriptor.ts';
import type { Check } from './iam/check.ts';
import type { PolicyDocument } from './iam/policy.ts';

/** A service with its descriptor. */
interface RegisteredService {
  readonly declaration: ServiceDeclaration;
  readonly service: Service;
  /** Undefined: the operation has no mapping. */
  checksOf(operation: string, input: object): readonly Check[] | undefined;
  tagsOf(arn: string): Readonly<Record<string, string>>;
  policyOf(arn: string): PolicyDocument | undefined;
  checksOfUse(action: string, arn: string): readonly Check[];
  isMapped(operation: string): boolean;
}

export class ServiceRegistry {
  readonly #kernel: Kernel;
  readonly #byName = new Map<string, RegisteredService>();
  /** By the service's part of an ARN. */
  readonly #byPrefix = new Map<string, RegisteredService>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Makes a service and registers it. */
  create<Made extends Service, Needs extends readonly unknown[]>(
    descriptor: ServiceDescriptor<Made, Needs>,
    ...needs: Needs
  ): Made {
    const made = descriptor.create(this.#kernel, ...needs);
    this.add(descriptor, made);
    return made;
  }

  /** Registers an existing service. */
  add<Made extends Service>(
    descriptor: Omit<ServiceDescriptor<Made, readonly never[]>, 'create'>,
    service: Made,
  ): void {
    const { accountId, regionName } = this.#kernel;
    const identity: RegionIdentity = { accountId, regionName };
    const region = { ...identity, tagsOf: (arn: string) => this.tagsOf(arn), service };
    const permissions = descriptor.permissions ?? {};
    const registered: RegisteredService = {
      declaration: descriptor,
      service,
      isMapped: (operation) => ownValue(permissions, operation) !== undefined,
      checksOf: (operation, input) => ownValue(permissions, operation)?.(input, region),
      tagsOf: (arn) => descriptor.tagsOf?.(service, arn) ?? {},
      policyOf: (arn) => descriptor.policyOf?.(service, arn),
      checksOfUse: (action, arn) => descriptor.checksOfUse?.(service, action, arn, identity) ?? [],
    };
    this.#byName.set(descriptor.name, registered);
    this.#byPrefix.set(descriptor.iam.prefix, registered);
  }

  services(): readonly Service[] {
    return [...this.#byName.values()].map(({ service }) => service);
  }

  /** Of a service by its signing name, or by the prefix of its ARNs. */
  declarationOf(name: string): ServiceDeclaration | undefined {
    return (this.#byName.get(name) ?? this.#byPrefix.get(name))?.declaration;
  }

  /** Whether the operation's IAM checks are known. */
  isMapped(service: string, operation: string): boolean {
    return this.#byName.get(service)?.isMapped(operation) === true;
  }

  /** The checks of a request. Throws an Error if the operation has no mapping: that is a gap in the region, and never an allow. */
  checksOf(service: string, operation: string, input: object): readonly Check[] {
    const checks = this.#byName.get(service)?.checksOf(operation, input);
    if (checks !== undefined) return checks;
    throw new Error(
      `iam: what ${service} ${operation} needs is not known; add it to the permissions of the service in local/services (Service Authorization Reference)`,
    );
  }

  tagsOf(arn: string): Readonly<Record<string, string>> {
    return this.#ofArn(arn)?.tagsOf(arn) ?? {};
  }

  /** The policy of a resource itself: of a topic, a queue, a key or a function, and a role's trust policy. */
  policyOf(arn: string): PolicyDocument | undefined {
    return this.#ofArn(arn)?.policyOf(arn);
  }

  /** Further permissions that another service needs to use a resource. */
  checksOfUse(action: string, arn: string): readonly Check[] {
    return this.#ofArn(arn)?.checksOfUse(action, arn) ?? [];
  }

  #ofArn(arn: string): RegisteredService | undefined {
    return this.#byPrefix.get(arn.split(':', 3)[2] ?? '');
  }
}
