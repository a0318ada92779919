// Whether what a heal takes fits into what is left of a quota of the account. Pure.
import { isStorage, type QuotaId, type Room, SNAPSHOTS } from './quotas.ts';
import type { Read, Why } from './verdict.ts';

/** What a heal takes of one quota. */
export interface RoomNeed {
  /** undefined: no quota is known of this type. */
  readonly room: Read<Room> | undefined;
  readonly needed: number;
  /** For people: "its growth". */
  readonly what: string;
}

const GIB_PER_TIB = 1_024;

/** What does not fit, or of which nobody knows whether it would. */
export function judgeRoom({ room, needed, what }: RoomNeed): readonly Why[] {
  if (room === undefined) return [];
  if ('unread' in room) return [{ is: 'unknown', code: 'unread', why: room.unread }];
  const { value } = room;
  if (value.used + needed <= value.quota) return [];
  return [
    {
      why: `${what} needs ${amountOf(value, needed)}; ${value.name}: ${leftWords(value)}`,
      remedy: 'have the quota raised before it is needed; AWS takes hours to days',
      paste: raiseOf(value, value.used + needed),
    },
  ];
}

const amountOf = (room: QuotaId, amount: number): string =>
  isStorage(room) ? gibText(amount) : `${amount} ${room.code === SNAPSHOTS.code ? 'snapshots' : 'vCPUs'}`;

export const gibText = (gib: number): string =>
  gib < GIB_PER_TIB ? `${gib} GiB` : `${Math.round((gib / GIB_PER_TIB) * 10) / 10} TiB`;

export function leftWords(room: Room): string {
  const left = Math.max(0, room.quota - room.used);
  return isStorage(room) ? `${gibText(left)} of ${gibText(room.quota)} are left` : `${left} of ${room.quota} are left`;
}

/** The next whole unit of the quota that holds half as much again as is needed. */
function raiseOf({ service, code, ...quota }: Room, needed: number): string {
  const units = (isStorage({ service, code, name: quota.name }) ? needed / GIB_PER_TIB : needed) * 1.5;
  return `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${Math.ceil(units)}`;
}
