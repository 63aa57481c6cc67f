import { expect, it } from "vitest";

import { connect } from "../../src/store/database.ts";
import { ensureUser } from "../../src/store/people.ts";
import { createTestDatabase } from "../support/database.ts";

it("keeps a name where only the platform's id is known of somebody", async () => {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 2 });
  try {
    const identity = { platform: "slack", workspaceId: "T1", platformUserId: "U1" };
    const names = [];
    for (const displayName of ["U1", "Ada", "U1", "Ada L."]) {
      names.push((await ensureUser(sql, identity, { displayName, email: null })).displayName);
    }
    expect(names).toEqual(["U1", "Ada", "Ada", "Ada L."]);
  } finally {
    await sql.end();
    await database.drop();
  }
});
