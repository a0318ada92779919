// Makes a world of what was read in an account: the nodes of one fleet with their volumes, snapshots, groups and agents. Pure.

import * as v from 'valibot';
import type { ReadInstance, ReadOut } from '../../infra/commands/adopt/read-out.ts';
import { defaultsOf } from '../../shared/chains/defaults.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { plainName, tellApart } from '../../shared/fleet/node-names.ts';
import { resolveFleet, roleOf } from '../../shared/fleet/resolve.ts';
import type { FleetDocument } from '../../shared/fleet/schema.ts';
import { tags as tagsField } from '../../shared/fleet/schema-fields.ts';
import { hasTags } from '../../shared/model/tags.ts';
import { compareNames } from '../../shared/text/names.ts';
import { ipAddress, nodeName } from '../scenarios/world-file/fields.ts';
import type { WorldInput } from '../scenarios/world-file/schema.ts';

export type TwinNode = WorldInput['nodes'][number] & { readonly name: string };

export interface Twin {
  /** As a person would push it after the last week in mode plan. */
  readonly fleet: FleetDocument;
  readonly nodes: readonly TwinNode[];
  /** The role of each node, by its name. */
  readonly roles: ReadonlyMap<string, string>;
  readonly chain: NonNullable<WorldInput['chains']>[string];
  readonly snapshots: NonNullable<WorldInput['snapshots']>;
  readonly before: NonNullable<WorldInput['before']>;
  /** Nodes whose agent does not answer. */
  readonly silent: readonly string[];
  /** What the twin has otherwise than the account. */
  readonly remarks: readonly string[];
}

/** More nodes make a run longer and no verdict other: the breaker's shares are of all, and the pace of restarts is by tens. */
const TWIN_NODES_MAX = 40;
const SNAPSHOTS_MAX = 40;
/** A story of an hour, whatever the chain: a main network of slower blocks needs more time to see that a node is stuck. */
const BLOCK_SECONDS_MAX = 30;
const HOUR_MS = 60 * 60_000;
const SUBNETS = ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1', 'subnet-0123456789abcdef2'];
const TYPES = ['gp2', 'gp3', 'io1', 'io2', 'st1'] as const;

export const quickChain = ({ chain }: Pick<Fleet, 'chain'>): Twin['chain'] => ({
  blockSeconds: Math.min(BLOCK_SECONDS_MAX, defaultsOf(chain)?.blockSeconds ?? BLOCK_SECONDS_MAX),
  rhythm: 'regular',
});

/** Undefined: the read-out has no node of this fleet. */
export function twinOf(readOut: ReadOut, document: FleetDocument): Twin | undefined {
  const fleet = resolveFleet(document);
  const members = readOut.instances.filter(({ tags }) => hasTags(tags, fleet.nodes.tags));
  if (members.length === 0) return undefined;
  const named = namesOf(fleet, members);
  const kept = named.slice(0, TWIN_NODES_MAX);
  const facts: Facts = { readOut, fleet, kept };
  const silent = silentIn(facts);
  return {
    fleet: actingIn(document),
    nodes: kept.map((node) => nodeIn(facts, node)),
    roles: new Map(kept.map(({ name, instance }) => [name, roleOf(fleet, instance.tags)])),
    chain: quickChain(fleet),
    snapshots: snapshotsIn(facts),
    before: beforeIn(facts),
    silent,
    remarks: [
      ...(named.length > kept.length ? [`${kept.length} of its ${named.length} nodes are played`] : []),
      ...(silent.length > 0 ? [`no SSM agent answers on ${silent.join(', ')}`] : []),
    ],
  };
}

interface Named {
  readonly name: string;
  readonly instance: ReadInstance;
}

interface Facts {
  readonly readOut: ReadOut;
  readonly fleet: Fleet;
  readonly kept: readonly Named[];
}

