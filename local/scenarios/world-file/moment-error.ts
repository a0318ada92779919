/** An entry of a timeline that cannot be done when its time comes: AWS refuses it, or its node is gone. The file has to say another moment. */
export class MomentError extends Error {
  override readonly name = 'MomentError';
}
