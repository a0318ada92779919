// In the place of @smithy/core/event-streams. No operation of the suite has an event stream, but the Lambda client asks for their codec when it is made.

const refuse = (): never => {
  throw new Error('event streams are left out of this bundle (infra/bundle/stand-ins/event-streams.ts)');
};

export const eventStreamSerdeProvider = () => ({ serialize: refuse, deserialize: refuse });

export const resolveEventStreamSerdeConfig = <Config extends object>(config: Config) =>
  Object.assign(config, { eventStreamMarshaller: eventStreamSerdeProvider() });

export class EventStreamSerde {
  readonly serializeEventStream = refuse;
  readonly deserializeEventStream = refuse;
}
