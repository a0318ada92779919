// Reads and writes bodies with the SDK's own codecs, and answers invalid bodies with AWS's error.
import { FromStringShapeDeserializer } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from '../service.ts';
import type { PayloadCodec } from './model.ts';

/** Throws `AwsError` SerializationException on a body that cannot be read. */
export async function readBody(codec: PayloadCodec, shape: NormalizedSchema, body: Uint8Array): Promise<unknown> {
  try {
    return await codec.createDeserializer().read(shape, body);
  } catch (error) {
    throw new AwsError('SerializationException', `The request body cannot be read: ${(error as Error).message}`);
  }
}

/** Text of a form, a path or a header. Throws `AwsError` for an invalid number, time or base64. */
export function readScalar(shape: NormalizedSchema, text: string): unknown {
  if (shape.isStringSchema()) return text;
  try {
    return scalars.read(shape, text);
  } catch (error) {
    throw new AwsError('MalformedInput', `"${text.slice(0, 100)}" cannot be read: ${(error as Error).message}`);
  }
}

const scalars = new FromStringShapeDeserializer({
  httpBindings: true,
  timestampFormat: { useTrait: true, default: 5 },
});

export function writeBody(codec: PayloadCodec, shape: NormalizedSchema, value: unknown): string | Uint8Array {
  const serializer = codec.createSerializer();
  serializer.write(shape, value);
  return serializer.flush();
}
