// A launched instance is never forgotten, whatever happens to the attempt that launched it.
import { describe, expect, it } from '@jest/globals';
import type { LadderActContext } from '../../../functions/replace-node/acts/act.ts';
import { launch } from '../../../functions/replace-node/acts/instances.ts';
import { newLeases } from '../../../functions/replace-node/state.ts';
import { turnAt } from '../../../shared/heal/context.ts';
import { ME, OTHER } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { patientContext, type Shell, shell } from '../../fixtures/heal-shell.ts';
import { ladderState, newReplacement, YOUNG } from '../../fixtures/replace-facts.ts';

function launching(here: Shell) {
  Object.assign(here.answers, {
    DescribeInstancesCommand: () => ({
      Reservations: [
        {
          Instances: [
            {
              InstanceId: INSTANCE,
              State: { Name: 'running' },
              Tags: [
                { Key: 'aws:ec2launchtemplate:id', Value: 'lt-0123456789abcdef0' },
                { Key: 'aws:ec2launchtemplate:version', Value: '1' },
              ],
            },
          ],
        },
      ],
    }),
    DescribeSubnetsCommand: () => ({ Subnets: [{ AvailabilityZone: 'eu-west-1a' }] }),
    DescribeLaunchTemplateVersionsCommand: () => ({ LaunchTemplateVersions: [{ LaunchTemplateData: {} }] }),
    RunInstancesCommand: () => ({ Instances: [{ InstanceId: YOUNG }] }),
    GetDurableExecutionCommand: () => ({ Status: 'FAILED', EndTimestamp: new Date() }),
  });
  const context = {
    ...turnAt(patientContext().ctx, '010'),
    ...here.tools,
    leases: newLeases({ execution: ME, fence: 4 }),
    recovers: false,
    state: ladderState({ rung: 'replace', replacement: newReplacement({ instanceId: '' }) }),
  } as unknown as LadderActContext;
  return launch.execute(context, { reason: 'in subnet-0a' });
}

describe('an instance that was launched', () => {
  it('is held from then on', async () => {
    expect(await launching(shell())).toMatchObject({ is: 'done', instanceId: YOUNG, fence: 1 });
  });

  it('boots with its client masked, and is no member of its fleet before it has taken over', async () => {
    const here = shell();
    await launching(here);
    const { UserData = '', TagSpecifications = [] } = here.sent[here.calls.indexOf('RunInstancesCommand')] ?? {};
    const script = Buffer.from(UserData as string, 'base64').toString();
    expect(script).toContain('/etc/chainmend/client-masked');
    expect(script).toContain('ConditionPathExists=!/etc/chainmend/client-masked');
    const joining = { Key: 'chainmend:joining', Value: '7f3a0c1d' };
    expect(TagSpecifications).toContainEqual({ ResourceType: 'instance', Tags: expect.arrayContaining([joining]) });
  });

  it('is asked for under the same name by whichever incident goes on with it', async () => {
    const here = shell({ incidentId: '0badcafe' });
    await launching(here);
    const asked = here.sent.find((input) => 'ClientToken' in input);
    expect(asked?.['ClientToken']).toMatch(/^7f3a0c1d-/);
    expect(JSON.stringify(asked)).not.toContain('0badcafe');
  });

  it('is no failed launch where the attempt before this one holds it still', async () => {
    const here = shell();
    here.nodes.set(YOUNG, nodeRecord({ instanceId: YOUNG, owner: OTHER, fence: 1 }));
    await expect(launching(here)).rejects.toThrow(`${YOUNG} is launched`);
  });
});
