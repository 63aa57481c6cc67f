/** Block Kit: what Slack refuses, what a person reads of it, and what can be pressed in it. */
import { randomBytes } from "node:crypto";

import type { Json } from "./model.ts";

const LIMITS = { messageBlocks: 50, viewBlocks: 100, blocksText: 13_200 } as const;

export type Surface = "message" | "modal" | "home";

const BLOCK_TYPES = new Set(
  (
    "actions alert card carousel container context context_actions data_table divider file header image " +
    "input markdown plan rich_text section table task_card video"
  ).split(" "),
);

const ELEMENT_TYPES = new Set(
  (
    "button channels_select checkboxes conversations_select datepicker datetimepicker email_text_input " +
    "external_select feedback_buttons file_input icon_button multi_channels_select " +
    "multi_conversations_select multi_external_select multi_static_select multi_users_select number_input " +
    "overflow plain_text_input radio_buttons rich_text_input static_select timepicker url_text_input " +
    "users_select workflow_button"
  ).split(" "),
);

const INPUT_ONLY = new Set(
  "plain_text_input email_text_input url_text_input number_input file_input".split(" "),
);

/** What is wrong with blocks, in Slack's words; empty when nothing is. */
export function blockErrors(blocks: readonly unknown[], surface: Surface): string[] {
  const checker = new Checker();
  const max = surface === "message" ? LIMITS.messageBlocks : LIMITS.viewBlocks;
  if (blocks.length > max) checker.add("/blocks", `no more than ${max} items allowed`);
  const ids = new Set<string>();
  for (const [index, block] of blocks.entries()) {
    const at = `/blocks/${index}`;
    if (!isObject(block)) checker.add(at, "must be an object");
    else {
      const id = block["block_id"];
      checker.text(id, `${at}/block_id`, 255);
      if (typeof id === "string" && ids.has(id)) checker.add(at, `block_id ${id} already exists`);
      if (typeof id === "string") ids.add(id);
      checker.block(block, at, surface);
    }
  }
  return checker.errors;
}

/** Whether all of a message's blocks together hold too much text (undocumented; seen from about here). */
export const areBlocksTooLong = (blocks: readonly Json[]): boolean =>
  plainText(blocks).length > LIMITS.blocksText;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

class Checker {
  readonly errors: string[] = [];

  add(at: string, message: string): void {
    this.errors.push(`${message} [json-pointer:${at}]`);
  }

  text(value: unknown, at: string, max: number, min = 1): void {
    if (value === undefined) return;
    if (typeof value !== "string") this.add(at, "must be a string");
    else if (value.length > max) this.add(at, `must be less than ${max + 1} characters`);
    else if (value.length < min) this.add(at, `must be more than ${min - 1} characters`);
  }

  required(holder: Json, name: string, at: string): boolean {
    if (holder[name] !== undefined) return true;
    this.add(at, `missing required field: ${name}`);
    return false;
  }

  textObject(value: unknown, at: string, max: number, kinds: "plain" | "any"): void {
    if (value === undefined) return;
    if (!isObject(value)) {
      this.add(at, "must be an object");
      return;
    }
    const allowed = kinds === "plain" ? ["plain_text"] : ["plain_text", "mrkdwn"];
    if (!allowed.includes(String(value["type"]))) this.add(`${at}/type`, "unsupported type");
    if (this.required(value, "text", at)) this.text(value["text"], `${at}/text`, max);
    if (value["type"] === "mrkdwn" && value["emoji"] !== undefined) {
      this.add(`${at}/emoji`, "is not allowed in mrkdwn");
    }
  }

  block(block: Json, at: string, surface: Surface): void {
    const type = String(block["type"]);
    if (!BLOCK_TYPES.has(type)) {
      this.add(at, `unsupported type: ${type}`);
      return;
    }
    if (surface !== "message" && (type === "file" || type === "task_card" || type === "plan")) {
      this.add(at, `unsupported type: ${type}`);
    }
    if (type === "section") this.#section(block, at);
    if (type === "header" && this.required(block, "text", at)) {
      this.textObject(block["text"], `${at}/text`, 150, "plain");
    }
    if (type === "markdown" && this.required(block, "text", at)) {
      this.text(block["text"], `${at}/text`, 12_000);
    }
    if (type === "image") this.#image(block, at, 2_000);
    if (type === "context") this.#elements(block, at, 10, "context");
    if (type === "actions") this.#elements(block, at, 25, "actions");
    if (type === "context_actions") this.#elements(block, at, 5, "actions");
    if (type === "input") this.#input(block, at);
    if (type === "task_card") {
      for (const name of ["task_id", "title", "status"]) this.required(block, name, at);
    }
  }

