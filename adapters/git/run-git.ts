/**
 * Runs the `git` program: no shell, an environment of its own, a time limit, and in a process group of its
 * own, so that whatever ends Redline does not end Git between taking a lock and giving it back.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { parse } from "node:path";
import { UserError } from "../../src/errors.ts";

/** Which repository a command works on, and as whom. */
export interface GitTarget {
  gitDir: string;
  workTree?: string;
  /** Another user than our own, where we are root and the repository is somebody else's. */
  user?: { uid: number; gid: number };
}

export interface GitCommand {
  args: readonly string[];
  input?: string | Uint8Array;
  environment?: Readonly<Record<string, string>>;
  /** Exit codes beside 0 that are an answer rather than a failure. */
  answers?: readonly number[];
}

export interface GitAnswer {
  code: number;
  stdout: Buffer;
}

/** @throws GitError when Git failed; UserError when there is no Git or it does not come to an end. */
export type Git = (target: GitTarget, command: GitCommand) => Promise<GitAnswer>;

/** Git's own failure. `stderr` is Git's text in English; it may hold paths, and is for us to interpret. */
export class GitError extends Error {
  override readonly name = "GitError";
  readonly stderr: string;
  readonly code: number | null;

  constructor(args: readonly string[], code: number | null, stderr: string) {
    super(`git ${args.join(" ")} ended with ${code ?? "a signal"}: ${stderr.trim()}`);
    this.code = code;
    this.stderr = stderr;
  }
}

export interface GitProcessOptions {
  program: string;
  environment: Readonly<Record<string, string | undefined>>;
  timeoutMs: number;
}

/** Where Git is looked for when nobody says; the Homebrew folder is Apple silicon's. */
export const DEFAULT_ENVIRONMENT = {
  PATH: "/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin",
  HOME: homedir(),
};

/**
 * Settings that hold whatever the person's or the repository's own configuration says: nothing that the
 * repository names is run, and the output has the form that is parsed here.
 */
const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.filesRefLockTimeout=1000",
  "core.packedRefsTimeout=1000",
  "gc.auto=0",
  "i18n.commitEncoding=UTF-8",
  "i18n.logOutputEncoding=UTF-8",
  "log.follow=false",
  "log.showSignature=false",
  "trailer.separators=:",
].flatMap((setting) => ["-c", setting]);

/** How long Git gets to clear up after SIGTERM before its operation is given up without it. */
const GRACE_MS = 5_000;

export function createGit(options: GitProcessOptions): Git {
  return (target, command) =>
    new Promise((resolve, reject) => {
      const child = start(options, target, command);
      let timer = setTimeout(() => {
        end(child);
        timer = setTimeout(() => reject(tooSlow(options, target)), GRACE_MS);
      }, options.timeoutMs);
      collect(child, command, (result) => {
        clearTimeout(timer);
        if (!(result instanceof Error)) resolve(result);
        else if (child.signalCode === "SIGTERM") reject(tooSlow(options, target));
        else reject(explainStart(result, target));
      });
    });
}

function start(options: GitProcessOptions, target: GitTarget, command: GitCommand): ChildProcess {
  // An explicit --git-dir is also what lets Git work on another user's repository: only a repository that
  // Git has to discover is subject to safe.directory. Source: git-config(1), git's setup.c.
  const args = ["--no-pager", `--git-dir=${target.gitDir}`];
  if (target.workTree !== undefined) args.push(`--work-tree=${target.workTree}`);
  return spawn(options.program, [...args, ...SETTINGS, ...command.args], {
    // Outside of any working tree, or Git would read paths as relative to the place inside it.
    cwd: target.workTree ?? parse(target.gitDir).root,
    env: environmentOf(options.environment, target, command),
    detached: true,
    windowsHide: true,
    ...target.user,
  });
}

function collect(
  child: ChildProcess,
  command: GitCommand,
  done: (result: GitAnswer | Error) => void,
): void {
  const { args, input, answers = [] } = command;
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => errors.push(chunk));
  // Git may be gone before it has read everything; its exit code then tells why.
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  child.on("error", done);
  child.on("close", (code) => {
    const isAnswer = code !== null && (code === 0 || answers.includes(code));
    if (isAnswer) done({ code, stdout: Buffer.concat(output) });
    else done(new GitError(args, code, Buffer.concat(errors).toString("utf8")));
  });
}

/** SIGTERM, on which Git removes its locks; SIGKILL would leave them. To the group: filters are children. */
function end(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGTERM");
  } catch {
    child.kill("SIGTERM");
  }
}

function environmentOf(
  base: Readonly<Record<string, string | undefined>>,
  target: GitTarget,
  command: GitCommand,
): Record<string, string | undefined> {
  // Whoever starts us may stand inside a Git hook, whose GIT_DIR and GIT_INDEX_FILE would lead us astray.
  const kept = Object.entries(base).filter(([name]) => !/^GIT_/i.test(name));
  const environment = Object.fromEntries(kept);
  if (target.user) {
    // Our own home is neither that user's configuration nor readable to him.
    delete environment["HOME"];
    delete environment["XDG_CONFIG_HOME"];
  }
  return {
    ...environment,
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    // A partial clone fetches what it lacks from whatever address its configuration names: never from here.
    // Two ways to say it, as the first is not known to older Gits.
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
    ...command.environment,
  };
}

function tooSlow({ timeoutMs }: GitProcessOptions, target: GitTarget): UserError {
  return new UserError(
    "repository-unavailable",
    `Git did not come to an end within ${timeoutMs / 1000} s in ${target.gitDir}: see whether its disk answers, and try again.`,
  );
}

function explainStart(error: Error, target: GitTarget): Error {
  const { code, syscall } = error as NodeJS.ErrnoException;
  // A working tree that vanished this moment has the same code.
  const missing = target.workTree === undefined || existsSync(target.workTree);
  if (syscall?.startsWith("spawn") && missing && (code === "ENOENT" || code === "EACCES")) {
    return new UserError(
      "repository-unavailable",
      `The program git cannot be run, so ${target.gitDir} cannot be worked on: install Git (such as “apt-get install git” or “brew install git”), see that it is on the PATH, and try again.`,
      { cause: error },
    );
  }
  return error;
}
