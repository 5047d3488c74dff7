/** market.spec.ts: feedback sent as a file and looked at: columns guessed and put right, figures, filters in the address, small groups hidden, what is taken along. */
import { expect, test, type Page } from "@playwright/test";
import { enter, keyOf, LANGUAGES, screens, service, violations } from "./helpers";

const GOOD = ["I love the screen, so bright", "Great sound, thank you so much", "Very happy with the camera"];
const BAD = ["The battery life is terrible, I am so angry", "Awful, the app crashes all the time", "Delivery was late again, useless"];
const HOSTILE = `<img src=x onerror="document.title='run'">`;

/** Forty days; north is content, south is not; on 30 March a planted spike; a group of three; a broken quote. */
function feedback(): string {
  const lines = ["date,review,region,item"];
  for (let i = 0; i < 240; i++) {
    const day = new Date(Date.UTC(2026, 2, 1 + (i % 40))).toISOString().slice(0, 10), north = Math.floor(i / 40) % 2 === 0;
    lines.push(`${day},"${(north ? GOOD : BAD)[i % 3]}",${north ? "north" : "south"},${i % 5 ? "A" : "B"}`);
  }
  for (let i = 0; i < 30; i++) lines.push(`2026-03-30,"The update broke the login and I am furious, write to me@example.org",south,A`);
  for (let i = 0; i < 3; i++) lines.push(`2026-03-05,"my own secret opinion is that it is fine",secret,A`);
  for (let i = 0; i < 6; i++) lines.push(`2026-03-0${i + 1},"${HOSTILE.replaceAll('"', '""')} is what I think of the camera","${HOSTILE.replaceAll('"', '""')}",A`);
  lines.push('2026-03-05,"a "broken quote",north,A');
  return lines.join("\n");
}

async function made(name = "spring", body = feedback()): Promise<string> {
  const query = new URLSearchParams({ name, jurisdiction: "us", notice_given: "true", columns: "text=review,time=date,segment=region,product=item" });
  const answer = await fetch(`${process.env["MIEN_URL"]}/v1/collections?${query}`, { method: "POST", headers: { Authorization: `Bearer ${process.env["MIEN_KEY"]}`, "Content-Type": "text/csv" }, body });
  expect(answer.status).toBe(202);
  const { collection } = await answer.json() as { collection: string };
  await expect.poll(async () => (await service<{ state: string }>("GET", `/v1/collections/${collection}`)).state, { timeout: 30_000 }).toBe("ready");
  return collection;
}

async function choose(page: Page, name: string, body: string): Promise<void> {
  await page.getByLabel("File", { exact: true }).setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(body) });
}

test("market: a file is sent, its columns guessed and put right, and what could not be read is named", async ({ page }) => {
  await enter(page, "market");
  await choose(page, "spring.csv", feedback().replace("date,review,region,item", "when,verdict,region,item"));
  await expect(page.locator("select[name=text]")).toHaveValue("verdict"); // the longest
  await expect(page.locator("select[name=time]")).toHaveValue("when");    // has dates
  await expect(page.locator("select[name=segment]")).toHaveValue("region");
  await page.locator("select[name=product]").selectOption("");
  await page.getByLabel("Where those who wrote are").selectOption("eu");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("A policy or a setting does not allow this");
  await page.getByText("Where the place asks for consent").click();
  await page.getByLabel("Survey").fill("spring survey");
  await page.getByLabel("They agreed: put it on record").check();
  await page.getByLabel("They were told").check();
  await page.screenshot({ path: `${screens}/market-send.png`, fullPage: true });
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const link = page.getByRole("link", { name: "spring.csv" });
  await expect(link).toBeVisible({ timeout: 30_000 });
  await page.getByText("1 line was left out").first().click();
  await expect(page.getByText("Line 281")).toBeVisible();
  await link.click();
  await expect(page.getByRole("heading", { name: "Over time" })).toBeVisible();
  await expect(page.locator("select[name=product]")).toHaveCount(0); // no column was to be the product
});

test("market: figures with spikes and what drove them, compared, filtered by the address, small groups hidden", async ({ page }) => {
  const id = await made();
  await enter(page, `market/${id}`);
  await expect(page.getByRole("img", { name: /279 texts over 40 bins; the most/ })).toBeVisible();
  const spike = page.getByRole("listitem").filter({ hasText: "Words that went with it" }).first();
  await expect(spike).toContainText("Mar 30");
  await expect(spike).toContainText("update");
  expect(await page.locator("main").innerText()).not.toContain("me@example.org");
  await page.getByLabel("Compare").selectOption({ label: "Segment" });
  await expect(page.getByRole("row", { name: /secret/ })).toContainText("too few to show");
  await expect(page.getByRole("row", { name: /south/ })).toContainText("beyond chance");
  await expect(page.getByRole("rowheader", { name: HOSTILE })).toBeVisible();
  expect(await page.title()).not.toBe("run");
  expect(page.url()).toContain("by=segment");
  const fair = await made("spring survey", feedback().split("\n").filter((line) => !/<img|secret|broken/.test(line)).join("\n"));
  await page.goto(`/#/market/${fair}?by=segment`);
  await expect(page.getByRole("heading", { name: "Compared: Segment" })).toBeVisible();
  await page.screenshot({ path: `${screens}/market.png`, fullPage: true });
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 720, height: 1100 });
  await expect(page.getByRole("button", { name: "Print" })).toBeHidden();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await page.screenshot({ path: `${screens}/market-print.png`, fullPage: true });
  await page.emulateMedia({ media: "screen" });
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`/#/market/${id}?by=segment`);
  await page.getByRole("button", { name: "Only south" }).click();
  await expect(page.locator("select[name=segment]")).toHaveValue("=south");
  await page.locator("select[name=aspect]").selectOption({ index: 1 });
  await page.locator("select[name=emotion]").selectOption({ label: "anger" });
  const shared = page.url();
  expect(shared).toMatch(/segment=south.*aspect=.*emotion=anger/);
  await page.goto("about:blank");
  await page.goto(shared);
  await expect(page.locator("select[name=emotion]")).toHaveValue("=anger");
  await page.getByRole("button", { name: "All of it" }).click();
  await page.goto(`/#/market/${id}?segment=secret`);
  await expect(page.getByText("Fewer than 5 texts fit")).toBeVisible();
});

