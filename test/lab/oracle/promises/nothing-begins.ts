// Under a pause and in mode plan nothing is begun, and in mode ask nothing without a yes. What was begun before may be put back at any time.

import type { Act } from '../acts.ts';
import { operationIn } from '../hands.ts';
import type { MakeRule, Say } from '../rule.ts';
import type { Scene } from '../scene.ts';
import type { SeenNode } from '../seen-nodes.ts';

/** "read again right before each mutation": a request that is on its way, with the repeats of a throttled one. */
const ON_ITS_WAY_MS = 60_000;
/** A yes covers a heal, and a restore takes as long as its blocks do. */
const YES_LASTS_MS = 4 * 86_400_000;
/** What puts back is tried for as long as its incident lasts. */
const BEGUN_MS = 4 * 86_400_000;

/** What begins something new and is never a way back ("refused" under a pause, docs/decisions.md). */
const BEGINS =
  /^(CreateVolume|CopyVolumes|ModifyVolume|RunInstances|CreateSnapshots?|DeleteVolume|DeleteSnapshot|TerminateInstances|CreateLaunchTemplateVersion|EnterStandby|SetDesiredCapacity|TerminateInstanceInAutoScalingGroup)$/;
/** What begins something unless something was begun. */
const MAY_PUT_BACK = /^(AttachVolume|DetachVolume|StopInstances|StartInstances|RebootInstances)$/;

export const pauseHolds: MakeRule = (scene, say) =>
  watched(scene, say, (node, fleet) => {
    const sinceMs = scene.pausedSince(fleet, node);
    return sinceMs === undefined ? undefined : { sinceMs, why: 'a pause is on' };
  });

export const planTouchesNothing: MakeRule = (scene, say) =>
  watched(scene, say, (_, fleet) => {
    const mode = scene.mode(fleet);
    return mode?.mode === 'plan' ? { sinceMs: mode.sinceMs, why: 'the mode is plan' } : undefined;
  });

export const askWaits: MakeRule = (scene, say) =>
  watched(scene, say, (node, fleet) => {
    const mode = scene.mode(fleet);
    if (mode?.mode !== 'ask') return undefined;
    const isSaid = scene
      .said()
      .some(
        ({ kind, atMs, fleet: of, node: name }) =>
          kind === 'approve' &&
          atMs > scene.nowMs - YES_LASTS_MS &&
          (of === undefined || of === fleet) &&
          (name === undefined || node === undefined || name === node.name || node.instanceIds.includes(name)),
      );
    return isSaid ? undefined : { sinceMs: mode.sinceMs, why: 'nobody said yes' };
  });

type Held = (
  node: SeenNode | undefined,
  fleet: string,
) => { readonly sinceMs: number; readonly why: string } | undefined;

function watched(scene: Scene, say: Say, held: Held): ReturnType<MakeRule> {
  /** When ours first stopped an instance: no command reaches one that is dead. */
  const stoppedMs = new Map<string, number>();
  const isStopped = (node: SeenNode | undefined, sinceMs: number): boolean =>
    node?.instanceIds.some((id) => (stoppedMs.get(id) ?? Number.POSITIVE_INFINITY) < sinceMs + ON_ITS_WAY_MS) ?? false;
  return {
    act(act) {
      const class_ = classOf(act);
      if (class_ === undefined) return;
      if (act.operation === 'StopInstances')
        for (const id of (act.input as { readonly InstanceIds?: readonly string[] }).InstanceIds ?? [])
          if (!stoppedMs.has(id)) stoppedMs.set(id, act.at);
      for (const { node, fleet } of subjectsOf(scene, act)) {
        const hold = held(node, fleet);
        if (hold === undefined || act.at < hold.sinceMs + ON_ITS_WAY_MS) continue;
        if (class_ === 'may put back' && (wasBegun(scene, node, hold.sinceMs) || isStopped(node, hold.sinceMs)))
          continue;
        const wasTaken = (one: SeenNode): boolean => wasBegun(scene, one, hold.sinceMs) || isStopped(one, hold.sinceMs);
        if (act.service === 'route53' && isWayBack(scene, act, wasTaken)) continue;
        say.broken(
          node?.subject ?? fleet,
          `${act.operation} by ${act.actor}: ${hold.why} since ${new Date(hold.sinceMs).toISOString()}.`,
        );
      }
    },
    look() {
      // It matters where a hold is on while there is something to do.
      for (const node of scene.nodes)
        if (node.trouble !== undefined && held(node, node.fleet) !== undefined) return say.matters();
    },
  };
}

