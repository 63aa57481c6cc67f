import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import type { ModelInfo } from "../../../src/ports.ts";

export interface ModelsJson {
  models: ModelInfo[];
  default: string;
  /** Providers that could not be asked, a sentence each. */
  problems: string[];
}

export function modelRoutes(app: FastifyInstance, engine: Engine): void {
  app.get("/api/models", async (): Promise<ModelsJson> => {
    const { models, default: standard, problems } = await engine.models.list();
    return { models: models.map(({ id, label }) => ({ id, label })), default: standard, problems };
  });
}
