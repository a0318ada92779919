import { describe } from '@jest/globals';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets/rpc.ts';

describe('whatever a client answers', () => fuzz(new URL('./targets/rpc.ts', import.meta.url), TARGETS));
