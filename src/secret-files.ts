/** Secrets that are handed over as files, as Docker, Kubernetes and systemd do it. */
import { readFileSync } from "node:fs";

/**
 * The variables whose value may also stand in a file: `NAME_FILE` is then the file's path. All of them, and
 * no others, hold what must not be printed.
 */
export const SECRET_VARIABLES = [
  "DATABASE_URL",
  "REDIS_URL",
  "ANTHROPIC_API_KEY",
  "OPENAI_API_KEY",
  "REDLINE_TOKEN",
  "ADMIN_TOKEN",
  "GITHUB_TOKEN",
  "GITHUB_PRIVATE_KEY",
  "GITHUB_CLIENT_SECRET",
  "GITHUB_WEBHOOK_SECRET",
  "SLACK_BOT_TOKEN",
  "SLACK_APP_TOKEN",
  "SLACK_CLIENT_SECRET",
  "SLACK_SIGNING_SECRET",
  "DISCORD_TOKEN",
  "ENCRYPTION_KEY",
  "ENCRYPTION_KEY_PREVIOUS",
] as const;

const names: ReadonlySet<string> = new Set(SECRET_VARIABLES);

/** `NAME_FILE` of a secret; null for a variable that takes no file. */
export function fileVariable(name: string): string | null {
  return names.has(name) ? `${name}_FILE` : null;
}

/** The text in a secret's file without the white space around it, or what is wrong with the file. */
export function readSecretFile(path: string): { text: string } | { wrong: string } {
  try {
    const text = readFileSync(path, "utf8").trim();
    return text === "" ? { wrong: "that file is empty" } : { text };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    return { wrong: REASONS[code] ?? `that one cannot be (${code})` };
  }
}

/** The path is left out of these: what was meant to be in the file may stand there by mistake. */
const REASONS: Record<string, string> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "that is a folder",
  EACCES: "this user may not read it",
  EPERM: "this user may not read it",
  ENAMETOOLONG: "there is no such file",
};
