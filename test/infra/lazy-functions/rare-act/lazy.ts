// The module that the handler seldom needs.
export * as rare from './rare.ts';
