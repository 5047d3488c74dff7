/** own.spec.ts: whoever is read holds the end of it: devices off where they were refused, one consent until it is withdrawn. */
import { expect, test, type Page } from "@playwright/test";
import { enter } from "./helpers";

/** Tells, at any time, how many tracks of cameras and microphones were opened and how many are still on. */
async function watchDevices(page: Page): Promise<() => Promise<{ opened: number; on: number }>> {
  await page.addInitScript(() => {
    const tracks: MediaStreamTrack[] = [], plain = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    (window as unknown as { tracks: MediaStreamTrack[] }).tracks = tracks;
    navigator.mediaDevices.getUserMedia = async (wanted) => { const stream = await plain(wanted); tracks.push(...stream.getTracks()); return stream; };
  });
  return () => page.evaluate(() => { const { tracks } = window as unknown as { tracks: MediaStreamTrack[] }; return { opened: tracks.length, on: tracks.filter((each) => each.readyState === "live").length }; });
}
const start = (page: Page): Promise<void> => page.getByRole("button", { name: "I agree: start" }).click();
const stop = (page: Page): Promise<void> => page.getByRole("button", { name: "Stop" }).click();

test("camera and microphone are off again where the consent cannot be recorded", async ({ page }) => {
  const devices = await watchDevices(page);
  await page.route("**/v1/consents", (route) => route.fulfill({ status: 403, contentType: "application/problem+json", body: JSON.stringify({ title: "Forbidden", status: 403, detail: "no scope", remedy: "" }) }));
  await enter(page);
  await start(page);
  await expect(page.getByRole("alert")).toContainText("no scope");
  expect((await devices()).on).toBe(0);
  await expect(page.locator(".picture")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "I agree: start" })).toBeEnabled();
});

test("camera and microphone are off again where the conversation is refused", async ({ page }) => {
  const devices = await watchDevices(page);
  await page.routeWebSocket(/\/v1\/stream/, (socket) => { socket.onMessage(() => socket.send(JSON.stringify({ type: "error", error: "policy", what: "not in this place", remedy: "" }))); });
  await enter(page);
  await start(page);
  await expect(page.getByRole("alert")).toContainText("not in this place");
  const { opened, on } = await devices();
  expect(opened).toBeGreaterThan(0);
  expect(on).toBe(0);
});

test("camera and microphone are off again where one leaves while it is being opened", async ({ page }) => {
  const devices = await watchDevices(page);
  await page.routeWebSocket(/\/v1\/stream/, () => undefined); // never answers
  await enter(page);
  await start(page);
  await expect.poll(async () => (await devices()).opened).toBeGreaterThan(0);
  await page.getByRole("link", { name: "Captions" }).click();
  await expect.poll(async () => (await devices()).on).toBe(0);
});

test("one consent until it is withdrawn, and forgetting leaves no consent of an earlier start", async ({ page }) => {
  const granted: string[] = [];
  page.on("response", async (answer) => { if (answer.url().endsWith("/v1/consents") && answer.request().method() === "POST") granted.push((await answer.json() as { consent: string }).consent); });
  await enter(page);
  for (let round = 0; round < 2; round++) {
    await start(page);
    await expect(page.getByRole("button", { name: "Stop" })).toBeEnabled();
    await stop(page);
  }
  await page.getByRole("link", { name: "Captions" }).click(); // another view is the same person
  await start(page);
  await expect(page.getByRole("button", { name: "Stop" })).toBeEnabled();
  await page.reload();
  await page.goto("/#/try");
  await start(page);
  await expect(page.getByRole("button", { name: "Stop" })).toBeEnabled();
  expect(granted).toHaveLength(1);
  await page.reload(); // what an earlier page recorded is forgotten as well
  await page.getByRole("button", { name: "Forget me" }).click();
  await expect(page.getByText("Your consent is withdrawn")).toBeVisible();
  const left = await page.evaluate(async (id) => (await (await fetch(`/v1/consents/${id}`)).json() as { modalities: string[] }).modalities, granted[0] ?? "");
  expect(left).toEqual([]);
  await start(page); // agreeing again is another consent
  await expect(page.getByRole("button", { name: "Stop" })).toBeEnabled();
  await expect.poll(() => granted.length).toBe(2);
});

test("what is typed is there once, also when it comes back as a turn", async ({ page }) => {
  await enter(page);
  await start(page);
  await expect(page.getByRole("button", { name: "Stop" })).toBeEnabled();
  const turn = new Promise<void>((yes) => page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => { if (String(payload).includes("twice or once")) yes(); })));
  await page.getByRole("button", { name: "Stop" }).click();
  await start(page); // a socket that is watched from its beginning
  await expect(page.getByRole("button", { name: "Stop" })).toBeEnabled();
  await page.getByPlaceholder("Type something").fill("Is this here twice or once?");
  await page.getByRole("button", { name: "Read" }).click();
  await turn;
  await page.waitForTimeout(300);
  await expect(page.getByText("Is this here twice or once?")).toHaveCount(1);
});