/** By the names that the suite would give them, as far as a world file can have them. */
function namesOf(fleet: Fleet, members: readonly ReadInstance[]): readonly Named[] {
  const plain = members.map((instance) => ({
    ...{
      instance,
      instanceId: instance.instanceId,
      tags: instance.tags,
      launchedAtMs: Date.parse(instance.launchedAt),
    },
    name: plainName(fleet, instance),
  }));
  const seen = new Set<string>();
  return tellApart(plain, new Set())
    .map(({ name, instance }) => {
      const fit = v.is(nodeName, name) && !seen.has(name) ? name : `node-${instance.instanceId.slice(-8)}`;
      seen.add(fit);
      return { name: fit, instance };
    })
    .sort((a, b) => compareNames(a.name, b.name));
}

/** What a deployment could not have here: another VPC's subnets, templates by their ids, references of a real network. */
function actingIn(document: FleetDocument): FleetDocument {
  const { replace, health, ...same } = document;
  const { launchTemplate: _, lifecyclePolicies: __, subnets, ...replacing } = replace ?? {};
  return {
    ...same,
    ...(health && { health }),
    mode: 'act',
    ...(replace && { replace: { ...replacing, ...(subnets && { subnets: SUBNETS }) } }),
  };
}

function nodeIn({ readOut, fleet, kept }: Facts, { name, instance }: Named): TwinNode {
  const letter = instance.zone.at(-1);
  const agent = readOut.agents.find(({ instanceId }) => instanceId === instance.instanceId);
  const root = readOut.disks.find(({ instanceId, path }) => instanceId === instance.instanceId && path === '/');
  const validators = kept.filter((one) => roleOf(fleet, one.instance.tags) === 'validator');
  const validates = defaultsOf(fleet.chain)?.family === 'cometbft' && validators.some((one) => one.name === name);
  return {
    ...{ fleet: fleet.name, name, volumes: volumesIn({ readOut, fleet }, instance) },
    ...(letter === 'a' || letter === 'b' || letter === 'c' ? { zone: letter } : {}),
    ...tagsIn(instance.tags, [fleet.nodes.nameTag, ...Object.keys(fleet.nodes.tags)]),
    ...(root && { rootUsedPercent: root.usedPercent }),
    client: { startSeconds: 15 },
    ...(validates && { votingPower: 10 }),
    ...(instance.state === 'running' ? {} : { powered: false }),
    ...(instance.elasticIp && { elasticAddress: true }),
    ...(instance.publicIp !== null &&
      !instance.elasticIp &&
      v.is(ipAddress, instance.publicIp) && { publicIp: instance.publicIp }),
    ...(agent && /^\d{1,3}(\.\d{1,6}){1,4}$/.test(agent.version) && { agentVersion: agent.version }),
  };
}

/** "At most 10 tags" of a world file: those that decide something come first. */
const TAGS_MAX = 10;
const DECIDES = /role|type|kind|terraform|tofu|pulumi|^aws:cloudformation:stack-name$|^chainmend:/i;

function tagsIn(tags: Readonly<Record<string, string>>, but: readonly string[]): { tags?: Record<string, string> } {
  const kept = Object.entries(tags)
    .filter(([key, value]) => !but.includes(key) && v.is(tagsField, { [key]: value }))
    // A group and a launch template of the twin write their own.
    .filter(([key]) => key === 'aws:cloudformation:stack-name' || !key.startsWith('aws:'))
    .sort((a, b) => Number(DECIDES.test(b.join(' '))) - Number(DECIDES.test(a.join(' '))))
    .slice(0, TAGS_MAX);
  return kept.length === 0 ? {} : { tags: Object.fromEntries(kept) };
}

