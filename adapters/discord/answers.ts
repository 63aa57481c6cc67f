/** What one person gets: answers that nobody else sees, and forms. */
import type { ChatForm, ChatPerson, ChatPlace, Reply } from "../../src/chat/chat-event.ts";
import { MessageGone, PlaceRefused, SendUncertain } from "../../src/chat/chat-platform.ts";
import { UserError } from "../../src/errors.ts";
import type { Logger } from "../../src/log.ts";
import { HostBusy } from "../../src/ports.ts";
import { cutAll, renderSegment } from "../../src/rendering/segments.ts";
import { neutraliseDiscord } from "../../src/rendering/neutralise.ts";
import type { DiscordClient } from "./client.ts";
import type { Component } from "./components/component.ts";
import { link, textDisplay } from "./components/component.ts";
import { renderMarkdown } from "./components/content.ts";
import { CODE, causeCodeOf } from "./errors.ts";
import { modalOf } from "./forms.ts";
import { FLAGS, QUIET } from "./message-body.ts";
import { addressOf, isId } from "./place.ts";
import type { DirectChannels } from "./private-messages.ts";
import { parseResponse } from "./responses.ts";
import type { InteractionResponse } from "./responses.ts";

/** What one answer is cut into; more of them say where the rest is. */
const BUDGET = { limit: 1_900, measure: (part: string) => neutraliseDiscord(part).length };
const MAX_PARTS = 5;
const MAX_KNOWN = 5_000;

const CLOSED =
  "I could not send you a direct message; allow them from this server, or use `/rfc …`, whose answers only you see.";

const tooLate = (options?: ErrorOptions): UserError =>
  new UserError("not-ready", "That took too long; press it again.", options);

export class DiscordAnswers {
  readonly #client: DiscordClient;
  readonly #directs: DirectChannels;
  readonly #logger: Logger;
  /** Interactions that have had their first answer, by token. */
  readonly #answered = new Set<string>();

  constructor(client: DiscordClient, directs: DirectChannels, logger: Logger) {
    this.#client = client;
    this.#directs = directs;
    this.#logger = logger;
  }

  /** Where they pressed or called something it is seen by them alone; else it is a direct message. */
  async tell(to: ChatPerson, reply: Reply | ChatPlace, markdown: string): Promise<void> {
    const parts = partsOf(markdown);
    try {
      if (await this.#respond(reply, parts)) return;
      await this.#message(to, reply, parts);
    } catch (error) {
      // It may have been seen; nothing hangs on it, and twice would be one too many.
      if (!(error instanceof SendUncertain)) throw error;
    }
  }

  /** False where there is no way to answer so. */
  async #respond(reply: Reply | ChatPlace, parts: readonly string[]): Promise<boolean> {
    const hook = "place" in reply ? null : parseResponse(reply.responseUrl ?? "");
    if (!hook || "place" in reply) return false;
    const bodies = parts.map((content) => ({
      content,
      flags: FLAGS.ephemeral | FLAGS.suppressEmbeds,
      ...QUIET,
    }));
    try {
      const isFirst = await this.#begin(hook, reply, bodies[0]!);
      for (const body of isFirst ? bodies.slice(1) : bodies) await this.#followUp(hook, body);
      return true;
    } catch (error) {
      const isThinking = hook.state !== "followup" && !this.#answered.has(hook.token);
      // What is still thinking is answered when this is done again.
      if (error instanceof HostBusy && isThinking) throw error;
      if (!(error instanceof PlaceRefused || error instanceof HostBusy)) throw error;
      this.#logger.info({ err: error }, "an interaction takes no answers any more");
      return false;
    }
  }

  /** False where nothing waits for a first answer any more. */
  async #begin(hook: InteractionResponse, reply: Reply, body: object): Promise<boolean> {
    if (hook.state === "followup" || this.#answered.has(hook.token)) return false;
    const isFirst =
      (hook.state === "form" && (await this.#answerFirst(reply, body))) ||
      (await this.#replace(hook, body));
    if (this.#answered.size >= MAX_KNOWN) this.#answered.clear();
    this.#answered.add(hook.token);
    return isFirst;
  }

  /** In place of what is thinking, for whom that was; the same again changes nothing. */
  async #replace(hook: InteractionResponse, body: object): Promise<boolean> {
    const request = { method: "PATCH", route: originalOf(hook), body, auth: false } as const;
    const send = () => this.#client.ask(request, REPLACES);
    try {
      await send().catch((error: unknown) => {
        if (!(error instanceof HostBusy)) throw error;
        return send();
      });
      return true;
    } catch (error) {
      // A form was the first answer.
      if (error instanceof MessageGone) return false;
      throw error;
    }
  }

  async #followUp(hook: InteractionResponse, body: object): Promise<void> {
    const route = `/webhooks/${hook.applicationId}/${hook.token}` as const;
    await this.#client.ask({ method: "POST", route, body, auth: false }, WRITES);
  }

  /** Where a form might have been the first answer; false where something else was. */
  async #answerFirst({ trigger }: Reply, data: object): Promise<boolean> {
    if (trigger === null) return false;
    const route = `/interactions/${trigger}/callback` as const;
    const body = { type: ANSWER.message, data };
    try {
      await this.#client.ask({ method: "POST", route, body, auth: false }, WRITES);
      return true;
    } catch (error) {
      // Where it was lost, what takes the place of it says the same.
      if (isLate(error) || error instanceof SendUncertain) return false;
      throw error;
    }
  }

  async #message(
    to: ChatPerson,
    reply: Reply | ChatPlace,
    parts: readonly string[],
  ): Promise<void> {
    const from = this.#originOf(to, reply);
    try {
      const direct = from.isDirect ? from.thread : await this.#directs.of(to.id);
      for (const part of parts) {
        const where =
          from.isDirect || from.url === null ? [] : [`-# ${link(from.url, "Where you asked")}`];
        await this.#send(direct, [part, ...where].map(textDisplay));
      }
    } catch (error) {
      if (!isClosed(error) || from.isDirect) throw error;
      await this.#send(from.thread, [textDisplay(CLOSED)]);
    }
  }

