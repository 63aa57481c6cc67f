import { ensureBranch } from "../../src/store/branches.ts";
import type { Sql } from "../../src/store/database.ts";
import { ensureUser } from "../../src/store/people.ts";
import { insertRfc } from "../../src/store/rfcs.ts";

/** What `main` of the RFC that `plantRfc` makes is known to be. */
export const BLOB = {
  headSha: "h".repeat(40),
  blobSha: "b".repeat(40),
  body: "Some old words here.\n",
};

/** An RFC `rfc` in rows alone, with a person to discuss it. @returns the person's id */
export async function plantRfc(sql: Sql): Promise<string> {
  const identity = { platform: "test", workspaceId: "", platformUserId: "ada" };
  const { id } = await ensureUser(sql, identity, { displayName: "Ada", email: null });
  const rfc = { slug: "rfc", title: "RFC", repository: "r", path: "p", defaultBranch: "main" };
  await insertRfc(sql, rfc);
  await ensureBranch(sql, "rfc", "main", BLOB);
  return id;
}
