// VPC endpoints, with which a VPC without NAT reaches AWS: interface endpoints and, for DynamoDB and S3, gateway endpoints.

export interface VpcEndpoint {
  readonly vpcId: string;
  /** "com.amazonaws.eu-west-1.ssm" */
  readonly serviceName: string;
}

export class VpcEndpoints {
  readonly #services = new Map<string, Set<string>>();

  add({ vpcId, serviceName }: VpcEndpoint): void {
    const service = serviceName.split('.').at(-1);
    if (!service || !serviceName.startsWith('com.amazonaws.')) {
      throw new Error(`serviceName: expected one such as com.amazonaws.eu-west-1.ssm, got "${serviceName}"`);
    }
    const services = this.#services.get(vpcId) ?? new Set();
    this.#services.set(vpcId, services.add(service));
  }

  /** @param service its SigV4 signing name, which is also the last word of its endpoint's name */
  has(vpcId: string, service: string): boolean {
    return this.#services.get(vpcId)?.has(service) ?? false;
  }
}
