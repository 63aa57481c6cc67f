import type { WhyPlace } from "../insight-api.ts";
import { createStore } from "../state/store.ts";

/** The passage that is being asked about; null when nobody asks. */
export const whyPlace = createStore<WhyPlace | null>(null);
/** Whether a click on a sentence asks why it reads so. */
export const whyMode = createStore(false);

/** Shows why a passage of the document reads as it does. */
export function openWhy(place: WhyPlace): void {
  whyMode.set(false);
  whyPlace.set(place);
}

/** Set by the layer that knows the document: asks about what is selected. */
export const selectedPlace = { find: (): WhyPlace | null => null };

/** Asks about what is selected, or lets a sentence be clicked; a second time lets go again. */
export function askWhy(): void {
  const place = selectedPlace.find();
  if (place) openWhy(place);
  else whyMode.set(!whyMode.get());
}
