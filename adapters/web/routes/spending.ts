import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import type { SpendingJson } from "../views/spending-view.ts";
import { spendingView } from "../views/spending-view.ts";

/** What was spent, for whoever runs Redline. */
export function spendingRoutes(app: FastifyInstance, engine: Engine): void {
  app.get("/api/spending", async (): Promise<SpendingJson> =>
    spendingView(await engine.budgets.overview()),
  );
}
