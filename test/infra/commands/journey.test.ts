// The first days with chainmend, as one story in one region: an account that nobody looks after is adopted, checked and deployed in mode plan, asked and
// answered in mode ask, restored and put back, and given up. What is printed is compared with the region, and nothing changes but what was agreed to.
// `UPDATE=1 npm test -- journey` writes its lines into docs/quick-start.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Played, Step, Truth } from '../../fixtures/jobs/journey.ts';
import { runJob } from '../../fixtures/jobs.ts';

const PAGE = join(import.meta.dirname, '../../../docs/quick-start.md');
const JOURNEY_MS = 240_000;

/** What the nodes are: chainmend has to find it out, or is told. */
const NODES = `fleet: bitcoin
chain: bitcoin
mode: plan
nodes: { tag: { Component: nodes/bitcoin } }
role: follower
unit: node@*
volumes: { data: /node-data }
rpc: { credentials: file:/node-data/.cookie }
dns: { zone: bitcoin.internal }
`;
const WORLD = `world: journey
says: Three bitcoin nodes, which nobody looks after yet; the disk of one is nearly full.
fleets: [{ file: bitcoin.yaml }]
nodes:
  - { fleet: bitcoin, names: [node1, node3] }
  - { fleet: bitcoin, names: [node2], volumes: [{ role: data, sizeGiB: 500, usedPercent: 90.9 }] }
snapshots: [{ of: bitcoin/node3, hoursAgo: 5, by: policy }]
hours: 1
until: { planned: 1 }
expect: [{ heals: {}, count: none }]
`;
/** What `adopt` cannot know. */
const COMPLETED = 'unit: node@*\nrpc: { credentials: file:/node-data/.cookie }\nowner: { by: nobody }\n';
const NOWHERE = { AWS_REGION: null, AWS_DEFAULT_REGION: null, AWS_ENDPOINT_URL: null, AWS_ACCESS_KEY_ID: null };
const AWS_NOWHERE = { ...NOWHERE, AWS_SECRET_ACCESS_KEY: null };

const STEPS: readonly Step[] = [
  { type: 'adopt --plan' },
  {
    together: [
      { as: 'nothing is stored', type: 'status' },
      { as: 'no account: status', type: 'status', but: AWS_NOWHERE },
      { as: 'no account: adopt', type: 'adopt --plan', but: AWS_NOWHERE },
      { as: 'another region', type: 'status', but: { AWS_REGION: 'us-east-1' } },
    ],
  },
  { as: 'adopt', type: 'adopt --out {fleets}' },
  { edit: COMPLETED },
  { edit: 'chain: bitcion', from: 'chain: bitcoin' },
  {
    together: [
      { as: 'a mistake', type: 'check --fleets {fleets}' },
      { as: 'a mistake is not pushed', type: 'push bitcoin --fleets {fleets} --yes' },
    ],
  },
  { edit: 'chain: bitcoin', from: 'chain: bitcion' },
  {
    together: [
      { as: 'check', type: 'check --fleets {fleets}' },
      { as: 'doctor', type: 'doctor --fleets {fleets}' },
      { as: 'check --account', type: 'check --account --fleets {fleets}' },
      { as: 'nothing to push to', type: 'push bitcoin --fleets {fleets} --yes' },
    ],
  },
  { as: 'backtest', type: 'backtest --fleets {fleets} --days 1' },
  { deploy: true },
  { waitMinutes: 8 },
  { type: 'status' },
  { type: 'status bitcoin', keep: { first: 'explain ([0-9a-f]{8})$' } },
  { as: 'explain a plan', type: 'explain {first}' },
  { as: 'plan', type: 'plan bitcoin/node3', speed: 30 },
  {
    together: [
      { as: 'adopt again', type: 'adopt --out {folder}/again' },
      { as: 'a wrong fleet', type: 'status bitcion' },
      { as: 'a wrong node', type: 'restore bitcoin/nod3 --yes' },
      { as: 'nothing to undo', type: 'undo bitcoin/node1 --yes' },
      { as: 'a cut pipe', type: 'status bitcoin', isCut: true },
    ],
  },
  { edit: 'mode: ask', from: 'mode: plan' },
  {
    together: [
      { as: 'push without a terminal', type: 'push bitcoin --fleets {fleets}' },
      { as: 'push: no', type: 'push bitcoin --fleets {fleets}', answer: 'n\n' },
      { as: 'push: Ctrl-C', type: 'push bitcoin --fleets {fleets}', answer: '\x03' },
      { as: 'push: Ctrl-D', type: 'push bitcoin --fleets {fleets}', answer: '\x04' },
    ],
  },
  { as: 'push', type: 'push bitcoin --fleets {fleets}', answer: 'y\n' },
  {
    as: 'the mail',
    mail: 'bitcoin/node2: approve or reject a plan',
    keep: {
      approve: '^npm run chainmend -- (approve .*)$',
      ack: '^seen +npm run chainmend -- (ack .*)$',
      incident: 'approve (\\w+) --plan',
    },
  },
  {
    together: [
      { as: 'approve without a terminal', type: '{approve}' },
      { as: 'approve: no', type: '{approve}', answer: 'n\n' },
      { as: 'ack', type: '{ack}' },
    ],
  },
  { as: 'approve', type: '{approve}', answer: 'y\n' },
  { waitMinutes: 15 },
  { as: 'approve again', type: '{approve} --yes' },
  { as: 'explain', type: 'explain {incident}' },
  { as: 'restore: no', type: 'restore bitcoin/node3', answer: 'n\n', speed: 30 },
  { as: 'restore', type: 'restore bitcoin/node3 --yes --wait', speed: 200 },
  { as: 'undo', type: 'undo bitcoin/node3 --yes --wait', speed: 200 },
  {
    together: [
      { as: 'report', type: 'report --since 1d --out {folder}/report.html' },
      { as: 'report as JSON', type: 'report --since 1d --out {folder}/again.html --json' },
      { as: 'retire too early', type: 'retire bitcoin --yes' },
    ],
  },
  { as: 'pause', type: 'pause bitcoin --why "looking at it myself"' },
  {
    together: [
      { as: 'status, paused', type: 'status' },
      { as: 'snapshot, paused', type: 'snapshot bitcoin/node1 --yes' },
    ],
  },
  { as: 'resume', type: 'resume bitcoin' },
  { as: 'pause for good', type: 'pause bitcoin --why retired' },
  { as: 'retire: no', type: 'retire bitcoin', answer: 'n\n', speed: 10 },
  { as: 'retire', type: 'retire bitcoin --yes', speed: 10 },
  { as: 'left', type: 'left bitcoin', speed: 10 },
];

let played: readonly Played[];
beforeAll(async () => {
  played = await runJob('journey', { world: WORLD, fleet: NODES, steps: STEPS });
  process.stdout.write(played.map(({ as, line, status, seconds, stdout, stderr, mail }) => `## ${as}: ${line} [${status}] ${seconds.toFixed(1)}\n${stdout}--\n${stderr}${mail}\n`).join(''));
}, JOURNEY_MS);

const of = (name: string): Played => {
  const found = played.find(({ as }) => as === name);
  if (found === undefined) throw new Error(`nothing was played as ${name}`);
  return found;
};

it('is played', () => {
  expect(played.length).toBeGreaterThan(30);
});
