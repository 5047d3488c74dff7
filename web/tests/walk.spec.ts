/** walk.spec.ts: every view as each role meets it, refused where the role has not the scope; a login that runs out; two tabs; small and huge. */
import { expect, test } from "@playwright/test";
import { enter, keyOf, screens } from "./helpers";

const VIEWS: Record<string, string[]> = {
  try: ["read", "stream", "consent"], supervisor: ["read", "review"], agent: ["read", "stream"], sessions: ["read"], captions: ["read", "stream", "consent"],
  signals: ["read", "stream", "consent"], market: ["read"], privacy: ["privacy"], settings: ["admin"], mine: [],
};
const ROLES: Record<string, string[]> = {
  agent: ["read", "stream"], supervisor: ["read", "stream", "review"], analyst: ["read"], "privacy officer": ["consent", "privacy"], administrator: ["read", "stream", "consent", "review", "admin"],
};

for (const [role, scopes] of Object.entries(ROLES)) {
  test(`walk: the ${role} sees what is theirs, and is told of what is not`, async ({ page }) => {
    await enter(page, "mine", await keyOf(...scopes));
    for (const [view, needed] of Object.entries(VIEWS)) {
      await page.goto(`/#/${view}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      const refused = page.getByText("is not open to the role");
      if (needed.every((scope) => scopes.includes(scope))) { await expect(page.locator(".bone")).toHaveCount(0, { timeout: 15_000 }); await expect(refused, view).toHaveCount(0); }
      else await expect(refused, view).toBeVisible();
    }
  });
}

test("walk: a login that has run out is said, and entering again leads on", async ({ page, context }) => {
  await enter(page, "sessions");
  await expect(page.getByRole("searchbox")).toBeVisible();
  await context.clearCookies();
  await page.getByRole("button", { name: "Look again" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(page.getByRole("status")).toBeVisible();
  await enter(page, "sessions");
  await expect(page.getByRole("searchbox")).toBeVisible();
});

test("walk: two tabs; leaving in one is noticed in the other", async ({ page, context }) => {
  await enter(page, "sessions");
  const other = await context.newPage();
  await other.goto("/#/sessions");
  await expect(other.getByRole("searchbox")).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await other.getByRole("button", { name: "Look again" }).click();
  await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

/** Their parts, which are to fit as well. */
const PARTS = ["supervisor/queue", "supervisor/rules", "privacy/person", "privacy/audit", "privacy/policies", "privacy/assessment", ...["webhooks", "recipes", "keys", "users", "team", "models"].map((part) => `settings/${part}`)];

for (const [language, theme, wide] of [["en", "light", 360], ["ar", "dark", 360], ["en", "dark", 2560], ["ar", "light", 2560]] as const) {
  test(`walk: no view is wider than ${wide} px (${language}, ${theme})`, async ({ page }) => {
    test.setTimeout(240_000);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.setViewportSize({ width: wide, height: wide === 360 ? 740 : 1440 });
    await enter(page, "mine");
    await page.evaluate((wanted) => localStorage.setItem("mien.language", wanted), language);
    for (const view of [...Object.keys(VIEWS), ...PARTS]) {
      await page.goto(`/#/${view}`);
      if (!view.includes("/")) await page.reload();
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.locator(".bone")).toHaveCount(0, { timeout: 15_000 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), view).toBeLessThanOrEqual(0);
      if (wide === 2560 && view !== "captions") { // what is beside the page is the same on both sides
        const sides = await page.evaluate(() => { const page = document.querySelector("main")?.getBoundingClientRect(), menu = document.querySelector(".menu")?.getBoundingClientRect(); return page && menu ? [page.left - (menu.left === 0 ? menu.right : 0), (menu.left === 0 ? innerWidth : menu.left) - page.right] : []; });
        expect(Math.abs((sides[0] ?? 9) - (sides[1] ?? 0)), view).toBeLessThan(2);
      }
      await page.screenshot({ path: `${screens}/walk-${view.replace("/", "-")}-${language}-${theme}-${wide}.png` });
    }
  });
}
