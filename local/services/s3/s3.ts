// Amazon S3, as far as a deployment uses it: buckets of the region, and objects that are put and replaced. An object that is a zip is the code of a function.
import { createHash } from 'node:crypto';
import { unzipSync } from 'fflate';
import { bundleOf } from '../../simulator/cloudformation/assembly.ts';
import type { Kernel } from '../../simulator/kernel.ts';
import type { CodeStore } from '../../simulator/lambda-runtime/environment.ts';
import { AwsError, type Service } from '../../simulator/service.ts';

export interface S3 extends Service {
  /** The object at a URL of S3 or of this region's endpoint; undefined where there is none. */
  objectAt(url: string): Uint8Array | undefined;
}

/** "250 MB … the maximum size of the contents of a deployment package, … including layers" (Lambda quotas). */
const UNZIPPED_BYTES_MAX = 250 * 2 ** 20;
/** "General purpose buckets naming rules", S3 user guide. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

interface Put {
  readonly Bucket: string;
  readonly Key: string;
  readonly Body?: Uint8Array;
}

export function createS3({ regionName }: Pick<Kernel, 'regionName'>, code: CodeStore): S3 {
  const buckets = new Map<string, Map<string, Uint8Array>>();
  return {
    name: 's3',
    operations: {
      CreateBucket: ({ Bucket }: Pick<Put, 'Bucket'>) => {
        if (!BUCKET.test(Bucket)) throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.');
        if (buckets.has(Bucket))
          throw new AwsError(
            'BucketAlreadyOwnedByYou',
            'Your previous request to create the named bucket succeeded and you already own it.',
            { statusCode: 409 },
          );
        buckets.set(Bucket, new Map());
        return { Location: `http://${Bucket}.s3.amazonaws.com/` };
      },
      PutObject: ({ Bucket, Key, Body = new Uint8Array() }: Put) => {
        const objects = buckets.get(Bucket);
        if (objects === undefined)
          throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', { statusCode: 404 });
        const bytes = Uint8Array.from(Body);
        objects.set(Key, bytes);
        if (Key.endsWith('.zip')) code.put(Bucket, Key, unzipped(bytes, `${Bucket}/${Key}`));
        return { ETag: `"${createHash('md5').update(bytes).digest('hex')}"` };
      },
    },
    objectAt: (url) => {
      const [bucket = '', key = ''] = placeOf(url, regionName) ?? [];
      return buckets.get(bucket)?.get(key);
    },
  };
}

function placeOf(url: string, regionName: string): readonly [bucket: string, key: string] | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  const path = decodeURIComponent(parsed.pathname).slice(1);
  const ofS3 = [`.s3.${regionName}.amazonaws.com`, '.s3.amazonaws.com'].find((end) => parsed.hostname.endsWith(end));
  if (ofS3 !== undefined) return [parsed.hostname.slice(0, -ofS3.length), path];
  const slash = path.indexOf('/');
  return [path.slice(0, slash), path.slice(slash + 1)];
}

function unzipped(bytes: Uint8Array, where: string) {
  let size = 0;
  const filter = ({ originalSize }: { readonly originalSize: number }): boolean => {
    size += originalSize;
    return size <= UNZIPPED_BYTES_MAX;
  };
  let files: Readonly<Record<string, Uint8Array>>;
  try {
    files = unzipSync(bytes, { filter });
  } catch (cause) {
    throw unfit(where, cause instanceof Error ? cause.message : String(cause));
  }
  if (size > UNZIPPED_BYTES_MAX) throw unfit(where, `it has more than ${UNZIPPED_BYTES_MAX} bytes`);
  const sources = Object.entries(files).map(([name, content]) => ({
    ...{ name, path: `${where}/${name}` },
    source: Buffer.from(content).toString('utf8'),
  }));
  if (!sources.some(({ name }) => /^index\.c?js$/.test(name))) throw unfit(where, 'it has no index.js');
  return bundleOf(sources, where);
}

/** AWS takes every object, and Lambda refuses the code: here both is one. */
const unfit = (where: string, why: string): AwsError =>
  new AwsError('InvalidRequest', `${where} is read as the code of a function: ${why}`);
