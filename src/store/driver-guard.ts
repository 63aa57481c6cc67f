import type { Logger } from "../log.ts";

/**
 * postgres.js (3.4) writes to a socket that it has let go of when a connection is cut in the middle of a
 * transaction, from a timer that nobody can catch. What was asked of that connection has been rejected by
 * then, so the process goes on; every other uncaught error ends it as usual.
 *
 * @returns what takes the guard away
 */
export function guardDriver(logger: Logger): () => void {
  const onUncaught = (error: Error): void => {
    if (isWriteAfterClose(error)) {
      logger.warn({ err: error }, "a connection to the database was cut while it was written to");
      return;
    }
    // Somebody else listens, a test runner for example, and decides.
    if (process.listenerCount("uncaughtException") > 1) return;
    throw error;
  };
  process.on("uncaughtException", onUncaught);
  return () => process.off("uncaughtException", onUncaught);
}

/** Told by its place in the driver: `nextWrite` in its `connection.js`. */
export function isWriteAfterClose(error: Error): boolean {
  return (
    error instanceof TypeError &&
    error.message.startsWith("Cannot read properties of null (reading 'write')") &&
    /nextWrite \(\S*postgres\/src\/connection\.js/.test(error.stack ?? "")
  );
}
