import { Worker } from "node:worker_threads";

/** So long nothing that the parsers are given takes, on whatever machine. */
const MINUTES = 5;

/** Ends the process, and says at what, where a parser never comes back: no timer of its own thread would fire. */
export class Watchdog {
  readonly #worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
    let timer;
    parentPort.on("message", (what) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        require("node:fs").writeSync(2, "no end: " + what + "\\n");
        process.kill(process.pid, "SIGKILL");
      }, ${MINUTES * 60_000});
    });`,
    { eval: true },
  );

  /** @param what is begun now; what was begun before has ended */
  expect(what: string): void {
    this.#worker.postMessage(what, []);
  }

  stop(): void {
    void this.#worker.terminate();
  }
}
