/** settings.spec.ts: rules checked with the line, webhooks, keys shown once and revoked, accounts; who may not; accessible. */
import { expect, test } from "@playwright/test";
import { enter, keyOf, LANGUAGES, screens, service, violations } from "./helpers";

test("settings: rules are checked, and what is wrong is marked by its line", async ({ page }) => {
  await enter(page, "settings");
  const field = page.getByLabel("Rules, as YAML");
  await field.fill("rules:\n  - name: one\n    nonsense: 1\n");
  await page.getByRole("button", { name: "Check" }).click();
  await expect(page.getByRole("alert")).toContainText("line");
  expect(await field.evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionEnd))).not.toBe("");
  await page.getByRole("button", { name: "Put in force" }).click();
  await expect(page.getByRole("alert")).toContainText("A policy or a setting does not allow this"); // not editable over HTTP without the setting
  await expect(page.getByRole("alert")).toContainText("rules.editable");
  await expect(page.getByRole("alert")).not.toContainText("role");
  const yaml = page.locator("details pre").first();
  await page.reload();
  await expect(page.locator("tbody tr").first()).toBeVisible();
  await page.locator("summary").first().click();
  await page.getByRole("button", { name: "Take into the editor" }).click(); // what is in force, as one begins
  await expect(field).toHaveValue((await yaml.textContent()) ?? "");
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: `${screens}/settings.png` });
});

/** A conversation of somebody who agreed to be kept, with angry words in it; waits until it is. */
async function keptConversation(): Promise<void> {
  const { consent } = await service<{ consent: string }>("POST", "/v1/consents", { subject: "dry", purpose: "customer_service", modalities: ["text"], keep: true });
  const { session } = await service<{ session: string }>("POST", "/v1/sessions", { purpose: "customer_service", context: "call", jurisdiction: "eu", notice_given: true, participants: [{ who: "customer", role: "customer", subject: "dry", consent }] });
  for (const text of ["I am furious!", "This is an outrage, I hate it!"]) await service("POST", `/v1/sessions/${session}/turns`, { who: "customer", text });
  await service("POST", `/v1/sessions/${session}/finish`);
  await expect.poll(async () => (await service<{ results: { type: string }[] }>("GET", `/v1/sessions/${session}/results?kept=1`).catch(() => ({ results: [] }))).results.filter((each) => each.type === "state").length, { timeout: 15_000 }).toBeGreaterThan(1);
}

test("settings: rules are tried on past conversations, and those in force are taken into the editor", async ({ page }) => {
  await enter(page, "settings/rules");
  const field = page.getByLabel("Rules, as YAML"), run = page.getByRole("button", { name: "Try on past conversations" });
  await keptConversation();
  await page.getByText("In force, as YAML: default").click();
  await page.getByRole("button", { name: "Take into the editor" }).click();
  expect(await field.inputValue()).toContain("crisis_words");
  await field.fill("version: 1\nrules:\n  angry:\n    title: Very angry <b>\n    when: core.anger > 0.3\n    cooldown: 10 min\n    actions: [alert]\n");
  await page.getByLabel("Past conversations").selectOption("1");
  await run.click();
  const row = page.getByRole("region", { name: "What they would have done" }).getByRole("row", { name: "Very angry <b>" });
  await expect(row.getByRole("cell").nth(1)).toHaveText("1");
  await expect(row.getByRole("cell").nth(2)).toHaveText("1");
  await expect(page.getByText("1 conversation was played")).toBeVisible();
  await expect(page.getByText("Words are not kept here")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 1500 });
  await page.screenshot({ path: `${screens}/dry-run.png` });
  await field.fill("rules:\n  - name: one\n    nonsense: 1\n");
  await run.click();
  await expect(page.getByRole("alert")).toContainText("line");
  await field.fill("");
  await run.click();
  await expect(page.getByRole("region", { name: "What they would have done" }).getByRole("row")).not.toHaveCount(2); // those in force
});