  #section(block: Json, at: string): void {
    const { text, fields, accessory } = block;
    if (text === undefined && fields === undefined) this.add(at, "missing required field: text");
    this.textObject(text, `${at}/text`, 3_000, "any");
    if (Array.isArray(fields)) {
      if (fields.length > 10) this.add(`${at}/fields`, "no more than 10 items allowed");
      for (const [index, field] of fields.entries()) {
        this.textObject(field, `${at}/fields/${index}`, 2_000, "any");
      }
    }
    if (accessory !== undefined) this.#element(accessory, `${at}/accessory`);
  }

  #image(image: Json, at: string, max: number): void {
    if (this.required(image, "alt_text", at)) this.text(image["alt_text"], `${at}/alt_text`, max);
    if (image["image_url"] === undefined && image["slack_file"] === undefined) {
      this.add(at, "missing required field: image_url");
    }
  }

  #elements(block: Json, at: string, max: number, kind: "context" | "actions"): void {
    const elements = block["elements"];
    if (!Array.isArray(elements) || elements.length === 0) {
      this.add(`${at}/elements`, "must have at least 1 item");
      return;
    }
    if (elements.length > max) this.add(`${at}/elements`, `no more than ${max} items allowed`);
    const seen = new Set<unknown>();
    for (const [index, element] of elements.entries()) {
      const place = `${at}/elements/${index}`;
      if (kind === "context") this.#contextElement(element, place);
      else {
        this.#element(element, place);
        const id = isObject(element) ? element["action_id"] : undefined;
        if (id !== undefined && seen.has(id)) {
          this.add(place, `action_id ${JSON.stringify(id)} already exists in this block`);
        }
        seen.add(id);
        if (isObject(element) && INPUT_ONLY.has(String(element["type"]))) {
          this.add(place, `unsupported type: ${String(element["type"])}`);
        }
      }
    }
  }

  #contextElement(element: unknown, at: string): void {
    if (isObject(element) && element["type"] === "image") this.#image(element, at, 2_000);
    else if (isObject(element)) this.textObject(element, at, 2_000, "any");
    else this.add(at, "must be an object");
  }

  #input(block: Json, at: string): void {
    if (this.required(block, "label", at)) {
      this.textObject(block["label"], `${at}/label`, 2_000, "plain");
    }
    this.textObject(block["hint"], `${at}/hint`, 2_000, "plain");
    if (this.required(block, "element", at)) this.#element(block["element"], `${at}/element`);
    if (isObject(block["element"]) && block["element"]["type"] === "button") {
      this.add(`${at}/element`, "unsupported type: button");
    }
  }

  #element(element: unknown, at: string): void {
    if (!isObject(element)) {
      this.add(at, "must be an object");
      return;
    }
    const type = String(element["type"]);
    if (type === "image") {
      this.#image(element, at, 2_000);
      return;
    }
    if (!ELEMENT_TYPES.has(type)) {
      this.add(at, `unsupported type: ${type}`);
      return;
    }
    this.text(element["action_id"], `${at}/action_id`, 255);
    this.textObject(element["placeholder"], `${at}/placeholder`, 150, "plain");
    if (type === "button") this.#button(element, at);
    if (element["confirm"] !== undefined) this.#confirm(element["confirm"], `${at}/confirm`);
    this.#options(element, type, at);
    if (type === "plain_text_input") this.#plainTextInput(element, at);
  }

  #button(button: Json, at: string): void {
    if (this.required(button, "text", at)) {
      this.textObject(button["text"], `${at}/text`, 75, "plain");
    }
    this.text(button["value"], `${at}/value`, 2_000, 0);
    this.text(button["url"], `${at}/url`, 3_000);
    this.text(button["accessibility_label"], `${at}/accessibility_label`, 75);
    const style = button["style"];
    if (style !== undefined && style !== "primary" && style !== "danger") {
      this.add(`${at}/style`, "must be primary or danger");
    }
  }

  #confirm(confirm: unknown, at: string): void {
    if (!isObject(confirm)) {
      this.add(at, "must be an object");
      return;
    }
    const limits = { title: 100, text: 300, confirm: 30, deny: 30 };
    for (const [name, max] of Object.entries(limits)) {
      const kinds = name === "text" ? "any" : "plain";
      if (this.required(confirm, name, at)) {
        this.textObject(confirm[name], `${at}/${name}`, max, kinds);
      }
    }
  }

  #options(element: Json, type: string, at: string): void {
    const { options } = element;
    if (!Array.isArray(options)) {
      const needs = ["overflow", "checkboxes", "radio_buttons"].includes(type);
      if (needs) this.add(at, "missing required field: options");
      const isStatic = type === "static_select" || type === "multi_static_select";
      if (isStatic && element["option_groups"] === undefined) {
        this.add(at, "missing required field: options");
      }
      return;
    }
    const max =
      type === "overflow" ? 5 : type === "checkboxes" || type === "radio_buttons" ? 10 : 100;
    if (options.length > max) this.add(`${at}/options`, `no more than ${max} items allowed`);
    if (options.length === 0) this.add(`${at}/options`, "must have at least 1 item");
    for (const [index, option] of options.entries()) {
      const place = `${at}/options/${index}`;
      if (!isObject(option)) this.add(place, "must be an object");
      else {
        if (this.required(option, "text", place)) {
          this.textObject(option["text"], `${place}/text`, 75, "any");
        }
        if (this.required(option, "value", place)) {
          this.text(option["value"], `${place}/value`, 150);
        }
        this.textObject(option["description"], `${place}/description`, 75, "any");
      }
    }
  }

  #plainTextInput(element: Json, at: string): void {
    this.text(element["initial_value"], `${at}/initial_value`, 3_000, 0);
    const max = element["max_length"];
    if (typeof max === "number" && (max < 1 || max > 3_000)) {
      this.add(`${at}/max_length`, "must be between 1 and 3000");
    }
  }
}

