/** What one person gets: answers that nobody else sees, forms, and their home. */
import type { ChatForm, ChatPerson, ChatPlace, Reply } from "../../src/chat/chat-event.ts";
import { PlaceRefused, SendUncertain } from "../../src/chat/chat-platform.ts";
import type { Home } from "../../src/chat/home.ts";
import { UserError } from "../../src/errors.ts";
import type { Logger } from "../../src/log.ts";
import { HostBusy } from "../../src/ports.ts";
import { isAnswerAddress } from "./answer-address.ts";
import { renderMarkdown } from "./blocks/content.ts";
import type { SlackClient } from "./client.ts";
import { codeOf } from "./errors.ts";
import { formView } from "./forms.ts";
import { homeView } from "./home.ts";
import { metadataOf } from "./metadata.ts";
import { addressOf, inThread, isDirect } from "./address.ts";
import type { SlackAddress } from "./address.ts";

const TIMEOUT_MS = 5_000;
const TRIGGER_GONE = new Set(["expired_trigger_id", "invalid_trigger_id", "exchanged_trigger_id"]);

const tooLate = (options?: ErrorOptions): UserError =>
  new UserError("not-ready", "That took too long; press the button again.", options);

export class SlackAnswers {
  readonly #client: SlackClient;
  readonly #apiUrl: string;
  readonly #logger: Logger;

  constructor(client: SlackClient, apiUrl: string, logger: Logger) {
    this.#client = client;
    this.#apiUrl = apiUrl;
    this.#logger = logger;
  }

  async tell(to: ChatPerson, reply: Reply | ChatPlace, markdown: string): Promise<void> {
    const at = "place" in reply ? addressOf(reply) : { ...reply, teamId: to.workspaceId };
    const responseUrl = "place" in reply ? null : reply.responseUrl;
    try {
      await this.#tellThere(to, at, markdown);
    } catch (error) {
      // It may have been seen; nothing hangs on it, and twice would be one too many.
      if (error instanceof SendUncertain) return;
      const mayAnswer = error instanceof PlaceRefused || error instanceof HostBusy;
      const isTold =
        mayAnswer && responseUrl !== null && (await this.#respond(responseUrl, markdown));
      if (!isTold) throw error;
    }
  }

  async #tellThere(to: ChatPerson, at: SlackAddress, markdown: string): Promise<void> {
    const message = { ...inThread(at), ...renderMarkdown(markdown) };
    if (isDirect(at.channel)) {
      const quiet = { unfurl_links: false, unfurl_media: false };
      // With a key, so that it is never taken for a message of the conversation.
      const args = { ...message, ...quiet, metadata: metadataOf("told") };
      await this.#client.call(at.teamId, "chat.postMessage", args, { kind: "post" });
      return;
    }
    const args = { ...message, user: to.id };
    await this.#client.call(at.teamId, "chat.postEphemeral", args, { kind: "post" });
  }

  /** By the address that came with what the person did; it works where Redline is no member. */
  async #respond(url: string, markdown: string): Promise<boolean> {
    if (!isAnswerAddress(url, this.#apiUrl)) {
      this.#logger.warn({}, "an answer's address is none of Slack's, and was not used");
      return false;
    }
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          response_type: "ephemeral",
          replace_original: false,
          ...renderMarkdown(markdown),
        }),
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      return response.ok;
    } catch (error) {
      this.#logger.warn({ err: error }, "an answer did not reach its address");
      return false;
    }
  }

  async openForm(to: ChatPerson, reply: Reply, form: ChatForm): Promise<void> {
    if (reply.trigger === null) throw tooLate();
    const args = { trigger_id: reply.trigger, view: formView(form, reply) };
    try {
      await this.#client.call(to.workspaceId, "views.open", args, { kind: "post" });
    } catch (error) {
      const code = codeOf((error as Error).cause);
      if (code !== null && TRIGGER_GONE.has(code)) throw tooLate({ cause: error });
      if (!(error instanceof SendUncertain) && !(error instanceof HostBusy)) throw error;
      const words = "Slack did not answer; press the button again if no form appears.";
      throw new UserError("host-busy", words, { cause: error });
    }
  }

  async publishHome(to: ChatPerson, home: Home): Promise<void> {
    const args = { user_id: to.id, view: homeView(home) };
    // The same again changes nothing, so that a lost answer is as good as a late one.
    await this.#client.call(to.workspaceId, "views.publish", args, { kind: "read" });
  }
}
