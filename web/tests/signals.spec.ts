/** signals.spec.ts: a person's own signals: begun on a consent, shown by the microphone, how well they are told, told large, unsure where they are; withdrawn. */
import { expect, test, type Page } from "@playwright/test";
import { enter, keyOf, LANGUAGES, screens, service, violations } from "./helpers";

async function book(subject: string, examples = true): Promise<string> {
  const { consent } = await service<{ consent: string }>("POST", "/v1/consents", { subject, purpose: "self", modalities: ["voice", "face"], keep: true });
  const { dictionary } = await service<{ dictionary: string }>("POST", "/v1/signals", { subject, consent, name: subject, jurisdiction: "eu", notice_given: true });
  for (let i = 0; i < 3 && examples; i++)
    for (const [signal, at] of [["comfort", 0], ["distress", 1]] as const)
      await service("POST", `/v1/signals/${dictionary}/examples`, { signal, voice: Array.from({ length: 8 }, (_, k) => (k % 2 === at ? 1 : 0) + 0.05 * i), face: Array.from({ length: 8 }, (_, k) => (k % 2 === at ? 0 : 1) + 0.05 * i) });
  return dictionary;
}

/** What the service tells, in place of what the fake camera shows. */
async function tells(page: Page, told: object): Promise<void> {
  await page.unroute("**/tell").catch(() => undefined);
  await page.route("**/tell", (route) => route.fulfill({ status: 200, contentType: "application/json", body: JSON.stringify({ nearest: "distress", distance: 0.5, chances: {}, has: ["face"], ...told }) }));
}

test("signals: begun after consent, shown by microphone and camera, and taken back with all of it", async ({ page }) => {
  await enter(page, "signals");
  await expect(page.getByText("Nothing is learned of a person without consent")).toBeVisible();
  await page.getByLabel("Their name").fill("kim");
  await page.getByLabel("Who agreed, and when").fill("mother, 1 March");
  await page.getByRole("button", { name: "Begin" }).click(); // not without the word of who agreed
  await expect(page.getByRole("heading", { name: "Begin with somebody" })).toBeVisible();
  await page.getByLabel("They agreed").check();
  await page.getByRole("button", { name: "Begin" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "kim" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Listen and tell" })).toBeDisabled();
  await page.getByRole("button", { name: "Turn on camera and microphone" }).click();
  const record = page.getByRole("button", { name: "Record: yes" });
  await expect(record).toBeEnabled({ timeout: 15_000 });
  await record.focus();
  await page.keyboard.press("Enter");
  await page.waitForTimeout(2500);
  await page.keyboard.press("Enter");
  await expect(page.getByText(/Added to yes: .*voice/)).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText(/^1 sounds/)).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.screenshot({ path: `${screens}/signals-show.png`, fullPage: true });
  await page.getByRole("button", { name: "Withdraw the consent and erase it" }).click();
  await page.getByRole("button", { name: "Yes, erase it for good" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Signals" })).toBeVisible();
  expect((await service<{ dictionaries: { name: string }[] }>("GET", "/v1/signals")).dictionaries.map((each) => each.name)).not.toContain("kim");
});

test("signals: told large with mark and word, unsure and none of these said so, sound and vibration off", async ({ page }) => {
  await page.addInitScript(() => {
    const shaken: unknown[] = [];
    Object.assign(window, { shaken, chimes: 0 });
    navigator.vibrate = (what) => { shaken.push(what); return true; };
    const plain = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function () { (window as unknown as { chimes: number }).chimes++; return plain.call(this); };
  });
  const id = await book("lee");
  await enter(page, `signals/${id}`);
  await expect(page.getByText(/told rightly/).first()).toBeVisible();
  await tells(page, { signal: "distress", confidence: 0.93 });
  await page.getByRole("button", { name: "Listen and tell" }).click();
  await expect(page.locator(".signal-word")).toHaveText("distress", { timeout: 15_000 });
  await expect(page.getByText("sure to 93%")).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { shaken: unknown[]; chimes: number }).shaken.length)).toBeGreaterThan(0);
  expect(await page.evaluate(() => (window as unknown as { chimes: number }).chimes)).toBeGreaterThan(0);
  expect(await violations(page)).toEqual([]);
  await page.screenshot({ path: `${screens}/signals.png` });
  await page.getByLabel("Sound").uncheck();
  await page.getByLabel("Vibration").uncheck();
  await page.waitForTimeout(500);
  const before = await page.evaluate(() => { const w = window as unknown as { shaken: unknown[]; chimes: number }; return [w.shaken.length, w.chimes]; });
  await tells(page, { signal: "distress", confidence: 0.45 });
  await expect(page.locator(".signal-word")).toHaveText("Unsure", { timeout: 15_000 });
  await expect(page.getByText("perhaps distress (45%)")).toBeVisible();
  await tells(page, { signal: null, confidence: null });
  await expect(page.locator(".signal-word")).toHaveText("None of these", { timeout: 15_000 });
  await tells(page, { signal: "distress", confidence: 0.9 });
  await expect(page.locator(".signal-word")).toHaveText("distress", { timeout: 15_000 });
  expect(await page.evaluate(() => { const w = window as unknown as { shaken: unknown[]; chimes: number }; return [w.shaken.length, w.chimes]; })).toEqual(before);
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByRole("button", { name: "Listen and tell" })).toBeVisible();
});

test("signals: without devices it is said; not without the scopes", async ({ page }) => {
  await page.addInitScript(() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("refused", "NotAllowedError")); });
  const id = await book("ari");
  await enter(page, `signals/${id}`);
  await page.getByRole("button", { name: "Listen and tell" }).click();
  await expect(page.getByRole("alert")).toContainText("No camera and no microphone");
  await page.context().clearCookies();
  await page.goto("about:blank");
  await enter(page, "signals", await keyOf("read"));
  await expect(page.getByRole("alert")).toContainText("is not open to the role");
});

for (const theme of ["light", "dark"] as const) {
  test(`signals: accessible in every language, ${theme}, and 320 px wide`, async ({ page }) => {
    test.setTimeout(300_000);
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width: theme === "dark" ? 320 : 1280, height: 800 });
    const id = await book(`sam-${theme}`);
    await enter(page, "signals");
    for (const language of LANGUAGES) {
      await page.evaluate((wanted) => localStorage.setItem("mien.language", wanted), language);
      await page.reload();
      for (const part of ["signals", `signals/${id}`]) {
        await page.goto(`/#/${part}`);
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await expect(page.locator(".bone")).toHaveCount(0);
        await expect(page.locator("main h2").first()).toBeVisible();
        expect(await page.locator("main").innerText()).not.toMatch(/\b(shell|signals|market|emotions)\.[a-z_]+/);
        expect(await violations(page), `${part} ${language} ${theme}`).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
      }
    }
  });
}
