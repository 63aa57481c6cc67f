/** Checks every configured part, and says what is wrong and how to mend it. */

export interface Check {
  /** What is checked, a noun. */
  name: string;
  /** What is well, as a short text. @throws for what is wrong */
  run(): Promise<string>;
  /** What to do when it is wrong. */
  mend: string;
}

export interface Finding {
  name: string;
  ok: boolean;
  says: string;
  mend: string | null;
}

/** A part that does not answer is a finding too. */
const CHECK_MS = 15_000;

/** Runs the checks in order; a later one may build on what an earlier one opened. */
export async function examine(checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, run, mend } of checks) {
    let timer: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`no answer within ${CHECK_MS / 1000} s`)),
          CHECK_MS,
        );
      });
      findings.push({ name, ok: true, says: await Promise.race([run(), late]), mend: null });
    } catch (error) {
      const says = error instanceof Error ? error.message : String(error);
      findings.push({ name, ok: false, says: says.split("\n")[0]!, mend });
    } finally {
      clearTimeout(timer);
    }
  }
  return findings;
}

export function report(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ name, ok, says, mend }) => [
    `${ok ? "ok   " : "WRONG"}  ${name}: ${says}`,
    ...(mend === null ? [] : [`       ${mend}`]),
  ]);
  const wrong = findings.filter((finding) => !finding.ok).length;
  const verdict =
    wrong === 0 ? "All is well." : `${wrong} of ${findings.length} checks found something wrong.`;
  return [...lines, "", verdict, ""].join("\n");
}
