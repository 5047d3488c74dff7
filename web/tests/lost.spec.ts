/** lost.spec.ts: the network is cut under each live view, by a wire that is: each says so, keeps what it shows, and catches up when it is there again. */
import { expect, test as plain, type Page } from "@playwright/test";
import { enter, service, Wire } from "./helpers";

const ANGRY = "This is the third time! I am furious, this is useless and you never listen to me.", HAPPY = "Thank you so much, that is very kind, I am really happy with it!", WANTS = "I want to speak to a manager.";
const test = plain.extend<{ wire: Wire }>({
  wire: async ({}, use) => {
    const wire = new Wire();
    await wire.mend();
    await use(wire);
    await wire.cut();
  },
  baseURL: async ({ wire }, use) => { await use(`http://localhost:${wire.port}`); },
});
/** Resolves once sound goes to the service: all is loaded that is needed. */
const heard = (page: Page): Promise<void> => new Promise((yes) => page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => { if (typeof payload !== "string") yes(); })));
const lost = (page: Page) => page.getByRole("status").filter({ hasText: /connection (is|was) lost/ });

async function call(reference: string): Promise<{ session: string; say: (text: string) => Promise<unknown>; finish: () => Promise<unknown> }> {
  const subject = `s-${reference}`, { consent } = await service<{ consent: string }>("POST", "/v1/consents", { subject, purpose: "customer_service", modalities: ["text", "voice"], keep: true });
  const { session } = await service<{ session: string }>("POST", "/v1/sessions", { purpose: "customer_service", context: "call", jurisdiction: "eu", notice_given: true, reference, participants: [{ who: "customer", role: "customer", subject, consent }, { who: "agent", role: "agent" }] });
  return { session, say: (text) => service("POST", `/v1/sessions/${session}/turns`, { who: "customer", text }), finish: () => service("POST", `/v1/sessions/${session}/finish`, {}) };
}

test("lost: one's own reading; what is typed meanwhile is read after", async ({ page, wire }) => {
  await page.addInitScript(() => { // without a picture: the face that the fake camera shows is always the same
    const plain = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wanted) => (wanted?.video ? Promise.reject(new DOMException("none", "NotFoundError")) : plain(wanted));
  });
  const sound = heard(page);
  await enter(page, "try");
  await page.locator("button.first").click();
  const words = page.getByPlaceholder("Type something");
  await words.fill(ANGRY);
  await words.press("Enter");
  await expect(page.locator(".now .label-core")).toContainText("anger", { timeout: 15_000 });
  await sound;
  await wire.cut();
  await expect(lost(page)).toBeVisible({ timeout: 10_000 });
  await expect(page.locator(".now .label-core")).toBeVisible(); // what was read stays
  await words.fill(HAPPY);
  await words.press("Enter");
  await wire.mend();
  await expect(lost(page)).toHaveCount(0, { timeout: 15_000 });
  await expect(page.locator(".now .label-core")).toContainText("joy", { timeout: 20_000 });
});

test("lost: for good, the devices are let go and it is said", async ({ page, wire }) => {
  test.setTimeout(300_000);
  await page.clock.install();
  const sound = heard(page);
  await enter(page, "try");
  await page.locator("button.first").click();
  await expect(page.locator(".picture video")).toBeVisible();
  await sound;
  await wire.cut();
  await expect(lost(page)).toBeVisible({ timeout: 10_000 });
  for (let i = 0; i < 12; i++) { await page.clock.runFor(9000); await page.waitForTimeout(300); }
  await expect(page.getByRole("alert")).toContainText("cannot be reached");
  await expect(page.locator(".picture")).toHaveCount(0);
  await wire.mend();
  await page.locator("button.first").click();
  await expect(page.locator(".picture video")).toBeVisible({ timeout: 15_000 });
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("lost: captions", async ({ page, wire }) => {
  let joined = 0;
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => { if (String(payload).includes('"rejoined"')) joined++; }));
  const sound = heard(page);
  await enter(page, "captions");
  await page.locator("button.first").click();
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible({ timeout: 15_000 });
  await sound;
  await wire.cut();
  await expect(lost(page)).toBeVisible({ timeout: 10_000 });
  await wire.mend();
  await expect(lost(page)).toHaveCount(0, { timeout: 15_000 });
  expect(joined).toBe(1);
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
});

