/**
 * Reads the trailers of a commit message as `git log --format=%(trailers:…,valueonly,unfold)` does, where
 * Git itself is not at hand: what looks like a trailer in the middle of a message is none.
 *
 * Source: git's trailer.c (`find_trailer_block_start`, `find_separator`) and commit.c
 * (`ignored_log_message_bytes`), without configured trailers.
 */

/** The values of the trailers called `key`, whatever the case of it, in their order. Pure. */
export function trailerValues(message: string, key: string): string[] {
  return joinContinuations(trailerBlock(linesOf(message))).flatMap((line) => {
    const at = separatorOf(line);
    const isAsked = at > 0 && line.slice(0, at).trim().toLowerCase() === key.toLowerCase();
    return isAsked ? [unfold(line.slice(at + 1))] : [];
  });
}

const SPACE = /^[ \t\n\r\v\f]/;
const GENERATED = /^(?:Signed-off-by: |\(cherry picked from commit )/;
const CUT_LINE = "# ------------------------ >8 ------------------------";

const isBlank = (line: string): boolean => /^[ \t\n\r\v\f]*$/.test(line);
const isComment = (line: string): boolean => line.startsWith("#");

/** The lines up to what Git takes for the end: a cut line, then trailing comments, blank lines and conflicts. */
function linesOf(message: string): string[] {
  const lines = message.split("\n");
  const cut = lines.indexOf(CUT_LINE);
  if (cut >= 0) lines.length = cut;
  let end = 0;
  let inConflicts = false;
  for (const [at, line] of lines.entries()) {
    if (line === "" || isComment(line)) continue;
    if (line === "Conflicts:") inConflicts = true;
    else if (!inConflicts || !line.startsWith("\t")) {
      inConflicts = false;
      end = at + 1;
    }
  }
  return lines.slice(0, end);
}

/** The last paragraph, where enough of it are trailers; never the first one, which is the title. */
function trailerBlock(lines: readonly string[]): string[] {
  const title = lines.findIndex((line) => !isComment(line) && isBlank(line));
  let [trailers, others, continuations] = [0, 0, 0];
  let [hasGenerated, isTrailing] = [false, true];
  if (title < 0) return [];
  for (const [at, line] of [...lines.entries()].slice(title).toReversed()) {
    if (isComment(line)) {
      others += continuations;
      continuations = 0;
    } else if (isBlank(line)) {
      if (isTrailing) continue;
      others += continuations;
      const isBlock = hasGenerated ? trailers * 3 >= others : trailers > 0 && others === 0;
      return isBlock ? lines.slice(at + 1) : [];
    } else {
      isTrailing = false;
      const isGenerated = GENERATED.test(line);
      if (isGenerated || (separatorOf(line) >= 1 && !SPACE.test(line))) {
        hasGenerated ||= isGenerated;
        trailers += 1;
        continuations = 0;
      } else if (SPACE.test(line)) {
        continuations += 1;
      } else {
        others += 1 + continuations;
        continuations = 0;
      }
    }
  }
  return [];
}

/** Where the colon stands behind something that can be a trailer's key; -1 where there is none. */
function separatorOf(line: string): number {
  return /^(?:[A-Za-z0-9-]+[ \t]*)?(?=:)/.exec(line)?.[0].length ?? -1;
}

function joinContinuations(lines: readonly string[]): string[] {
  const joined: string[] = [];
  let canContinue = false;
  for (const line of lines) {
    if (canContinue && SPACE.test(line)) {
      joined.push(`${joined.pop() ?? ""}\n${line}`);
    } else {
      joined.push(line);
      canContinue = separatorOf(line) >= 1;
    }
  }
  return joined.filter((line) => !isComment(line));
}

function unfold(value: string): string {
  return value.replace(/\n[ \t\r\v\f]*/g, " ").trim();
}
