/**
 * consent.ts: the consent of the one who sits here: one for each account, kept in this browser until it is withdrawn, whichever view or
 * tab it was given in. What a start finds is asked of the ledger: where it no longer stands, another is recorded.
 */
import { get, post, Problem, remove } from "../api/client";
import { MODALITIES } from "../api/shapes";
import { entered } from "../session";

export interface OwnConsent { consent: string; subject: string }

const place = (): string => { const now = entered.value; return now.is === "in" ? `mien.self.${now.me.tenant}.${now.me.user}` : "mien.self"; };

function kept(): OwnConsent | null {
  try {
    const read = JSON.parse(localStorage.getItem(place()) ?? "null") as Partial<OwnConsent> | null;
    return read && typeof read.consent === "string" && typeof read.subject === "string" ? { consent: read.consent, subject: read.subject } : null;
  } catch { return null; }
}

async function stands(consent: string): Promise<boolean> {
  try {
    const found = await get<{ modalities: string[] }>("/v1/consents/{id}", { params: { id: consent } });
    return MODALITIES.every((each) => found.modalities.includes(each));
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 404) return false;
    throw problem;
  }
}

export async function consented(): Promise<OwnConsent> {
  const before = kept();
  if (before && await stands(before.consent)) return before;
  if (before) await withdrawn();
  const subject = before?.subject ?? `self-${crypto.randomUUID?.() ?? Math.random().toString(36).slice(2)}`;
  const made = await post<{ consent: string }>("/v1/consents", { subject, purpose: "self", modalities: MODALITIES });
  const now = { consent: made.consent, subject };
  localStorage.setItem(place(), JSON.stringify(now));
  return now;
}

/** Whatever start gave it. Rejects, and keeps it, where the service cannot be told. */
export async function withdrawn(): Promise<void> {
  const before = kept();
  if (!before) return;
  await remove("/v1/consents/{id}", { params: { id: before.consent } })
    .catch((problem: unknown) => { if (!(problem instanceof Problem && problem.status === 404)) throw problem; });
  localStorage.removeItem(place());
}
