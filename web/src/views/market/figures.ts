/** figures.ts: what the service says of a collection (docs/uses/market.md), and the question that stands in the address. */
import type { Core } from "../../api/shapes";
import { CORE } from "../../api/shapes";
import { language } from "../../i18n";

export interface Collection {
  collection: string; name: string; state: "reading" | "ready" | "failed"; progress: number; purpose: string; jurisdiction: string;
  made: number; until: number; texts: number; lost: number; notes: { line: number; what: string }[]; error: string;
}

export interface Mean { mean: number | null; low: number | null; high: number | null }
export interface Share { share: number; low: number; high: number }
/** Of some texts; `core` is empty where none was read with confidence. */
export interface Tally { texts: number; read: number; valence: Mean; arousal: number | null; core: Partial<Record<Core, Share>> }
export type Shown<T> = (Tally & { hidden?: undefined } & T) | ({ hidden: true } & T);
export interface Difference { valence: number | null; low: number | null; high: number | null; p: number; q: number }
export interface Word { word: string; texts: number; z: number }
export interface Example { text: string; top: Core; valence: number }
export type Bin = Shown<{ from: string; to: string }>;
export type Group = Shown<{ value: string | null }> & { difference?: Difference; words?: Word[] };
export type Aspect = Tally & { aspect: string; difference: Difference; examples?: Example[] };
export interface Spike { from: string; to: string; what: "volume" | Core; texts: number; expected: number; p: number; words: Word[]; examples?: Example[] }

export const FACETS = ["segment", "product", "language"] as const;
export type Facet = (typeof FACETS)[number];
export const BYS = [...FACETS, "period"] as const;
export const BINS = ["auto", "hour", "day", "week", "month"] as const;
export const FLOORS = ["5", "10", "25", "50", "100"] as const;
export type Unit = "hour" | "day" | "week" | "month";

export interface Figures {
  floor: number; hidden: boolean; overall: Tally; bin?: Unit; time?: Bin[]; spikes?: Spike[]; by?: string; groups?: Group[];
  aspects?: Aspect[]; values: Record<Facet, string[]>;
}

/** All that can be asked for; what is left out is as the service usually has it. */
export const ASKS = ["from", "to", ...FACETS, "aspect", "emotion", "by", "bin", "floor"] as const;
export type Ask = Partial<Record<(typeof ASKS)[number], string | undefined>>;

/** Of the address; unknown names are not passed on. An empty facet is that of texts that say none. */
export function askOf(query: URLSearchParams): Ask {
  const ask: Ask = {};
  for (const name of ASKS) {
    const value = query.get(name);
    if (value !== null && (value !== "" || (FACETS as readonly string[]).includes(name))) ask[name] = value;
  }
  return ask;
}

export function addressOf(id: string, ask: Ask): string {
  const query = new URLSearchParams(Object.entries(ask).filter((each): each is [string, string] => each[1] !== undefined)).toString();
  return `market/${encodeURIComponent(id)}${query ? `?${query}` : ""}`;
}

/** Bins are of UTC, whatever the clock here says. */
export function moment(iso: string, unit: Unit, short = false): string {
  const how: Intl.DateTimeFormatOptions = unit === "month" ? { year: "numeric", month: short ? "short" : "long" }
    : { ...(short ? {} : { year: "numeric" as const }), month: "short", day: "numeric", ...(unit === "hour" ? { hour: "2-digit", minute: "2-digit" } : {}) };
  return new Intl.DateTimeFormat(language.value, { ...how, timeZone: "UTC" }).format(new Date(iso));
}

export const topOf = (tally: Tally): Core | null => CORE.reduce<Core | null>((best, each) => ((tally.core[each]?.share ?? 0) > (best ? tally.core[best]?.share ?? 0 : 0) ? each : best), null);
