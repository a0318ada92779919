// A chain stops for an upgrade, as its own state has planned: every client stands at the height, and only the next version goes on. Our full nodes go
// over by one wish, each validator by the word of a person; other operators switch theirs by hand.
import { blockAt, heightOf } from '../../chains/cometbft.ts';
import { keyOn } from '../../chains/cometbft-signing.ts';
import { BEFORE, NEXT, plan, programAt, programsOn, switchByHand, unitOf } from '../../chains/upgrading.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { nobodySignedTwice } from './honest.ts';

export const UPGRADE_FLEET = 'cometbft-upgrade';
export const VALIDATORS: readonly string[] = ['validator1', 'validator2', 'validator3', 'validator4'];
/** Of other operators. */
export const FOREIGN: readonly string[] = ['validator3', 'validator4'];
const OWN_VALIDATORS = ['validator1', 'validator2'] as const;
export const FULL_NODES = ['follower1', 'follower2'] as const;
export const ALL: readonly string[] = [...VALIDATORS, ...FULL_NODES];
const OWN = [...OWN_VALIDATORS, ...FULL_NODES];

/** A block comes each second: time to ask for the upgrade, and to see that nobody goes over before. */
const BLOCKS_BEFORE = 60;
const NEEDED = `journalctl --unit "$1" --output cat --no-pager | grep -a -c -F "UPGRADE \\"v2\\" NEEDED at height: $2"`;
const OFF = 'systemctl is-active "$1"; systemctl is-enabled "$1"; true';

export const upgradeAtHeight: RealStory = {
  name: 'upgrade-at-height',
  sentence:
    'The chain stops for an upgrade: nobody is switched before, all are when they stand there, and no validator signs anything twice.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const sinceMs = Date.now();
    const all = ALL.map((name) => world.find(name));
    const own = OWN.map((name) => world.find(name));
    const validator = world.find('validator1');
    const height = (await heightOf(validator)) + BLOCKS_BEFORE;
    await plan(validator, height);
    say('cometbft', `the chain has decided: from block ${height} on it needs ${NEXT}`);
    const wish = { kind: 'upgrade', fleet: UPGRADE_FLEET, to: NEXT, atHeight: height };
    await world.send(wish);
    say(UPGRADE_FLEET, `a person asks for ${NEXT} at block ${height}`);
    const heights = () => Promise.all(all.map(heightOf));
    const programs = async () => (await Promise.all(all.map(programsOn))).flat();
    await becomes(
      'the chain stands: each node tells that block, which it has stored and not executed',
      240,
      async () => (await heights()).every((one) => one === height),
      heights,
    );
    const running = await programs();
    holds('nobody was switched before', running.length === all.length && running.every(isOf(BEFORE)), running);
    const asked = await Promise.all(own.map((node) => runOnNode(node, NEEDED, unitOf(BEFORE), String(height))));
    holds(
      'each client says what it needs, and goes on running',
      asked.every((count) => Number(count) > 0),
      asked,
    );

    const restless = world.find('follower2');
    await runOnNode(restless, 'systemctl restart "$1"', unitOf(BEFORE));
    say('follower2', 'a person restarts it, and its client ends each time that it executes the block');
    for (const name of FOREIGN) await switchByHand(world.find(name));
    say('cometbft', `the operators of ${FOREIGN.join(' and ')} switch them by hand`);
    await becomes('chainmend has seen the validators at that block', 120, () =>
      OWN_VALIDATORS.every((name) =>
        world.observed(UPGRADE_FLEET).some((node) => node.name === name && node.height === height),
      ),
    );
    for (const node of OWN_VALIDATORS) await world.send({ ...wish, node, acknowledgesValidator: true });
    say(UPGRADE_FLEET, `a person asks for ${OWN_VALIDATORS.join(' and ')}, and says that they are validators`);

    await becomes(
      'blocks come again, and all nodes follow them',
      600,
      async () => (await heights()).every((one) => one > height + 5),
      async () => [
        await heights(),
        await programs(),
        world
          .journal()
          .filter(({ atMs }) => atMs >= sinceMs)
          .slice(-8),
      ],
    );
    await becomes(
      'chainmend says that each of ours is upgraded and proved',
      420,
      () =>
        OWN.every((node) =>
          hasJournalLine(world, sinceMs, { node, heal: 'replace-node', kind: 'outcome', act: 'healed' }),
        ),
      () =>
        world
          .journal()
          .filter(({ atMs, kind }) => atMs >= sinceMs && kind !== 'intent')
          .slice(-12),
    );
    const after = await programs();
    holds(`one client runs on each, of ${NEXT}`, after.length === all.length && after.every(isOf(NEXT)), after);
    const off = await Promise.all(own.map((node) => runOnNode(node, OFF, unitOf(BEFORE))));
    holds('the one before is off, and starts at no boot', off.every(isOff), off);
    const hashes = await Promise.all(all.map(async (node) => (await blockAt(node, height + 2)).block_id.hash));
    holds('all have the same chain from there', new Set(hashes).size === 1, hashes);
    const signedBy = async () => {
      const { block } = await blockAt(validator, (await heightOf(validator)) - 1);
      return block.last_commit.signatures.map(({ validator_address }) => validator_address);
    };
    const keys = VALIDATORS.map((name) => keyOn(world.find(name)));
    await becomes(
      'all four validators sign again',
      120,
      async () => {
        const signers = await signedBy();
        return keys.every((key) => signers.includes(key));
      },
      signedBy,
    );
    holds(
      'nobody was told that the chain had halted',
      !['chain-halted', 'own-chain-halted'].some((code) => hasJournalLine(world, sinceMs, { kind: 'page', code })),
    );
    holds(
      'nothing but the switch was done to any node',
      !world
        .journal()
        .some(
          ({ atMs, kind, sentence }) => atMs >= sinceMs && kind === 'intent' && /restart the client/.test(sentence),
        ),
    );
    await becomes('the upgrade is done', 180, () =>
      hasJournalLine(world, sinceMs, { text: /the upgrade to v2 at height \d+: 2 of 4 nodes are upgraded to v2/ }),
    );
    await nobodySignedTwice(telling, world, 'follower1');
  },
};

const isOf = (version: string) => (program: string) => program === programAt(version);
const isOff = (told: string): boolean => /^(inactive|failed)\ndisabled$/.test(told);
