/**
 * Answers interactions within the three seconds that Discord gives, from the process that hears of them, whatever
 * becomes of them afterwards.
 */
import { setMaxListeners } from "node:events";

import { InteractionResponseType, InteractionType } from "discord.js";
import type { REST } from "discord.js";
import type { CommandSuggestion, PartialCommand } from "../../src/chat/suggesting.ts";
import type { Json } from "../../src/json.ts";
import { record, text } from "../../src/json.ts";
import type { Logger } from "../../src/log.ts";
import { pause, settledWithin } from "../../src/waiting.ts";
import { focusedOption } from "./commands.ts";
import { respond } from "./dispatch.ts";
import { commandPlace, person } from "./envelope-events.ts";
import type { Envelope } from "./envelopes.ts";
import { planResponse } from "./response-plan.ts";
import type { ResponsePlan } from "./response-plan.ts";

export interface ResponderOptions {
  rest: REST;
  /** What is offered while somebody writes a command. */
  suggest(partial: PartialCommand): Promise<readonly CommandSuggestion[]>;
  logger: Logger;
}

/** Discord's bounds of suggestions. */
const MOST = { choices: 25, name: 100 };
/** Nothing is offered that comes later. */
const SUGGEST_MS = 2_000;
/** What is deferred before it is stored would be “thinking” for ever if this process died in between. */
const STORE_MS = 500;

export class Responder {
  readonly #options: ResponderOptions;
  readonly #closing = new AbortController();
  readonly #working = new Set<Promise<void>>();

  constructor(options: ResponderOptions) {
    this.#options = options;
    // Each form that is waited for listens.
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * Defers it once it is stored, or when that takes too long; where a form is to be opened, once that has not
   * happened in time.
   */
  defer(interaction: Json, stored: Promise<void>): void {
    const plan = planResponse(interaction);
    if (plan) this.#track(this.#defer(interaction, plan, stored));
  }

  /** @param envelope of an interaction that asks what could be written */
  complete(envelope: Envelope): void {
    this.#track(this.#complete(envelope));
  }

  /** What is under way is done, or Discord takes no more of it. */
  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    await settledWithin(Promise.all(this.#working), graceMs);
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#working.delete(tracked));
    this.#working.add(tracked);
  }

  async #defer(
    interaction: Json,
    { deferral, afterMs }: ResponsePlan,
    stored: Promise<void>,
  ): Promise<void> {
    // On closing at once: nobody else would.
    if (afterMs > 0) await pause(afterMs, this.#closing.signal);
    else await settledWithin(stored, STORE_MS);
    await this.#respond(interaction, deferral);
  }

  async #complete(envelope: Envelope): Promise<void> {
    const { d, guildId } = envelope;
    const focused = focusedOption(record(d["data"]));
    const user = text(record(d["user"])["id"]);
    if (focused === null || user === null) return;
    const { command, typed, isNumber } = focused;
    const partial = { at: commandPlace(envelope), by: person(user, guildId), command, typed };
    const asked = this.#options.suggest(partial).catch(() => []);
    const found = (await settledWithin(asked, SUGGEST_MS)) ? await asked : [];
    const choices = found.slice(0, MOST.choices).flatMap(({ name, value }) => {
      if (isNumber && !/^\d{1,9}$/u.test(value)) return [];
      return [{ name: name.slice(0, MOST.name), value: isNumber ? Number(value) : value }];
    });
    const type = InteractionResponseType.ApplicationCommandAutocompleteResult;
    await this.#respond(d, { type, data: { choices } });
  }

  async #respond(interaction: Json, body: Json): Promise<void> {
    const { rest, logger } = this.#options;
    let outcome = await respond(rest, interaction, body);
    // Once more, as long as there is time; where the first did arrive it is told.
    if (outcome === "failed") outcome = await respond(rest, interaction, body);
    if (outcome === "answered" || outcome === "second") return;
    logger.warn({ id: interaction["id"], outcome }, "an interaction was not answered in time");
  }
}

export function isCompletion(interaction: Json): boolean {
  return interaction["type"] === InteractionType.ApplicationCommandAutocomplete;
}
