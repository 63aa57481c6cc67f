/** The image, built without Docker: every step of the Dockerfile in a folder instead of a file system. */
import { cpSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { isSent, readDockerfile } from "./dockerfile.ts";
import type { Copy, Stage } from "./dockerfile.ts";
import { ROOT } from "./files.ts";
import { runCommand } from "./run-command.ts";
import { openFolder } from "./service.ts";

export interface BuiltImage extends Disposable {
  /** What is /app in the image. */
  app: string;
  /** What the steps printed. */
  output: string;
}

/** @throws Error for a step that fails */
export async function buildImage(): Promise<BuiltImage> {
  const root = openFolder();
  const { stages, workdir } = readDockerfile();
  const folderOf = (stage: Stage | string): string => {
    const found = stages.findIndex((each) => each === stage || each.name === stage);
    return join(root, String(found));
  };
  let output = "";
  for (const stage of stages) {
    const folder = folderOf(stage);
    const cwd = join(folder, workdir);
    mkdirSync(cwd, { recursive: true });
    for (const step of stage.steps) {
      if (step.kind === "copy") copy(step, step.from === null ? ROOT : folderOf(step.from), cwd);
      else output += await shell(step.command, cwd);
    }
  }
  return {
    app: join(folderOf(stages.at(-1)!), workdir),
    output,
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** As COPY does it: a folder's content, or files into the target. */
function copy({ from, sources, target }: Copy, context: string, cwd: string): void {
  for (const source of sources) {
    if (from === null && !isSent(source)) throw new Error(`.dockerignore keeps ${source} out`);
    const given = join(context, source);
    const isFolder = statSync(given).isDirectory();
    const to = join(cwd, target, isFolder ? "" : basename(source));
    cpSync(given, to, { recursive: true, verbatimSymlinks: true });
  }
}

async function shell(command: string, cwd: string): Promise<string> {
  const run = runCommand(["/bin/sh", "-c", command], { cwd, env: buildEnvironment() });
  const { code, output } = await run.ended;
  if (code === 0) return output;
  throw new Error(`${command} ended with ${code}:\n${output}`);
}

/** Whatever leads npm to its registry, and nothing of the npm that runs this. */
function buildEnvironment(): Record<string, string | undefined> {
  const own = /^(npm_(?!config_(registry|userconfig|cache|cafile))|INIT_CWD$|NODE_ENV$|VITEST)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

/** Bytes that the files below the folder hold. */
export function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return files
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + lstatSync(join(parentPath, name)).size, 0);
}
