/**
 * Every call of chat with what belongs to another company: ids, slugs, numbers, addresses, and controls and forms
 * that were forged. Nothing of the one is shown to the other, and nothing of it changes. What is tried is taken from
 * the source, so that whatever is new fails until it is tried here; the console's calls are in
 * `test/sign-in/every-route.test.ts`.
 */
import { readFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DISCUSS as SLACK_DISCUSS } from "../../adapters/slack/manifest.ts";
import { DISCUSS, PROPOSE } from "../../adapters/discord/commands.ts";
import type { FormKind } from "../../src/chat/chat-event.ts";
import type { CommandName } from "../../src/commands/command.ts";
import { COMMANDS } from "../../src/commands/grammar.ts";
import { interact } from "../fakes/discord/interactions.ts";
import type { Json } from "../fakes/slack/model.ts";
import { readAll } from "../support/read-all.ts";
import { until } from "../support/test-app.ts";
import type { Company } from "./two-tenants.ts";
import { CANARY, TwoTenants } from "./two-tenants.ts";

let tenants: TwoTenants;
/** What belongs to the one company, by kind. */
let theirs: Ids;

interface Ids {
  slug: string;
  /** Of cards, lists, proposals: what controls carry. */
  refs: string[];
  /** Of everything else that has an id. */
  ids: string[];
  numbers: number[];
  /** Of an invitation into their conversation. */
  code: string;
  addresses: string[];
  people: string[];
}

beforeAll(async () => {
  tenants = await TwoTenants.start();
  const { slack, discord } = tenants.one;
  slack.boss.says(slack.channel, `${slack.team.mention} share`, { threadTs: slack.ts });
  await tenants.settled();
  theirs = await idsOf(tenants.one, [slack.team.id, discord.guild.id]);
});
afterAll(() => tenants[Symbol.asyncDispose]());

async function idsOf(company: Company, workspaces: string[]): Promise<Ids> {
  const { sql } = tenants.world.app;
  const threads = await sql<{ id: string }[]>`
    select t.id from threads t join thread_links n on n.thread_id = t.id
    where n.workspace_id in ${sql(workspaces)}`;
  const inThem = sql(threads.map(({ id }) => id));
  const changes = await sql<{ id: string; number: number }[]>`
    select id, number from changes where thread_id in ${inThem}`;
  const rows = await sql<{ id: string }[]>`
    select id::text from thread_links where thread_id in ${inThem}
    union all select id::text from turns where thread_id in ${inThem}
    union all select id::text from thread_messages where thread_id in ${inThem}
    union all select id::text from concerns where thread_id in ${inThem}
    union all select id::text from merge_proposals where thread_id in ${inThem}`;
  const refs = await sql<{ id: string }[]>`
    select d.id::text from deliveries d join thread_links n on n.id = d.link_id
    where n.thread_id in ${inThem}`;
  const { slack, discord } = company;
  const told = tenants.world.slack.ephemerals(slack.channel, slack.boss.id);
  const code = /join:[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}/.exec(JSON.stringify(told))?.[0] ?? "";
  expect(code).not.toBe("");
  const domain = slack.team.state.domain;
  expect([threads.length, changes.length >= 2, refs.length >= 4]).toEqual([2, true, true]);
  return {
    slug: company.slug,
    refs: refs.map(({ id }) => id),
    ids: [...threads, ...changes, ...rows].map(({ id }) => id),
    numbers: changes.map(({ number }) => number),
    code,
    addresses: [
      tenants.world.repository.url,
      `https://${domain}.slack.com/archives/${slack.channel.id}/p${slack.ts.replace(".", "")}`,
      `https://discord.com/channels/${discord.guild.id}/${discord.thread.id}/1`,
      `${tenants.world.app.url}/rfcs/${company.slug}/threads/${threads[0]!.id}`,
    ],
    people: [slack.boss.id, discord.boss.id],
  };
}

