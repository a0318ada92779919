// How the stack of a fleet's nodes is told with which snapshot a node's volume begins: by a parameter for each node. CloudFormation keeps its value, so that
// nothing about a volume that is there ever changes with the newest snapshot.
import { createHash } from 'node:crypto';

/** Logical ids are letters and digits alone: the digest tells "node-1" from "node1", and two fleets in one stack apart. */
export const dataParameterOf = (fleet: string, node: string): string =>
  `DataOf${node.replaceAll(/[^A-Za-z0-9]/g, '')}${createHash('sha256').update(`${fleet}/${node}`).digest('hex').slice(0, 8)}`;

/** Empty: the volume begins empty. */
export const DATA_PARAMETER = /^(snap-([0-9a-f]{8}|[0-9a-f]{17}):[1-9][0-9]{0,4})?$/;

/** @param sizeGiB of the volume, which may be larger than the snapshot */
export const dataParameterValue = (snapshotId: string, sizeGiB: number): string => `${snapshotId}:${sizeGiB}`;
