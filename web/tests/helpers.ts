/** helpers.ts: what the tests of the views share: entering with a key, axe, and a key of fewer scopes. */
import { expect, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export const screens = process.env["MIEN_SCREENS"] ?? "test-results";
export const LANGUAGES = ["en", "zh", "es", "de", "fr", "ar"] as const;
const first = process.env["MIEN_KEY"] ?? "";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function enter(page: Page, view = "try", key = first): Promise<void> {
  page.on("console", (message) => { if (message.type() === "info") console.log(message.text()); });
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  expect(page.url()).not.toContain("mien_");
  await page.goto(`/#/${view}`);
}

export async function violations(page: Page): Promise<string[]> {
  const cdp = await page.context().newCDPSession(page); // past the page's own policy, which lets no outside script in
  await cdp.send("Runtime.evaluate", { expression: axe });
  const found = await cdp.send("Runtime.evaluate", { expression: "axe.run(document,{runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']}).then((r)=>JSON.stringify(r.violations.map((v)=>v.id+': '+v.nodes.map((n)=>n.target.join(' ')).join(', '))))", awaitPromise: true, returnByValue: true });
  return JSON.parse(String(found.result.value)) as string[];
}

/** The service's answer, asked with a key and without the browser's cookie; throws where it refuses. */
export async function service<T>(method: string, path: string, body?: unknown, key = first): Promise<T> {
  const answer = await fetch(`${process.env["MIEN_URL"] ?? ""}${path}`, { method, headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" }, ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return await answer.json() as T;
}

/** A key with these scopes alone. */
export async function keyOf(...scopes: string[]): Promise<string> {
  return (await service<{ secret: string }>("POST", "/v1/keys", { label: `only ${scopes.join(" ")}`, scopes })).secret;
}

/** A wire between the browser and the service, which can be cut and mended: what goes through it ends, and nothing is let through. */
export class Wire {
  private readonly open = new Set<Socket>();
  private server: Server | null = null;
  port = 0;

  async mend(): Promise<void> {
    const service = new URL(process.env["MIEN_URL"] ?? "");
    this.server = createServer((near) => {
      const far = connect(Number(service.port), service.hostname);
      for (const [one, other] of [[near, far], [far, near]] as const) {
        this.open.add(one);
        one.pipe(other);
        one.on("error", () => other.destroy());
        one.on("close", () => { this.open.delete(one); other.destroy(); });
      }
    });
    await new Promise<void>((yes) => this.server?.listen(this.port, "localhost", yes));
    this.port = (this.server.address() as AddressInfo).port;
  }

  async cut(): Promise<void> {
    const closed = new Promise<void>((yes) => { if (this.server) this.server.close(() => yes()); else yes(); });
    for (const each of this.open) each.destroy();
    this.server = null;
    await closed;
  }

  get whole(): boolean { return this.server !== null; }
}
