import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { SeenStatistics } from "../../../src/rfcs/statistics.ts";
import { emptyStatistics } from "../../fakes/fake-insight.ts";
import { launchBrowser } from "../../support/browser.ts";
import {
  findBarriers,
  keepScreenshot,
  openConsole,
  sidewaysScroll,
  WIDE,
  type ConsolePage,
} from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";
import { startServer, type RunningServer } from "./running-server.ts";

const browser = await launchBrowser();
const SMALL = { width: 360, height: 780 };

/** A day of work: little at night, most at ten; nothing was asked at three. */
function busy(hours: number): SeenStatistics {
  const statistics = emptyStatistics(hours);
  const figures = statistics.hours.map((hour, at) => {
    const amount = Math.round(40 * Math.max(0, Math.sin((at / 24) * Math.PI * 2 - 1)) ** 2);
    const isQuiet = amount === 0;
    return {
      ...hour,
      events: amount * 3,
      messages: amount,
      turns: amount,
      failed: at % 7 === 3 ? Math.ceil(amount / 10) : 0,
      firstTextMs: isQuiet ? null : { median: 900 + 20 * amount, p95: 2_500 + 90 * amount },
      turnMs: isQuiet ? null : { median: 6_000 + 100 * amount, p95: 30_000 + 900 * amount },
      tokens: amount * 14_500,
      costMicrodollars: amount * 31_000,
    };
  });
  const sum = (of: "events" | "messages" | "turns" | "failed" | "tokens" | "costMicrodollars") =>
    figures.reduce((known, hour) => known + hour[of], 0);
  const model = { input: 400_000, cacheWrite: 120_000, turns: 310, output: 320_000 };
  return {
    ...statistics,
    hours: figures,
    total: {
      events: sum("events"),
      messages: sum("messages"),
      turns: sum("turns"),
      failed: sum("failed"),
      tokens: sum("tokens"),
      costMicrodollars: sum("costMicrodollars"),
      firstTextMs: { median: 1_240, p95: 4_900 },
      turnMs: { median: 8_300, p95: 61_000 },
    },
    models: [
      { ...model, modelId: "claude-opus-4-8", cacheRead: 3_900_000, costMicrodollars: 12_340_000 },
      { ...model, modelId: `local/${"llama".repeat(12)}`, cacheRead: 0, costMicrodollars: null },
    ],
    rfcs: [
      { slug: "plan", title: "Plan", accepted: 12, declined: 3, pending: 7, stale: 2 },
      {
        slug: "long",
        title: "Donaudampf".repeat(12),
        accepted: 1,
        declined: 0,
        pending: 0,
        stale: 0,
      },
    ],
    rfcsLeftOut: 3,
    backlog: statistics.backlog.map((one) =>
      one.what === "events" ? { what: one.what, count: 1_204, oldestS: 75 } : one,
    ),
  };
}

