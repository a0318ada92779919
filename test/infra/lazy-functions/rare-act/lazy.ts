// What the handler seldom needs.
export * as rare from './rare.ts';
