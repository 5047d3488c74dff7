/** supervisor.spec.ts: tiles by need that do not jump, the feed, a call, the queue by keys alone, counts; who may not; accessible; light. */
import { expect, test, type Page } from "@playwright/test";
import { enter, keyOf, LANGUAGES, screens, service, violations } from "./helpers";

const WANTS = "I want to speak to a manager.", ANGRY = "This is the third time! I am furious, this is useless and you never listen to me.", HAPPY = "Thank you, that is very kind, I am happy with it.";
const tile = (page: Page, name: string) => page.locator(".tile", { hasText: name });

async function call(reference: string, subject = `s-${reference}`, keep = true): Promise<{ session: string; say: (text: string) => Promise<void>; finish: () => Promise<unknown> }> {
  const { consent } = await service<{ consent: string }>("POST", "/v1/consents", { subject, purpose: "customer_service", modalities: ["text", "voice"], keep });
  const { session } = await service<{ session: string }>("POST", "/v1/sessions", { purpose: "customer_service", context: "call", jurisdiction: "eu", notice_given: true, reference, participants: [{ who: "customer", role: "customer", subject, consent }, { who: "agent", role: "agent" }] });
  return {
    session,
    say: async (text) => { await service("POST", `/v1/sessions/${session}/turns`, { who: "customer", text }); },
    finish: () => service("POST", `/v1/sessions/${session}/finish`, {}),
  };
}

test.describe.configure({ mode: "serial" });

