#!/usr/bin/env node
import "./check-node.js";
import { fileURLToPath } from "node:url";

// TypeScript is translated as it is loaded, in this very process, so that signals reach it directly. The
// project's own tsconfig.json is named because tsx would otherwise take the one of the current directory.
try {
  const { register } = await import("tsx/esm/api");
  register({ tsconfig: fileURLToPath(new URL("../tsconfig.json", import.meta.url)) });
} catch (error) {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error("Redline's packages are not installed; run `npm start` or `npm ci` in its folder.");
  process.exit(1);
}

// npm passes signals on, but one that is killed outright cannot; a Redline that it started ends with it.
if (process.env.npm_lifecycle_event === "start") {
  const npm = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, 500).unref();
}

await import("../src/main.ts");
