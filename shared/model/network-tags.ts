// Tags of the secrets of a private network's nodes: what everybody may know of an identity (docs/adr/0042).

export const NETWORK_TAGS = {
  /** The one volume that these keys are for. */
  volume: 'chainmend:network-volume',
  /** Public keys, in base64. */
  nodeKey: 'chainmend:network-node-key',
  /** Of who makes blocks. */
  makerKey: 'chainmend:network-validator-key',
} as const;