test("supervisor: nothing is open yet", async ({ page }) => {
  await enter(page, "supervisor");
  await expect(page.getByText("No conversation is open")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.goto("/#/supervisor/queue");
  await expect(page.getByText("Nothing waits for a decision")).toBeVisible();
});

test("supervisor: tiles come by need, change as they are, do not jump under the pointer, and go when they end", async ({ page }) => {
  const calm = await call("calm-1"), later = await call("rough-2");
  await enter(page, "supervisor");
  await expect(tile(page, "calm-1")).toBeVisible();
  await calm.say(HAPPY);
  await expect(tile(page, "calm-1")).toContainText("joy");
  await expect(tile(page, "calm-1")).toContainText("calm");
  await page.locator(".tiles").hover();
  await expect(page.getByText("The order is held")).toBeVisible();
  const order = (): Promise<string[]> => page.locator(".tile .name").allInnerTexts();
  const before = await order();
  await later.say(ANGRY);
  await later.say(WANTS);
  await expect(tile(page, "rough-2")).toContainText("anger");
  await expect(tile(page, "rough-2")).toContainText("look now");
  await expect(page.locator(".feed")).toContainText("Asks for somebody else to decide");
  await page.waitForTimeout(3500);
  expect(await order()).toEqual(before);
  await page.mouse.move(0, 0);
  await expect.poll(async () => (await order())[0], { timeout: 8000 }).toBe("rough-2");
  await expect(page.getByRole("status").filter({ hasText: "warning" })).not.toHaveCount(0);
  await calm.finish();
  await expect(tile(page, "calm-1")).toHaveCount(0, { timeout: 8000 });
  await later.finish();
});

test("supervisor: the feed leads to what there is to see, and nowhere else", async ({ page }) => {
  const kept = await call("kept-8"), not = await call("not-9", "s-not-9", false);
  await enter(page, "supervisor");
  await expect(tile(page, "not-9")).toBeVisible();
  for (const each of [kept, not]) await each.say(WANTS);
  const line = (of: { session: string }) => page.locator(".feed li", { hasText: of.session.slice(2, 8) });
  for (const each of [kept, not]) await expect(line(each).getByRole("link")).toHaveCount(2);
  for (const each of [kept, not]) await each.finish();
  await expect(tile(page, "not-9")).toHaveCount(0, { timeout: 10_000 });
  await expect(line(not)).toContainText("ended");
  await expect(line(not).getByRole("link")).toHaveCount(0);
  await line(kept).getByRole("link", { name: /moment by moment/ }).click();
  await expect(page.getByRole("heading", { name: "Over time" })).toBeVisible();
});

test("supervisor: the card of a call says why, what happened, and what was before", async ({ page }) => {
  const earlier = await call("first-3", "s-same");
  await earlier.say(WANTS);
  await earlier.finish();
  const now = await call("again-4", "s-same");
  await now.say("Hello, it is me again.");
  await now.say(ANGRY);
  await now.say(WANTS);
  await enter(page, "supervisor");
  await tile(page, "again-4").getByRole("link").click();
  await expect(page.getByRole("heading", { name: "Call again-4" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Why it is here" })).toContainText(/decide|Frustration/);
  await expect(page.getByRole("region", { name: "So far" })).toContainText("anger");
  await expect(page.getByRole("region", { name: "What happened" })).toContainText("third time");
  await expect(page.getByRole("region", { name: "Earlier contacts" })).toContainText("1 event");
  await expect(page.getByRole("img", { name: /pleasant/ })).toBeVisible();
  await expect(page.getByRole("link", { name: "All of it, moment by moment" })).toHaveAttribute("href", /#\/sessions\/s_[0-9a-f]{32}$/);
  expect(await violations(page)).toEqual([]);
  await page.screenshot({ path: `${screens}/supervisor-call.png`, fullPage: true });
  await now.finish();
  await page.goto(`/#/supervisor/call/s_${"0".repeat(32)}`);
  await expect(page.getByText("This conversation is over")).toBeVisible();
});

test("supervisor: the queue by keys alone, and how often people agreed", async ({ page }) => {
  const one = await call("queue-5");
  for (let i = 0; i < 2; i++) await one.say(WANTS); // the second is held back by the rule's cooldown
  const other = await call("queue-6"), third = await call("queue-7");
  await other.say(WANTS);
  await third.say(WANTS);
  await expect.poll(async () => (await service<{ cases: unknown[] }>("GET", "/v1/cases?state=open")).cases.length).toBeGreaterThanOrEqual(5);
  await enter(page, "supervisor/queue");
  const cases = page.locator(".case"), here = page.locator(".case.here");
  await expect(cases.first()).toBeVisible();
  const count = await cases.count();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toContainText("accept, with a reason");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(cases.nth(0)).toHaveClass(/here/);
  await page.keyboard.press("j");
  await expect(cases.nth(1)).toHaveClass(/here/);
  await page.keyboard.press("k");
  await page.screenshot({ path: `${screens}/supervisor-queue.png` });
  await page.keyboard.press("a");
  await expect(here.getByLabel("Why it is right")).toBeFocused();
  await page.keyboard.type("j and k are letters here <b>too</b>");
  await page.keyboard.press("Enter");
  await expect(cases).toHaveCount(count - 1);
  await page.keyboard.press("r");
  await page.keyboard.press("Escape");
  await expect(page.locator(".decide")).toHaveCount(0);
  await page.keyboard.press("r");
  await page.keyboard.type("they meant another thing");
  await page.keyboard.press("Enter");
  await expect(cases).toHaveCount(count - 2);
  await page.keyboard.press("c");
  await expect(here.getByLabel("What would have been right")).toBeFocused();
  await page.keyboard.type("sadness");
  await page.keyboard.press("Tab");
  await page.keyboard.type("the voice was low");
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await expect(cases).toHaveCount(count - 3);
  const { cases: corrected } = await service<{ cases: { decisions: { correction: unknown; reason: string }[] }[] }>("GET", "/v1/cases?state=corrected");
  expect(corrected[0]?.decisions[0]).toMatchObject({ correction: { core: "sadness" }, reason: "the voice was low" });
  await page.getByLabel("Which").selectOption("accepted");
  await expect(page.getByText("j and k are letters here <b>too</b>")).toBeVisible();
  await page.goto("/#/supervisor/rules");
  const row = page.getByRole("row", { name: /Asks for somebody else/ });
  await expect(row).toContainText("33%");
  expect(await violations(page)).toEqual([]);
  await page.screenshot({ path: `${screens}/supervisor-rules.png` });
  for (const each of [one, other, third]) await each.finish();
});

test("supervisor: somebody else was quicker", async ({ page }) => {
  const { cases } = await service<{ cases: { case: string }[] }>("GET", "/v1/cases?state=open");
  await enter(page, "supervisor/queue");
  await expect(page.locator(".case").first()).toBeVisible();
  await service("POST", `/v1/cases/${cases[0]?.case}/decision`, { decision: "accept", reason: "first" });
  await page.keyboard.press("r");
  await page.keyboard.type("second");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("Changed meanwhile");
});

test("supervisor: hostile names are text", async ({ page }) => {
  const hostile = "<img src=x onerror=document.title='run'>";
  const { session } = await service<{ session: string }>("POST", "/v1/sessions", { purpose: "self", context: "home", jurisdiction: "eu", notice_given: true, participants: [{ who: hostile, role: "self" }] });
  await enter(page, `supervisor/call/${session}`);
  await expect(page.getByText(hostile)).toBeVisible();
  expect(await page.title()).not.toBe("run");
  await service("POST", `/v1/sessions/${session}/finish`, {});
});

test("supervisor: a lost connection is said and taken up again", async ({ page }) => {
  const one = await call("lost-8");
  await enter(page, "supervisor");
  await expect(tile(page, "lost-8")).toBeVisible();
  await page.route("**/v1/live*", (route) => route.abort());
  await page.evaluate(() => { location.hash = "#/supervisor/queue"; });
  await page.evaluate(() => { location.hash = "#/supervisor"; });
  await expect(page.getByRole("alert").or(page.getByText("The connection is lost"))).toBeVisible();
  await page.unroute("**/v1/live*");
  await expect(tile(page, "lost-8")).toBeVisible({ timeout: 15_000 });
  await one.finish();
});

for (const [role, scopes, sees] of [["agent", ["read", "stream"], false], ["supervisor", ["read", "stream", "review"], true], ["analyst", ["read"], false], ["privacy officer", ["consent", "privacy"], false], ["administrator", ["read", "stream", "consent", "review", "admin"], true]] as const) {
  test(`supervisor: ${sees ? "open" : "not open"} to the ${role}`, async ({ page }) => {
    await enter(page, "supervisor", await keyOf(...scopes));
    await expect(page.getByRole("link", { name: "Supervisor" })).toHaveCount(sees ? 1 : 0);
    if (sees) await expect(page.getByRole("heading", { name: "Supervisor" })).toBeVisible();
    else await expect(page.getByRole("alert")).toContainText("is not open to the role");
  });
}

for (const theme of ["light", "dark"] as const) {
  test(`supervisor: accessible in every language and width, ${theme}`, async ({ page }) => {
    test.setTimeout(300_000);
    const all = [await call("tile-a"), await call("tile-b"), await call("tile-c")];
    for (const [i, text] of [ANGRY, HAPPY, WANTS].entries()) await all[i]?.say(text);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await enter(page, "supervisor");
    for (const language of LANGUAGES) {
      await page.evaluate((wanted) => localStorage.setItem("mien.language", wanted), language);
      await page.reload();
      for (const part of ["live", "queue", "rules", `call/${all[0]?.session}`]) {
        await page.goto(`/#/supervisor/${part}`);
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await expect(page.locator(".bone")).toHaveCount(0);
        if (part === "live") await expect(page.locator(".tile .label-core")).not.toHaveCount(0);
        expect(await page.locator("main").innerText()).not.toMatch(/\b(shell|supervisor|rules|states)\.[a-z_]+/);
        expect(await violations(page), `${part} ${language} ${theme}`).toEqual([]);
        if (part === "live" && language === "en") await page.screenshot({ path: `${screens}/supervisor-${theme}.png` });
        if (part === "live" && language === "ar" && theme === "light") await page.screenshot({ path: `${screens}/supervisor-ar.png` });
        if (language !== "de") continue;
        await page.setViewportSize({ width: 320, height: 640 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth), `${part} at 320`).toBeLessThanOrEqual(320);
        if (part === "live") await page.screenshot({ path: `${screens}/supervisor-small.png` });
        await page.setViewportSize({ width: 3200, height: 1400 });
        expect(await violations(page), `${part} wide`).toEqual([]);
        await page.setViewportSize({ width: 1280, height: 800 });
      }
    }
    for (const each of all) await each.finish();
  });
}
