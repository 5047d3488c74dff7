/**
 * cues.ts: what was measured, and why nothing is told, in the app's language: by the stable names of docs/readings.md. Where there is
 * no message for one, the service's own line stands.
 */
import type { Cue } from "../api/shapes";
import { has, named, number, percent, t } from "../i18n";

const LEAST = 0.5; // standard deviations: less is as usual (src/explain)
const UNITS: Record<string, string> = { Hz: "Hz", dB: "dB", "%": "%", s: "s", deg: "°", "1/min": "/min", "1/s": "/s", st: "st", "st/s": "st/s", "dB/oct": "dB/oct" };

/** What a line needs; a whole cue has more. */
export type Said = Pick<Cue, "kind" | "text" | "value" | "unit" | "z">;

/** What it is about: the word itself, or the name of what was measured. */
export function cueName(cue: Said): string {
  const unit = cue.kind === "micro_expression" ? /^AU(\d+)/.exec(cue.text)?.[1] : undefined; // its line names the movement
  if (unit && has(`cues.au${unit}`)) return t("cues.micro_of", { what: t(`cues.au${unit}`) });
  return has(`cues.${cue.kind}`) ? t(`cues.${cue.kind}`) : cue.text || cue.kind.replace(/_/g, " ");
}

/** As measured, where a person can make something of the unit; "" otherwise. */
export function cueValue(cue: Said): string {
  if (cue.value === null) return "";
  if (cue.unit === "share") return percent(cue.value);
  const unit = UNITS[cue.unit];
  return unit === undefined ? "" : `${number(cue.value, 1)}${unit === "°" || unit.startsWith("/") ? "" : " "}${unit}`;
}

/** In a line. */
export function cueSaid(cue: Said): string {
  if (!has(`cues.${cue.kind}`)) return cueName(cue);
  if (cue.z !== null && Math.abs(cue.z) >= LEAST) return t(cue.z > 0 ? "cues.above" : "cues.below", { name: cueName(cue), sd: number(Math.abs(cue.z), 1) });
  const value = cueValue(cue);
  return value ? t("cues.measured", { name: cueName(cue), value }) : cueName(cue);
}

/** Why nothing is told, or nobody read: "WHY", "WHY: MORE" or "WHY (SOURCE)"; the source stays as it is. */
export function whySaid(why: string): string {
  const key = (text: string): string => `why.${text.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "")}`;
  if (has(key(why))) return t(key(why));
  const role = /^policy '.*' does not name the role '(.*)'$/.exec(why)?.[1];
  if (role !== undefined) return t("why.the_policy_does_not_name_the_role", { role });
  const [, first = "", more = "", source = ""] = /^([^:(]+)(?:: ([^(]*))?(\(.*\))?$/.exec(why) ?? [];
  if (!has(key(first))) return why;
  const modalities = key(first) === "why.without_a_consent_on_record" ? more.split(", ").filter(Boolean).map((name) => named("emotions", name.trim())).join(", ") : "";
  return `${t(key(first))}${modalities ? `: ${modalities}` : ""}${source ? ` \u2066${source}\u2069` : ""}`; // a source is read from the left in any language
}
