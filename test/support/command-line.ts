/** Redline's command line in tests. */
import { onTestFinished } from "vitest";
import type { Ended } from "./run-redline.ts";
import { Child } from "./run-redline.ts";

export type { Ended } from "./run-redline.ts";
export { runRedline } from "./run-redline.ts";

export interface Running {
  pid: number;
  /** The page that the banner names. */
  page: string;
  /** The address of the API. */
  origin: string;
  banner: string;
  /** Ctrl-C. */
  interrupt(): Promise<Ended>;
}

/** Starts Redline and waits until it is ready; it is killed after the test if it still runs. */
export async function startRedline(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<Running> {
  const child = new Child(["start", ...args], environment);
  onTestFinished(async () => {
    child.process.kill("SIGKILL");
    await child.end();
  });
  const { banner, page } = await child.ready();
  return {
    pid: child.process.pid!,
    page,
    origin: new URL(page).origin,
    banner,
    interrupt() {
      child.process.kill("SIGINT");
      return child.end();
    },
  };
}