/** What each command is given; whatever is named is the other company's. */
const COMMAND_CASES: Readonly<Record<CommandName, (ids: Ids) => string[]>> = {
  link: ({ slug, code, addresses, ids }) => [
    `link ${slug}`,
    `link ${slug} new`,
    `link ${slug} join 1`,
    `link ${code}`,
    ...addresses.map((address) => `link ${address}`),
    `link ${ids[0]} new`,
  ],
  share: () => ["share"],
  unlink: ({ slug }) => ["unlink", `unlink ${slug}`],
  status: ({ slug }) => ["status", `status ${slug}`],
  changes: ({ slug }) => ["changes", `changes ${slug}`],
  accept: ({ numbers, ids }) => [...numbers.map((n) => `accept ${n + 2}`), `accept ${ids[0]}`],
  decline: ({ numbers, ids }) => [
    ...numbers.map((n) => `decline ${n + 2} because`),
    `decline ${ids[0]}`,
  ],
  concern: () => ["concern resolve 2 it is done", "concern withdraw 2"],
  concerns: ({ slug }) => ["concerns", `concerns ${slug}`],
  "propose-merge": ({ slug }) => [`propose-merge ${slug}`, "propose-merge agree"],
  model: ({ ids }) => [`model ${ids[0]}`],
  mode: () => ["mode"],
  stop: () => ["stop"],
  maintainers: ({ people, slug }) => [
    "maintainers",
    ...people.map((id) => `maintainers add <@${id}>`),
    ...people.map((id) => `maintainers remove <@${id}>`),
    `maintainers add <@${people[0]}> ${slug}`,
  ],
  connect: () => ["connect", "connect join"],
  disconnect: () => ["disconnect"],
  watch: ({ slug, ids }) => [`watch ${slug}`, `watch ${ids[0]}`],
  unwatch: ({ slug }) => [`unwatch ${slug}`],
  mute: ({ slug, people }) => [`mute ${slug}`, `mute <@${people[0]}>`],
  unmute: ({ slug }) => [`unmute ${slug}`],
  notify: () => ["notify"],
  catchup: ({ slug }) => ["catchup", `catchup ${slug}`],
  export: ({ slug }) => ["export", `export ${slug}`],
  forget: ({ people }) => ["forget", `forget <@${people[0]}>`],
  help: ({ slug }) => [`help ${slug}`],
};

const FORM_CASES: Readonly<Record<FormKind, (ids: Ids) => Record<string, string>>> = {
  decline: () => ({ reason: "No." }),
  edit: () => ({ proposed: "stolen", reason: "So." }),
  concern: () => ({ text: "What of it?" }),
  discuss: ({ slug }) => ({ rfc: slug, question: "What is it?" }),
  propose: () => ({ original: "one minute", proposed: "stolen", reason: "So." }),
};

/** What buttons and menus do. */
const ACTIONS = [
  "page",
  "agree",
  "object",
  "accept",
  "concern",
  "decline",
  "edit",
  "confirm",
  "place",
];

it("whatever people can do in chat is tried here", async () => {
  const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
  const [cards, events] = await Promise.all([
    read("src/chat/cards.ts"),
    read("src/chat/chat-event.ts"),
  ]);
  const known = [...cards.matchAll(/event\.action === "(\w+)"|case "(\w+)"/g)];
  expect([...new Set(known.map(([, one, two]) => one ?? two!))].toSorted()).toEqual(
    ACTIONS.toSorted(),
  );
  const forms = /type FormKind = ([^;]*);/.exec(events)![1]!.match(/\w+/g)!;
  expect(forms.toSorted()).toEqual(Object.keys(FORM_CASES).toSorted());
  expect(Object.keys(COMMAND_CASES).toSorted()).toEqual(Object.keys(COMMANDS).toSorted());
  const kinds = [...events.matchAll(/kind: "(\w+)"/g)].map(([, kind]) => kind!);
  // The first are tried below; in the others nobody can name anything.
  const tried = ["message", "edited", "deleted", "command", "pressed", "submitted", "discuss"];
  const withoutChoice = [
    "propose",
    "stopped",
    "home",
    "place_gone",
    "channel_closed",
    "uninstalled",
  ];
  const ofForms = ["text", "choice"];
  expect([...new Set(kinds)].toSorted()).toEqual(
    [...tried, ...withoutChoice, ...ofForms].toSorted(),
  );
});

