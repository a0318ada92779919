// The stories of real machines: which there are, of which group, and what each needs of the host beside machines.
import type { StoryEntry } from './plan.ts';

export const STORIES: readonly StoryEntry[] = [];
