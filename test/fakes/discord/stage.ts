import type { World } from "./world.ts";

/** What people and administrators act upon. */
export interface Stage {
  readonly world: World;
}
