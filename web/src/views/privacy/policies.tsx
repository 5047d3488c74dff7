/** policies.tsx: what may be read where, for what and of whom, as the packs in force say, and how long it is kept. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { get } from "../../api/client";
import { Loading, ProblemNote, useLoaded } from "../../design/parts";
import { named, number, t } from "../../i18n";

export interface Rule { name: string; refuse: string | null; mode: string; read: string[]; consent: string[]; retention: number }
export interface Pack { pack: string; version: number; title: string; notice: string | null; jurisdictions: string[]; purposes: Rule[]; contexts: Rule[]; roles: Rule[] }

export const days = (seconds: number): string => (seconds > 0 ? t("privacy.days", { count: seconds % 86400 ? number(seconds / 86400, 1) : seconds / 86400 }) : t("privacy.not_kept"));

export function Rules({ title, rules, kept }: { title: string; rules: Rule[]; kept: boolean }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={title}>
      <table>
        <caption class="vh">{title}</caption>
        <thead><tr><th scope="col">{title}</th><th scope="col">{t("privacy.allowed")}</th><th scope="col">{t("privacy.needs")}</th>{kept && <th scope="col">{t("privacy.retention")}</th>}</tr></thead>
        <tbody>{rules.map((rule) => (
          <tr key={rule.name}>
            <th scope="row">{named("purposes", rule.name)}</th>
            <td>{rule.refuse === null ? <span class="badge good">✓ {t("privacy.may")}</span> : <><span class="badge critical">✗ {t("privacy.may_not")}</span> <span class="small" lang="en" dir="ltr">{rule.refuse}</span></>}</td>
            <td>{rule.refuse === null && rule.consent.map((each) => named("emotions", each)).join(", ")}</td>
            {kept && <td>{rule.refuse === null && days(rule.retention)}</td>}
          </tr>))}
        </tbody>
      </table>
    </div>
  );
}

export function Policies(): JSX.Element {
  const { value, problem, again } = useLoaded(() => get<{ policies: Pack[] }>("/v1/policies").then((got) => got.policies), []), [chosen, setChosen] = useState("eu");
  if (problem !== null) return <ProblemNote problem={problem} again={again} />;
  if (!value) return <Loading />;
  const pack = value.find((each) => each.pack === chosen) ?? value[0];
  if (!pack) return <ProblemNote problem={t("privacy.no_policy")} />;
  return (
    <section class="card stack" aria-labelledby="pack">
      <label class="field no-print"><span class="label">{t("privacy.pack")}</span>
        <select value={pack.pack} onChange={(e) => setChosen(e.currentTarget.value)}>{value.map((each) => <option key={each.pack} value={each.pack} lang="en">{each.title}</option>)}</select>
      </label>
      <h2 id="pack" lang="en">{pack.title}</h2>
      <p class="soft">{t("privacy.pack_about", { name: pack.pack, version: pack.version })} {pack.jurisdictions.join(", ")}</p>
      {pack.notice && <blockquote class="note" lang="en" dir="ltr">{pack.notice}</blockquote>}
      <Rules title={t("privacy.purposes")} rules={pack.purposes} kept />
      <Rules title={t("privacy.contexts")} rules={pack.contexts} kept={false} />
      <Rules title={t("privacy.roles")} rules={pack.roles} kept={false} />
    </section>
  );
}
