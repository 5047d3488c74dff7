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
  await page.screenshot({ path: `${screens}/settings.png` });
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
    test.setTimeout(120_000);
    await page.emulateMedia({ colorScheme: theme });
    await enter(page, "settings");
    for (const language of LANGUAGES) {
      await page.evaluate((wanted) => localStorage.setItem("mien.language", wanted), language);
      await page.reload();
      for (const part of ["rules", "webhooks", "keys", "users", "team", "models"]) {
        await page.goto(`/#/settings/${part}`);
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await expect(page.locator(".bone")).toHaveCount(0);
        expect(await page.locator("main").innerText()).not.toMatch(/\b(shell|settings)\.[a-z_]+/);
        expect(await violations(page), `${part} ${language} ${theme}`).toEqual([]);
      }
    }
  });
}
