// `npm run pages`: plays every scenario once, keeps the first page of each code as its mail says it, and writes docs/pages.md. What no
// run has paged for is listed with its sentence alone.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allScenarios } from '../../../local/scenarios/catalog/index.ts';
import { pageIn } from '../../../local/scenarios/report/pages.ts';
import { run } from '../../../local/scenarios/run.ts';
import { isPage, messageFor } from '../../../local/services/sns/sns.ts';
import { CONDITIONS, FAILURES, GUARDRAILS, type PageCode } from '../../../shared/model/guardrail-codes.ts';
import { PAGE_WANTS } from '../../../shared/model/page-wants.ts';

process.env['TZ'] = 'UTC';
const ROOT = join(import.meta.dirname, '../../..');
const MEANINGS: Readonly<Record<string, string>> = { ...GUARDRAILS, ...FAILURES, ...CONDITIONS };

interface Example {
  readonly scenario: string;
  readonly subject: string;
  readonly mail: string;
}

const isCode = (code: string): code is PageCode | 'approval-wanted' => Object.hasOwn(PAGE_WANTS, code);

async function examples(): Promise<ReadonlyMap<string, Example>> {
  const found = new Map<string, Example>();
  for (const scenario of allScenarios()) {
    // Its node says what an attacker would: no example for people.
    if (scenario.name === 'webhook-hostile') continue;
    const { world } = await run(scenario, { seed: 1, lane: 'sweep' });
    for (const published of world.region.sns.published()) {
      const { code = '' } = pageIn(published);
      if (!isPage(published) || !isCode(code) || found.has(code)) continue;
      found.set(code, {
        scenario: scenario.name,
        subject: published.subject ?? '',
        mail: messageFor(published, 'email'),
      });
    }
    process.stderr.write(`${scenario.name}: ${found.size} codes\n`);
  }
  return found;
}

const HEAD = `# Pages

What chainmend tells people, by code. A page's subject says whose it is and what is wanted; its text says what happened, what it means, how soon something is wanted, and then how to
hear why, how to stop and how to undo it. Machines get the same as JSON (\`wants\`, \`urgency\`, \`key\`: one for all pages of a cause, \`runbook\`, account, region, time, and what the page is
about, \`next\` with the commands); a subscription by HTTPS gets the format of Amazon Q Developer in chat applications, which shows it in Slack and Teams, one thread for each \`key\`. An
incoming webhook of Slack, Mattermost, Rocket.Chat or Discord gets the same by \`relay-pages\` ([webhook.md](webhook.md)).

A message has a severity, in its JSON and as the SNS message attribute \`severity\`: \`page\`; \`again\`, a page that needs somebody now and that nobody has acknowledged
(\`npm run chainmend -- ack\`), after half an hour and then hourly, eight times a day at most; \`resolved\`, once, when what it was about is over; \`told\`, a heal that is done. All of them have the page's \`key\`, so that
PagerDuty or a chat keeps one thread. A pager that must not hear of healed nodes takes the filter policy \`{"severity":[{"exists":false},{"anything-but":["told"]}]}\`. The numbers are
\`pages\` of the [fleet file](fleet-files.md).

Written by \`npm run pages\` from a run of every scenario; do not edit it.
`;

function pageOf(found: ReadonlyMap<string, Example>): string {
  const codes = Object.entries(PAGE_WANTS).sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = codes.map(([code, { wants, urgency, runbook }]) => {
    const name = found.has(code) ? `[\`${code}\`](#${code})` : `\`${code}\``;
    const more = runbook === undefined ? '' : `[${runbook}](runbooks/${runbook}.md)`;
    return `| ${name} | ${wants} | ${urgency} | ${MEANINGS[code] ?? 'A plan waits for a yes.'} | ${more} |`;
  });
  const shown = codes.flatMap(([code]) => {
    const example = found.get(code);
    if (example === undefined) return [];
    const { scenario, subject, mail } = example;
    return [`### ${code}`, '', `In \`${scenario}\`:`, '', '```', `Subject: ${subject}`, '', mail, '```', ''];
  });
  return [
    HEAD,
    '| code | wants | how soon | means | runbook |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    '## As they were sent',
    '',
    ...shown,
  ].join('\n');
}

writeFileSync(join(ROOT, 'docs/pages.md'), pageOf(await examples()));
