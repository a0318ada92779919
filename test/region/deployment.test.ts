// The first day in an account, and the day after it was left: deployments of the real template where something is there already.
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ssmParameterStore } from '../../infra/fleet-commands/parameter-store.ts';
import { fleetsDirectory } from '../../infra/fleets.ts';
import { runFleets } from '../../infra/fleets-cli.ts';
import { ensureSynthesized } from '../../infra/synth.ts';
import type { Assembly } from '../../local/deploy/assembly.ts';
import { type Deployment, deploy, readAssembly } from '../../local/deploy.ts';
import { ACCOUNT_ID, REGION_NAME } from '../../local/region/region.ts';
import { type WholeRegion, wholeRegion } from '../support/whole-region.ts';

let assembly: Assembly;
beforeAll(async () => {
  assembly = readAssembly(await ensureSynthesized());
});

let whole: WholeRegion;
beforeEach(async () => {
  whole = await wholeRegion();
});
afterEach(() => whole.following.stop());

/** `npm run deploy` */
const npmRunDeploy = (template = assembly.template): Promise<Deployment> =>
  deploy({
    ...{ assembly: { ...assembly, template }, accountId: ACCOUNT_ID, regionName: REGION_NAME },
    ...{ code: whole.region.code, vpcEndpoints: whole.region.vpcEndpoints },
    call: (service, operation, input) => whole.region.call(service, operation, input, 'cloudformation'),
    random: whole.region.kernel.random('cloudformation'),
  });

/** `npm run fleets -- ${words}` */
async function npmRunFleets(...words: string[]) {
  const client = new SSMClient(await whole.as());
  const told: string[] = [];
  const say = (text: string) => void told.push(text);
  const status = await runFleets(words, {
    ...{ directory: fleetsDirectory, store: () => ssmParameterStore(client), say, complain: say },
  });
  return { status, told: told.join('\n') };
}

const parameter = async (Name: string): Promise<unknown> => {
  const { Parameter } = (await whole.region.call('ssm', 'GetParameter', { Name })) as { Parameter: { Value: string } };
  return Parameter.Value;
};

describe('A deployment', () => {
  it('goes well after somebody has pushed a fleet that was not deployed, which stored nothing', async () => {
    const { status, told } = await npmRunFleets('push', 'bitcoin');
    expect([status, told]).toEqual([1, expect.stringContaining('bitcoin: not deployed in this account and region')]);
    await npmRunDeploy();
    expect((await npmRunFleets('push', 'bitcoin')).told).toBe('bitcoin: nothing changed');
  });

  it('keeps the pause that somebody has set before it', async () => {
    await npmRunFleets('pause', '--why', 'until the plans were read');
    await npmRunDeploy();
    expect(await parameter('/chainmend/pause')).toBe('until the plans were read');
  });

  it('takes over the table and the documents that an earlier stack has left, with all that is in them', async () => {
    const { region } = whole;
    const { Resources } = assembly.template;
    const kept = Object.entries(Resources).filter(([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete');
    expect(new Set(kept.map(([, { Type }]) => Type))).toEqual(
      new Set(['AWS::DynamoDB::GlobalTable', 'AWS::SSM::Document', 'AWS::SSM::Parameter', 'AWS::Lambda::Version']),
    );
    const named = kept.filter(([, { Type }]) => Type !== 'AWS::Lambda::Version');
    const before = await npmRunDeploy({ ...assembly.template, Resources: Object.fromEntries(named), Outputs: {} });
    const Item = { pk: { S: 'FLEET#bitcoin' }, sk: { S: 'NODE#i-0123456789abcdef0' }, fence: { N: '41' } };
    await region.call('dynamodb', 'PutItem', { TableName: 'chainmend', Item });

    const after = await npmRunDeploy();
    expect([...after.resources.keys()]).toEqual(expect.arrayContaining([...before.resources.keys()]));
    const { pk, sk } = Item;
    expect(await region.call('dynamodb', 'GetItem', { TableName: 'chainmend', Key: { pk, sk } })).toMatchObject({
      Item,
    });
  });
});
