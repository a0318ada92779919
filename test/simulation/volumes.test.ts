// Everything that a full volume can be, and everything that can stand in the way of growing it.
import { describe } from '@jest/globals';
import { itHolds } from './cases/matrix.ts';
import * as obstacles from './cases/obstacles.ts';
import * as volumes from './cases/volumes.ts';

describe('a full volume', () => itHolds(volumes.SCENARIOS, new URL('./cases/volumes.ts', import.meta.url)));

describe('not grown, because', () => itHolds(obstacles.SCENARIOS, new URL('./cases/obstacles.ts', import.meta.url)));
