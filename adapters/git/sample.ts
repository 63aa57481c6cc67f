/** A small repository with an RFC in it, so that there is something to discuss in the first minute. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { DocumentLocation } from "../../src/ports.ts";
import { createGit, DEFAULT_ENVIRONMENT } from "./run-git.ts";

const SAMPLE = new URL("./sample-rfc.md", import.meta.url);
const BRANCH = "main";
const PATH = "rfcs/0001-webhook-retries.md";
const IDENTITY = {
  GIT_AUTHOR_NAME: "Redline",
  GIT_AUTHOR_EMAIL: "redline@localhost",
  GIT_COMMITTER_NAME: "Redline",
  GIT_COMMITTER_EMAIL: "redline@localhost",
};

/** Makes the repository unless it is there, whole or not at all, and says where its document is. */
export async function ensureSample(dataDir: string): Promise<DocumentLocation> {
  const folder = resolve(dataDir, "sample");
  if (!existsSync(folder)) await makeSample(folder);
  return { repository: pathToFileURL(folder).href, path: PATH, branch: BRANCH };
}

async function makeSample(folder: string): Promise<void> {
  const draft = `${folder}.${process.pid}`;
  const gitDir = join(draft, ".git");
  mkdirSync(draft, { recursive: true });
  const git = createGit({ program: "git", environment: DEFAULT_ENVIRONMENT, timeoutMs: 30_000 });
  const run = async (args: string[], input?: Buffer): Promise<string> => {
    const command = { args, environment: IDENTITY, ...(input && { input }) };
    return (await git({ gitDir, workTree: draft }, command)).stdout.toString().trim();
  };
  try {
    await run(["init", "--quiet", "--template=", `--initial-branch=${BRANCH}`]);
    const blob = await run(["hash-object", "-w", "--stdin"], await readFile(SAMPLE));
    await run(["update-index", "--add", "--cacheinfo", `100644,${blob},${PATH}`]);
    await run(["checkout-index", "--all"]);
    await run(["commit", "--quiet", "-m", "Propose retries for webhook deliveries"]);
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
