/** Real messages of the platforms, one of each kind that Redline takes. */
import type { Json } from "./mutations.ts";

type JsonObject = { [name: string]: Json };

const sender = { id: 7, login: "octo-cat" };
const repository = { full_name: "acme/rfcs", id: 1, private: true };
const pull = {
  number: 12,
  title: "Retries",
  head: { ref: "ideas/one", sha: "a".repeat(40), repo: repository },
};
const at = { repository, sender };
const comment = { id: 5, body: "Why?", user: sender };

export const GITHUB_DELIVERIES: readonly { name: string; payload: JsonObject }[] = [
  {
    name: "push",
    payload: {
      ref: "refs/heads/main",
      created: false,
      deleted: false,
      forced: false,
      commits: [{ id: "b".repeat(40), message: "One" }],
      ...at,
    },
  },
  { name: "ping", payload: { zen: "Keep it logically awesome.", hook_id: 1, ...at } },
  { name: "pull_request", payload: { action: "opened", pull_request: pull, ...at } },
  {
    name: "pull_request_review",
    payload: { action: "submitted", pull_request: pull, review: comment, ...at },
  },
  {
    name: "pull_request_review_comment",
    payload: { action: "created", pull_request: pull, comment, ...at },
  },
  {
    name: "pull_request_review_thread",
    payload: { action: "resolved", pull_request: pull, thread: { comments: [comment] }, ...at },
  },
  {
    name: "issue_comment",
    payload: {
      action: "created",
      issue: { number: 12, pull_request: { url: "https://api.github.com/x" } },
      comment,
      ...at,
    },
  },
  { name: "installation", payload: { action: "suspend", installation: { id: 3 }, sender } },
  {
    name: "installation_repositories",
    payload: { action: "added", repositories_added: [repository], sender },
  },
];

const authorizations = [{ team_id: "T1", user_id: "U0BOT", is_bot: true, enterprise_id: null }];
const envelope = (event: JsonObject): JsonObject => ({
  type: "event_callback",
  team_id: "T1",
  api_app_id: "A1",
  event_id: "Ev1",
  event_time: 1_700_000_000,
  authorizations,
  event,
});
const said = {
  type: "message",
  channel: "C1",
  channel_type: "channel",
  user: "U1",
  text: "<@U0BOT> link rfc new\n&gt; a quote of <@U2|bob> in <#C2|rfcs> <https://x.example|x>",
  ts: "1700000000.000100",
  thread_ts: "1700000000.000001",
  event_ts: "1700000000.000100",
};
const person = {
  team: { id: "T1", domain: "acme" },
  user: { id: "U1", name: "ada", team_id: "T1" },
  api_app_id: "A1",
  enterprise: null,
  is_enterprise_install: false,
  trigger_id: "1.2.3",
  response_url: "https://hooks.slack.com/actions/T1/1/x",
};
const REF = "5f0c7a52-7e9e-4c40-9d59-6a2f0b6f6a01";
const metadata = JSON.stringify({
  ref: REF,
  reply: { channel: "C1", thread: "1.2", trigger: null, responseUrl: null },
});
const action = (action_id: string, more: JsonObject): JsonObject => ({
  type: "block_actions",
  ...person,
  channel: { id: "C1", name: "rfcs" },
  container: { type: "message", message_ts: "1.3", channel_id: "C1", thread_ts: "1.2" },
  message: { ts: "1.3", thread_ts: "1.2", text: "Change #1" },
  actions: [{ action_id, block_id: "b", type: "button", ...more }],
});