/** The volumes beside the root, in the order of their devices; the fullness of what is mounted at the role's path. */
function volumesIn(
  { readOut, fleet }: Pick<Facts, 'readOut' | 'fleet'>,
  instance: ReadInstance,
): NonNullable<TwinNode['volumes']> {
  const data = instance.volumes
    .filter(({ device }) => device !== instance.rootDevice)
    .sort((a, b) => (a.device < b.device ? -1 : 1));
  return fleet.volumes.slice(0, data.length).flatMap(({ role, path }, at) => {
    const attached = data[at];
    const volume = readOut.volumes.find(({ volumeId }) => volumeId === attached?.volumeId);
    if (volume === undefined || attached === undefined) return [];
    const disk = readOut.disks.find((one) => one.instanceId === instance.instanceId && one.path === path);
    const type = TYPES.find((known) => known === volume.type) ?? 'gp3';
    const hasIops = type === 'io1' || type === 'io2' || type === 'gp3';
    return [
      {
        ...{ role, type, sizeGiB: Math.max(1, volume.sizeGiB) },
        ...(disk && { usedPercent: disk.usedPercent }),
        ...(hasIops && volume.iops !== null && volume.iops >= 100 && { iops: volume.iops }),
        ...(type === 'gp3' &&
          volume.throughputMiBps !== null &&
          volume.throughputMiBps >= 125 && { throughputMiBps: volume.throughputMiBps }),
        ...(attached.deletedWithInstance && { deletedWithInstance: true }),
        // Without a word a world gives it the fleet's tags: a volume without any has to say so.
        tags: tagsIn(volume.tags, ['Name']).tags ?? { Untagged: 'yes' },
      },
    ];
  });
}

/** One set for all volumes of a node that were taken within a minute; the newest first. */
function snapshotsIn({ readOut, fleet, kept }: Facts): Twin['snapshots'] {
  const owners = new Map(
    kept.flatMap(({ name, instance }) => instance.volumes.map(({ volumeId }) => [volumeId, name])),
  );
  const nowMs = Date.parse(readOut.readAt);
  const seen = new Set<string>();
  return [...readOut.snapshots]
    .filter(({ completed, volumeId }) => completed && owners.has(volumeId))
    .sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))
    .flatMap(({ volumeId, startedAt, policyId, tags }): Twin['snapshots'] => {
      const name = owners.get(volumeId) ?? '';
      const hoursAgo = Math.min(20_000, Math.max(0.1, (nowMs - Date.parse(startedAt)) / HOUR_MS));
      const set = `${name} ${startedAt.slice(0, 16)}`;
      if (seen.has(set)) return [];
      seen.add(set);
      const isChosen = hasTags(tags, fleet.nodes.tags);
      const by =
        tags['chainmend:fleet'] !== undefined
          ? 'clean'
          : !isChosen
            ? 'console'
            : policyId === null
              ? 'person'
              : 'policy';
      return [{ of: `${fleet.name}/${name}`, hoursAgo, by }];
    })
    .slice(0, SNAPSHOTS_MAX);
}

function beforeIn({ readOut, fleet, kept }: Facts): Twin['before'] {
  const ids = new Map(kept.map(({ name, instance }) => [instance.instanceId, `${fleet.name}/${name}`]));
  const templates = new Map(readOut.launchTemplates.map((template) => [template.templateId, template]));
  const own = kept.map(({ instance: { tags } }) => templates.get(tags['aws:ec2launchtemplate:id'] ?? ''));
  // A template without the fleet's tags is one that no heal may launch from.
  const isUsable = own.every((template) => template !== undefined && hasTags(template.tags, fleet.nodes.tags));
  const hasUserData = own.some((template) => template?.hasUserData === true);
  const groups = readOut.scalingGroups.map(({ instanceIds, minSize }) => ({
    members: instanceIds.flatMap((id) => ids.get(id) ?? []),
    minSize: Math.min(minSize, instanceIds.length),
  }));
  const mine = groups.filter(({ members }) => members.length > 0).slice(0, 10);
  return {
    ...(isUsable && { templates: [fleet.name] }),
    ...(isUsable && hasUserData && { userData: { [fleet.name]: { runs: '#!/bin/sh\n:\n' } } }),
    ...(mine.length > 0 && { scalingGroups: Object.fromEntries(mine.map((group, at) => [`group-${at + 1}`, group])) }),
  };
}

function silentIn({ readOut, kept }: Facts): readonly string[] {
  // What was not read is not known, and no agent is taken away for it.
  if (readOut.unread.some(({ what }) => what === 'SSM agents')) return [];
  const online = new Set(readOut.agents.filter((agent) => agent.online).map(({ instanceId }) => instanceId));
  return kept
    .filter(({ instance }) => instance.state === 'running' && !online.has(instance.instanceId))
    .map(({ name }) => name);
}