test("market: a table for each chart, and what is taken along", async ({ page }) => {
  const id = await made();
  await enter(page, `market/${id}?by=period`);
  await expect(page.getByRole("heading", { name: "Over time" })).toBeVisible();
  await page.getByText("As a table").first().focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("row", { name: /Mar 30, 2026/ }).first()).toContainText("volume");
  for (const [button, name] of [["PNG: How much was written", "How much was written.png"], ["Figures as CSV", "spring.csv"], ["Report as a page", "spring.html"]] as const) {
    const coming = page.waitForEvent("download");
    await page.getByRole("button", { name: button }).click();
    const got = await coming;
    expect(got.suggestedFilename()).toBe(name);
    if (name.endsWith(".png")) await got.saveAs(`${screens}/chart.png`);
  }
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("button", { name: "Figures as CSV" })).toBeHidden();
});

test("market: half a million lines, and a file that is no table", async ({ page }) => {
  test.setTimeout(300_000);
  await enter(page, "market");
  await choose(page, "empty.csv", "");
  await expect(page.getByRole("button", { name: "Send", exact: true })).toBeDisabled();
  await page.evaluate(() => {
    const rows = ["date,review"];
    for (let i = 0; i < 500_000; i++) rows.push(`2026-03-${String(1 + (i % 28)).padStart(2, "0")},"It is ${i % 7}, ${i % 2 ? "lovely" : "awful"}"`);
    const given = new DataTransfer();
    given.items.add(new File([rows.join("\n")], "large.csv", { type: "text/csv" }));
    const field = document.querySelector<HTMLInputElement>("input[type=file]");
    if (field) { field.files = given.files; field.dispatchEvent(new Event("change", { bubbles: true })); }
  });
  await expect(page.locator("select[name=text]")).toHaveValue("review");
  await page.getByLabel("Where those who wrote are").selectOption("us");
  await page.getByLabel("They were told").check();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByRole("heading", { name: "large.csv" })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(/Being read/).first()).toBeVisible();
  await page.getByRole("button", { name: "Take away: large.csv" }).click();
  await page.getByRole("button", { name: "Yes, take it away for good" }).click();
  await expect(page.getByRole("heading", { name: "large.csv" })).toHaveCount(0);
  await made("after the large one"); // it is not waited for
});

test("market: a role that only reads sees figures and sends nothing; one without the scope sees nothing", async ({ page }) => {
  const id = await made();
  await enter(page, "market", await keyOf("read"));
  await expect(page.getByRole("link", { name: "spring" }).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Send", exact: true })).toHaveCount(0);
  await expect(page.getByRole("button", { name: /Take away/ })).toHaveCount(0);
  await page.goto(`/#/market/${id}`);
  await expect(page.getByRole("heading", { name: "Over time" })).toBeVisible();
  await page.context().clearCookies();
  await page.goto("about:blank");
  await enter(page, "market", await keyOf("privacy"));
  await expect(page.getByRole("alert")).toContainText("is not open to the role");
  await page.goto("about:blank");
  await enter(page, "market/nothing-here");
  await expect(page.getByRole("alert")).toContainText("no collection of this id");
});

for (const size of [{ width: 320, height: 640 }, { width: 2560, height: 1440 }]) {
  test(`market: ${size.width} px wide`, async ({ page }) => {
    const id = await made();
    await page.setViewportSize(size);
    for (const at of ["market", `market/${id}?by=segment`]) {
      await enter(page, at);
      await expect(page.locator(".bone")).toHaveCount(0);
      await expect(page.getByRole("heading", { level: 2 }).first()).toBeAttached();
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
    }
    if (size.width === 320) await page.screenshot({ path: `${screens}/market-small.png`, fullPage: true });
  });
}

for (const theme of ["light", "dark"] as const) {
  test(`market: accessible in every language, ${theme}`, async ({ page }) => {
    test.setTimeout(300_000);
    await page.emulateMedia({ colorScheme: theme });
    const id = await made();
    await enter(page, "market");
    for (const language of LANGUAGES) {
      await page.evaluate((wanted) => localStorage.setItem("mien.language", wanted), language);
      await page.reload();
      for (const part of ["market", `market/${id}?by=segment`]) {
        await page.goto(`/#/${part}`);
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await expect(page.locator(".bone")).toHaveCount(0);
        if (part !== "market") await expect(page.locator(".chart").first()).toBeVisible();
        expect(await page.locator("main").innerText()).not.toMatch(/\b(shell|market|purposes|emotions)\.[a-z_]+/);
        expect(await violations(page), `${part} ${language} ${theme}`).toEqual([]);
      }
      if (language === "ar" && theme === "dark") await page.screenshot({ path: `${screens}/market-ar.png`, fullPage: true });
    }
  });
}
