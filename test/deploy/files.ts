/** The files that an operator uses, read for tests. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** A folder as a fresh clone has it, where `bin/make-secrets.sh` has run; with what that printed. */
export interface Prepared extends Disposable {
  folder: string;
  output: string;
  /** Runs it once more. */
  again(): string;
}

export function prepare(): Prepared {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "redline-deploy-")));
  for (const name of ["bin", "secrets"]) mkdirSync(join(folder, name));
  const given = ["bin/make-secrets.sh", ".env.example", "secrets/unset", "secrets/.gitignore"];
  for (const file of given) cpSync(join(ROOT, file), join(folder, file));
  const again = (): string => {
    const { status, stdout, stderr } = spawnSync("sh", [join(folder, "bin/make-secrets.sh")], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`make-secrets.sh ended with ${status}: ${stderr}`);
    return stdout;
  };
  return {
    folder,
    output: again(),
    again,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