describe.skipIf(browser === null)("the overview for operators", () => {
  const open: ConsolePage[] = [];
  let server: RunningServer;

  beforeAll(() => markLeg("browser"));
  afterEach(async () => {
    for (const { errors, refusals, foreign, close } of open.splice(0)) {
      await close();
      const wrong = [...errors, ...refusals, ...foreign];
      if (wrong.length > 0) throw new Error(`the page failed: ${wrong.join("; ")}`);
    }
  });
  afterAll(() => browser!.close());

  async function visit(
    statistics: (hours: number) => Promise<SeenStatistics>,
    options: BrowserContextOptions = {},
    path = "/overview",
  ): Promise<Page> {
    server = await startServer();
    server.engine.insight.statistics = statistics;
    const context = { timezoneId: "UTC", locale: "en-GB", ...options };
    const opened = await openConsole(browser as Browser, server.url + path, context);
    open.push(opened);
    return opened.page;
  }
  const plot = (page: Page, name: string) => page.getByRole("slider", { name });

  const looks = (["light", "dark"] as const).flatMap((colorScheme) =>
    [WIDE, SMALL].map((viewport) => ({ colorScheme, viewport, width: viewport.width })),
  );
  it.each(looks)("has no barriers at $width pixels, $colorScheme", async (look) => {
    const { colorScheme, viewport, width } = look;
    const page = await visit(async (hours) => busy(hours), { colorScheme, viewport });
    await plot(page, "What happened").waitFor();
    const whole = { width, height: 2_600 };
    await page.setViewportSize(whole);
    expect(await findBarriers(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    await keepScreenshot(page, `operators-overview-${width}-${colorScheme}`);
    await plot(page, "To the whole answer").focus();
    await page.keyboard.press("End");
    await page.getByText("As a table").first().click();
    await page.getByRole("button", { name: "7 days" }).click();
    await page.getByText("All 7 days").first().waitFor();
    expect(await findBarriers(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    await keepScreenshot(page, `operators-week-${width}-${colorScheme}`);
  });

  it("tells of an hour under the pointer, by the arrow keys, and in a table", async () => {
    const page = await visit(async (hours) => busy(hours));
    const activity = page.getByRole("region", { name: "What happened" }).first();
    const told = activity.locator(".plot-told");
    await told.getByText("All 24 hours").waitFor();
    const area = plot(page, "What happened");
    await area.focus();
    await page.keyboard.press("ArrowLeft");
    await told.getByText("09:00–10:00").waitFor();
    expect(await area.getAttribute("aria-valuetext")).toMatch(/^09:00–10:00: Events \d+, Messages/);
    await page.keyboard.press("Home");
    await told.getByText("10:00–11:00").waitFor();
    await page.keyboard.press("ArrowRight");
    await told.getByText("11:00–12:00").waitFor();
    await page.keyboard.press("Escape");
    await told.getByText("All 24 hours").waitFor();
    const box = (await area.boundingBox())!;
    await page.mouse.move(box.x + box.width - 14, box.y + 60);
    await told.getByText("09:00–10:00").waitFor();
    await page.mouse.move(0, 0);
    await told.getByText("All 24 hours").waitFor();
    await activity.getByText("As a table").click();
    expect(await activity.getByRole("rowheader").first().innerText()).toBe("09:00–10:00");
    expect(await activity.getByRole("row").count()).toBe(25);
  });

  it("leads to the RFCs, and is found from the first page", async () => {
    const page = await visit(async (hours) => busy(hours), {}, "/");
    const { rfc } = server.engine.addDocument({ slug: "plan", title: "Plan" }, "# Plan\n");
    const counts = { openThreads: 0, pending: 7, stale: 2, accepted: 12, declined: 3 };
    server.engine.insight.overview = async () => ({
      rfcs: [{ ...rfc, ...counts, lastActivity: new Date(), activity: [] }],
      activity: [],
      waiting: [],
      waitingTotal: 0,
    });
    await page.reload();
    await page.getByRole("link", { name: "Overview" }).click();
    const decisions = page.getByRole("region", { name: "Decisions by RFC" });
    const row = decisions.getByRole("row").filter({ hasText: "Plan" });
    expect(await row.getByRole("cell").allInnerTexts()).toEqual(["12", "3", "7", "2"]);
    await decisions.getByText("3 more RFCs have less.").waitFor();
    await row.getByRole("link", { name: "12" }).click();
    await page.waitForURL("**/rfcs/plan/history?state=accepted");
  });

  it("says so where nothing happened, where it fails, and where it is not theirs to see", async () => {
    const empty = await visit(async (hours) => emptyStatistics(hours));
    await empty.getByText("Nothing in these hours.").first().waitFor();
    await empty.getByText("No model has answered").waitFor();
    await empty.getByText("Nothing was decided").waitFor();
    expect(await findBarriers(empty)).toEqual([]);
    await keepScreenshot(empty, "operators-empty");

    let fails = true;
    const failing = await visit(async (hours) => {
      if (fails) throw new Error("no such table");
      return busy(hours);
    });
    await failing.getByRole("alert").waitFor();
    expect(await findBarriers(failing)).toEqual([]);
    await keepScreenshot(failing, "operators-failing");
    fails = false;
    await failing.getByRole("button", { name: "Try again" }).click();
    await plot(failing, "What happened").waitFor();

    const stranger = await visit(async (hours) => busy(hours));
    await stranger.route("**/api/statistics*", (route) =>
      route.fulfill({
        status: 404,
        contentType: "application/problem+json",
        body: JSON.stringify({
          type: "urn:redline:problem:not-found",
          status: 404,
          detail: "There is nothing.",
        }),
      }),
    );
    await stranger.reload();
    await stranger.getByText("These figures are for whoever runs Redline").waitFor();
    expect(await findBarriers(stranger)).toEqual([]);
  });
});
