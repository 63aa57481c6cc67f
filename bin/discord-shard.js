import { fileURLToPath } from "node:url";

// As in redline.js, whose process starts this one.
const { register } = await import("tsx/esm/api");
register({ tsconfig: fileURLToPath(new URL("../tsconfig.json", import.meta.url)) });

await import("../src/main/discord-shard.ts");
