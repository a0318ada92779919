// One page for one failure of AWS: where the nodes of several fleets could not be asked in one sweep because AWS failed, the first fleet's page is the
// others' page, too.

/** The name of AWS's error in the first failure that is AWS's own; undefined where none is. */
export function awsFailureIn(failures: readonly unknown[]): string | undefined {
  const failure = failures.find((one) => one instanceof Error && '$metadata' in one);
  return failure instanceof Error ? failure.name : undefined;
}

export class SweepPages {
  readonly #told = new Map<string, Promise<void>>();

  /**
   * Sends what the first caller of this sweep has to say of `cause`; everybody else shares its result.
   *
   * @returns whose page it is
   * @throws as `send` does: then none of them counts as told, and all try again in the next sweep
   */
  async once(cause: string, send: () => Promise<void>): Promise<'own' | 'shared'> {
    const known = this.#told.get(cause);
    const sent = known ?? send();
    this.#told.set(cause, sent);
    await sent;
    return known === undefined ? 'own' : 'shared';
  }
}
