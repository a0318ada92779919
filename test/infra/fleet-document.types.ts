// The type that owners write their fleets by says what the schema says.
import type { FleetDocument as Published } from '../../infra/library/fleet-document.ts';
import type { FleetDocument } from '../../shared/fleet/schema.ts';

type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

export const accepted = (document: FleetDocument): Published => document;
export const understood = (document: Mutable<Published>): FleetDocument => document;
