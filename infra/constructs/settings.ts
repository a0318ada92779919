// The settings that people change: the global pause, and the fleets. Functions read them at every invocation, so a change needs no deployment.
import { RemovalPolicy } from 'aws-cdk-lib';
import { ParameterTier, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { deployedParameterNames, deployedValues } from '../../shared/fleet/membership.ts';
import { fleetParameterName, fleetParameterValue, pauseParameterName } from '../../shared/fleet/parameter.ts';
import type { FleetFile } from '../fleets.ts';
import type { Grant } from './grants.ts';
import { arn, suiteNames } from './suite-names.ts';

export class Settings extends Construct {
  constructor(scope: Construct, id: string, fleets: readonly FleetFile[]) {
    super(scope, id);
    const { parameterPrefix } = suiteNames(this);
    // CloudFormation writes a parameter only when the template changes: a person's pause outlives a deployment. A pause from before the first
    // deployment, or from before the stack was destroyed, is imported unchanged: a deployment never ends a person's pause.
    const pause = new StringParameter(this, 'Pause', {
      parameterName: pauseParameterName(parameterPrefix),
      stringValue: 'off',
      description: 'off, or the reason why chainmend is to touch nothing.',
    });
    pause.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    const names = deployedParameterNames(parameterPrefix);
    for (const [at, { value, tier }] of deployedValues(fleets.map(({ document }) => document)).entries())
      new StringParameter(this, `Deployed${at + 1}`, {
        parameterName: names[at] ?? '',
        stringValue: value,
        description: 'The tags by which each fleet is known. A stored fleet file may ask for less, and never for more.',
        tier: tier === 'Standard' ? ParameterTier.STANDARD : ParameterTier.ADVANCED,
      });
    // These parameters are deleted with the stack, or with the fleet. A stored fleet would still be watched, by roles that may not touch it. So
    // nobody else may make these parameters (docs/adr/0024).
    for (const { document } of fleets) {
      const { value, tier } = fleetParameterValue(document);
      new StringParameter(this, `Fleet-${document.fleet}`, {
        parameterName: fleetParameterName(parameterPrefix, document.fleet),
        stringValue: value,
        description: `Fleet ${document.fleet}, as its file says.`,
        tier: tier === 'Standard' ? ParameterTier.STANDARD : ParameterTier.ADVANCED,
      });
    }
  }

  /** To read parameters by their names. */
  grantByName(): Grant {
    return this.#grant('ReadSettings', 'ssm:GetParameters', [`parameter${suiteNames(this).parameterPrefix}/*`]);
  }

  /** To read all of them: IAM checks such a request by the path that it names ("Restricting access to parameters", SSM guide). */
  grantAll(): Grant {
    const { parameterPrefix } = suiteNames(this);
    return this.#grant('ListSettings', 'ssm:GetParametersByPath', [
      `parameter${parameterPrefix}`,
      `parameter${parameterPrefix}/*`,
    ]);
  }

  #grant(sid: string, action: string, resources: readonly string[]): Grant {
    return {
      sid,
      actions: [action],
      resources: resources.map((resource) => arn(this, 'ssm', resource)),
      wildcard: "The pauses and fleets of the suite, whose names end in a fleet's name.",
    };
  }
}
