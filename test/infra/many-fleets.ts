// As many fleets as a test needs. Each has what makes the template longer: a zone, clean snapshots, a probe in a VPC.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const manyFleets = (count: number): object[] =>
  Array.from({ length: count }, (_, index) => {
    const fleet = `chain${index + 1}`;
    const probe = { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0'] };
    return {
      ...{ fleet, chain: 'bitcoin', mode: 'plan', role: 'follower', unit: 'node@*', volumes: { data: '/node-data' } },
      nodes: { tag: { Component: `nodes/${fleet}` } },
      dns: { zone: `${fleet}.internal` },
      ...(index === 0 && { probe }),
      ...{ snapshots: { clean: {} }, replace: { autoScaling: 'standby' } },
    };
  });

/** Writes them as files; JSON is YAML. @returns the new folder */
export function writeFleets(folder: string, count: number): string {
  mkdirSync(folder, { recursive: true });
  for (const [index, fleet] of manyFleets(count).entries())
    writeFileSync(join(folder, `chain${index + 1}.yaml`), `${JSON.stringify(fleet, null, 2)}\n`);
  return folder;
}
