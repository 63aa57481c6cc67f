/** views.*: modals behind a trigger_id, and the App Home. */
import { randomBytes } from "node:crypto";

import { blockErrors, withIds } from "./blocks.ts";
import type { BotCall, Handler } from "./call.ts";
import { bot, text } from "./call.ts";
import type { Json, ViewState } from "./model.ts";
import { viewJson } from "./show.ts";
import { SlackError, wrongArguments } from "./slack-error.ts";
import type { World } from "./world.ts";

const MOST_STACKED = 3;
const VIEW_SIZE = 250_000;
const TEXT_LIMITS = { private_metadata: 3_000, callback_id: 255, external_id: 255 } as const;
const KNOWN = new Set(
  (
    "type title submit close blocks private_metadata callback_id external_id clear_on_close " +
    "notify_on_close submit_disabled"
  ).split(" "),
);

export const VIEW_METHODS: Record<string, Handler> = {
  "views.open": bot(open),
  "views.push": bot(push),
  "views.update": bot(update),
  "views.publish": bot(publish),
};

function open(call: BotCall): Json {
  const userId = takeTrigger(call).userId;
  return { view: show(call, addView(call, checkedView(call.args["view"], "modal"), userId, null)) };
}

function push(call: BotCall): Json {
  const { userId, viewId } = takeTrigger(call);
  const below = viewId === null ? null : (call.world.views.get(viewId) ?? null);
  if (!below?.isOpen) throw new SlackError("not_found");
  if (stackOf(call.world, below).length >= MOST_STACKED) throw new SlackError("push_limit_reached");
  return {
    view: show(call, addView(call, checkedView(call.args["view"], "modal"), userId, below)),
  };
}

function update(call: BotCall): Json {
  const { args, world } = call;
  const id = text(args, "view_id");
  const external = text(args, "external_id");
  const state = [...world.views.values()].find(
    (view) =>
      view.team === call.team && (id === null ? view.externalId === external : view.id === id),
  );
  if (!state?.isOpen || (id === null && external === null)) throw new SlackError("not_found");
  const hash = text(args, "hash");
  if (hash !== null && hash !== state.hash) throw new SlackError("hash_conflict");
  replaceView(state, checkedView(args["view"], state.type));
  return { view: show(call, state) };
}

function publish(call: BotCall): Json {
  const { args, world, team } = call;
  const userId = String(args["user_id"]);
  if (!team.users.has(userId)) throw wrongArguments("invalid_arguments", ["unknown user_id"]);
  const view = checkedView(args["view"], "home");
  const known = homeOf(world, team.id, userId);
  const hash = text(args, "hash");
  if (hash !== null && hash !== known?.hash) throw new SlackError("hash_conflict");
  if (known) replaceView(known, view);
  return { view: show(call, known ?? addView(call, view, userId, null)) };
}

export const homeOf = (world: World, teamId: string, userId: string): ViewState | null =>
  [...world.views.values()].find(
    (view) => view.type === "home" && view.team.id === teamId && view.userId === userId,
  ) ?? null;

/** The modals of one person that lie on one another, the lowest first. */
export const stackOf = (world: World, view: ViewState): ViewState[] =>
  [...world.views.values()].filter((one) => one.rootId === view.rootId && one.isOpen);

const show = (call: BotCall, state: ViewState): Json => viewJson(call.world, state);

function takeTrigger(call: BotCall): { userId: string; viewId: string | null } {
  const { args, world } = call;
  const id = text(args, "trigger_id") ?? text(args, "interactivity_pointer");
  const trigger = id === null ? undefined : world.triggers.get(id);
  if (!trigger || trigger.team !== call.team) throw new SlackError("invalid_trigger_id");
  if (trigger.used) throw new SlackError("exchanged_trigger_id");
  if (world.clock.now() - trigger.at > world.sizes.triggerLifetime) {
    throw new SlackError("expired_trigger_id");
  }
  trigger.used = true;
  return trigger;
}

/** @throws SlackError invalid_arguments, view_too_large */
export function checkedView(value: unknown, type: ViewState["type"]): Json {
  const errors: string[] = [];
  const view = (typeof value === "object" && value !== null ? value : {}) as Json;
  if (view["type"] !== type) errors.push(`must be of type ${type} [json-pointer:/view/type]`);
  for (const name of Object.keys(view)) {
    if (!KNOWN.has(name)) errors.push(`additional property ${name} [json-pointer:/view]`);
  }
  const blocks = view["blocks"];
  if (Array.isArray(blocks)) errors.push(...blockErrors(blocks, type));
  else errors.push("missing required field: blocks [json-pointer:/view]");
  for (const name of ["title", "submit", "close"]) {
    if (view[name] !== undefined) errors.push(...titleErrors(name, view[name]));
  }
  for (const [name, max] of Object.entries(TEXT_LIMITS)) {
    const given = view[name];
    const isLong = typeof given !== "string" || given.length > max;
    if (given !== undefined && isLong) {
      errors.push(`must be less than ${max + 1} characters [json-pointer:/view/${name}]`);
    }
  }
  if (type === "modal" && view["title"] === undefined) {
    errors.push("missing required field: title [json-pointer:/view]");
  }
  const hasInputs =
    Array.isArray(blocks) && (blocks as Json[]).some((one) => one["type"] === "input");
  if (type === "modal" && hasInputs && view["submit"] === undefined) {
    errors.push("missing required field: submit [json-pointer:/view]");
  }
  if (errors.length > 0) throw wrongArguments("invalid_arguments", errors);
  if (JSON.stringify(view).length > VIEW_SIZE) throw new SlackError("view_too_large");
  return view;
}

function titleErrors(name: string, value: unknown): string[] {
  const object = value as Json | null;
  const at = `[json-pointer:/view/${name}]`;
  if (object?.["type"] !== "plain_text") return [`must be plain_text ${at}`];
  const length = String(object["text"]).length;
  return length > 24 || length === 0 ? [`must be less than 25 characters ${at}`] : [];
}

export function addView(
  { world, team }: Pick<BotCall, "world" | "team">,
  view: Json,
  userId: string,
  below: ViewState | null,
): ViewState {
  const id = world.nextId("V");
  const externalId = text(view, "external_id") ?? "";
  const isTaken = [...world.views.values()].some(
    (one) => one.isOpen && one.externalId === externalId && one.team === team,
  );
  if (externalId !== "" && isTaken) throw new SlackError("duplicate_external_id");
  const state: ViewState = {
    id,
    rootId: below?.rootId ?? id,
    previousId: below?.id ?? null,
    team,
    type: view["type"] as ViewState["type"],
    externalId,
    callbackId: "",
    privateMetadata: "",
    view: {},
    hash: "",
    userId,
    values: {},
    errors: {},
    isOpen: true,
  };
  replaceView(state, view);
  world.views.set(id, state);
  return state;
}

/** What was typed stays where its block and action are the same. */
export function replaceView(state: ViewState, view: Json): void {
  state.view = { ...view, blocks: withIds(view["blocks"] as Json[]) };
  state.callbackId = text(view, "callback_id") ?? "";
  state.privateMetadata = text(view, "private_metadata") ?? "";
  state.hash = `${Date.now()}.${randomBytes(4).toString("hex")}`;
  state.errors = {};
}
