/**
 * consent.ts: the consent of the one who sits here, and that of the sample call: one of each for each account, kept in this browser until
 * it is withdrawn, whichever view or tab it was given in. What a start finds is asked of the ledger: where it no longer stands, another is recorded.
 */
import { get, post, Problem, remove } from "../api/client";
import { MODALITIES, type Modality } from "../api/shapes";
import { entered } from "../session";

export interface OwnConsent { consent: string; subject: string }
export interface Kind { name: string; purpose: string; modalities: readonly Modality[]; keep?: boolean }
const SELF: Kind = { name: "self", purpose: "self", modalities: MODALITIES };
export const SAMPLE: Kind = { name: "sample", purpose: "customer_service", modalities: ["text", "voice"], keep: true };

const place = (kind: Kind): string => { const now = entered.value; return now.is === "in" ? `mien.${kind.name}.${now.me.tenant}.${now.me.user}` : `mien.${kind.name}`; };

function kept(kind: Kind): OwnConsent | null {
  try {
    const read = JSON.parse(localStorage.getItem(place(kind)) ?? "null") as Partial<OwnConsent> | null;
    return read && typeof read.consent === "string" && typeof read.subject === "string" ? { consent: read.consent, subject: read.subject } : null;
  } catch { return null; }
}

async function stands(kind: Kind, consent: string): Promise<boolean> {
  try {
    const found = await get<{ modalities: string[] }>("/v1/consents/{id}", { params: { id: consent } });
    return kind.modalities.every((each) => found.modalities.includes(each));
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 404) return false;
    throw problem;
  }
}

export async function consented(kind = SELF): Promise<OwnConsent> {
  const before = kept(kind);
  if (before && await stands(kind, before.consent)) return before;
  if (before) await withdrawn(kind);
  const subject = before?.subject ?? `${kind.name}-${crypto.randomUUID?.() ?? Math.random().toString(36).slice(2)}`;
  const made = await post<{ consent: string }>("/v1/consents", { subject, purpose: kind.purpose, modalities: kind.modalities, ...(kind.keep ? { keep: true } : {}) });
  const now = { consent: made.consent, subject };
  localStorage.setItem(place(kind), JSON.stringify(now));
  return now;
}

/** Whatever start gave it. Rejects, and keeps it, where the service cannot be told. */
export async function withdrawn(kind = SELF): Promise<void> {
  const before = kept(kind);
  if (!before) return;
  await remove("/v1/consents/{id}", { params: { id: before.consent } })
    .catch((problem: unknown) => { if (!(problem instanceof Problem && problem.status === 404)) throw problem; });
  localStorage.removeItem(place(kind));
}