/** Of the one company: rows that refer to it, as they are. Who tried what is written down beside. */
async function rowsOfTheirs(): Promise<Map<string, string[]>> {
  const { slack, discord } = tenants.one;
  const own = new Set([
    ...theirs.ids,
    ...theirs.refs,
    slack.team.id,
    discord.guild.id,
    theirs.slug,
  ]);
  const rows = new Map<string, string[]>();
  for (const [table, all] of await readAll(tenants.world.app.sql)) {
    if (BESIDE.has(table)) continue;
    const found = all.filter((row) => {
      const values = Object.values(JSON.parse(row) as Record<string, unknown>);
      return row.includes(CANARY) || values.some((one) => own.has(String(one)));
    });
    if (found.length > 0) rows.set(table, found);
  }
  return rows;
}

/** What was tried, and by when something is looked at. */
const BESIDE = new Set(["inbox", "audit_entries", "place_looks", "call_slots", "chat_messages"]);

/** Everything that the other company was shown, to all of it or to one person. */
function shownToOthers(): string {
  const { world, discord, other } = tenants;
  const { team } = other.slack;
  const inSlack = [...team.state.channels.values()].map(({ messages, ephemerals }) => [
    messages.filter(({ botId }) => botId !== null),
    ephemerals,
  ]);
  const views = [...world.slack.world.views.values()].filter((view) => view.team.id === team.id);
  const guild = [...other.discord.guild.state.channels.values()].map(({ messages }) =>
    messages.filter(({ authorId }) => authorId === discord.app.botId),
  );
  const people = [other.discord.boss, other.discord.max];
  const direct = people.map((one) => one.direct.messages);
  const modals = discord.world.modals.filter(({ userId }) =>
    people.some(({ id }) => id === userId),
  );
  const seen = new Set<unknown>();
  return JSON.stringify([inSlack, views, guild, direct, modals], (_, value: unknown) => {
    if (typeof value === "bigint") return value.toString();
    if (value instanceof Set) return [...value];
    if (value instanceof Map) return [...value];
    if (typeof value === "object" && value !== null) {
      if (seen.has(value)) return null;
      seen.add(value);
    }
    return value;
  });
}

async function expectApart(attacks: readonly (() => unknown)[]): Promise<void> {
  const { sql } = tenants.world.app;
  const before = await rowsOfTheirs();
  for (const [index, attack] of attacks.entries()) {
    await attack();
    // Whoever asks too much is told so, and nothing else is tried.
    if (index % 15 !== 14 && index !== attacks.length - 1) continue;
    await tenants.settled();
    await sql`update command_counts set since = since - interval '1 hour'`;
  }
  const shown = shownToOthers();
  expect(shown).not.toContain(CANARY);
  expect(shown).not.toContain("That was a lot of");
  expect(Object.fromEntries(await rowsOfTheirs())).toEqual(Object.fromEntries(before));
  expect(await sql`select event_id, kind from inbox where state = 'failed'`).toEqual([]);
}

const COMMANDS_GIVEN = () => Object.values(COMMAND_CASES).flatMap((given) => given(theirs));

/** From there on the other company has no thread of its own any more. */
const isLast = (words: string): boolean => words.startsWith("unlink");

