/** The app's commands: registered all at once, for all guilds or for one. */
import type { FieldError } from "./api-error.ts";
import { invalidForm, missingAccess, unknown } from "./api-error.ts";
import type { Answer, Call, Handler } from "./call.ts";
import { ok } from "./call.ts";
import type { Command, Json } from "./model.ts";
import { commandJson } from "./wire.ts";

const COMMANDS = "/applications/{application_id}/commands";
const GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands";
const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const MOST = { chat: 100, menu: 15 } as const;
const TEXT = 8_000;

export const COMMAND_ROUTES: Record<string, Handler> = {
  [`GET ${COMMANDS}`]: (call) => {
    demandOwn(call);
    return ok(listed(call, null));
  },
  [`PUT ${COMMANDS}`]: (call) => overwrite(call, null),
  [`GET ${GUILD_COMMANDS}`]: (call) => {
    demandOwn(call);
    const id = call.params["guild_id"] ?? "";
    if (!call.world.joined.has(id)) throw missingAccess();
    return ok(listed(call, id));
  },
  [`PUT ${GUILD_COMMANDS}`]: (call) => {
    const id = call.params["guild_id"] ?? "";
    if (!call.world.joined.has(id)) throw missingAccess();
    return overwrite(call, id);
  },
};

function demandOwn({ world, params }: Call): void {
  if (params["application_id"] !== world.app.id) throw unknown("application");
}

const listed = ({ world }: Call, guildId: string | null): Json[] =>
  world.commands.filter((one) => one.guildId === guildId).map((one) => commandJson(world, one));

function overwrite(call: Call, guildId: string | null): Answer {
  demandOwn(call);
  const { world } = call;
  const bodies = call.body as unknown as Json[];
  const errors = bodies.flatMap((body, index) => commandErrors(body, String(index)));
  for (const type of [1, 2, 3]) errors.push(...groupErrors(bodies, type));
  if (errors.length > 0) throw invalidForm(errors);
  const before = world.commands.filter((one) => one.guildId === guildId);
  const after = bodies.map((body): Command => {
    const known = before.find(
      (one) => one.body["name"] === body["name"] && typeOf(one.body) === typeOf(body),
    );
    return { id: known?.id ?? world.ids.next(), guildId, body, version: world.ids.next() };
  });
  const others = world.commands.filter((one) => one.guildId !== guildId);
  world.commands.splice(0, world.commands.length, ...others, ...after);
  return ok(listed(call, guildId));
}

const typeOf = (body: Json): number => Number(body["type"] ?? 1);

function groupErrors(bodies: readonly Json[], type: number): FieldError[] {
  const names = bodies.filter((one) => typeOf(one) === type).map((one) => String(one["name"]));
  const most = type === 1 ? MOST.chat : MOST.menu;
  const errors: FieldError[] = [];
  if (names.length > most) {
    const message = `Maximum number of application commands reached (${most})`;
    errors.push({ at: "", code: "APPLICATION_COMMAND_TOO_MANY", message });
  }
  if (new Set(names).size < names.length) {
    const message = "Application command names must be unique";
    errors.push({ at: "", code: "APPLICATION_COMMANDS_DUPLICATE_NAME", message });
  }
  return errors;
}

function commandErrors(body: Json, at: string): FieldError[] {
  const isChat = typeOf(body) === 1;
  const errors: FieldError[] = [];
  const description = body["description"];
  if (isChat && !isName(body["name"])) errors.push(invalidName(`${at}.name`, body["name"]));
  if (isChat && (typeof description !== "string" || description === "")) {
    errors.push({
      at: `${at}.description`,
      code: "BASE_TYPE_REQUIRED",
      message: "This field is required",
    });
  }
  if (!isChat && typeof description === "string" && description !== "") {
    const message = "Context menu commands cannot have description";
    const code = "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_NOT_ALLOWED";
    errors.push({ at: `${at}.description`, code, message });
  }
  const options = listOf(body["options"]);
  if (!isChat && options.length > 0) {
    const message = "Context menu commands cannot have options";
    const code = "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_NOT_ALLOWED";
    errors.push({ at: `${at}.options`, code, message });
  }
  errors.push(...optionErrors(options, `${at}.options`));
  if (lengthOf(body) > TEXT) {
    const message = `Command exceeds maximum size (${TEXT})`;
    errors.push({ at, code: "APPLICATION_COMMAND_TOO_LARGE", message });
  }
  return errors;
}

const isName = (name: unknown): boolean =>
  typeof name === "string" && NAME.test(name) && name === name.toLowerCase();

const invalidName = (at: string, name: unknown): FieldError => ({
  at,
  code: "APPLICATION_COMMAND_INVALID_NAME",
  message: `Command name is invalid: ${String(name)}`,
});

function optionErrors(options: readonly Json[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = options.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    const message = "Option names must be unique";
    errors.push({ at, code: "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", message });
  }
  const isNested = options.map(({ type }) => type === 1 || type === 2);
  if (isNested.includes(true) && isNested.includes(false)) {
    const message = "Sub-command and sub-command group option types are mutually exclusive";
    errors.push({ at, code: "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message });
  }
  let isOptional = false;
  for (const [index, option] of options.entries()) {
    const place = `${at}.${index}`;
    if (!isName(option["name"])) errors.push(invalidName(`${place}.name`, option["name"]));
    if (option["required"] === true && isOptional) {
      const message = "Required options must be placed before non-required options";
      const code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID";
      errors.push({ at: place, code, message });
    }
    if (option["required"] !== true && ![1, 2].includes(Number(option["type"]))) isOptional = true;
    if (option["autocomplete"] === true && listOf(option["choices"]).length > 0) {
      const message = "Choices are not allowed with autocomplete";
      errors.push({ at: place, code: "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", message });
    }
    errors.push(...optionErrors(listOf(option["options"]), `${place}.options`));
  }
  return errors;
}

const listOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);

function lengthOf(part: Json): number {
  const own = ["name", "description", "value"].map(
    (name) => String((part[name] as string | number | null | undefined) ?? "").length,
  );
  const inner = [...listOf(part["options"]), ...listOf(part["choices"])].map(lengthOf);
  return [...own, ...inner].reduce((sum, one) => sum + one, 0);
}
