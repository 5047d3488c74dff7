/** board.spec.ts: thirty live tiles that change twice a second: how busy the main thread is, told and not asserted, for machines differ. */
import { expect, test } from "@playwright/test";
import { enter, screens, service } from "./helpers";

const TEXTS = ["Thank you, that is very kind.", "This is the third time! I am furious, this is useless.", "I do not understand what you mean.", "All right, I see.", "I am afraid that it is lost.", "I want to speak to a manager."];

test("supervisor: thirty live tiles, changing twice a second", async ({ page }) => {
  test.setTimeout(300_000);
  const all: string[] = [];
  for (let i = 0; i < 30; i++) {
    const subject = `s-board-${i}`, { consent } = await service<{ consent: string }>("POST", "/v1/consents", { subject, purpose: "customer_service", modalities: ["text"] });
    all.push((await service<{ session: string }>("POST", "/v1/sessions", { purpose: "customer_service", context: "call", jurisdiction: "eu", notice_given: true, reference: `line-${String(i).padStart(2, "0")}`, participants: [{ who: "customer", role: "customer", subject, consent }, { who: "agent", role: "agent" }] })).session);
  }
  await page.addInitScript(() => {
    const long: number[] = [];
    Object.assign(window, { long });
    new PerformanceObserver((list) => { for (const each of list.getEntries()) long.push(each.duration); }).observe({ type: "longtask" });
  });
  await enter(page, "supervisor");
  await expect(page.locator(".tile")).toHaveCount(30);
  let round = 0, on = true;
  const feed = (async () => {
    while (on) {
      const began = Date.now();
      await Promise.all(all.map((session, i) => service("POST", `/v1/sessions/${session}/turns`, { who: "customer", text: TEXTS[(i + round) % TEXTS.length] })));
      round++;
      await new Promise((yes) => setTimeout(yes, Math.max(0, 500 - (Date.now() - began))));
    }
  })();
  await expect(page.locator(".tile .label-core")).toHaveCount(30, { timeout: 30_000 });
  await page.waitForTimeout(3000);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  const metric = async (): Promise<{ task: number; at: number }> => {
    const { metrics } = await cdp.send("Performance.getMetrics"), of = (name: string): number => metrics.find((each) => each.name === name)?.value ?? NaN;
    return { task: of("TaskDuration"), at: of("Timestamp") };
  };
  await page.evaluate(() => {
    const { long } = window as unknown as { long: number[] }, changes = { count: 0 };
    long.length = 0;
    Object.assign(window, { changes });
    const list = document.querySelector(".tiles");
    if (list) new MutationObserver(() => { changes.count++; }).observe(list, { childList: true, subtree: true, characterData: true, attributes: true });
  });
  const before = await metric(), rounds = round;
  await page.waitForTimeout(12_000);
  const after = await metric();
  const { long, changes } = await page.evaluate(() => { const { long, changes } = window as unknown as { long: number[]; changes: { count: number } }; return { long, changes: changes.count }; });
  on = false;
  await feed;
  const share = (after.task - before.task) / (after.at - before.at);
  console.log(`30 live tiles: main thread busy ${(100 * share).toFixed(1)} % of one core over ${(after.at - before.at).toFixed(1)} s, ${round - rounds} rounds of turns, ${changes} updates drawn; long tasks: ${long.length}, the longest ${Math.max(0, ...long).toFixed(0)} ms`);
  expect(changes).toBeGreaterThan(10);
  expect(share).toBeGreaterThan(0);
  await page.screenshot({ path: `${screens}/supervisor-thirty.png` });
  await Promise.all(all.map((session) => service("POST", `/v1/sessions/${session}/finish`, {})));
});