describe("in Slack", () => {
  const own = () => tenants.other.slack;

  /** As Slack would send it, with whatever it is about. */
  function interactive(type: string, more: Json) {
    const { team, max } = own();
    const { slack } = tenants.world;
    return slack.deliveries.send("interactive", type, {
      type,
      token: "verification-token",
      api_app_id: slack.app.id,
      team: { id: team.id, domain: team.state.domain },
      user: { id: max.id, name: max.person.name, team_id: team.id },
      enterprise: null,
      is_enterprise_install: false,
      trigger_id: slack.world.newTrigger(team.state, max.id),
      ...more,
    });
  }

  function press(actionId: string, element: Json, channel = own().channel.id, ts = own().ts) {
    return interactive("block_actions", {
      container: { type: "message", message_ts: ts, channel_id: channel, thread_ts: ts },
      channel: { id: channel, name: "talk" },
      message: { ts, thread_ts: ts, text: "" },
      actions: [{ action_id: actionId, block_id: "b", type: "button", ...element }],
    });
  }

  function submit(form: string, ref: string, values: Record<string, string>) {
    const { channel, ts } = own();
    const reply = { channel: channel.id, thread: ts, trigger: null, responseUrl: null };
    const fields = Object.entries(values).map(([name, value]) => [
      name,
      {
        value:
          name === "rfc"
            ? { type: "static_select", selected_option: { value } }
            : { type: "plain_text_input", value },
      },
    ]);
    return interactive("view_submission", {
      view: {
        id: "V0",
        type: "modal",
        callback_id: `redline:form:${form}`,
        private_metadata: JSON.stringify({ ref, reply }),
        state: { values: Object.fromEntries(fields) as Json },
      },
      response_urls: [],
    });
  }

  it("no command reaches it", async () => {
    const { team, boss, channel, ts } = own();
    const given = COMMANDS_GIVEN().toSorted((a, b) => Number(isLast(a)) - Number(isLast(b)));
    await expectApart([
      ...given.map((words) => () => void boss.says(channel, `${team.mention} ${words}`)),
      // Outside of threads both ways are one.
      ...given
        .filter((words) => /^(?:link|maintainers|export|catchup|watch)/.test(words))
        .map((words) => () => boss.runsCommand("/rfc", words, channel)),
      ...given
        .filter((words) => !isLast(words))
        .map(
          (words) => () => void boss.says(channel, `${team.mention} ${words}`, { threadTs: ts }),
        ),
    ]);
  });

  it("no button and no menu does", async () => {
    const { channel, ts } = tenants.one.slack;
    const all = [...theirs.refs, ...theirs.ids, `${theirs.refs[0]}~${"x".repeat(10)}`];
    await expectApart([
      ...ACTIONS.flatMap((action) =>
        all.map((value) => () => press(`redline:${action}`, { value })),
      ),
      ...theirs.refs.flatMap((ref) => [
        () => press("redline:place:0", { value: ref }),
        () => press("redline:page:1", { value: ref }),
        () =>
          press("redline:place", {
            type: "static_select",
            selected_option: { value: `${ref}#0`, text: { type: "plain_text", text: "1" } },
          }),
        // As if it stood in their own channel.
        () => press("redline:accept", { value: ref }, channel.id, ts),
      ]),
    ]);
  });

  it("no form does", async () => {
    const { sql } = tenants.world.app;
    const asked = await sql<{ id: string }[]>`select ref::text as id from discussed_messages`;
    const refs = [...theirs.refs, ...theirs.ids.slice(0, 4), ...asked.map(({ id }) => id)];
    await expectApart(
      Object.entries(FORM_CASES).flatMap(([form, values]) =>
        refs.map((ref) => () => submit(form, ref, values(theirs))),
      ),
    );
  });

  it("no message's menu, no event in their channel and no home does", async () => {
    const { team, boss, channel } = own();
    const { slack } = tenants.world;
    const { channel: their, ts } = tenants.one.slack;
    const message = { type: "message", user: boss.id, text: "What is it?", ts, thread_ts: ts };
    const event = (more: Json) => ({
      token: "verification-token",
      team_id: team.id,
      api_app_id: slack.app.id,
      type: "event_callback",
      event_id: `Ev${randomUUID()}`,
      event_time: 1,
      authorizations: [{ team_id: team.id, user_id: team.botUserId, is_bot: true }],
      event: { channel: their.id, channel_type: "channel", event_ts: ts, ...more },
    });
    const tell = (more: Json) => () =>
      slack.deliveries.send("events_api", String(more["type"]), event(more));
    await expectApart([
      () =>
        interactive("message_action", {
          callback_id: SLACK_DISCUSS,
          message_ts: ts,
          channel: { id: their.id, name: "talk" },
          message,
        }),
      () => void boss.says(channel, `${team.mention} what of <#${their.id}>?`),
      tell({ ...message, type: "app_mention", text: `${team.mention} changes` }),
      tell({ ...message, type: "app_mention", ts: "1.1", text: `${team.mention} accept 1` }),
      tell({
        type: "message",
        subtype: "message_changed",
        message: { ...message, text: "stolen" },
      }),
      tell({
        type: "message",
        subtype: "message_deleted",
        deleted_ts: ts,
        previous_message: message,
      }),
      tell({ type: "channel_deleted" }),
      tell({ type: "agent_session_stopped", user: boss.id, thread_ts: ts }),
      () => boss.opensHome(),
    ]);
    await until(async () => boss.home, "the home");
    expect(JSON.stringify(boss.home!.view)).not.toContain(CANARY);
  });
});

