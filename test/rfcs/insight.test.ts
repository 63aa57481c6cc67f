import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { activityByDay } from "../../src/rfcs/activity.ts";
import type { HistoryFilter, SearchQuery } from "../../src/rfcs/insight.ts";
import { excerptOf, parseSearch } from "../../src/rfcs/parse-search.ts";
import { splitSections } from "../../src/rfcs/sections.ts";
import { block } from "../fakes/scripted-provider.ts";
import { TestApp, until } from "../support/test-app.ts";

describe("the history of decisions", () => {
  let test: TestApp;
  let thread: string;

  beforeAll(async () => {
    test = await TestApp.start();
    thread = await test.newThread();
    test.provider.script = (request) => [
      block(request, "one minute", "two minutes", "Too short."),
      block(request, "lazy dog", "idle 100 % dog", "Politeness."),
      block(request, "first item", "item one", "Count."),
    ];
    await test.ask(thread, "Edit it");
    const { changes } = await test.engine.threads.view(thread);
    await test.engine.changes.decline(changes[2]!.id, "Not_now", test.user);
    await test.engine.changes.accept(changes[0]!.id, test.user);
    await until(async () => (await history({ state: "accepted" })).length === 1);
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const history = async (filter: HistoryFilter): Promise<number[]> => {
    const { entries } = await test.engine.insight.history("rfc", filter);
    return entries.map(({ change }) => change.number);
  };

  it("lists what was decided, the newest first, with who decided it", async () => {
    const page = await test.engine.insight.history("rfc", {});
    expect(page.entries.map(({ change, decision }) => [change.number, decision?.verdict])).toEqual([
      [1, "accept"],
      [3, "decline"],
    ]);
    expect(page).toMatchObject({ total: 2, next: null, people: [test.user.displayName] });
    expect(page.sections).toEqual(["Design", "The RFC"]);
  });

  it.each<[HistoryFilter, number[]]>([
    [{ state: "accepted" }, [1]],
    [{ state: "declined" }, [3]],
    [{ state: "pending" }, [2]],
    [{ state: "withdrawn" }, []],
    [{ state: "stale" }, []],
    [{ section: "Design" }, [3]],
    [{ section: "The RFC" }, [1, 3]],
    [{ section: "Elsewhere" }, []],
    [{ person: "Local maintainer" }, [1, 3]],
    [{ person: "Nobody" }, []],
    [{ text: "TOO SHORT" }, [1]],
    [{ text: "not_now" }, [3]],
    [{ text: "_" }, [3]],
    [{ text: "#3" }, [3]],
    [{ text: "100 %", state: "pending" }, [2]],
    [{ text: "%" }, []],
    [{ from: new Date("2020-01-01") }, [1, 3]],
    [{ to: new Date("2020-01-01") }, []],
  ])("narrows to %j", async (filter, expected) => {
    expect(await history(filter)).toEqual(expected);
  });

  it("comes in pages", async () => {
    const first = await test.engine.insight.history("rfc", { limit: 1 });
    expect(first).toMatchObject({ total: 2, next: 1 });
    const second = await test.engine.insight.history("rfc", { limit: 1, after: first.next! });
    expect(second.entries.map(({ change }) => change.number)).toEqual([3]);
    expect(second.next).toBeNull();
  });
});

describe("the overview", () => {
  let test: TestApp;
  let thread: string;
  beforeAll(async () => {
    test = await TestApp.start();
    thread = await test.newThread();
  });
  afterAll(() => test[Symbol.asyncDispose]());
  const overview = () => test.engine.insight.overview(test.user);

  it("says that nothing waits where nothing does", async () => {
    const view = await overview();
    expect(view).toMatchObject({ waiting: [], waitingTotal: 0 });
    expect(view.rfcs).toMatchObject([{ slug: "rfc", pending: 0 }]);
    expect(view.activity).toHaveLength(42);
  });

  it("lists what waits for a person by what it needs, and counts the days", async () => {
    test.provider.script = (request) => [
      "Sure.\n\n",
      block(request, "lazy dog", "idle dog"),
      block(request, "item", "thing"),
    ];
    await test.ask(thread, "Edit it");
    const view = await overview();
    expect(view.waiting.map(({ kind, change }) => [kind, change?.number ?? null])).toEqual([
      ["place", 2],
      ["answer", null],
      ["decision", 1],
    ]);
    expect(view.waitingTotal).toBe(3);
    expect(view.rfcs[0]!.activity.at(-1)).toMatchObject({ messages: 1, proposed: 2, accepted: 0 });
    expect(view.activity).toEqual(view.rfcs[0]!.activity);
  });

  it("takes away an answer that was read, for the person who read it alone", async () => {
    const { messages } = await test.engine.threads.view(thread);
    await test.engine.insight.markRead(thread, messages.length, test.user);
    // A window that is behind takes nothing back.
    await test.engine.insight.markRead(thread, 1, test.user);
    await test.engine.insight.markRead("no thread", 1, test.user);
    expect((await overview()).waiting.map(({ kind }) => kind)).toEqual(["place", "decision"]);
    test.provider.script = () => ["Another answer."];
    await test.ask(thread, "And now?");
    const [place, answer] = (await overview()).waiting;
    expect(place!.kind).toBe("place");
    expect(answer).toMatchObject({ kind: "answer", text: "Another answer.", threadId: thread });
  });

  it("puts a conflict first", async () => {
    const edited = (await test.repository.show("rfc.md")).replace("lazy dog", "very sleepy dog");
    await test.repository.outsideCommit("rfc.md", edited);
    const first = await until(async () => {
      const [item] = (await overview()).waiting;
      return item?.kind === "conflict" && item;
    }, "the conflict");
    expect(first.change).toMatchObject({ number: 1, original: "lazy dog", proposed: "idle dog" });
  });
});

describe("search", () => {
  let test: TestApp;
  let thread: string;
  beforeAll(async () => {
    test = await TestApp.start();
    thread = await test.newThread();
    test.provider.script = (request) => [
      "Zebras are <b>striped</b>; so is Käse.\n\n",
      block(request, "lazy dog", "striped dog", "Zebra."),
    ];
    await test.ask(thread, "What of “zebras”? 重试 策略");
  });
  afterAll(() => test[Symbol.asyncDispose]());
  const search = (text: string, rest: Omit<SearchQuery, "text"> = {}) =>
    test.engine.insight.search({ text, ...rest });
  const found = async (text: string): Promise<string[]> =>
    (await search(text)).hits.map(({ kind }) => kind).toSorted();

  it.each<[string, string[]]>([
    ["zebras", ["change", "message", "message"]],
    ["stripes", ["change", "message"]],
    ["retry minutes", ["document"]],
    ['"zebras"', ["message", "message"]],
    ["-zebras striped", ["change"]],
    ["zebra", ["change", "message", "message"]],
    ['"quick brown"', ["document"]],
    ['"brown quick"', []],
    ["striped -zebras", ["change"]],
    ["header or käse", ["document", "message"]],
    ["KÄSE", ["message"]],
    ["重试", ["message"]],
    ["策", ["message"]],
    ["策重", []],
    ["<b>striped", ["message"]],
    ["zebras-are", ["message"]],
    ["", []],
    ["!!! & | ( :* '", []],
    ["nowhere", []],
  ])("finds for %j: %j", async (text, kinds) => {
    expect(await found(text)).toEqual(kinds);
  });

  it("marks what was found, names the place, and leaves markup to be text", async () => {
    const { hits, totals } = await search("striped");
    expect(totals).toEqual({ document: 0, message: 1, change: 1 });
    const message = hits.find(({ kind }) => kind === "message")!;
    expect(message.excerpt.slice(0, 3)).toEqual([
      { text: "Zebras are <b>", found: false },
      { text: "striped", found: true },
      { text: "</b>; so is Käse.", found: false },
    ]);
    expect(message).toMatchObject({ threadId: thread, rfcSlug: "rfc", author: "scripted-1" });
    const [section] = (await search("header")).hits;
    expect(section).toMatchObject({ kind: "document", section: ["The RFC", "Design"] });
    const { document } = await test.engine.rfcs.view("rfc");
    expect(section!.offset).toBe(document!.body.indexOf("## Design"));
  });

  it("reads documents in their current version alone", async () => {
    expect(await found("quick")).toEqual(["document"]);
    const edited = (await test.repository.show("rfc.md")).replace("quick", "speedy");
    await test.repository.outsideCommit("rfc.md", edited);
    await until(async () => (await found("speedy")).length === 1);
    expect(await found("quick")).toEqual([]);
  });

  it("keeps to one kind, to one RFC, and to pages", async () => {
    expect((await search("zebra", { kind: "change" })).hits).toHaveLength(1);
    expect((await search("zebra", { rfcSlug: "other" })).hits).toEqual([]);
    test.provider.script = () => ["Ok."];
    for (let i = 0; i < 11; i += 1) await test.ask(thread, `walrus ${i}`);
    for (let i = 0; i < 10; i += 1) {
      const edit = { original: "first", proposed: `first walrus ${i}` };
      await test.engine.changes.propose(thread, edit, test.user);
    }
    const [first, second] = [await search("walrus"), await search("walrus", { page: 2 })];
    expect([first.pages, first.hits.length, second.hits.length]).toEqual([2, 20, 1]);
    const ids = [...first.hits, ...second.hits].map((hit) => hit.messageId ?? hit.changeId);
    expect(new Set(ids).size).toBe(21);
    expect((await search("walrus", { page: 99 })).page).toBe(2);
  });

  it("stores whatever people write, however hard it is to index", async () => {
    await test.ask(thread, "𝕏 ".repeat(21_000));
    const words = Array.from({ length: 60_000 }, (_, at) => `${at.toString(36)}𝕏 `).join("");
    test.provider.script = () => words.match(/.{1,9000}/gsu) ?? [];
    await test.ask(thread, "Write a lot");
    const text = Array.from({ length: 90_000 }, (_, at) => at.toString(36)).join(" ");
    await test.repository.outsideCommit("rfc.md", `# Long\n\n${text}\n`);
    await until(async () => (await found("1xfz")).length === 1);
  });
});

describe("the parts of a document for search", () => {
  it("begin at headings and are all of it", () => {
    const text = "Before.\n\n# One\n\nText\n\n## Two\n\n```\n# none\n```\n";
    expect(splitSections(text).map(({ path, startOffset }) => [path, startOffset])).toEqual([
      [[], 0],
      [["One"], 9],
      [["One", "Two"], 22],
    ]);
    expect(splitSections("")).toEqual([]);
  });

  it("join to the document again, however long its sections are", () => {
    const part = fc.constantFrom("# H\n", "word ", "𝕏".repeat(9_000), "\n", "y".repeat(30_000));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const text = parts.join("");
        const sections = splitSections(text);
        expect(sections.map(({ body }) => body).join("") === text).toBe(true);
        for (const { body } of sections) {
          expect(body.length).toBeLessThanOrEqual(40_000);
          expect(body.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});

it("activity has every day, also those on which nothing happened", () => {
  const known = { messages: 2, proposed: 1, accepted: 0, declined: 3 };
  const days = activityByDay(
    [
      { day: "2026-03-01", ...known },
      { day: "2026-03-01", ...known },
      { day: "2025-01-01", ...known },
    ],
    new Date("2026-03-02T23:59:59Z"),
    3,
  );
  expect(days.map(({ day, messages, declined }) => [day, messages, declined])).toEqual([
    ["2026-02-28", 0, 0],
    ["2026-03-01", 4, 6],
    ["2026-03-02", 0, 0],
  ]);
});

describe("what is asked", () => {
  it.each<[string, string, string[]]>([
    ["Retry budget", "Retry budget", ["retry", "budget"]],
    ["“retry  budget” -queue", '"retry budget" -queue', ["retry", "budget"]],
    ["a/b.md or x", '"a b md" or x', ["a", "b", "md", "x"]],
    ["重试x", '"重 试 x"', ["重", "试", "x"]],
    ['-"not this" \'', '-"not this"', []],
    ["  ", "", []],
  ])("%j is read as %j", (typed, query, terms) => {
    expect(parseSearch(typed)).toMatchObject({ query, terms });
  });

  it("keeps apart what was typed as it has to stand there", () => {
    expect(parseSearch('Retry "budget" a/b -queue or more').alone).toEqual(["retry", "more"]);
  });

  it("is open at its end only after a plain word", () => {
    expect(["retr", '"retr"', "-retr", "retr.", "a or"].map((q) => parseSearch(q).isOpen)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it("is shown where most of it stands", () => {
    const text = `One retry. ${"Filler words. ".repeat(60)} The Retry-budget of a queue. ${"More. ".repeat(60)}`;
    const parts = excerptOf(text, ["retry", "budget"]);
    expect(parts.filter((part) => part.found).map((part) => part.text)).toEqual([
      "Retry",
      "budget",
    ]);
    expect(parts[0]!.text).toBe("… ");
    expect(parts.at(-1)!.text.endsWith("…")).toBe(true);
  });

  it("makes excerpts of any text and any words", () => {
    const words = fc.array(fc.string({ minLength: 1, unit: "grapheme" }), { maxLength: 4 });
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 600 }), words, (text, terms) => {
        const lower = terms.map((term) => term.toLowerCase());
        const shown = excerptOf(text, lower).map((part) => part.text);
        expect(shown.join("").length).toBeLessThan(230);
      }),
    );
  });
});
