import type { Logger } from "./log.ts";

/** Stops parts in the reverse order of their start; one that fails to stop does not keep the others up. */
export class Teardown {
  private readonly steps: { name: string; stop: () => Promise<void> }[] = [];
  private readonly logger: Logger;
  private done: Promise<void> | null = null;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  add(name: string, stop: () => Promise<void>): void {
    this.steps.push({ name, stop });
  }

  /** May be called more than once. */
  run(): Promise<void> {
    this.done ??= this.stopAll();
    return this.done;
  }

  private async stopAll(): Promise<void> {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      try {
        await step.stop();
      } catch (error) {
        this.logger.error({ err: error }, `stopping ${step.name} failed`);
      }
    }
  }
}
