/** Which models there are, as the console needs to know it. */
import type { ModelsJson } from "../../routes/models.ts";
import { api } from "../api.ts";

let asked: Promise<ModelsJson> | null = null;

/** Asked once a page; a failure is asked again by whoever wants to know next. */
export function listModels(): Promise<ModelsJson> {
  asked ??= api.models().catch((error: unknown) => {
    asked = null;
    throw error;
  });
  return asked;
}

/** The built-in editor: it does what plain requests say, and drafts nothing by itself. */
const EDITOR = "offline";

/** Whether what answers can write a draft; `chosen` is the thread's model, null stands for the default. */
export function canDraft(list: ModelsJson, chosen: string | null): boolean {
  return (chosen ?? list.default) !== EDITOR;
}
