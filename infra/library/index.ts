// What the package `chainmend` exports: docs/library.md.
export { Chainmend, type ChainmendProps } from './chainmend.ts';
export type { FleetDocument } from './fleet-document.ts';
export { NodeFleet, type NodeFleetProps } from './node-fleet.ts';
