import fc from "fast-check";

/** A parser of what comes in, with what it is given. */
export interface Target {
  name: string;
  /** Holds for whatever it is given, or throws. */
  property: fc.IAsyncProperty<unknown>;
  close?(): Promise<void>;
}

export function target<T>(
  name: string,
  inputs: fc.Arbitrary<T>,
  check: (input: T) => Promise<void> | void,
  close?: () => Promise<void>,
): Target {
  const property = fc.asyncProperty(inputs, async (input) => {
    await check(input);
  }) as fc.IAsyncProperty<unknown>;
  return { name, property, ...(close && { close }) };
}

/** Runs it so many times; answers with the failure as fast-check tells it, null where all held. */
export async function tried(
  { property }: Target,
  { seed, runs }: { seed: number; runs: number },
): Promise<string | null> {
  const found = await fc.check(property, { seed, numRuns: runs });
  if (!found.failed) return null;
  const { errorInstance: error } = found;
  const why = error instanceof Error ? error.stack : String(error);
  return `${fc.defaultReportMessage(found)}\n${why}`;
}

/** What a parser may throw: its own declared errors. */
function isOneOf(error: unknown, ...kinds: readonly (new (...given: never[]) => Error)[]) {
  return kinds.some((kind) => error instanceof kind);
}

/** Runs what may throw those alone. */
export async function throwsOnly(
  kinds: readonly (new (...given: never[]) => Error)[],
  run: () => unknown,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!isOneOf(error, ...kinds)) throw error;
  }
}
