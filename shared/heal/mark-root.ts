// What replace-node asks mark-root, and what it is answered. No SDK: both bundles carry it.

export interface MarkQuestion {
  readonly kind: 'mark-root';
  readonly fleet: string;
  readonly instanceId: string;
  readonly volumeId: string;
}

export type MarkAnswer = { readonly marked: string } | { readonly refused: string };
