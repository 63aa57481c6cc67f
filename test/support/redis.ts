import { spawn } from "node:child_process";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { freePort } from "./ports.ts";
import { findProgram } from "./programs.ts";

/** A Redis server of one test's own, with nothing on disk. */
export interface TestRedis {
  /** `redis://127.0.0.1:<port>`, the same after `restart`. */
  readonly url: string;
  readonly pid: number;
  /** Forgets everything that is stored. */
  flush(): Promise<void>;
  /** Refuses whatever writes, as where its disk or memory is full, or takes it again. */
  refuseWrites(refuses: boolean): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
  /** Ends it at once and without a word to its clients. */
  kill(): void;
  /** Starts it anew, empty, on the same port; first ends it where it still runs. */
  restart(): Promise<void>;
}

/** A new server, ready for clients; null where no `redis-server` is installed. */
export async function startRedis(): Promise<TestRedis | null> {
  const program = findProgram("redis-server");
  if (program === null) return null;
  const port = await freePort();
  let server = await launch(program, port);
  return {
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return server.pid;
    },
    flush: () => order(port, "FLUSHALL"),
    // It asks for a replica, and has none.
    refuseWrites: (refuses) => order(port, `CONFIG SET min-replicas-to-write ${refuses ? 1 : 0}`),
    stop: () => server.stop(),
    kill: () => {
      process.kill(server.pid, "SIGKILL");
    },
    restart: async () => {
      await server.stop();
      server = await launch(program, port);
    },
  };
}

/**
 * Starts the server in the background, tells its pid, and ends it when standard input closes: with that
 * it ends with the test process, however that ends. The shell lets go of its own output, so that the end
 * of the output is the end of the server.
 */
const KEEPER = '"$@" & echo "pid $!"; exec >/dev/null 2>&1; read -r _; kill -9 $!; wait $!';

export interface Server {
  pid: number;
  stop(): Promise<void>;
}

/** Starts a server that keeps nothing on disk. @param more of its options, the last of which counts */
export async function launch(
  program: string,
  port: number,
  more: readonly string[] = [],
): Promise<Server> {
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", tmpdir()];
  const inMemory = ["--save", "", "--appendonly", "no"];
  const command = [program, ...options, ...inMemory, ...more];
  const keeper = spawn("/bin/sh", ["-c", KEEPER, "sh", ...command], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const closed = new Promise<void>((resolve) => keeper.on("close", () => resolve()));
  const stop = async (): Promise<void> => {
    keeper.stdin.end();
    await closed;
  };
  let output = "";
  const ready = await new Promise<boolean>((resolve) => {
    keeper.on("error", () => resolve(false));
    keeper.stdout.on("end", () => resolve(false));
    keeper.stdout.on("data", (text: Buffer) => {
      output += text.toString();
      if (output.includes("Ready to accept connections")) resolve(true);
    });
  });
  const pid = Number(/^pid (\d+)$/m.exec(output)?.[1]);
  if (ready) return { pid, stop };
  await stop();
  throw new Error(`redis-server did not start on port ${port}:\n${output}`);
}

function order(port: number, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`${command}\r\n`));
    socket.on("error", reject);
    socket.on("data", (answer) => {
      socket.destroy();
      if (answer.toString() === "+OK\r\n") resolve();
      else reject(new Error(`redis-server answered ${command} with ${answer.toString()}`));
    });
  });
}