export const SLACK_BODIES: readonly JsonObject[] = [
  envelope(said),
  envelope({ ...said, type: "app_mention" }),
  envelope({
    ...said,
    subtype: "message_changed",
    message: { ...said, edited: { user: "U1", ts: "1.4" } },
    previous_message: { ...said, text: "before" },
  }),
  envelope({ ...said, subtype: "message_deleted", deleted_ts: "1.1", previous_message: said }),
  envelope({ type: "app_home_opened", user: "U1", channel: "D1", tab: "home", event_ts: "1.5" }),
  envelope({
    type: "agent_session_stopped",
    channel: "C1",
    user: "U1",
    thread_ts: "1.2",
    streaming_message_ts: ["1.6"],
  }),
  envelope({ type: "channel_deleted", channel: "C1", event_ts: "1.7" }),
  envelope({ type: "channel_archive", channel: "C1", user: "U1", event_ts: "1.8" }),
  envelope({ type: "channel_left", channel: "C1", actor_id: "U1", event_ts: "1.9" }),
  envelope({ type: "app_uninstalled", event_ts: "1.9" }),
  envelope({ type: "tokens_revoked", tokens: { oauth: [], bot: ["U0BOT"] }, event_ts: "1.9" }),
  { type: "url_verification", token: "t", challenge: "c" },
  {
    command: "/rfc",
    text: "link rfc new",
    team_id: "T1",
    channel_id: "C1",
    channel_name: "rfcs",
    user_id: "U1",
    trigger_id: "1.2.3",
    response_url: "https://hooks.slack.com/commands/T1/1/x",
    api_app_id: "A1",
    is_enterprise_install: "false",
  },
  action("redline:accept", { value: REF }),
  action("redline:place", {
    type: "static_select",
    selected_option: { text: { type: "plain_text", text: "1" }, value: `${REF}#2` },
  }),
  action("redline:page:3", { value: REF }),
  {
    type: "view_submission",
    ...person,
    view: {
      id: "V1",
      type: "modal",
      callback_id: "redline:form:decline",
      private_metadata: metadata,
      state: { values: { reason: { value: { type: "plain_text_input", value: "No." } } } },
    },
  },
  {
    type: "view_submission",
    ...person,
    view: {
      id: "V1",
      type: "modal",
      callback_id: "redline:form:discuss",
      private_metadata: metadata,
      state: {
        values: {
          rfc: { value: { type: "static_select", selected_option: { value: "rfc" } } },
          question: { value: { type: "plain_text_input", value: null } },
        },
      },
    },
  },
  {
    type: "message_action",
    ...person,
    callback_id: "redline:discuss",
    action_ts: "1.4",
    message_ts: "1.3",
    channel: { id: "C1", name: "rfcs" },
    message: said,
  },
];

const GUILD = "100000000000000001";
const CHANNEL = "100000000000000002";
const THREAD = "100000000000000003";
const ME = "100000000000000009";
const ada = { id: "100000000000000011", username: "ada", global_name: "Ada" };
const member = { user: ada, nick: "A", roles: [GUILD], permissions: "32" };
const message = {
  id: "100000000000000100",
  type: 0,
  guild_id: GUILD,
  channel_id: THREAD,
  content: `<@${ME}> link rfc\n> a quote <#${CHANNEL}> <@&${GUILD}>`,
  author: ada,
  member,
  mentions: [{ id: ME, username: "Redline", bot: true }],
  mention_roles: [GUILD],
  edited_timestamp: null,
  timestamp: "2026-01-01T00:00:00.000Z",
  message_reference: { channel_id: THREAD, message_id: "100000000000000099" },
  referenced_message: { id: "100000000000000099", content: "before", author: ada },
  attachments: [{ id: "1", filename: "a.md", url: "https://cdn.example/a.md" }],
};
const interaction = (type: number, data: JsonObject): JsonObject => ({
  id: "100000000000000200",
  application_id: ME,
  type,
  token: "a-token",
  guild_id: GUILD,
  channel_id: THREAD,
  channel: { id: THREAD, type: 11, parent_id: CHANNEL },
  member,
  context: 0,
  locale: "en-US",
  version: 1,
  data,
});
const option = (name: string, type: number, more: JsonObject): JsonObject => ({
  name,
  type,
  ...more,
});

