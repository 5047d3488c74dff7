/**
 * i18n/index.ts: the words of the app, from messages/LANGUAGE/AREA.json. t("try.start") looks in messages/…/try.json under "start";
 * {name} is filled in; a message with plural forms is an object of the forms of Intl.PluralRules, chosen by {count}.
 */
import { signal } from "@preact/signals";

export const LANGUAGES = { en: "English", zh: "中文", es: "Español", de: "Deutsch", fr: "Français", ar: "العربية" } as const;
export type Language = keyof typeof LANGUAGES;
type Forms = Partial<Record<Intl.LDMLPluralRule, string>>;
type Area = Record<string, string | Forms>;

const files = import.meta.glob<Area>("../../messages/*/*.json", { import: "default" });
const words = signal<Record<string, Area>>({});
export const language = signal<Language>("en");
export const direction = (): "rtl" | "ltr" => (language.value === "ar" ? "rtl" : "ltr");

function preferred(): Language {
  const kept = localStorage.getItem("mien.language");
  const wanted = [kept ?? "", ...navigator.languages].map((tag) => tag.split("-")[0]);
  return (wanted.find((tag) => tag && tag in LANGUAGES) ?? "en") as Language;
}

async function load(wanted: Language): Promise<Record<string, Area>> {
  const mine = Object.entries(files).filter(([path]) => path.includes(`/messages/${wanted}/`));
  const read = await Promise.all(mine.map(async ([path, file]) => [path.replace(/^.*\/(\w+)\.json$/, "$1"), await file()] as const));
  return Object.fromEntries(read);
}

export async function speak(wanted: Language = preferred()): Promise<void> {
  words.value = await load(wanted);
  language.value = wanted;
  localStorage.setItem("mien.language", wanted);
  document.documentElement.lang = wanted;
  document.documentElement.dir = direction();
}

export function t(key: string, fill: Record<string, string | number> = {}): string {
  const dot = key.indexOf(".");
  const found = words.value[key.slice(0, dot)]?.[key.slice(dot + 1)];
  const text = typeof found === "object" ? found[new Intl.PluralRules(language.value).select(Number(fill["count"] ?? 0))] ?? found.other : found;
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (all, name: string) => { const value = fill[name]; return value === undefined ? all : typeof value === "number" ? number(value) : value; });
}

/** Is there such a message? For names that come from the service: rules, cues, purposes. */
export function has(key: string): boolean {
  const dot = key.indexOf(".");
  return words.value[key.slice(0, dot)]?.[key.slice(dot + 1)] !== undefined;
}
/** The message, or the service's own word with _ as spaces. */
export const named = (area: string, name: string): string => (has(`${area}.${name}`) ? t(`${area}.${name}`) : name.replace(/_/g, " "));

export const number = (value: number, digits = 0): string => new Intl.NumberFormat(language.value, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
export const percent = (share: number): string => new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 0 }).format(share);
export const date = (seconds: number): string => new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000);
/** 65 to 1:05. */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds)), two = (n: number) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}
