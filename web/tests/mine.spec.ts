/** mine.spec.ts: a person's own page by their link: nothing without it, what is shown, off by parts, taken along, erased; the link leaves the address. */
import { expect, test } from "@playwright/test";
import { LANGUAGES, screens, service, violations } from "./helpers";

async function linkFor(subject: string): Promise<{ link: string; consent: string }> {
  const { consent } = await service<{ consent: string }>("POST", "/v1/consents", { subject, purpose: "customer_service", modalities: ["text", "voice"], keep: true });
  const { session } = await service<{ session: string }>("POST", "/v1/sessions", { purpose: "customer_service", context: "chat", jurisdiction: "eu", notice_given: true, participants: [{ who: "customer", role: "customer", subject, consent }] });
  await service("POST", `/v1/sessions/${session}/turns`, { who: "customer", text: "Thank you, that was quick." });
  await service("POST", `/v1/sessions/${session}/finish`);
  await expect.poll(async () => (await service<{ finished: boolean }>("GET", `/v1/sessions/${session}`)).finished, { timeout: 15_000 }).toBe(true);
  await service("GET", `/v1/sessions/${session}/results`);
  return { link: (await service<{ link: string }>("POST", `/v1/subjects/${encodeURIComponent(subject)}/link`, {})).link, consent };
}

test("mine: by the link alone, with the keyboard: seen, a part off, taken along, erased", async ({ page }) => {
  const { link, consent } = await linkFor("mine-1");
  await page.goto(link);
  await expect(page.getByRole("heading", { name: "What you allowed" })).toBeVisible();
  expect(page.url()).not.toContain("m1.");
  await expect(page.getByRole("row", { name: /looked at results/ })).toContainText("a program");
  await expect(page.locator("main")).not.toContainText("mine-1");
  expect(await violations(page)).toEqual([]);
  await page.screenshot({ path: `${screens}/mine.png`, fullPage: true });
  await page.getByRole("button", { name: "Switch off: voice, for customer service" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Switch off: voice" })).toHaveCount(0);
  expect((await service<{ modalities: string[] }>("GET", `/v1/consents/${consent}`)).modalities).toEqual(["text"]);
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download all of it" }).click();
  expect((await coming).suggestedFilename()).toBe("my-data.json");
  await expect(page.getByRole("button", { name: "Erase for good" })).toBeDisabled();
  await page.getByLabel("Erase all that is kept of me").focus();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Erase for good" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("It is erased")).toBeVisible();
  await expect(page.getByText("Off: nothing is read for this")).toBeVisible();
  await page.reload(); // the tab still knows whose page it is
  await expect(page.getByText("Off: nothing is read for this")).toBeVisible();
});

test("mine: a link that is wrong, and one of one consent", async ({ page }) => {
  const { consent } = await linkFor("mine-2");
  await page.goto("/#/mine");
  await page.getByLabel("The link or code").fill(`m1.x.<script>alert(1)</script>`);
  await page.getByRole("button", { name: "Open" }).click();
  await expect(page.getByRole("alert")).toContainText("This link does not work");
  await page.getByRole("button", { name: "Try again" }).click();
  const { token } = await service<{ token: string }>("POST", `/v1/consents/${consent}/link`, {});
  await page.getByLabel("The link or code").fill(token);
  await page.getByRole("button", { name: "Open" }).click();
  await expect(page.getByText("This link is of one consent")).toBeVisible();
  await expect(page.getByRole("button", { name: "Erase for good" })).toHaveCount(0);
});

for (const theme of ["light", "dark"] as const) {
  test(`mine: accessible in every language, ${theme}`, async ({ page }) => {
    test.setTimeout(300_000);
    await page.emulateMedia({ colorScheme: theme });
    const { link } = await linkFor(`mine-${theme}`);
    await page.goto(link);
    for (const language of LANGUAGES) {
      await page.evaluate((wanted) => localStorage.setItem("mien.language", wanted), language);
      await page.reload();
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      await expect(page.locator("table")).toBeVisible();
      expect(await page.locator("main").innerText()).not.toMatch(/\b(shell|mine|privacy|emotions|purposes)\.[a-z_]+/);
      expect(await violations(page), `${language} ${theme}`).toEqual([]);
    }
  });
}
