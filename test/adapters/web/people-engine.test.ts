/** What the console asks about people, of the real engine: every call, and what it leaves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestApp } from "../../support/test-app.ts";

describe("people over HTTP on the real engine", () => {
  let test: TestApp;
  let threadId: string;
  let pulse: () => Promise<string>;

  beforeAll(async () => {
    test = await TestApp.start();
    threadId = await test.newThread();
    pulse = async () => (await ask<{ pulse: string }>("GET", "/api/rfcs/rfc/pulse")).pulse;
  });
  afterAll(() => test[Symbol.asyncDispose]());

  async function ask<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: object,
    expected = [200, 201, 204],
  ): Promise<T> {
    const response = await fetch(test.app.url + path, {
      method,
      ...(body && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    });
    expect([expected, await response.clone().text()]).toEqual([
      expect.arrayContaining([response.status]),
      expect.any(String),
    ]);
    return (response.status === 204 ? {} : await response.json()) as T;
  }

  it("keeps what a person watches, and how they are told", async () => {
    const watched = { rfc_slug: "rfc", watched: true, muted: false };
    expect(await ask("PATCH", "/api/watching", watched)).toMatchObject([watched]);
    const muted = { rfc_slug: "rfc", thread_id: threadId, watched: false, muted: true };
    expect(await ask("PATCH", "/api/watching", muted)).toMatchObject([
      { threads: [{ thread_id: threadId, watched: false, muted: true }] },
    ]);
    await ask("PATCH", "/api/watching", { ...muted, muted: false });
    await ask("PATCH", "/api/watching", { ...watched, thread_id: "none" }, [404]);
    const path = "/api/notifications/settings";
    const settings = { digest: "hourly", time_zone: "Asia/Tokyo", direct: false };
    expect(await ask("PATCH", path, settings)).toEqual(settings);
    expect(await ask("GET", path)).toEqual(settings);
    await ask("PATCH", path, { time_zone: "Nowhere/At_All" }, [400]);
    expect(await ask("GET", "/api/notifications")).toMatchObject({ unread: expect.any(Number) });
    await ask("POST", "/api/notifications/read", { ids: "all" });
    expect(await ask("GET", "/api/notifications")).toMatchObject({ unread: 0, before: null });
  });

  it("takes a concern to its end; the page hears of each step", async () => {
    type Detail = { document: { body: string; blob_sha: string }; concerns: { id: string }[] };
    const { document } = await ask<Detail>("GET", "/api/rfcs/rfc");
    const start = document.body.indexOf("one minute");
    const passage = { start, end: start + "one minute".length, blob_sha: document.blob_sha };
    const before = await pulse();
    const raised = await ask("POST", `/api/threads/${threadId}/concerns`, {
      text: "Why?",
      passage,
    });
    expect(raised).toMatchObject({
      state: "open",
      mine: true,
      anchor_text: "one minute",
      passage: {},
    });
    const during = await pulse();
    expect(during).not.toBe(before);
    const { concerns } = await ask<Detail>("GET", "/api/rfcs/rfc");
    expect(concerns).toEqual([raised]);
    const path = `/api/concerns/${String(raised["id"])}`;
    expect(await ask("POST", `${path}/resolve`, { why: "Agreed." })).toMatchObject({
      state: "resolved",
      settled_why: "Agreed.",
    });
    expect(await pulse()).not.toBe(during);
    await ask("POST", "/api/concerns/none/resolve", {}, [404]);
  });

  it("takes a proposal to merge to its end; the page hears of each step", async () => {
    const before = await pulse();
    const proposed = await ask("POST", `/api/threads/${threadId}/merge-proposals`, {
      wait_days: 2,
    });
    expect(proposed).toMatchObject({ state: "open", wait_days: 2 });
    const during = await pulse();
    expect(during).not.toBe(before);
    const path = `/api/merge-proposals/${String(proposed["id"])}`;
    const said = await ask("POST", `${path}/word`, { word: "object" }, [200]);
    expect(said).toMatchObject({ words: [{ mine: true, word: "object" }] });
    const objected = await pulse();
    expect(objected).not.toBe(during);
    expect(await ask("GET", "/api/rfcs/rfc")).toMatchObject({ merge: { id: proposed["id"] } });
    expect(await ask("POST", `${path}/withdraw`, {})).toMatchObject({ state: "withdrawn" });
    expect(await pulse()).not.toBe(objected);
    await ask("POST", "/api/merge-proposals/none/word", { word: "agree" }, [404]);
  });

  it("knows people, and who was named to decide on the RFC", async () => {
    const people = await ask<{ id: string; name: string }[]>("GET", "/api/people");
    const { id } = people.find((one) => one.id === test.user.id)!;
    const path = `/api/rfcs/rfc/maintainers/${id}`;
    expect(await ask("PUT", path)).toMatchObject([{ id }]);
    expect(await ask("DELETE", path)).toEqual([]);
    await ask("PUT", "/api/rfcs/rfc/maintainers/none", undefined, [404]);
    await ask("GET", "/api/rfcs/none/maintainers", undefined, [404]);
  });

  it("writes the record, which is whole", async () => {
    await ask("POST", "/api/rfcs/rfc/record", {});
    expect(await ask("GET", "/api/rfcs/rfc/record")).toMatchObject({
      problem: null,
      entries: expect.any(Number),
      marks: [{ cause: "export", made_by: "Local maintainer" }],
    });
    const markdown = await fetch(`${test.app.url}/api/rfcs/rfc/record.md`);
    expect(await markdown.text()).toContain("Why?");
    expect(await ask("GET", "/api/rfcs/rfc/record.json")).toBeTypeOf("object");
  });
});
