/** What `redline doctor` says of workspaces that are deleted. Part of the composition root. */
import type { Sql } from "../store/database.ts";
import { schemaState } from "../store/migrate.ts";
import { listDeletions } from "../store/workspace-deletion.ts";
import type { Check } from "./doctor.ts";

/** Of workspaces whose deletion has not ended nothing is heard. */
export function deletionsCheck(database: () => Promise<Sql>): Check {
  return {
    name: "deleted workspaces",
    run: async () => {
      const sql = await database();
      if ((await schemaState(sql)).pending.length > 0) return "none half deleted";
      const begun = await listDeletions(sql);
      if (begun.length === 0) return "none half deleted";
      const places = begun.map(({ platform, workspaceId }) => `${platform} ${workspaceId}`);
      throw new Error(`the deletion of ${places.join(", ")} has not ended`);
    },
    mend: "Where none is under way, run “redline delete-workspace” again: until it has ended, nothing that comes from there is heard.",
  };
}
