/** Message components: what Discord refuses, what a person reads of them, and what can be used in them. */
import type { FieldError } from "./api-error.ts";
import type { Json } from "./model.ts";

export const TYPES = {
  row: 1,
  button: 2,
  select: 3,
  input: 4,
  userSelect: 5,
  roleSelect: 6,
  mentionableSelect: 7,
  channelSelect: 8,
  section: 9,
  text: 10,
  thumbnail: 11,
  gallery: 12,
  file: 13,
  separator: 14,
  container: 17,
  label: 18,
} as const;

const SELECTS = new Set<unknown>([
  TYPES.select,
  TYPES.userSelect,
  TYPES.roleSelect,
  TYPES.mentionableSelect,
  TYPES.channelSelect,
]);

const LINK = 5;
const LIMITS = { components: 40, text: 4_000, rows: 5, modalParts: 5 } as const;

export const isSelect = (component: Json): boolean => SELECTS.has(component["type"]);

const listOf = (component: Json, name: string): Json[] =>
  Array.isArray(component[name]) ? (component[name] as Json[]) : [];

const childrenOf = (component: Json): { at: string; child: Json }[] => [
  ...listOf(component, "components").map((child, index) => ({ at: `components.${index}`, child })),
  ...["accessory", "component"].flatMap((name) => {
    const child = component[name];
    return typeof child === "object" && child !== null ? [{ at: name, child: child as Json }] : [];
  }),
];

interface Placed {
  component: Json;
  at: string;
}

/** All of them, parents first. */
function walk(components: readonly Json[], at = "components"): Placed[] {
  const visit = (component: Json, place: string): Placed[] => [
    { component, at: place },
    ...childrenOf(component).flatMap(({ at: inner, child }) => visit(child, `${place}.${inner}`)),
  ];
  return components.flatMap((component, index) => visit(component, `${at}.${index}`));
}

export const allOf = (components: readonly Json[]): Json[] =>
  walk(components).map(({ component }) => component);

