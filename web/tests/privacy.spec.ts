/** privacy.spec.ts: the privacy desk: ledger and proofs, a person's data to its end, the audit, policies, the assessment; who may not. */
import { expect, test } from "@playwright/test";
import { enter, keyOf, LANGUAGES, screens, service, violations } from "./helpers";

const HOSTILE = `<img src=x onerror="document.title='run'">`;

/** Somebody whose words were read and are kept. */
async function known(subject: string): Promise<string> {
  const { consent } = await service<{ consent: string }>("POST", "/v1/consents", { subject, purpose: "customer_service", modalities: ["text", "voice"], keep: true, evidence: "form 7" });
  const { session } = await service<{ session: string }>("POST", "/v1/sessions", { purpose: "customer_service", context: "chat", jurisdiction: "eu", notice_given: true, participants: [{ who: "customer", role: "customer", subject, consent }] });
  await service("POST", `/v1/sessions/${session}/turns`, { who: "customer", text: "I waited three weeks and nobody answered!" });
  await service("POST", `/v1/sessions/${session}/finish`);
  await expect.poll(async () => (await service<{ finished: boolean }>("GET", `/v1/sessions/${session}`)).finished, { timeout: 15_000 }).toBe(true);
  return consent;
}

test("privacy: the ledger, a proof, and a consent withdrawn, with hostile names as text", async ({ page }) => {
  await service("POST", "/v1/consents", { subject: HOSTILE.slice(0, 63), purpose: "research", modalities: ["text"] });
  await known("anna");
  await enter(page, "privacy");
  await expect(page.getByRole("rowheader", { name: /^r_[0-9a-f]{32}$/ }).nth(1)).toBeVisible(); // nobody is named
  expect(await page.title()).not.toBe("run");
  await page.getByRole("button", { name: /^Proof: r_/ }).first().click();
  await expect(page.getByText("As it was written")).toBeVisible();
  await page.screenshot({ path: `${screens}/privacy.png` });
  await page.getByRole("button", { name: /^Withdraw: r_/ }).first().click();
  await expect(page.getByRole("row", { name: /r_/ }).first()).toContainText("ended");
  expect(await violations(page)).toEqual([]);
});

test("privacy: one person by the keyboard alone: looked up, downloaded, erased with a certificate", async ({ page }) => {
  await known("berta");
  await enter(page, "privacy/person");
  await page.getByLabel("Their name").focus();
  await page.keyboard.type("berta");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Who did what with it" })).toBeVisible();
  await expect(page.getByRole("rowheader", { name: "conversation opened" })).toBeVisible();
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download all of it" }).focus();
  await page.keyboard.press("Enter");
  expect((await coming).suggestedFilename()).toBe("berta.json");
  await expect(page.getByRole("button", { name: "Erase for good" })).toBeDisabled();
  await page.getByLabel("Type the name again").focus();
  await page.keyboard.type("berta");
  await page.screenshot({ path: `${screens}/privacy-person.png`, fullPage: true });
  await page.keyboard.press("Enter");
  await expect(page.getByText("Erased. The certificate:")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByLabel("Their name").fill("nobody at all");
  await page.keyboard.press("Enter");
  await expect(page.getByText("No consent is on record")).toBeVisible();
  await page.getByRole("button", { name: "Download all of it" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
});

test("privacy: the audit is searched and checked", async ({ page }) => {
  await known("carla");
  await enter(page, "privacy/audit");
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(page.getByText("Audit: As it was written")).toBeVisible();
  await page.getByLabel("Person", { exact: true }).fill("carla");
  await page.getByLabel("What was done").fill("grant");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(page.getByRole("rowheader")).toHaveText(["consent given"]);
  await page.getByLabel("What was done").fill("");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(page.getByRole("rowheader", { name: "conversation opened" })).toBeVisible();
  await page.screenshot({ path: `${screens}/privacy-audit.png` });
});

test("privacy: policies with their refusals, and the assessment", async ({ page }) => {
  await known("dora");
  await enter(page, "privacy/policies");
  await expect(page.getByText("AI Act, Article 5(1)(f)").first()).toBeVisible();
  await page.screenshot({ path: `${screens}/privacy-policies.png` });
  await page.getByRole("link", { name: "Impact assessment" }).click();
  await expect(page.getByRole("heading", { name: "Data-protection impact assessment" })).toBeVisible();
  await expect(page.getByRole("heading", { name: /^voice/ })).toBeVisible();
  await page.screenshot({ path: `${screens}/privacy-assessment.png`, fullPage: true });
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("button", { name: "Print" })).toBeHidden();
});

test("privacy: a key without the scope does not see it, one of the scope alone begins there", async ({ page }) => {
  await enter(page, "privacy", await keyOf("read", "stream", "consent", "review", "admin"));
  await expect(page.getByRole("alert")).toContainText("is not open to the role");
  await expect(page.getByRole("link", { name: "Privacy desk" })).toHaveCount(0);
  await page.context().clearCookies();
  await page.goto("about:blank");
  await enter(page, "", await keyOf("privacy"));
  await expect(page.getByRole("heading", { name: "Privacy desk" })).toBeVisible();
});

test("privacy: what the service cannot say is said", async ({ page }) => {
  await page.route("**/v1/consents?*", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ title: "Busy", status: 503, detail: "too many wait", remedy: "" }) }));
  await enter(page, "privacy");
  await expect(page.getByRole("alert")).toContainText("too many wait");
  await page.unroute("**/v1/consents?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

for (const theme of ["light", "dark"] as const) {
  test(`privacy: accessible in every language, ${theme}`, async ({ page }) => {
    test.setTimeout(300_000);
    await page.emulateMedia({ colorScheme: theme });
    await enter(page, "privacy");
    for (const language of LANGUAGES) {
      await page.evaluate((wanted) => localStorage.setItem("mien.language", wanted), language);
      await page.reload();
      for (const part of ["consents", "person/anna", "audit", "policies", "assessment"]) {
        await page.goto(`/#/privacy/${part}`);
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await expect(page.locator(".bone")).toHaveCount(0);
        expect(await page.locator("main").innerText()).not.toMatch(/\b(shell|privacy|emotions|purposes)\.[a-z_]+/);
        expect(await violations(page), `${part} ${language} ${theme}`).toEqual([]);
      }
      if (language === "ar" && theme === "dark") await page.screenshot({ path: `${screens}/privacy-ar.png` });
    }
  });
}
