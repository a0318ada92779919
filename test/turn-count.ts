// How many turns the long suites take: .ci/run plays them one by one.
import { TURNS } from './turns.ts';

console.log(TURNS.length);
