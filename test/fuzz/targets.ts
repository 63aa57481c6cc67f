import { FILE_TARGETS } from "./file-targets.ts";
import { PLATFORM_TARGETS } from "./platform-targets.ts";
import { anthropic, http, openAi } from "./server-targets.ts";
import type { Target } from "./target.ts";

/** Every parser of what comes in from outside. */
export const TARGETS: readonly (() => Target | Promise<Target>)[] = [
  ...PLATFORM_TARGETS,
  ...FILE_TARGETS,
  http,
  anthropic,
  openAi,
];
