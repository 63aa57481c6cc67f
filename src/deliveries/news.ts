/** That something has changed, for one who waits for it. */
export class News {
  /** Counts them. */
  version = 0;
  private broken: Error | null = null;
  private readonly waiting = new Set<() => void>();

  /** Something is worth a look. */
  wake(): void {
    this.version += 1;
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  /** Lets whoever waits for more fail. */
  breakOff(error: Error): void {
    this.broken ??= error;
    this.wake();
  }

  assertWhole(): void {
    if (this.broken) throw this.broken;
  }

  /** Resolves at the next news, and after `ms` at the latest. */
  async changed(ms: number): Promise<void> {
    this.assertWhole();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.waiting.add(resolve);
      timer = setTimeout(resolve, Math.min(Math.max(ms, 0), LONGEST_WAIT_MS));
    });
    clearTimeout(timer);
    this.assertWhole();
  }
}

const LONGEST_WAIT_MS = 60_000;
