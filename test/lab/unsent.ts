// Which requests the roles of the suite allow, and no run has sent. By docs/powers.csv, whose actions are those of IAM.

/** Signing names of services, where IAM's prefix is another one. */
const SIGNED_AS: Readonly<Record<string, string>> = { cloudwatch: 'monitoring' };
/** Operations, where IAM's action is another one. */
const SENT_AS: Readonly<Record<string, string>> = { 'lambda:InvokeFunction': 'Invoke' };
/** What AWS asks for beside a request, or sends itself: no function sends these. */
const OF_AWS =
  /^(?:iam:PassRole|kms:|logs:|xray:|sqs:SendMessage$|ec2:CreateTags$|ssm:AddTagsToResource$|\w+:TagResource$)/;

/** The names of the first two columns: whose powers, and which actions. */
const ROW = /^([\w-]+),(?:"([^"]*)"|([^",]*))/;

/** "chainmend-prune-retired ec2:DeleteSnapshot", sorted. @param sent "chainmend-prune-retired ec2:DeleteSnapshot", by signing name and operation */
export function unsentOf(powers: string, sent: ReadonlySet<string>): readonly string[] {
  const allowed = powers.split('\n').flatMap((line) => {
    const [, who = '', quoted, plain = ''] = ROW.exec(line) ?? [];
    if (!who.startsWith('chainmend-')) return [];
    return (quoted ?? plain).split(', ').map((action) => ({ who, action }));
  });
  const unsent = allowed.filter(({ who, action }) => {
    const [prefix = '', name = ''] = action.split(':');
    if (name === '' || name.includes('*') || OF_AWS.test(action)) return false;
    return !sent.has(`${who} ${SIGNED_AS[prefix] ?? prefix}:${SENT_AS[action] ?? name}`);
  });
  return [...new Set(unsent.map(({ who, action }) => `${who} ${action}`))].sort();
}
