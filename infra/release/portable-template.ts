// A template as owners without CDK apply it: the functions' code lies in a bucket of theirs, which a parameter names, and no bootstrap stack is asked for.

/** What CDK has written; only these parts are read. */
export interface CdkTemplate {
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Rules?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, unknown>>;
}

const BUCKET_PARAMETER = 'AssetsBucket';

/** The bucket of `cdk bootstrap`, as CDK's default synthesizer names it. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders
const BOOTSTRAP_BUCKET = 'cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}';
const OF_BOOTSTRAP = /cdk-hnb659fds|cdk-bootstrap/;

const bucketParameter = {
  Type: 'String',
  Description: 'The S3 bucket of this region in which the other files of the archive are.',
  AllowedPattern: '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]',
};

/** Pure. Throws an `Error` where the template would still need what `cdk bootstrap` makes. */
export function portableTemplate({ Parameters = {}, Rules = {}, ...template }: CdkTemplate): object {
  const { BootstrapVersion: _, ...parameters } = Parameters;
  const { CheckBootstrapVersion: __, ...rules } = Rules;
  const portable = {
    ...(withOwnBucket(template) as object),
    Parameters: { ...parameters, [BUCKET_PARAMETER]: bucketParameter },
    ...(Object.keys(rules).length > 0 && { Rules: rules }),
  };
  const [left] = OF_BOOTSTRAP.exec(JSON.stringify(portable)) ?? [];
  if (left === undefined) return portable;
  throw new Error(`the template still names ${left}, of CDK's bootstrap stack`);
}

function withOwnBucket(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withOwnBucket);
  if (typeof value !== 'object' || value === null) return value;
  const { 'Fn::Sub': text } = value as { readonly 'Fn::Sub'?: unknown };
  if (text === BOOTSTRAP_BUCKET) return { Ref: BUCKET_PARAMETER };
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withOwnBucket(inner)]));
}
