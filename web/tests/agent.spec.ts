/** agent.spec.ts: the panel beside a call: off at first, calm, of the customer alone, with what was agreed to; who may not; accessible. */
import { expect, test, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { enter, keyOf, LANGUAGES, screens, service, violations } from "./helpers";

const ANGRY = "This is the third time! I am furious, this is useless and you never listen to me.", HAPPY = "Thank you so much, that is very kind, I am really happy with it!";
const region = (page: Page, name: string) => page.getByRole("region", { name });

async function call(reference: string, keep = false): Promise<{ session: string; say: (text: string) => Promise<unknown>; finish: () => Promise<unknown> }> {
  const subject = `s-${reference}`, { consent } = await service<{ consent: string }>("POST", "/v1/consents", { subject, purpose: "customer_service", modalities: ["text", "voice"], keep });
  const { session } = await service<{ session: string }>("POST", "/v1/sessions", { purpose: "customer_service", context: "call", jurisdiction: "eu", notice_given: true, reference, participants: [{ who: "customer", role: "customer", subject, consent }, { who: "agent", role: "agent" }] });
  return { session, say: (text) => service("POST", `/v1/sessions/${session}/turns`, { who: "customer", text }), finish: () => service("POST", `/v1/sessions/${session}/finish`, {}) };
}
const team = (what: object): Promise<unknown> => service("PUT", "/v1/team", what);

test.describe.configure({ mode: "serial" });

test("agent: off until an administrator turns it on in the settings", async ({ page }) => {
  const one = await call("first-1"), key = await keyOf("read", "stream");
  await enter(page, "agent", key);
  await expect(page.getByText("The panel is off for your team")).toBeVisible();
  await expect(page.getByRole("link", { name: "To the settings" })).toHaveCount(0);
  expect(await violations(page)).toEqual([]);
  await page.goto(`/#/agent/${one.session}`);
  await expect(page.getByText("The panel is off for your team")).toBeVisible();
  await page.context().clearCookies();
  await page.goto("about:blank");
  await enter(page, "agent");
  await page.getByRole("link", { name: "To the settings" }).click();
  await expect(page.getByLabel("One cue")).toBeDisabled();
  await page.getByLabel("Panel beside the call").check();
  await expect(page.getByText("Saved")).toBeVisible();
  await page.getByLabel("A change is shown after").selectOption("2");
  await page.goto("/#/agent");
  await expect(page.getByRole("link", { name: "first-1" })).toBeVisible();
  await one.finish();
});

test("agent: the customer's state and where it goes, one cue, one suggestion, and what was agreed to", async ({ page }) => {
  const one = await call("T-7", true);
  await team({ agent_view: true, cue: true, suggestion: true, hold: 2 });
  await enter(page, "agent?reference=T-7", await keyOf("read", "stream")); // as the telephone's program opens it
  await expect(region(page, "Expressed now (customer)")).toContainText("Nothing heard yet");
  await one.say(ANGRY);
  await page.waitForTimeout(1200);
  await one.say(ANGRY);
  await expect(region(page, "Expressed now (customer)")).toContainText("anger", { timeout: 10_000 });
  await expect(region(page, "Expressed now (customer)")).toContainText("getting worse");
  const suggested = page.locator(".suggested"), words = suggested.locator("blockquote");
  await expect(words).not.toBeEmpty({ timeout: 10_000 });
  await expect(suggested).toContainText("Better not:");
  await expect(page.locator(".advice")).toHaveCount(0); // one of the two
  await expect(suggested.locator("details p").first()).toBeHidden(); // why: on demand
  await suggested.getByText("Why this").click();
  await expect(suggested.locator("details p").first()).toBeVisible();
  await suggested.getByText("Why this").click();
  await expect(region(page, "What it rests on")).not.toContainText("Nothing in particular", { timeout: 12_000 });
  await expect(region(page, "What they agreed to")).toContainText("Read: words, voice, for customer service.");
  await expect(region(page, "What they agreed to")).toContainText("may be kept");
  expect(await page.locator("main").innerText()).not.toMatch(/\d+ ?%/); // nothing that counts
  expect(await violations(page)).toEqual([]);
  await page.screenshot({ path: `${screens}/agent.png` });
  await one.finish();
  await expect(page.getByText("The call is over")).toBeVisible({ timeout: 10_000 });
});

test("agent: what a rule advises stands where there is no suggestion, or an older one", async ({ page }) => {
  const one = await call("advice-9");
  await page.route("**/v1/suggestions", (route) => route.fulfill({ json: { suggestions: [], crisis: false, unsure: false } }));
  await one.say(ANGRY);
  await enter(page, `agent/${one.session}`);
  await expect(page.locator(".big")).toContainText("anger", { timeout: 10_000 });
  await expect(page.locator(".advice")).toContainText("Slow down", { timeout: 10_000 });
  await one.say("I want to speak to a manager.");
  await expect(page.locator(".advice")).toContainText("who can decide it", { timeout: 10_000 });
  await page.unroute("**/v1/suggestions");
  await page.reload();
  await expect(page.locator(".suggested blockquote")).not.toBeEmpty({ timeout: 10_000 }); // asked for since
  await expect(page.locator(".advice")).toHaveCount(0);
  await one.finish();
});

test("agent: the cue is said in the app's language", async ({ page }) => {
  const { session, finish } = await call("tongue-5"), live = { session, purpose: "customer_service", context: "call", reference: null, since: 1, need: 0, events: 0, last: null,
    people: [{ who: "customer", role: "customer", mode: "full", read: ["voice"], kept: false, state: { at: 1, abstain: null, core: "anger", confidence: 0.8, valence: -0.5, arousal: 0.5, state: null, share: null, trend: 0, direction: "steady", cue: "pitch 2.1 sd above usual", cue_of: { kind: "pitch", value: 220, unit: "Hz", z: 2.1 } } }] };
  const told = { whole: true, missed: 0, sessions: [live], ended: [] };
  await page.route("**/v1/live/*", (route) => route.fulfill(route.request().headers()["accept"]?.includes("event-stream") ? { contentType: "text/event-stream", body: `event: sessions\ndata: ${JSON.stringify(told)}\n\n` } : { json: told }));
  await team({ agent_view: true, cue: true });
  await enter(page, "try");
  for (const language of LANGUAGES) {
    await page.evaluate((wanted) => localStorage.setItem("mien.language", wanted), language);
    await page.goto(`/#/agent/${session}`);
    await page.reload();
    const words = JSON.parse(readFileSync(`messages/${language}/cues.json`, "utf8")) as Record<string, string>;
    await expect(page.locator(".line")).toContainText((words["above"] ?? "?").replace("{name}", words["pitch"] ?? "?").split("{sd}")[0] ?? "?");
  }
  await finish();
});

test("agent: words of crisis bring a person who can help, in the app's language, whatever comes after", async ({ page }) => {
  const one = await call("crisis-4");
  await one.say("I want to die.");
  await enter(page, `agent/${one.session}`);
  await page.evaluate(() => localStorage.setItem("mien.language", "de"));
  await page.reload();
  const asked: { language: string; who: string; said: string[] }[] = [];
  page.on("request", (request) => { if (request.url().endsWith("/v1/suggestions")) asked.push(request.postDataJSON() as typeof asked[number]); });
  await page.reload();
  await expect(page.locator(".suggested")).toHaveAttribute("lang", "de", { timeout: 10_000 });
  const told = await service<{ suggestions: { strategy: string; words: string; title: string }[] }>("POST", "/v1/suggestions", { session: one.session, language: "de", most: 1 });
  expect(told.suggestions[0]?.strategy).toBe("escalate");
  await expect(page.locator(".suggested strong")).toHaveText(told.suggestions[0]?.title ?? "");
  expect(asked[0]).toMatchObject({ language: "de", who: "customer", said: [] });
  await page.evaluate(() => localStorage.setItem("mien.language", "en"));
  await one.finish();
});

test("agent: what comes and goes is not shown; what lasts is", async ({ page }) => {
  const one = await call("held-2");
  await team({ hold: 4 });
  await one.say(ANGRY);
  await enter(page, `agent/${one.session}`);
  await expect(page.locator(".big")).toContainText("anger", { timeout: 10_000 });
  await page.evaluate(() => {
    const seen: string[] = [], big = document.querySelector(".big");
    Object.assign(window, { seen });
    if (big) new MutationObserver(() => seen.push(big.textContent ?? "")).observe(big, { childList: true, subtree: true, characterData: true });
  });
  const seen = (): Promise<string[]> => page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  for (const text of [HAPPY, ANGRY, HAPPY, ANGRY]) {
    await one.say(text);
    await page.waitForTimeout(1000);
  }
  expect(await seen()).toEqual([]);
  for (let i = 0; i < 4; i++) await one.say(HAPPY);
  await expect(page.locator(".big")).toContainText("joy", { timeout: 15_000 });
  expect((await seen()).length).toBeLessThanOrEqual(2);
  await one.finish();
});

test("agent: nothing of the agent, nothing of whom nothing may be read, and off again at once", async ({ page }) => {
  const { session } = await service<{ session: string }>("POST", "/v1/sessions", { purpose: "customer_service", context: "call", jurisdiction: "eu", notice_given: true, participants: [{ who: "agent", role: "agent" }, { who: "p", role: "patient" }, { who: "c", role: "customer" }] });
  await enter(page, `agent/${session}`);
  await expect(region(page, "Expressed now (patient)")).toContainText("Nothing is read");
  await expect(region(page, "What they agreed to")).toContainText("To nothing");
  await expect(page.getByRole("region", { name: /agent/ })).toHaveCount(0);
  await team({ agent_view: false });
  await expect(page.getByRole("alert")).toContainText("the panel beside the call is off for this team", { timeout: 10_000 });
  await expect(page.getByRole("alert")).not.toContainText("Your role");
  await team({ agent_view: true });
  await service("POST", `/v1/sessions/${session}/finish`, {});
});

for (const [role, scopes, sees] of [["agent", ["read", "stream"], true], ["supervisor", ["read", "stream", "review"], true], ["analyst", ["read"], false], ["privacy officer", ["consent", "privacy"], false], ["administrator", ["read", "stream", "consent", "review", "admin"], true]] as const) {
  test(`agent: ${sees ? "open" : "not open"} to the ${role}`, async ({ page }) => {
    await enter(page, "agent", await keyOf(...scopes));
    await expect(page.getByRole("link", { name: "Beside the call" })).toHaveCount(sees ? 1 : 0);
    if (sees) await expect(page.getByText("No conversation is open")).toBeVisible();
    else await expect(page.getByRole("alert")).toContainText("is not open to the role");
  });
}

test("agent: errors of the service are said", async ({ page }) => {
  await enter(page, "settings/team");
  await page.route("**/v1/team", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ title: "Busy", status: 503, detail: "again later" }) }));
  await page.goto("/#/agent");
  await expect(page.getByRole("alert")).toContainText("again later");
  await page.unroute("**/v1/team");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("No conversation is open")).toBeVisible();
});

