// One call of the differential run: the same input goes to the local region and to moto.
import { SERVICES } from '../../../../local/services/services.ts';

/** What earlier calls of the same side have answered: ids differ between the two. */
export type Saved = Readonly<Record<string, string>>;

export interface MotoCall {
  /** Signing name. */
  readonly service: string;
  readonly operation: string;
  /** What is tried; with service and operation it names the call, in the table of differences too. */
  readonly title: string;
  readonly input: (saved: Saved) => object;
  /** What later calls need of the answer: a name, and the path to it, such as "Instances.0.InstanceId". */
  readonly save?: Readonly<Record<string, string>>;
}

/** What a file of calls is written with. */
export const callsOf =
  (service: string) =>
  (
    operation: string,
    title: string,
    input: object | ((saved: Saved) => object),
    save?: Readonly<Record<string, string>>,
  ): MotoCall => ({
    service,
    operation,
    title,
    input: typeof input === 'function' ? (input as MotoCall['input']) : () => input,
    ...(save && { save }),
  });

/** A name that no other call uses: what one side has accepted must not make it refuse the next. */
export const slug = (title: string): string => title.toLowerCase().replace(/\W+/g, '-').slice(0, 40);

export const nameOf = ({ service, operation, title }: MotoCall): string => `${service}.${operation}: ${title}`;

/** The module of the SDK client that sends a call. Throws an Error for a service that the region has not. */
export function sdkOf(call: MotoCall): Promise<Readonly<Record<string, unknown>>> {
  const service = SERVICES.find(({ name }) => name === call.service);
  if (service === undefined) throw new Error(`${nameOf(call)}: the region has no such service`);
  return service.client.load();
}

/** What a call wants to be remembered of its answer. */
export function savedOf(call: MotoCall, output: unknown): Saved {
  const found: Record<string, string> = {};
  for (const [name, path] of Object.entries(call.save ?? {})) {
    const value = path.split('.').reduce<unknown>((from, step) => (from as Saved | undefined)?.[step], output);
    if (typeof value === 'string') found[name] = value;
  }
  return found;
}