  /** With components, so that it is never taken for a message of the conversation. */
  async #send(channel: string, components: readonly Component[]): Promise<void> {
    const body = { components, flags: FLAGS.componentsV2, ...QUIET };
    await this.#client.ask(
      { method: "POST", route: `/channels/${channel}/messages`, body },
      WRITES,
    );
  }

  #originOf(to: ChatPerson, reply: Reply | ChatPlace): Origin {
    const { workspaceId } = to;
    const thread = "place" in reply ? addressOf(reply).thread : (reply.thread ?? reply.channel);
    const url = `https://discord.com/channels/${workspaceId || "@me"}/${thread}`;
    return { thread, isDirect: workspaceId === "", url: isId(thread) ? url : null };
  }

  async openForm(_to: ChatPerson, reply: Reply, form: ChatForm): Promise<void> {
    if (reply.trigger === null) throw tooLate();
    const body = { type: ANSWER.modal, data: modalOf(form) };
    const route = `/interactions/${reply.trigger}/callback` as const;
    try {
      await this.#client.ask({ method: "POST", route, body, auth: false }, WRITES);
    } catch (error) {
      if (isLate(error)) throw tooLate({ cause: error });
      if (!(error instanceof SendUncertain) && !(error instanceof HostBusy)) throw error;
      const words = "Discord did not answer; press it again if no form appears.";
      throw new UserError("host-busy", words, { cause: error });
    }
  }

  /** Takes away what is still “thinking”, where nothing was to be said. Never rejects. */
  async settle({ responseUrl }: Pick<Reply, "responseUrl">): Promise<void> {
    const hook = parseResponse(responseUrl ?? "");
    if (!hook) return;
    try {
      if (!(await this.#isThinking(hook))) return;
      await this.#client.ask({ method: "DELETE", route: originalOf(hook), auth: false }, LOOKS);
    } catch (error) {
      this.#logger.debug({ err: error }, "a deferral is not settled");
    }
  }

  async #isThinking(hook: InteractionResponse): Promise<boolean> {
    if (hook.state === "followup") return false;
    const request = { method: "GET", route: originalOf(hook), auth: false } as const;
    const { flags } = await this.#client.call(request, LOOKS);
    return (Number(flags) & FLAGS.loading) !== 0;
  }
}

interface Origin {
  /** The thread or channel in which it was done. */
  thread: string;
  isDirect: boolean;
  url: string | null;
}

/** Of a first answer. Source: Discord's API reference, "Interaction Callback Type". */
const ANSWER = { message: 4, modal: 9 };
const WRITES = { kind: "write", needs: "Send Messages" } as const;
const REPLACES = { kind: "read", needs: "Send Messages" } as const;
const LOOKS = { kind: "read", needs: "Send Messages" } as const;

const originalOf = ({ applicationId, token }: InteractionResponse) =>
  `/webhooks/${applicationId}/${token}/messages/@original` as const;

/** Whether somebody answered before, or Discord waits no longer. */
function isLate(error: unknown): boolean {
  const code = causeCodeOf(error);
  return code === CODE.alreadyAnswered || code === CODE.unknownInteraction;
}

function isClosed(error: unknown): boolean {
  const code = causeCodeOf(error);
  return code === CODE.noDirectMessages || code === CODE.noDirectMessagesFromServer;
}

/** Cut as an answer is. */
function partsOf(markdown: string): string[] {
  const segments = cutAll(markdown, BUDGET);
  const shown = segments.slice(0, MAX_PARTS).map((segment) => renderSegment(markdown, segment));
  const all = shown.length > 0 ? shown.map((part) => renderMarkdown(part)) : [renderMarkdown("")];
  return segments.length > MAX_PARTS
    ? [...all.slice(0, -1), `${all.at(-1)!.slice(0, 1_900)}\n…`]
    : all;
}
