// In the place of mnemonist/lru-cache, behind DynamoDB's cache of discovered endpoints. It stays empty unless endpoint discovery is switched on
// (`endpointDiscoveryEnabled`, DynamoDBClientConfig), and then it holds one address.
export default class EndpointMap extends Map<string, unknown> {
  /** The capacity of the cache is given. */
  constructor(_capacity: number) {
    super();
  }

  peek(key: string): unknown {
    return this.get(key);
  }
}
