// Permanent refusals of AWS, unknown results, and requests that never succeed: the code distinguishes them before it acts.
import { EC2Client, EC2ServiceException } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { catchRefusal, isThrottling, refusalOf } from '../../../shared/aws/refusals.ts';
import { attachVolume, keepOnTermination } from '../../../shared/aws/volume-changes.ts';

const answered = (name: string, httpStatusCode: number) =>
  new EC2ServiceException({
    name,
    message: `the words of ${name}`,
    $fault: httpStatusCode < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode },
  });

/** A client whose every call ends this way. */
function clientThat(answer: (command: string) => object): EC2Client {
  const ec2 = new EC2Client({ region: 'eu-west-1' });
  ec2.send = (async (command: { constructor: { name: string } }) => answer(command.constructor.name)) as never;
  return ec2;
}

describe('An error of AWS', () => {
  it('is a refusal where the service understood the request and said no', () => {
    for (const [name, status] of [
      ['IncorrectState', 400],
      ['UnauthorizedOperation', 403],
      ['InvalidVolume.NotFound', 400],
      // Server faults by their status, although the call had no effect.
      ['InsufficientInstanceCapacity', 500],
      ['InsufficientVolumeCapacity', 503],
    ] as const) {
      expect(refusalOf(answered(name, status))).toEqual({ code: name, refused: `${name}: the words of ${name}` });
    }
  });

  it('is thrown on where nobody knows what it did, and where the same call may succeed later', async () => {
    for (const [name, status] of [
      ['InternalError', 500],
      ['Unavailable', 503],
      ['RequestLimitExceeded', 503],
      ['Throttling', 400],
      ['EC2ThrottledException', 400],
      // Client errors by their status, although the same call may succeed later: it came too late, or its credentials were being renewed.
      ['RequestTimeout', 400],
      ['ExpiredTokenException', 400],
      ['RequestExpired', 400],
      ['AnyName', 429],
      ['AnyName', 408],
    ] as const) {
      const error = answered(name, status);
      expect(() => refusalOf(error)).toThrow(error);
    }
    const lost = Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
    await expect(catchRefusal(() => Promise.reject(lost))).rejects.toBe(lost);
    expect(() => refusalOf('no error at all')).toThrow();
  });

  it('of a throttled attachment says that nothing happened', async () => {
    const ec2 = clientThat(() => {
      throw answered('RequestLimitExceeded', 503);
    });
    const place = { volumeId: 'vol-0123456789abcdef0', instanceId: 'i-0123456789abcdef0', device: '/dev/sdf' };
    const thrown = await attachVolume(ec2, place).catch((error: unknown) => error);
    expect(isThrottling(thrown)).toBe(true);
  });
});

describe('DeleteOnTermination', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const shown = (DeleteOnTermination: boolean) => ({
    Volumes: [
      {
        VolumeId: 'vol-0123456789abcdef0',
        State: 'in-use',
        Size: 500,
        VolumeType: 'gp3',
        AvailabilityZone: 'eu-west-1a',
        Attachments: [
          { InstanceId: 'i-0123456789abcdef0', Device: '/dev/sdf', State: 'attached', DeleteOnTermination },
        ],
      },
    ],
  });

  it('is believed when it reads so, however late', async () => {
    const reads = [true, true, false];
    const ec2 = clientThat((command) => (command === 'DescribeVolumesCommand' ? shown(reads.shift() ?? true) : {}));
    const kept = keepOnTermination(ec2, 'i-0123456789abcdef0', ['/dev/sdf']);
    await jest.advanceTimersByTimeAsync(10_000);
    await kept;
    expect(reads).toEqual([]);
  });

  it('that still reads true is a sentence about what a termination would do', async () => {
    const ec2 = clientThat((command) => (command === 'DescribeVolumesCommand' ? shown(true) : {}));
    const kept = expect(keepOnTermination(ec2, 'i-0123456789abcdef0', ['/dev/sdf'])).rejects.toThrow(
      'DeleteOnTermination of /dev/sdf on i-0123456789abcdef0 was set to false and does not read as false',
    );
    await jest.advanceTimersByTimeAsync(20_000);
    await kept;
  });
});
