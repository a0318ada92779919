// Only its descriptor declares a service.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createRegion } from '../../../local/region.ts';
import { CONDITION_KEYS_BY_ACTION, RESOURCE_TYPES, SERVICES } from '../../../local/services/services.ts';

const NAMES = SERVICES.map(({ name }) => name);

describe('The services of the region', () => {
  it('have names, ARN prefixes, resource types and actions of their own', () => {
    for (const all of [
      NAMES,
      SERVICES.map(({ iam }) => iam.prefix),
      SERVICES.flatMap(({ resources }) => Object.keys(resources ?? {})),
      SERVICES.flatMap(({ iam }) => Object.keys(iam.conditionKeys ?? {})),
    ])
      expect(all.filter((one, at) => all.indexOf(one) !== at)).toEqual([]);
    expect(Object.keys(RESOURCE_TYPES).length).toBeGreaterThan(30);
  });

  it('have conditions on their own actions only', () => {
    const prefixes = new Set(SERVICES.map(({ iam }) => iam.prefix));
    for (const { iam } of SERVICES)
      for (const action of Object.keys(iam.conditionKeys ?? {})) expect(action.split(':')[0]).toBe(iam.prefix);
    expect(Object.keys(CONDITION_KEYS_BY_ACTION).every((action) => prefixes.has(action.split(':')[0] ?? ''))).toBe(
      true,
    );
  });

  it('are all made by a region, and served by its gateway', async () => {
    const { gateway } = await createRegion({ seed: 1, lane: 'sweep', guard: false });
    const idle = NAMES.filter((name) => gateway.operationsOf(name).length === 0);
    // Only CloudFormation records its log groups.
    expect(idle).toEqual(['logs']);
  });

  it('are known by name to neither gateway, authorizer nor registry', () => {
    const files = [
      ...readdirSync('local/simulator/gateway').map((name) => `local/simulator/gateway/${name}`),
      ...['authorizer', 'check', 'policy', 'conditions'].map((name) => `local/services/iam/${name}.ts`),
      'local/services/registry.ts',
    ];
    const named = files.flatMap((file) =>
      // "ec2" is a dialect of the query protocol, too.
      NAMES.filter((name) => name !== 'ec2')
        .filter((name) => readFileSync(file, 'utf8').includes(`'${name}'`))
        .map((name) => `${file}: ${name}`),
    );
    expect(named).toEqual([]);
  });
});
