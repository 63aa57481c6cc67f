import { describe } from "vitest";
import { startRedis } from "../support/redis.ts";
import { itOutlives } from "./matrix.ts";

const redis = await startRedis();

describe.skipIf(redis === null)("where Redis is installed", () => {
  itOutlives("redis", redis);
});
