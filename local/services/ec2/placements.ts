// Constraints of a launch besides its subnet: placement groups and capacity reservations. Sources: "Placement groups", "Launch instances into an
// existing Capacity Reservation" (EC2 user guide); "Error codes for the Amazon EC2 API".
import { AwsError } from '../../simulator/service.ts';
import type { Ec2Inventory } from './model.ts';

export interface ReservationSeed {
  readonly availabilityZone: string;
  readonly instanceType: string;
  /** The number of instances that it has room for. */
  readonly count: number;
}

export class Placements {
  readonly #groups = new Set<string>();
  readonly #reservations = new Map<string, ReservationSeed>();

  addGroup(name: string): void {
    this.#groups.add(name);
  }

  addReservation(id: string, seed: ReservationSeed): void {
    this.#reservations.set(id, seed);
  }

  /** Throws EC2's error if a launch names a group or a reservation that does not exist. */
  check(groupName: string | undefined, reservationId: string | undefined): void {
    if (groupName !== undefined && !this.#groups.has(groupName))
      throw new AwsError('InvalidPlacementGroup.Unknown', `The Placement Group '${groupName}' is unknown.`);
    if (reservationId !== undefined && !this.#reservations.has(reservationId))
      throw new AwsError(
        'InvalidCapacityReservationId.NotFound',
        `The capacity reservation ID '${reservationId}' does not exist`,
      );
  }

  /** Throws if the targeted reservation has no room: "reduces its available capacity by the number of instances launched". */
  askFor(state: Ec2Inventory, reservationId: string | undefined, at: Omit<ReservationSeed, 'count'>): void {
    const reservation = reservationId === undefined ? undefined : this.#reservations.get(reservationId);
    if (!reservation) return;
    // "Has matching attributes (instance type, platform, Availability Zone, and tenancy)": AWS does not publish the code of that refusal.
    if (reservation.availabilityZone !== at.availabilityZone || reservation.instanceType !== at.instanceType)
      throw new AwsError(
        'InvalidParameterValue',
        `The attributes of capacity reservation '${reservationId}' do not match those of the launch`,
      );
    const inside = state.instances
      .all()
      .filter(({ settings, state: now }) => settings.capacityReservationId === reservationId && isInside.has(now));
    if (inside.length < reservation.count) return;
    throw new AwsError(
      'ReservationCapacityExceeded',
      'The requested reservation does not have sufficient compatible and available capacity for this request.',
    );
  }
}

/** A stopped instance frees its place. */
const isInside: ReadonlySet<string> = new Set(['pending', 'running', 'stopping']);