function classOf({ service, operation, input }: Act): 'begins' | 'may put back' | undefined {
  if (service === 'route53') return operation === 'ChangeResourceRecordSets' ? 'begins' : undefined;
  if (operation === 'SendCommand')
    return operationIn((input as { readonly DocumentName?: string }).DocumentName ?? '') && 'may put back';
  if (BEGINS.test(operation)) return 'begins';
  return MAY_PUT_BACK.test(operation) ? 'may put back' : undefined;
}

interface Change {
  readonly Action?: string;
  readonly ResourceRecordSet?: {
    readonly Name?: string;
    readonly Type?: string;
    readonly ResourceRecords?: readonly { readonly Value?: string }[];
  };
}

/** No address goes, and whose address comes had something of ours at work when the hold came: it comes back into the pool ("Names", docs/names.md). */
function isWayBack(scene: Scene, { input }: Act, wasTaken: (node: SeenNode) => boolean): boolean {
  const { Changes = [] } =
    (input as { readonly ChangeBatch?: { readonly Changes?: readonly Change[] } }).ChangeBatch ?? {};
  const valuesOf = (action: string): readonly string[] =>
    Changes.filter(({ Action }) => Action === action).flatMap(
      ({ ResourceRecordSet: { Name, Type, ResourceRecords = [] } = {} }) =>
        ResourceRecords.map(({ Value }) => `${Name} ${Type} ${Value}`),
    );
  const [before, after] = [valuesOf('DELETE'), valuesOf('CREATE')];
  const come = after.filter((one) => !before.includes(one));
  const isAtWork = (value: string): boolean =>
    scene.nodes.some((node) => {
      const ip = scene.present(node)?.networkInterface?.privateIp;
      return ip !== undefined && value.endsWith(` A ${ip}`) && wasTaken(node);
    });
  return before.length > 0 && before.every((one) => after.includes(one)) && come.every(isAtWork);
}

/** Something of ours was at work on the node when the hold came. */
const wasBegun = (scene: Scene, node: SeenNode | undefined, sinceMs: number): boolean =>
  node?.instanceIds.some((id) => {
    const sent = scene.hands.lastSentMs(id, sinceMs + ON_ITS_WAY_MS);
    const made = [...scene.made.values()].some((one) => one.node === node && one.atMs < sinceMs + ON_ITS_WAY_MS);
    return made || (sent !== undefined && sent > sinceMs - BEGUN_MS);
  }) ?? false;

function subjectsOf(scene: Scene, act: Act): { readonly node: SeenNode | undefined; readonly fleet: string }[] {
  if (act.operation === 'SetDesiredCapacity')
    return fleetsOfGroup(scene, act).map((fleet) => ({ node: undefined, fleet }));
  if (act.service !== 'route53') return scene.nodesOf(act).map((node) => ({ node, fleet: node.fleet }));
  // A record belongs to the fleet that its marker names; of a fleet's own names the zone says which.
  const text = JSON.stringify(act.input);
  const zone = zoneOf(scene, text);
  const fleets = [...scene.fleets.entries()].filter(([name, { dns }]) =>
    /fleet=([a-z0-9-]+)/.test(text)
      ? text.includes(`fleet=${name},`)
      : dns !== undefined && dns.zone === zone && only(scene, dns.zone),
  );
  return fleets.map(([fleet]) => ({ node: undefined, fleet }));
}

/** A group is called as the fleet that it was deployed for. */
function fleetsOfGroup({ fleets }: Scene, { input }: Act): string[] {
  const { AutoScalingGroupName } = input as { readonly AutoScalingGroupName?: string };
  return [...fleets.keys()].filter((fleet) => AutoScalingGroupName === `chainmend-${fleet}`);
}

/** The zone that the names end with: of a zone and one below it the longer one. */
const zoneOf = ({ fleets }: Scene, text: string): string | undefined =>
  [...fleets.values()]
    .flatMap(({ dns }) => (dns && text.includes(`.${dns.zone}`) ? [dns.zone] : []))
    .sort((one, other) => other.length - one.length)[0];

const only = ({ fleets }: Scene, zone: string): boolean =>
  [...fleets.values()].filter(({ dns }) => dns?.zone === zone).length === 1;
