#!/usr/bin/env node
// The `bin` of the package: the same as `npm run chainmend --`, on a Node.js that is new enough.
import '../engine.js';
import { keptProgram } from '../program/kept-program.js';

const { main } = await import(keptProgram('chainmend') ?? './chainmend-cli.ts');
await main();