/** With a block_id and action_ids for those that have none, like Slack. */
export function withIds(blocks: readonly Json[]): Json[] {
  return blocks.map((block) => {
    const copy: Json = structuredClone(block);
    copy["block_id"] ??= newId();
    for (const element of elementsOf(copy)) {
      if (ELEMENT_TYPES.has(String(element["type"]))) element["action_id"] ??= newId();
    }
    return copy;
  });
}

const newId = (): string => randomBytes(4).toString("base64url").slice(0, 5);

const elementsOf = (block: Json): Json[] => {
  const many = block["type"] === "rich_text" ? [] : (block["elements"] as Json[] | undefined);
  const more = [block["accessory"], block["element"]].filter(isObject);
  return [...(many ?? []), ...more, ...((block["actions"] as Json[] | undefined) ?? [])];
};

/** Something that can be pressed or filled in. */
export interface Control {
  blockId: string;
  actionId: string;
  /** `button`, `static_select`, … */
  type: string;
  /** What a person reads on it. */
  label: string;
  element: Json;
  block: Json;
}

export function controlsOf(blocks: readonly Json[]): Control[] {
  return blocks.flatMap((block) =>
    elementsOf(block)
      .filter((element) => ELEMENT_TYPES.has(String(element["type"])))
      .map((element) => ({
        blockId: String(block["block_id"]),
        actionId: String(element["action_id"]),
        type: String(element["type"]),
        label: plainOf(element["text"] ?? block["label"] ?? element["placeholder"]),
        element,
        block,
      })),
  );
}

/** What a person reads, a line for each text; the labels of what can be pressed in brackets. */
export function plainText(blocks: readonly Json[]): string {
  return blocks
    .map(blockText)
    .filter((text) => text !== "")
    .join("\n");
}

function blockText(block: Json): string {
  const lines: string[] = [];
  if (block["type"] === "rich_text") lines.push(richText(block));
  const names = ["title", "label", "text", "hint", "details", "output", "alt_text"];
  for (const name of names) lines.push(plainOf(block[name]));
  for (const name of ["fields", "tasks", "child_blocks"]) {
    for (const inner of (block[name] as Json[] | undefined) ?? []) {
      lines.push(inner["text"] === undefined ? blockText(inner) : plainOf(inner));
    }
  }
  if (block["type"] === "context") {
    for (const element of (block["elements"] as Json[] | undefined) ?? []) {
      lines.push(plainOf(element["alt_text"] ?? element));
    }
  }
  for (const { type, label } of controlsOf([block])) {
    if (type === "button" || type === "workflow_button") lines.push(`[${label}]`);
  }
  for (const row of (block["rows"] as Json[][] | undefined) ?? []) {
    lines.push(row.map((cell) => plainOf(cell)).join(" | "));
  }
  return lines.filter((line) => line !== "").join("\n");
}

function plainOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (!isObject(value)) return "";
  if (value["type"] === "rich_text") return richText(value);
  return typeof value["text"] === "string" ? value["text"] : "";
}

function richText(value: Json): string {
  const { type } = value;
  if (type === "text") return String(value["text"]);
  if (type === "link") return String(value["text"] ?? value["url"]);
  if (type === "user") return `<@${String(value["user_id"])}>`;
  if (type === "usergroup") return `<!subteam^${String(value["usergroup_id"])}>`;
  if (type === "broadcast") return `<!${String(value["range"])}>`;
  if (type === "channel") return `<#${String(value["channel_id"])}>`;
  if (type === "emoji") return `:${String(value["name"])}:`;
  const inner = (value["elements"] as Json[] | undefined) ?? [];
  const separator = type === "rich_text" || type === "rich_text_list" ? "\n" : "";
  return inner.map(richText).join(separator);
}