test("lost: the panel beside a call", async ({ page, wire }) => {
  await service("PUT", "/v1/team", { agent_view: true, cue: true, suggestion: true, hold: 2 });
  const one = await call("wire-1");
  await one.say(ANGRY);
  await enter(page, `agent/${one.session}`);
  await expect(page.locator(".big")).toContainText("anger", { timeout: 10_000 });
  await wire.cut();
  await expect(lost(page)).toBeVisible({ timeout: 10_000 });
  await expect(page.locator(".big")).toContainText("anger");
  for (let i = 0; i < 4; i++) await one.say(HAPPY);
  await wire.mend();
  await expect(page.locator(".big")).toContainText("joy", { timeout: 20_000 });
  await expect(lost(page)).toHaveCount(0);
  await one.finish();
});

test("lost: the board, and the card of a call", async ({ page, wire }) => {
  const one = await call("wire-2"), tile = (name: string) => page.locator(".tile", { hasText: name });
  await enter(page, "supervisor");
  await expect(tile("wire-2")).toBeVisible();
  await wire.cut();
  await expect(lost(page)).toBeVisible({ timeout: 10_000 });
  await expect(tile("wire-2")).toBeVisible();
  const other = await call("wire-3");
  await one.say(WANTS);
  await wire.mend();
  await expect(tile("wire-3")).toBeVisible({ timeout: 20_000 });
  await expect(tile("wire-2")).toContainText("somebody else", { timeout: 10_000 });
  await expect(lost(page)).toHaveCount(0);
  await tile("wire-2").getByRole("link").click();
  await expect(page.getByRole("region", { name: "What happened" })).toContainText("manager");
  await wire.cut();
  await expect(lost(page)).toBeVisible({ timeout: 10_000 });
  await expect(page.getByRole("region", { name: "What happened" })).toContainText("manager");
  await one.say(ANGRY);
  await wire.mend();
  await expect(page.getByRole("region", { name: "What happened" })).toContainText("third time", { timeout: 20_000 });
  await expect(lost(page)).toHaveCount(0);
  for (const each of [one, other]) await each.finish();
});

test("lost: a conversation, moment by moment", async ({ page, wire }) => {
  const one = await call("wire-4");
  await one.say("Hello, it is me.");
  await enter(page, `sessions/${one.session}`);
  await expect(page.locator(".turns")).toContainText("it is me", { timeout: 10_000 });
  await wire.cut();
  await expect(page.getByText("lost", { exact: false }).first()).toBeVisible({ timeout: 10_000 });
  await expect(page.locator(".turns")).toContainText("it is me");
  await one.say(ANGRY);
  await wire.mend();
  await expect(page.locator(".turns")).toContainText(/never/, { timeout: 20_000 });
  await expect(page.locator(".badge.warning", { hasText: "lost" })).toHaveCount(0);
  await one.finish();
});

test("lost: signals", async ({ page, wire }) => {
  const { consent } = await service<{ consent: string }>("POST", "/v1/consents", { subject: "wire-5", purpose: "self", modalities: ["voice", "face"], keep: true });
  const { dictionary } = await service<{ dictionary: string }>("POST", "/v1/signals", { subject: "wire-5", consent, name: "wire-5", jurisdiction: "eu", notice_given: true });
  for (let i = 0; i < 3; i++)
    for (const [signal, at] of [["comfort", 0], ["distress", 1]] as const)
      await service("POST", `/v1/signals/${dictionary}/examples`, { signal, voice: Array.from({ length: 8 }, (_, k) => (k % 2 === at ? 1 : 0) + 0.05 * i), face: Array.from({ length: 8 }, (_, k) => (k % 2 === at ? 0 : 1) + 0.05 * i) });
  let told = "comfort";
  await page.route("**/tell", (route) => (wire.whole ? route.fulfill({ json: { signal: told, confidence: 0.93, nearest: told, distance: 0.5, chances: {}, has: ["face"] } }) : route.continue())); // in place of what the fake camera shows
  await enter(page, `signals/${dictionary}`);
  await page.getByRole("button", { name: "Listen and tell" }).click();
  await expect(page.locator(".signal-word")).toHaveText("comfort", { timeout: 15_000 });
  await wire.cut();
  await expect(page.getByRole("alert")).toContainText("cannot be reached", { timeout: 15_000 });
  told = "distress";
  await wire.mend();
  await expect(page.locator(".signal-word")).toHaveText("distress", { timeout: 15_000 });
  await expect(page.getByRole("alert")).toHaveCount(0);
});
