// What roles allow and no run has sent.
import { expect, it } from '@jest/globals';
import { unsentOf } from './unsent.ts';

const POWERS = `who,may,on,only if,to another fleet
every function,sqs:SendMessage,the queue of failed invocations,,
chainmend-watch-fleet,"cloudwatch:PutMetricData, ec2:DescribeInstances",everything,,
chainmend-watch-fleet,lambda:InvokeFunction,chainmend-register-nodes,,
chainmend-replace-node,"ec2:RunInstances, iam:PassRole",instance/*,"a tag, and another",
`;

it('is named by function and action; what AWS asks for beside a request is none', () => {
  const sent = new Set(['chainmend-watch-fleet monitoring:PutMetricData', 'chainmend-watch-fleet lambda:Invoke']);
  expect(unsentOf(POWERS, sent)).toEqual([
    'chainmend-replace-node ec2:RunInstances',
    'chainmend-watch-fleet ec2:DescribeInstances',
  ]);
});
