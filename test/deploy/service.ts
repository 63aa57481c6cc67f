/** The services of docker-compose.yml, run without containers: their commands, settings and health checks. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../support/test-app.ts";
import { freePort } from "../support/ports.ts";
import type { Service } from "./compose.ts";
import { readCompose } from "./compose.ts";
import { readDockerfile } from "./dockerfile.ts";
import type { Ended } from "./run-command.ts";
import { runCommand } from "./run-command.ts";

export interface RunningService {
  port: number;
  /** Runs the health check once. */
  health(): Promise<Ended>;
  /** Resolves once the health check finds nothing wrong. @throws Error when it ends before that */
  healthy(): Promise<void>;
  /** How it ends, whenever that is. */
  ended: Promise<Ended>;
  /** As `docker stop` does it. */
  stop(): Promise<Ended>;
  /** Without a word, when it still runs. */
  kill(): Promise<void>;
}

export interface Place {
  /** What is the image's working folder. */
  folder: string;
  /** Where the files of /run/secrets are. */
  secrets: string;
  /** What a container would have of its own, such as PATH. */
  environment: Record<string, string | undefined>;
  /** Another user than our own. */
  user?: { uid: number; gid: number };
}

const image = readDockerfile();
const serviceOf = (name: string): Service => readCompose("docker-compose.yml").services[name]!;

/** Redline in one of its roles, as the image starts it. */
export async function startRole(
  role: string,
  place: Place,
  changed: Record<string, string> = {},
): Promise<RunningService> {
  const port = await freePort();
  const ports = { PORT: String(port), HEALTH_PORT: String(port) };
  const settings = {
    ...image.environment,
    ...serviceOf(role).environment,
    ...ports,
    ...changed,
  };
  return run(port, place, {
    command: [...image.entrypoint, ...image.command],
    health: image.health,
    settings,
  });
}

/** Needs `redis-server` and `redis-cli` on the PATH; keeps its data in the place's folder. */
export async function startRedisService(place: Place): Promise<RunningService> {
  const port = await freePort();
  const { command = [], healthcheck } = serviceOf("redis");
  const here = (script: string): string[] => {
    const server = `redis-server - --port ${port} --bind 127.0.0.1 `;
    const asked = script.replace("redis-server - ", server);
    return ["sh", "-c", asked.replace("redis-cli ", `redis-cli -p ${port} `)];
  };
  const health = here(healthcheck!.test[1]!);
  return run(port, place, { command: here(command[2]!), health, settings: {} });
}

interface Commands {
  command: readonly string[];
  health: readonly string[];
  settings: Record<string, string>;
}

function run(port: number, place: Place, { command, health, settings }: Commands): RunningService {
  const here = (text: string): string => text.replaceAll("/run/secrets/", `${place.secrets}/`);
  const mapped = Object.entries(settings).map(([name, value]) => [name, here(value)]);
  const env = { ...place.environment, ...(Object.fromEntries(mapped) as Record<string, string>) };
  const begin = (words: readonly string[]): ReturnType<typeof runCommand> =>
    runCommand(words.map(here), { cwd: place.folder, env, ...place.user });
  const main = begin(command);
  const check = (): Promise<Ended> => begin(health).ended;
  return {
    port,
    health: check,
    async healthy() {
      await until(async () => {
        if (!main.isRunning()) throw new Error(`It ended at once:\n${main.output()}`);
        return (await check()).code === 0;
      }, "a good health check");
    },
    ended: main.ended,
    stop() {
      main.signal("SIGTERM");
      return main.ended;
    },
    async kill() {
      main.signal("SIGKILL");
      await main.ended;
    },
  };
}

/** A folder of its own, open to other users. */
export function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "redline-service-"));
  chmodSync(folder, 0o755);
  return folder;
}

/** Puts a secret in the place of the one that was made. */
export function replaceSecret(secrets: string, name: string, text: string): void {
  rmSync(join(secrets, name), { force: true });
  writeFileSync(join(secrets, name), `${text}\n`, { mode: 0o444 });
}