/** What is wrong with a message's components beyond the shape of each; empty when nothing is. */
export function componentErrors(
  components: readonly Json[],
  isV2: boolean,
  filenames: readonly string[],
): FieldError[] {
  const placed = walk(components);
  const errors = [...uniqueErrors(placed), ...placed.flatMap((one) => partErrors(one, filenames))];
  if (!isV2) return [...errors, ...legacyErrors(components)];
  if (placed.length > LIMITS.components) {
    const message = `The total number of components must be ${LIMITS.components} or fewer.`;
    errors.push({ at: "components", code: "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message });
  }
  const texts = placed.filter(({ component }) => component["type"] === TYPES.text);
  const length = texts.reduce((sum, { component }) => sum + String(component["content"]).length, 0);
  if (length > LIMITS.text) {
    const message = `The total size of displayed text must be ${LIMITS.text} or fewer.`;
    errors.push({ at: "components", code: "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message });
  }
  return errors;
}

function legacyErrors(components: readonly Json[]): FieldError[] {
  const errors = components.flatMap((component, index): FieldError[] =>
    component["type"] === TYPES.row
      ? []
      : [
          {
            at: `components.${index}.type`,
            code: "UNION_TYPE_CHOICES",
            message: 'Value of field "type" must be one of (1,).',
          },
        ],
  );
  if (components.length > LIMITS.rows) {
    const message = `Must be between 1 and ${LIMITS.rows} in length.`;
    errors.push({ at: "components", code: "BASE_TYPE_BAD_LENGTH", message });
  }
  return errors;
}

function uniqueErrors(placed: readonly Placed[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, code] of [
    ["custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"],
    ["id", "COMPONENT_ID_DUPLICATED"],
  ] as const) {
    const seen = new Set<unknown>();
    for (const { component, at } of placed) {
      const value = component[name];
      if (value == null || (name === "id" && value === 0)) continue;
      if (seen.has(value)) {
        const message = `Component ${name === "id" ? "id" : "custom id"} cannot be duplicated`;
        errors.push({ at: `${at}.${name}`, code, message });
      }
      seen.add(value);
    }
  }
  return errors;
}

function partErrors({ component, at }: Placed, filenames: readonly string[]): FieldError[] {
  const { type } = component;
  if (type === TYPES.row) return rowErrors(component, at);
  if (type === TYPES.button) return buttonErrors(component, at);
  if (isSelect(component)) return selectErrors(component, at);
  if (type === TYPES.file) return fileErrors(component, at, filenames);
  return [];
}

function rowErrors(row: Json, at: string): FieldError[] {
  const inner = listOf(row, "components");
  const selects = inner.filter((one) => isSelect(one)).length;
  if (selects === 0 || inner.length === 1) return [];
  const message = "An action row holds either buttons or one select menu.";
  return [{ at: `${at}.components`, code: "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message }];
}

function buttonErrors(button: Json, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const add = (name: string, code: string, message: string): void => {
    errors.push({ at: name === "" ? at : `${at}.${name}`, code, message });
  };
  const isLink = button["style"] === LINK;
  const { custom_id: id, url } = button as { custom_id?: string | null; url?: string | null };
  if (isLink && url == null) {
    add("url", "BASE_TYPE_REQUIRED", "A url is required for a link button.");
  }
  if (isLink && id != null) {
    const message = "A custom id and url cannot both be specified.";
    add("", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message);
  }
  if (!isLink && id == null) {
    add("custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required.");
  }
  if (!isLink && url != null) add("url", "BUTTON_COMPONENT_INVALID_URL", "No url is allowed here.");
  const hasLabel = typeof button["label"] === "string" && button["label"] !== "";
  if (!hasLabel && button["emoji"] == null) {
    add("", "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A label or emoji is required.");
  }
  if (url != null && !/^(https?|discord):\/\//.test(url)) {
    const message = `Scheme "${url.split(":")[0]}" is not supported. Scheme must be one of ('http', 'https', 'discord').`;
    add("url", "URL_TYPE_INVALID_SCHEME", message);
  }
  return errors;
}

function selectErrors(select: Json, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const least = Number(select["min_values"] ?? 1);
  const most = Number(select["max_values"] ?? 1);
  const options = listOf(select, "options");
  if (least > most) {
    const message = "min_values must be at most max_values.";
    errors.push({ at, code: "SELECT_COMPONENT_MAX_VALUES_TOO_SMALL", message });
  }
  if (select["type"] !== TYPES.select) return errors;
  const seen = new Set<unknown>();
  for (const [index, { value }] of options.entries()) {
    if (seen.has(value)) {
      const message = "The specified option value is already used";
      const place = `${at}.options.${index}.value`;
      errors.push({ at: place, code: "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message });
    }
    seen.add(value);
  }
  if (most > options.length) {
    const message = "max_values is greater than the number of options.";
    errors.push({ at, code: "SELECT_COMPONENT_MAX_VALUES_EXCEEDED", message });
  }
  return errors;
}

function fileErrors(file: Json, at: string, filenames: readonly string[]): FieldError[] {
  const url = String((file["file"] as Json | undefined)?.["url"]);
  const name = url.startsWith("attachment://") ? url.slice("attachment://".length) : null;
  if (name !== null && filenames.includes(name)) return [];
  const message = `The referenced attachment ${url} was not found`;
  return [
    { at: `${at}.file.url`, code: "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", message },
  ];
}

/** What is wrong with a modal beyond the shape of its parts. */
export function modalErrors(components: readonly Json[]): FieldError[] {
  const placed = walk(components, "data.components");
  const errors = uniqueErrors(placed);
  if (components.length > LIMITS.modalParts) {
    const message = `Must be between 1 and ${LIMITS.modalParts} in length.`;
    errors.push({ at: "data.components", code: "BASE_TYPE_BAD_LENGTH", message });
  }
  for (const { component, at } of placed) {
    if (component["type"] === TYPES.row && listOf(component, "components").length !== 1) {
      const message = "Must be 1 in length.";
      errors.push({ at: `${at}.components`, code: "BASE_TYPE_BAD_LENGTH", message });
    }
    if (component["type"] === TYPES.input) errors.push(...inputErrors(component, at));
    if (isSelect(component)) errors.push(...selectErrors(component, at));
  }
  const isAsking = placed.some(({ component }) => component["custom_id"] != null);
  if (!isAsking) {
    const message = "A modal asks for something.";
    errors.push({ at: "data.components", code: "BASE_TYPE_REQUIRED", message });
  }
  return errors;
}

function inputErrors(input: Json, at: string): FieldError[] {
  const { value, min_length: least, max_length: most } = input;
  const errors: FieldError[] = [];
  const inLabel = at.endsWith(".component");
  if (!inLabel && input["label"] == null) {
    const message = "This field is required";
    errors.push({ at: `${at}.label`, code: "BASE_TYPE_REQUIRED", message });
  }
  if (inLabel && input["label"] != null) {
    const message = "A label is not allowed within a label.";
    errors.push({ at: `${at}.label`, code: "BASE_TYPE_BAD", message });
  }
  if (typeof value !== "string" || value === "") return errors;
  if (typeof most === "number" && value.length > most) {
    const message = `Must be ${most} or fewer in length.`;
    errors.push({ at: `${at}.value`, code: "BASE_TYPE_MAX_LENGTH", message });
  }
  if (typeof least === "number" && value.length < least) {
    const message = `Must be ${least} or more in length.`;
    errors.push({ at: `${at}.value`, code: "BASE_TYPE_MIN_LENGTH", message });
  }
  return errors;
}

/** As Discord gives them back: each with an id, what was left out with its default. */
export function normalised(components: readonly Json[], fileOf: (name: string) => Json): Json[] {
  const taken = new Set(allOf(components).map((one) => one["id"]));
  let last = 0;
  const nextId = (): number => {
    do last += 1;
    while (taken.has(last));
    return last;
  };
  const visit = (source: Json): Json => {
    const given = Object.entries(source).filter(([, value]) => value !== null);
    const copy: Json = structuredClone(Object.fromEntries(given));
    if (typeof copy["id"] !== "number" || copy["id"] === 0) copy["id"] = nextId();
    Object.assign(copy, defaultsOf(copy, fileOf));
    for (const name of ["accessory", "component"]) {
      if (copy[name] !== undefined) copy[name] = visit(copy[name] as Json);
    }
    if (Array.isArray(copy["components"])) copy["components"] = copy["components"].map(visit);
    return copy;
  };
  return components.map(visit);
}

function defaultsOf(component: Json, fileOf: (name: string) => Json): Json {
  switch (component["type"]) {
    case TYPES.container:
      return {
        accent_color: component["accent_color"] ?? null,
        spoiler: component["spoiler"] ?? false,
      };
    case TYPES.separator:
      return { spacing: component["spacing"] ?? 1, divider: component["divider"] ?? true };
    case TYPES.select:
    case TYPES.userSelect:
    case TYPES.roleSelect:
    case TYPES.mentionableSelect:
    case TYPES.channelSelect:
      return { min_values: component["min_values"] ?? 1, max_values: component["max_values"] ?? 1 };
    case TYPES.thumbnail:
      return {
        description: component["description"] ?? null,
        spoiler: component["spoiler"] ?? false,
        media: mediaOf(String((component["media"] as Json)["url"])),
      };
    case TYPES.file: {
      const url = String((component["file"] as Json)["url"]);
      const name = url.replace(/^attachment:\/\//, "");
      return { spoiler: component["spoiler"] ?? false, ...fileOf(name) };
    }
    default:
      return {};
  }
}

const mediaOf = (url: string): Json => ({ id: "1", url, proxy_url: url });

/** Something that can be pressed, chosen in or filled in. */
export interface Control {
  customId: string;
  type: number;
  /** What a person reads on it. */
  label: string;
  component: Json;
}

export function controlsOf(components: readonly Json[]): Control[] {
  return walk(components).flatMap(({ component }) => {
    const { custom_id: id, type } = component as { custom_id?: string; type: number };
    if (id === undefined) return [];
    const label =
      textIn(component, "label") ||
      textIn(component, "placeholder") ||
      labelAround(components, component);
    return [{ customId: id, type, label, component }];
  });
}

const textIn = (component: Json | undefined, name: string): string => {
  const value = component?.[name];
  return typeof value === "string" ? value : "";
};

const labelAround = (components: readonly Json[], inner: Json): string =>
  textIn(
    allOf(components).find((one) => one["component"] === inner),
    "label",
  );

/** What a person reads, line by line; what can be pressed in brackets, menus with what can be chosen. */
export function plainText(components: readonly Json[]): string {
  return components
    .map(textOf)
    .filter((text) => text !== "")
    .join("\n");
}

function textOf(component: Json): string {
  const { type } = component;
  if (type === TYPES.text) return String(component["content"]);
  if (type === TYPES.button) return buttonText(component);
  if (type === TYPES.separator) return component["divider"] === false ? "" : "---";
  if (type === TYPES.file) return `(file: ${String(component["name"])})`;
  if (isSelect(component)) {
    const options = listOf(component, "options").map(({ label }) => String(label));
    return `<${textIn(component, "placeholder")}: ${options.join(" | ")}>`;
  }
  const separator = type === TYPES.row ? " " : "\n";
  return childrenOf(component)
    .map(({ child }) => textOf(child))
    .filter((text) => text !== "")
    .join(separator);
}

function buttonText(button: Json): string {
  const emoji = textIn(button["emoji"] as Json | undefined, "name");
  const label = [emoji, textIn(button, "label")].filter((part) => part !== "").join(" ");
  return button["disabled"] === true ? `(${label})` : `[${label}]`;
}