describe("in Discord", () => {
  const own = () => tenants.other.discord;
  const botMessage = () =>
    own().thread.messages.findLast(({ authorId }) => authorId === tenants.discord.app.botId)!;

  const start = (kind: "component" | "modal" | "command" | "autocomplete", data: Json) => {
    const { thread, max } = own();
    const given = { kind, channel: thread, userId: max.id, data };
    const isOnCard = kind === "component" || kind === "modal";
    return interact(tenants.discord.world, {
      ...given,
      ...(isOnCard && { source: botMessage() }),
    });
  };

  it("no command reaches it", async () => {
    const { boss, channel, thread } = own();
    const { mention } = tenants.discord;
    const given = COMMANDS_GIVEN().filter((words) => !isLast(words));
    await expectApart([
      ...given
        .filter((words) => words.startsWith("link"))
        .map((words) => () => void boss.says(channel, `${mention} ${words}`)),
      ...given.map((words) => () => void boss.says(thread, `${mention} ${words}`)),
      () => boss.runs(channel, "/rfc link", { rfc: theirs.slug }),
      ...theirs.numbers.map((n) => () => boss.runs(thread, "/rfc accept", { change: n + 2 })),
    ]);
  });

  it("no button, no menu and no form does", async () => {
    const refs = [...theirs.refs, ...theirs.ids.slice(0, 4), `${theirs.refs[0]}~${"x".repeat(10)}`];
    await expectApart([
      ...ACTIONS.flatMap((action) =>
        refs.map(
          (ref) => () =>
            void start("component", {
              custom_id: `redline:${action}::${ref}`,
              component_type: 2,
              id: 1,
            }),
        ),
      ),
      ...theirs.refs.map(
        (ref) => () =>
          void start("component", {
            custom_id: `redline:place::${ref}`,
            component_type: 3,
            id: 1,
            values: ["0"],
          }),
      ),
      ...Object.entries(FORM_CASES).flatMap(([form, values]) =>
        refs.map(
          (ref) => () =>
            void start("modal", {
              custom_id: `redline:form.${form}::${ref}`,
              components: Object.entries(values(theirs)).map(([name, value]) => ({
                type: 18,
                id: 1,
                component:
                  name === "rfc"
                    ? { type: 3, id: 2, custom_id: name, values: [value] }
                    : { type: 4, id: 2, custom_id: name, value },
              })),
            }),
        ),
      ),
    ]);
  });

  it("nothing of it is offered, and no message's menu reaches it", async () => {
    const { boss, channel, thread } = own();
    const their = tenants.one.discord.thread.messages[0]!;
    const offered = [
      await boss.completes(channel, "/rfc link", "rfc", ""),
      await boss.completes(channel, "/rfc link", "rfc", theirs.slug),
      await boss.completes(thread, "/rfc accept", "change", ""),
      await boss.completes(thread, "/rfc decline", "change", ""),
    ];
    expect(offered[0]!.map(({ value }) => value)).toEqual(["others"]);
    expect(offered[2]!.length).toBeGreaterThan(0);
    expect(JSON.stringify(offered)).not.toContain(CANARY);
    const said = { id: their.id, channel_id: their.channelId, content: "Hm?", type: 0 };
    const author = { id: boss.id, username: "boss" };
    await expectApart(
      [DISCUSS, PROPOSE].map(
        (name) => () =>
          void start("command", {
            id: "1",
            name,
            type: 3,
            target_id: their.id,
            resolved: { messages: { [their.id]: { ...said, author } } },
          }),
      ),
    );
  });
});

it("the same ways lead to what is their own", async () => {
  const { world, one } = tenants;
  const { channel, ts, max } = one.slack;
  const card = world.slack.visible(channel, ts).find(({ text }) => text.includes("Pending"))!;
  await max.clicks(channel, card.ts, "redline:accept");
  await until(async () =>
    world.slack.visible(channel, ts).some(({ text }) => text.includes("Accepted by")),
  );
});
