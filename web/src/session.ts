/** session.ts: who uses the app: logged in with an account, or with a key (the link that ./start prints has one behind the #). */
import { signal } from "@preact/signals";
import { Problem, get, onExpired, post, useToken } from "./api/client";
import { go } from "./router";

export type Scope = "read" | "stream" | "consent" | "review" | "privacy" | "admin";
export interface Me { user: string; name?: string; role: string; tenant: string; scopes: Scope[]; csrf: string; second_factor?: boolean }

export type Entered = { is: "unknown" } | { is: "out"; expired: boolean } | { is: "in"; me: Me } | { is: "offline" };
export const entered = signal<Entered>({ is: "unknown" });

export function may(scope: Scope): boolean {
  const now = entered.value;
  return now.is === "in" && now.me.scopes.includes(scope);
}

async function look(): Promise<void> {
  const me = await get<Me>("/v1/me");
  useToken(me.csrf);
  entered.value = { is: "in", me };
}

export async function enter(how: { key: string } | { tenant: string; name: string; password: string; code?: string }): Promise<void> {
  const made = await post<{ csrf: string }>("/v1/login", how);
  useToken(made.csrf);
  await look();
}

export async function leave(): Promise<void> {
  await post("/v1/logout").catch(() => undefined);
  useToken("");
  entered.value = { is: "out", expired: false };
}

/** Takes a key out of the address before anything else may see it; #key=…&to=try/sample goes on to a view. */
function keyOfAddress(): string | null {
  const found = /^#key=(mien_[A-Za-z0-9_-]+)(?:&to=([\w/-]*))?/.exec(location.hash);
  if (!found?.[1]) return null;
  go(found[2] ?? "", true);
  return found[1];
}

onExpired(() => { if (entered.value.is === "in") entered.value = { is: "out", expired: true }; });
addEventListener("hashchange", () => { if (location.hash.startsWith("#key=")) void begin(); }); // the link, opened where the app is open already

export async function begin(): Promise<void> {
  const key = keyOfAddress();
  try {
    if (key) await enter({ key });
    else await look();
  } catch (problem) {
    entered.value = problem instanceof Problem && problem.status === 0 ? { is: "offline" } : { is: "out", expired: false };
  }
}
