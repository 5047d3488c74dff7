/** sessions.spec.ts: conversations, live and kept: the list, the lines of time, cues on demand, exports, who may not, hostile words. */
import { expect, test, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { enter, keyOf, LANGUAGES, screens, service, violations } from "./helpers";

const SAID: [string, string][] = [
  ["customer", "Hello, I am calling about my invoice."], ["friend", "We have waited for a week."], ["customer", "This is the third time I call, nobody listens, I am furious!"],
  ["friend", "That is disgusting, what a horrible service."], ["customer", "Oh, you found it? I did not expect that!"], ["customer", "Thank you so much, that is wonderful."],
];

/** A conversation of two who agreed that it is kept, and one of whom nothing may be read; `said` turns of 3 s. */
async function conversation(name: string, said = SAID, finish = true): Promise<{ session: string; consents: string[] }> {
  const people = [], consents: string[] = [];
  for (const who of ["customer", "friend"]) {
    const { consent } = await service<{ consent: string }>("POST", "/v1/consents", { subject: `${name}-${who}`, purpose: "customer_service", modalities: ["text", "voice"], keep: true });
    people.push({ who, role: "customer", subject: `${name}-${who}`, consent });
    consents.push(consent);
  }
  const { session } = await service<{ session: string }>("POST", "/v1/sessions", { purpose: "customer_service", context: "chat", jurisdiction: "eu", notice_given: true, participants: [...people, { who: "agent", role: "agent" }] });
  for (const [i, [who, text]] of said.entries()) await service("POST", `/v1/sessions/${session}/turns`, { who, text, t0: i * 4, t1: i * 4 + 3 });
  if (finish) await service("POST", `/v1/sessions/${session}/finish`);
  if (finish) await expect.poll(async () => (await service<{ finished: boolean }>("GET", `/v1/sessions/${session}`)).finished, { timeout: 20_000 }).toBe(true);
  return { session, consents };
}

const pixels = (page: Page): Promise<number> => page.evaluate(() => {
  const canvas = document.querySelector<HTMLCanvasElement>(".lanes canvas"), data = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
  const seen = new Set<number>();
  for (let i = 0; i < data.length; i += 4) seen.add(((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0));
  return seen.size;
});

test("sessions: from the list to a moment's cues, with the keyboard", async ({ page }) => {
  const { session } = await conversation("keyboard");
  await enter(page, "sessions");
  await page.getByLabel("Search").fill("no such thing");
  await expect(page.getByText("Nothing matches")).toBeVisible();
  await page.getByLabel("Search").fill(session);
  await page.locator(`a[href="#/sessions/${session}"]`).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Over time" })).toBeVisible();
  await expect(page.locator(".person")).toHaveCount(2);
  await expect(page.getByText("an agent is at work").first()).toBeVisible();
  expect(await pixels(page)).toBeGreaterThan(8);
  await expect(page.locator(".lanes canvas").first()).toHaveAttribute("aria-label", /customer expressed mostly/);
  const scrub = page.getByRole("slider", { name: "Through the conversation" });
  await scrub.focus();
  await page.keyboard.press("Home");
  for (let i = 0; i < 9; i++) await page.keyboard.press("ArrowRight");
  await expect(scrub).toHaveAttribute("aria-valuetext", /0:09, customer: anger/);
  await page.keyboard.press("Enter");
  await expect(page.locator("#moment")).toBeFocused();
  await expect(page.locator(".moment .cue").first()).toBeVisible();
  await expect(page.locator(".moment")).toContainText("furious");
  await page.getByRole("button", { name: "0:04, friend" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.locator("#moment")).toContainText("friend");
  await expect(page.locator(".turns li[data-now]")).toContainText("We have waited");
  await page.getByText("The same as a table").first().click();
  await expect(page.locator(".person table").first()).toContainText("anger");
  await page.getByRole("searchbox", { name: "Find words" }).fill("horrible");
  await expect(page.locator(".turns li")).toHaveCount(1);
  expect(await violations(page)).toEqual([]);
});

test("sessions: a click on a line is that moment; nearer, farther and all of it", async ({ page }) => {
  const { session } = await conversation("click");
  await enter(page, `sessions/${session}`);
  const chart = page.locator(".lanes").first();
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  if (!box) throw new Error("no chart");
  await page.mouse.click(box.x + box.width * 0.42, box.y + 60);
  await expect(page.locator("#moment")).toContainText("customer");
  await expect(page.locator(".moment .label-core").first()).toContainText("anger");
  const before = await page.evaluate(() => performance.getEntriesByName("mien.timeline").length);
  await page.getByRole("button", { name: "Nearer" }).click();
  await expect.poll(() => page.evaluate(() => performance.getEntriesByName("mien.timeline").length)).toBeGreaterThan(before);
  await page.getByRole("button", { name: "All of it" }).click();
  await page.screenshot({ path: `${screens}/session.png`, fullPage: true });
});

test("sessions: what is seen is taken along as a table, as lines and as a picture", async ({ page }) => {
  const { session } = await conversation("exports", [...SAID, ["friend", "=1+1, \"this\" was great,\nthank you"]]);
  await enter(page, `sessions/${session}`);
  const take = async (name: string): Promise<Buffer> => {
    const coming = page.waitForEvent("download");
    await page.getByRole("button", { name }).click();
    return readFileSync(await (await coming).path());
  };
  const table = (await take("Table")).toString("utf8");
  expect(table.split("\r\n")[0]).toContain("kind,who,t0,t1,not_clear,neutral,joy");
  expect(table).toContain(`"'=1+1, ""this"" was great,`);
  const rows = (await take("All results")).toString("utf8").trim().split("\n").map((line) => JSON.parse(line) as { type: string; seq: number });
  expect(rows.filter((row) => row.type === "state").length).toBeGreaterThanOrEqual(7);
  expect([...new Set(rows.map((row) => row.seq))]).toHaveLength(rows.length);
  expect([...(await take("Picture")).subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join("")).toBe("PNG");
});

test("sessions: one that is live grows as it goes, and is told when it is over", async ({ page }) => {
  const { session } = await conversation("live", SAID.slice(0, 2), false);
  await enter(page, `sessions/${session}`);
  await expect(page.locator(".badge.good")).toContainText("live");
  await expect(page.locator(".turns li")).toHaveCount(2);
  await service("POST", `/v1/sessions/${session}/turns`, { who: "customer", text: "I am so angry about this!", t0: 30, t1: 34 });
  await expect(page.locator(".turns li")).toHaveCount(3, { timeout: 15_000 });
  await expect(page.locator("#moment")).toContainText("0:34");
  await page.goto("/#/sessions");
  await page.getByLabel("live", { exact: false }).last().check();
  await expect(page.locator(`a[href="#/sessions/${session}"]`)).toBeVisible();
  await page.goto(`/#/sessions/${session}`);
  await expect(page.locator(".badge.good")).toContainText("live");
  await service("POST", `/v1/sessions/${session}/finish`);
  await expect(page.locator(".badge.good")).toHaveCount(0, { timeout: 15_000 });
});

test("sessions: refusals, what is not there, what does not come", async ({ page }) => {
  const { session } = await conversation("refused", SAID.slice(0, 1));
  await enter(page, "sessions/s_00000000000000000000000000000000");
  await expect(page.getByText("This conversation is not here")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.route("**/results*", (route) => route.fulfill({ status: 500, contentType: "application/problem+json", body: JSON.stringify({ title: "Broken", status: 500, detail: "the store is away", remedy: "try later" }) }));
  await page.goto(`/#/sessions/${session}`);
  await expect(page.getByRole("alert")).toContainText("the store is away");
  await page.unroute("**/results*");
  await page.route("**/v1/sessions?*", (route) => route.fulfill({ json: { sessions: [] } }));
  await page.goto("/#/sessions");
  await expect(page.getByText("No conversation yet")).toBeVisible();
  await page.context().clearCookies();
  await enter(page, `sessions/${session}`, await keyOf("consent", "stream"));
  await expect(page.getByRole("alert")).toContainText("Your role does not allow this");
  await page.context().clearCookies();
  await page.unroute("**/v1/sessions?*");
  await enter(page, `sessions/${session}`, await keyOf("read"));
  await expect(page.locator(".person")).toHaveCount(1);
});

test("sessions: hostile words and names are words and names", async ({ page }) => {
  const hostile = `<img src=x onerror="document.title='run'"> I hate this \u202e!`;
  const { session } = await conversation("hostile", [["customer", hostile]]);
  await enter(page, `sessions/${session}`);
  await expect(page.locator(".turns .said")).toContainText("<img src=x");
  expect(await page.title()).not.toBe("run");
});

for (const theme of ["light", "dark"] as const) {
  test(`sessions: accessible in every language, narrow and wide, ${theme}`, async ({ page }) => {
    test.setTimeout(120_000);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    const { session } = await conversation(`axe-${theme}`);
    await enter(page, `sessions/${session}`);
    for (const language of LANGUAGES) {
      await page.evaluate((wanted) => localStorage.setItem("mien.language", wanted), language);
      await page.reload();
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      await expect(page.locator(".person")).toHaveCount(2);
      expect(await page.locator("main").innerText()).not.toMatch(/\b(shell|sessions|try|settings|emotions|purposes)\.[a-z_]+/);
      expect(await violations(page), `${language} ${theme}`).toEqual([]);
    }
    await page.evaluate(() => localStorage.setItem("mien.language", "en"));
    for (const wide of [320, 2560]) {
      await page.setViewportSize({ width: wide, height: 900 });
      await page.reload();
      await expect(page.locator(".person")).toHaveCount(2);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `${wide} px`).toBeLessThanOrEqual(0);
      expect(await violations(page), `${wide} ${theme}`).toEqual([]);
      await page.screenshot({ path: `${screens}/session-${wide}-${theme}.png`, fullPage: true });
    }
    await page.goto("/#/sessions");
    await expect(page.locator("table")).toBeVisible();
    expect(await violations(page), `list ${theme}`).toEqual([]);
    if (theme === "light") await page.setViewportSize({ width: 1280, height: 900 });
    if (theme === "light") await page.screenshot({ path: `${screens}/sessions.png` });
  });
}
