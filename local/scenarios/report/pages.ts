// Pages as programs get them: what a function or a queue that subscribes to the topic would read.
import { type Region, START_MS } from '../../region.ts';
import { isPage, messageFor, type Published } from '../../services/sns/sns.ts';

export interface PageReport {
  readonly fleet: string;
  readonly node: string;
  readonly code: string;
  readonly sentence: string;
}

/** CloudWatch's own messages about alarms are JSON for all subscribers. */
export const pageIn = (published: Published): Readonly<Record<string, string | undefined>> =>
  JSON.parse(messageFor(published, 'lambda')) as Readonly<Record<string, string | undefined>>;

/** An owner's own topics have what owners tell themselves (infra/constructs/suite-names.ts: the suite's is called so). */
const isOfSuite = ({ topicArn }: Published): boolean => topicArn.endsWith('-pages');

/** Messages of the topic since the scenario began: our own pages, and CloudWatch's about the suite itself. */
export function pagesOf(region: Region): PageReport[] {
  return region.sns
    .published()
    .filter((published) => published.atMs >= START_MS && isPage(published) && isOfSuite(published))
    .map((published) => {
      const { fleet = '', node = '', code, sentence, AlarmName, NewStateReason } = pageIn(published);
      return code
        ? { fleet, node, code, sentence: sentence ?? '' }
        : { fleet: '', node: '', code: 'suite-alarm', sentence: suiteAlarmSentence(AlarmName, NewStateReason) };
    });
}

/** The sentence of a page about the suite's own alarm. */
export const suiteAlarmSentence = (alarmName: string | undefined, reason: string | undefined): string =>
  `${alarmName}: ${reason}`;