test("settings: recipes say what they need, and are tried without a call", async ({ page }) => {
  await enter(page, "settings/recipes");
  const card = page.getByRole("region", { name: "A note on a Zendesk ticket", exact: true });
  await expect(card.getByText("No endpoint of the settings uses it")).toBeVisible();
  await expect(card.getByRole("row", { name: "token secret" })).toBeVisible();
  await card.getByLabel("subdomain").fill("acme");
  await card.getByLabel("email").fill("desk@acme.example");
  await card.getByLabel("Severity").selectOption("critical");
  await card.getByRole("button", { name: "Try: zendesk" }).click();
  await expect(card.locator("pre")).toContainText("PUT https://acme.zendesk.com/api/v2/tickets/4711.json");
  await expect(card.locator("pre")).toContainText("urgent");
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 1100 });
  await card.scrollIntoViewIfNeeded();
  await page.screenshot({ path: `${screens}/recipes.png` });
  const own = page.getByRole("region", { name: "A recipe of your own" });
  await own.getByLabel("Recipe, as YAML").fill("version: 1\ntitle: ours\nrequest:\n  method: GET\n  url: https://desk.example.org/x\n  body: {a: b}\n");
  await own.getByRole("button", { name: "Try" }).click();
  await expect(own.getByRole("alert")).toContainText("line 4");
});

test("settings: a key is shown once, works, and is revoked; an account is made and taken away", async ({ page }) => {
  await enter(page, "settings/keys");
  await page.getByLabel("What it is for").fill("<b>till</b>");
  await page.getByRole("button", { name: "Make" }).click();
  const secret = await page.locator(".note code").innerText();
  await service("GET", "/v1/rules", undefined, secret);
  await page.getByRole("button", { name: "Revoke: <b>till</b>" }).click();
  await expect(page.getByRole("button", { name: "Revoke: <b>till</b>" })).toHaveCount(0);
  await expect(service("GET", "/v1/rules", undefined, secret)).rejects.toThrow("401");
  await page.goto("/#/settings/users");
  await page.getByLabel("Name").fill("mira");
  await page.getByLabel("Password").fill("a long enough one");
  await page.getByLabel("Role").selectOption("supervisor");
  await page.getByRole("button", { name: "Make" }).click();
  await expect(page.getByText("Made: mira")).toBeVisible();
  await page.getByRole("button", { name: "Take away: mira" }).click();
  await expect(page.getByText("No account yet")).toBeVisible();
});

test("settings: a webhook is added, its deliveries are shown, a wrong one is refused", async ({ page }) => {
  await enter(page, "settings/webhooks");
  await page.getByLabel("Address to call").fill("http://127.0.0.1:9/x");
  await page.getByRole("button", { name: "Add" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await page.getByLabel("Address to call").fill("https://example.com/hook");
  await page.getByRole("button", { name: "Add" }).click();
  await expect(page.getByText("This is shown once")).toBeVisible();
  await page.getByRole("button", { name: "Deliveries" }).click();
  for (const state of ["waiting", "delivered", "dead"]) {
    const answered = page.waitForResponse((answer) => answer.url().includes(`state=${state}`));
    await page.getByLabel("Deliveries").selectOption(state === "waiting" ? "dead" : state);
    if (state === "waiting") await page.getByLabel("Deliveries").selectOption("waiting");
    expect((await answered).status()).toBe(200);
    await expect(page.getByText("None", { exact: true })).toBeVisible();
  }
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: "Take away" }).click();
  await expect(page.getByText("Nobody is called")).toBeVisible();
});

test("settings: not without the scope", async ({ page }) => {
  await enter(page, "settings", await keyOf("read", "privacy"));
  await expect(page.getByRole("alert")).toContainText("is not open to the role");
});

for (const theme of ["light", "dark"] as const) {
  test(`settings: accessible in every language, ${theme}`, async ({ page }) => {
    test.setTimeout(300_000);
    await page.emulateMedia({ colorScheme: theme });
    await enter(page, "settings");
    for (const language of LANGUAGES) {
      await page.evaluate((wanted) => localStorage.setItem("mien.language", wanted), language);
      await page.reload();
      for (const part of ["rules", "webhooks", "recipes", "keys", "users", "team", "models"]) {
        await page.goto(`/#/settings/${part}`);
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await expect(page.locator(".bone")).toHaveCount(0);
        expect(await page.locator("main").innerText()).not.toMatch(/\b(shell|settings)\.[a-z_]+/);
        expect(await violations(page), `${part} ${language} ${theme}`).toEqual([]);
      }
    }
  });
}
