import type { Deliveries } from "./delivery.ts";
import type { ResponseUrls } from "./response-urls.ts";
import type { World } from "./world.ts";

/** What people and administrators act upon. */
export interface Stage {
  readonly world: World;
  readonly deliveries: Deliveries;
  readonly responseUrls: ResponseUrls;
  /** Something did not conform. */
  note(violation: string): void;
}