/** The first two tell of the server. */
export const DISCORD_DISPATCHES: readonly { name: string; data: JsonObject }[] = [
  { name: "READY", data: { user: { id: ME }, session_id: "s", application: { id: ME } } },
  {
    name: "GUILD_CREATE",
    data: {
      id: GUILD,
      owner_id: ada.id,
      roles: [{ id: GUILD, name: "@everyone", permissions: "1024" }],
      channels: [{ id: CHANNEL, type: 0, name: "rfcs", permission_overwrites: [] }],
      threads: [{ id: THREAD, type: 11, parent_id: CHANNEL, name: "ideas" }],
      members: [member],
    },
  },
  { name: "MESSAGE_CREATE", data: message },
  {
    name: "MESSAGE_UPDATE",
    data: { ...message, edited_timestamp: "2026-01-01T00:00:01.000Z", content: "after" },
  },
  { name: "MESSAGE_DELETE", data: { id: message.id, channel_id: THREAD, guild_id: GUILD } },
  {
    name: "MESSAGE_DELETE_BULK",
    data: { ids: [message.id, "1"], channel_id: THREAD, guild_id: GUILD },
  },
  { name: "CHANNEL_UPDATE", data: { id: CHANNEL, guild_id: GUILD, type: 0, name: "other" } },
  { name: "CHANNEL_DELETE", data: { id: CHANNEL, guild_id: GUILD, type: 0 } },
  {
    name: "THREAD_CREATE",
    data: { id: THREAD, guild_id: GUILD, parent_id: CHANNEL, type: 11, name: "ideas" },
  },
  {
    name: "THREAD_LIST_SYNC",
    data: { guild_id: GUILD, threads: [{ id: THREAD, type: 11, parent_id: CHANNEL, name: "x" }] },
  },
  { name: "THREAD_DELETE", data: { id: THREAD, guild_id: GUILD, parent_id: CHANNEL, type: 11 } },
  {
    name: "GUILD_ROLE_UPDATE",
    data: { guild_id: GUILD, role: { id: GUILD, name: "@everyone", permissions: "0" } },
  },
  { name: "GUILD_MEMBER_UPDATE", data: { guild_id: GUILD, ...member } },
  { name: "GUILD_DELETE", data: { id: GUILD } },
  {
    name: "INTERACTION_CREATE",
    data: interaction(2, {
      id: "1",
      name: "rfc",
      type: 1,
      options: [
        option("maintainers", 2, {
          options: [option("add", 1, { options: [option("user", 6, { value: ada.id })] })],
        }),
      ],
      resolved: { users: { [ada.id]: ada }, roles: { [GUILD]: { id: GUILD, name: "x" } } },
    }),
  },
  {
    name: "INTERACTION_CREATE",
    data: interaction(2, {
      id: "1",
      name: "rfc",
      type: 1,
      options: [option("link", 1, { options: [option("rfc", 3, { value: "rfc new" })] })],
    }),
  },
  {
    name: "INTERACTION_CREATE",
    data: interaction(2, {
      id: "1",
      name: "Discuss in RFC",
      type: 3,
      target_id: message.id,
      resolved: { messages: { [message.id]: message } },
    }),
  },
  {
    name: "INTERACTION_CREATE",
    data: interaction(2, {
      id: "1",
      name: "Propose edit",
      type: 3,
      target_id: message.id,
      resolved: { messages: { [message.id]: message } },
    }),
  },
  {
    name: "INTERACTION_CREATE",
    data: interaction(3, {
      custom_id: `redline:accept::${REF}`,
      component_type: 2,
      values: ["1"],
    }),
  },
  {
    name: "INTERACTION_CREATE",
    data: interaction(4, {
      id: "1",
      name: "rfc",
      type: 1,
      options: [
        option("accept", 1, { options: [option("change", 4, { value: "1", focused: true })] }),
      ],
    }),
  },
  {
    name: "INTERACTION_CREATE",
    data: interaction(5, {
      custom_id: `redline:form.decline::${REF}`,
      components: [
        { type: 18, component: { type: 4, custom_id: "reason", value: "No." } },
        { type: 1, components: [{ type: 3, custom_id: "rfc", values: ["rfc"] }] },
      ],
    }),
  },
];
