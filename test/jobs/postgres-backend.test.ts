import { describeJobs } from "../contract/jobs.ts";
import { createTestDatabase } from "../support/database.ts";
import { startProxy } from "./cuttable-proxy.ts";

describeJobs("Postgres", async () => {
  const database = await createTestDatabase();
  const proxy = await startProxy(database.url);
  return {
    databaseUrl: database.url,
    backend: { databaseUrl: proxy.url },
    proxy,
    async stop() {
      await proxy.close();
      await database.drop();
    },
  };
});
