import type { FastifyInstance } from "fastify";
import type { Engine } from "../../../src/engine.ts";
import type { ModelInfo } from "../../../src/ports.ts";
import { viewerOf } from "../viewers.ts";

export interface ModelsJson {
  models: ModelInfo[];
  default: string;
  /** Providers that could not be asked, a sentence each; in their own words for whoever runs Redline alone. */
  problems: string[];
}

const UNTOLD =
  "Some models could not be asked for: whoever runs Redline sees why here, with REDLINE_TOKEN.";

export function modelRoutes(app: FastifyInstance, engine: Engine): void {
  app.get("/api/models", async (request): Promise<ModelsJson> => {
    const { models, default: standard, problems: told } = await engine.models.list();
    const isOperator = viewerOf(request).kind === "operator";
    const problems = isOperator || told.length === 0 ? told : [UNTOLD];
    return { models: models.map(({ id, label }) => ({ id, label })), default: standard, problems };
  });
}
