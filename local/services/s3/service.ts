// The service declaration of Amazon S3: the two operations that put templates and the code of functions where CloudFormation finds them.
import type { Kernel } from '../../simulator/kernel.ts';
import type { CodeStore } from '../../simulator/lambda-runtime/environment.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { eachOnAnything } from '../iam/check.ts';
import { createS3, type S3 } from './s3.ts';

const NAMESPACE = 'com.amazonaws.s3';
const LABEL = 1;
const BLOB = 21;
const PAYLOAD = 16;

/** In the form of an SDK's static schemas (@smithy/core/schema). Members: CreateBucket and PutObject, S3 API reference. */
const CREATE_BUCKET = [
  ...[9, NAMESPACE, 'CreateBucket', { http: ['PUT', '/{Bucket}', 200] }],
  () => [3, NAMESPACE, 'CreateBucketRequest', 0, ['Bucket'], [[0, LABEL]], 1],
  () => [3, NAMESPACE, 'CreateBucketOutput', 0, ['Location'], [[0, { httpHeader: 'Location' }]]],
];
const PUT_OBJECT = [
  ...[9, NAMESPACE, 'PutObject', { http: ['PUT', '/{Bucket}/{Key+}', 200] }],
  () => [
    ...[3, NAMESPACE, 'PutObjectRequest', 0, ['Bucket', 'Key', 'Body']],
    ...[
      [
        [0, LABEL],
        [0, LABEL],
        [BLOB, PAYLOAD],
      ],
      2,
    ],
  ],
  () => [3, NAMESPACE, 'PutObjectOutput', 0, ['ETag'], [[0, { httpHeader: 'ETag' }]]],
];

export const S3_SERVICE: ServiceDescriptor<S3, [code: CodeStore]> = {
  name: 's3',
  client: {
    packageName: '@aws-sdk/client-route-53',
    // S3 speaks the protocol of Route 53 (restXml). A package of its own would be one for two operations.
    load: async () => {
      const { Route53Client } = await import('@aws-sdk/client-route-53');
      return { Route53Client, CREATE_BUCKET, PUT_OBJECT };
    },
  },
  iam: { prefix: 's3' },
  permissions: eachOnAnything('s3', ['CreateBucket', 'PutObject']),
  create: (kernel: Kernel, code: CodeStore) => createS3(kernel, code),
};