for (const theme of ["light", "dark"] as const) {
  test(`agent: accessible in every language and width, ${theme}`, async ({ page }) => {
    test.setTimeout(300_000);
    await team({ agent_view: true });
    const one = await call("every-3");
    await one.say(ANGRY);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await enter(page, "agent");
    for (const language of LANGUAGES) {
      await page.evaluate((wanted) => localStorage.setItem("mien.language", wanted), language);
      await page.reload();
      for (const part of ["agent", `agent/${one.session}`]) {
        await page.goto(`/#/${part}`);
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await expect(page.locator(".panel")).toBeVisible();
        if (part !== "agent") await expect(page.locator(".big .label-core")).toBeVisible();
        expect(await page.locator("main").innerText()).not.toMatch(/\b(shell|agent|supervisor|rules|states)\.[a-z_]+/);
        await page.setViewportSize({ width: 320, height: 720 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth), `${part} ${language} at 320`).toBeLessThanOrEqual(320);
        if (part !== "agent" && language === "de" && theme === "dark") await page.screenshot({ path: `${screens}/agent-small.png`, fullPage: true });
        expect(await violations(page), `${part} ${language} ${theme}`).toEqual([]);
        await page.setViewportSize({ width: 1280, height: 800 });
      }
    }
    await one.finish();
  });
}
