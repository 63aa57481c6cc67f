/** What of the API decides on something: that somebody tried is noted even where they were not let in. */

interface Decision {
  act: string;
  /** Id of what it is about. */
  subject: string;
}

const ID = "([\\w-]{1,64})";

const DECISIONS: readonly { method: string; path: RegExp; act: string }[] = [
  ...["accept", "decline", "place"].map((act) => on(`changes/${ID}/${act}`, act)),
  on(`concerns/${ID}/resolve`, "resolve_concern"),
  on(`concerns/${ID}/withdraw`, "withdraw_concern"),
  on(`threads/${ID}/merge-proposals`, "propose_merge"),
  on(`merge-proposals/${ID}/word`, "merge_word"),
  on(`merge-proposals/${ID}/withdraw`, "withdraw_merge"),
  { ...on(`rfcs/[^/]+/maintainers/${ID}`, "add_maintainer"), method: "PUT" },
  { ...on(`rfcs/[^/]+/maintainers/${ID}`, "remove_maintainer"), method: "DELETE" },
];

function on(path: string, act: string): (typeof DECISIONS)[number] {
  return { method: "POST", path: new RegExp(`^/api/${path}$`), act };
}

/** What a call would decide; null where that is nothing. Pure. */
export function decisionIn(method: string, escaped: string): Decision | null {
  const path = unescaped(escaped);
  for (const { method: own, path: pattern, act } of DECISIONS) {
    const subject = own === method ? pattern.exec(path)?.[1] : undefined;
    if (subject !== undefined) return { act, subject };
  }
  return null;
}

/** As the router reads it. */
function unescaped(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
