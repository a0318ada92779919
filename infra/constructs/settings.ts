// The settings that people change: the global pause, and the fleets. Functions read them at every invocation, so a change needs no deployment.
import { type CfnResource, RemovalPolicy } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ParameterTier, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { deployedParameterNames, deployedValues } from '../../shared/fleet/membership.ts';
import { fleetParameterName, fleetParameterValue, pauseParameterName } from '../../shared/fleet/parameter.ts';
import type { FleetFile } from '../fleets.ts';
import type { Grant } from './grants.ts';
import { arn, suiteNames } from './suite-names.ts';

export class Settings extends Construct {
  /** What the deployment knows of the fleets. */
  readonly #deployed: readonly StringParameter[];

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
    this.#deployed = deployedValues(fleets.map(({ document }) => document)).map(
      ({ value, tier }, at) =>
        new StringParameter(this, `Deployed${at + 1}`, {
          parameterName: names[at] ?? '',
          stringValue: value,
          tier: tier === 'Standard' ? ParameterTier.STANDARD : ParameterTier.ADVANCED,
        }),
    );
    // These parameters are deleted with the stack, or with the fleet. A stored fleet would still be watched, by roles that may not touch it. So
    // nobody else may make these parameters (docs/adr/0069).
    for (const { document } of fleets) {
      const { value, tier } = fleetParameterValue(document);
      new StringParameter(this, `Fleet-${document.fleet}`, {
        parameterName: fleetParameterName(parameterPrefix, document.fleet),
        stringValue: value,
        tier: tier === 'Standard' ? ParameterTier.STANDARD : ParameterTier.ADVANCED,
      });
    }
  }

  /** The function that counts broken fleet files, and begins each heal, comes after what is deployed is written: before, it would find every file broken. */
  precede({ node: { defaultChild } }: IFunction): void {
    for (const { node } of this.#deployed)
      (defaultChild as CfnResource).addDependency(node.defaultChild as CfnResource);
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
