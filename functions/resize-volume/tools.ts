// What every effect of this heal is handed, and what it knows of its effects.

import type { HealTools } from '../../shared/heal/context.ts';
import type { ResizePayload } from '../../shared/model/payload.ts';
import type { Effect } from './stages.ts';

/** Environment variables beside those of every heal. */
export const ENVIRONMENT = ['OBSERVE_NODE_DOCUMENT', 'GROW_FILESYSTEM_DOCUMENT'] as const;

export type Tools = HealTools<ResizePayload, (typeof ENVIRONMENT)[number]>;

export type EffectOf<D extends Effect['do']> = Extract<Effect, { readonly do: D }>;
