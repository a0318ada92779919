// Pages as machines get them: what a function or a queue that subscribes to the topic would read.
import { messageFor, type Published } from '../../services/sns/sns.ts';

/** CloudWatch's own about alarms are JSON for everybody. */
export const pageIn = (published: Published): Readonly<Record<string, string | undefined>> =>
  JSON.parse(messageFor(published, 'lambda')) as Readonly<Record<string, string | undefined>>;
