/** models.tsx: the cards of the models that are read with, from what their files say. */
import type { JSX } from "preact";
import { named, number, t } from "../i18n";

export interface Model {
  kind: string; name?: string; version?: number | string; bytes: number; sha256: string; signature: string; scores?: unknown; limits?: unknown;
  provenance?: { licence?: string; commercial?: boolean; date?: string; data?: unknown; datasets?: unknown; command?: string };
}

/** Every number and word of a tree, by its path. */
function leaves(value: unknown, path = ""): [string, string][] {
  if (Array.isArray(value)) return value.every((each) => typeof each !== "object") ? [[path, value.length > 24 ? `${value.slice(0, 24).join(", ")} …` : value.join(", ")]] : value.flatMap((each, i) => leaves(each, `${path} ${i + 1}`));
  if (value && typeof value === "object") return Object.entries(value).flatMap(([name, inner]) => leaves(inner, path ? `${path} · ${name}` : name));
  return [[path, typeof value === "number" ? number(value, Number.isInteger(value) ? 0 : 3) : String(value ?? "–")]];
}

export function Models({ models }: { models: Model[] }): JSX.Element {
  return (
    <ul class="plain cards">
      {models.map((model) => (
        <li class="card stack" key={model.sha256}>
          <h3>{model.name ?? model.kind} <span class="soft small">{t("shell.model_version", { version: String(model.version ?? "–") })}</span></h3>
          <p class="row">{model.kind !== model.name && <span class="badge">{model.kind}</span>}<span class={`badge ${model.signature === "signed by Mien" ? "good" : "warning"}`}>{named("shell", `signature_${model.signature.toLowerCase().replace(/ /g, "_")}`)}</span>
            <span class="badge">{model.provenance?.licence ?? "–"}</span><span class={`badge ${model.provenance?.commercial ? "good" : "warning"}`}>{model.provenance?.commercial ? t("shell.commercial") : t("shell.not_commercial")}</span></p>
          <details><summary>{t("shell.model_more")}</summary>
            <div class="scroll" tabIndex={0} role="region" aria-label={model.name ?? model.kind}><table><tbody lang="en" dir="ltr">
              {[["SHA-256", model.sha256] as [string, string], ...leaves(model.scores), ...leaves(model.provenance), ...leaves(model.limits ?? {})].map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td>{value}</td></tr>)}
            </tbody></table></div>
          </details>
        </li>))}
    </ul>
  );
}
