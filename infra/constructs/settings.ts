// What people set: the global pause, and the fleets. Functions read them at every invocation, so that neither needs a
// deployment.
import { RemovalPolicy } from 'aws-cdk-lib';
import { ParameterTier, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { fleetParameterName, fleetParameterValue, pauseParameterName } from '../../shared/fleet/parameter.ts';
import type { FleetFile } from '../fleets.ts';
import { arn, parameterPrefix } from '../names.ts';
import type { Grant } from './grants.ts';

export class Settings extends Construct {
  constructor(scope: Construct, id: string, fleets: readonly FleetFile[]) {
    super(scope, id);
    // CloudFormation writes a parameter only when the template changes: a pause that a person set outlives a
    // deployment. One that was set before the first deployment, or before the stack was destroyed, is imported as it is: whoever
    // has paused is not unpaused by a deployment.
    const pause = new StringParameter(this, 'Pause', {
      parameterName: pauseParameterName(parameterPrefix),
      stringValue: 'off',
      description: 'off, or the reason why chainmend is to touch nothing.',
    });
    pause.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    // These go with the stack, or with the fleet: a fleet that stays stored is looked after, by roles that may not touch it. So
    // nobody else may make them (docs/adr/0024).
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

  /** To read the parameters that one knows by name. */
  grantByName(): Grant {
    return this.#grant('ReadSettings', 'ssm:GetParameters', [`parameter${parameterPrefix}/*`]);
  }

  /**
   * To read all of them: such a request is authorized by the path that it names ("Restricting access to parameters",
   * SSM guide).
   */
  grantAll(): Grant {
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
