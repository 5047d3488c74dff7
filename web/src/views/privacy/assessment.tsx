/** assessment.tsx: the data-protection impact assessment (GDPR, Article 35) of this installation, from its settings, policies, ledger and
 * models; to be printed. What is judged, need and proportion, is left to who is responsible: a place for it is on the page. */
import type { JSX } from "preact";
import { get } from "../../api/client";
import { Models, type Model } from "../../design/models";
import { Loading, ProblemNote, useLoaded } from "../../design/parts";
import { download } from "../../design/pages";
import { date, named, number, t } from "../../i18n";
import { days, Rules, type Pack } from "./policies";

interface Facts {
  made: number; version: string; tenant: string; purposes: Record<string, { granted: number; standing: number; kept: number }>;
  profiles: { profile: string; purpose: string | null; context: string | null; jurisdiction: string | null; policy: string }[]; recipients: string[];
  retention: { kept: boolean; words: boolean; most: number | null; jobs: number; recordings: boolean; linger: number }; safeguards: Record<string, boolean>; policies: Pack[]; models: Model[];
}
const RISKS = ["wrong", "forbidden", "secret", "leak", "decision", "bias"] as const;

function Retention({ facts }: { facts: Facts }): JSX.Element {
  const r = facts.retention, rows: [string, string][] = [
    ["recordings", t("privacy.not_kept")], ["results", !r.kept ? t("privacy.not_kept") : r.most === null ? t("privacy.as_policy") : t("privacy.at_most", { time: days(r.most) })],
    ["words_said", r.kept && r.words ? t("privacy.with_results") : t("privacy.not_kept")], ["jobs", days(r.jobs)], ["ledger", t("privacy.always")], ["audit_kept", t("privacy.always")],
  ];
  return <table><caption class="vh">{t("privacy.retention")}</caption><tbody>{rows.map(([name, value]) => <tr key={name}><th scope="row">{t(`privacy.${name}`)}</th><td>{value}</td></tr>)}</tbody></table>;
}

export function Assessment(): JSX.Element {
  const { value: facts, problem, again } = useLoaded(() => get<Facts>("/v1/assessment"), []);
  if (problem !== null) return <ProblemNote problem={problem} again={again} />;
  if (!facts) return <Loading lines={8} />;
  const used = Object.entries(facts.purposes), rules = facts.policies.find((each) => each.pack === "eu")?.purposes.filter((rule) => rule.name in facts.purposes) ?? [];
  return (
    <article class="stack" aria-labelledby="assessment">
      <div class="row spread"><h2 id="assessment">{t("privacy.assessment")}</h2>
        <div class="row no-print"><button class="button first" type="button" onClick={() => print()}>{t("privacy.print")}</button><button class="button" type="button" onClick={() => download("assessment.json", facts)}>{t("privacy.download")}</button></div></div>
      <p class="soft">{t("privacy.assessment_about", { date: date(facts.made), tenant: facts.tenant, version: facts.version })}</p>
      <section class="card stack"><h3>{t("privacy.a_purposes")}</h3><p>{t("privacy.a_what")}</p>
        {used.length === 0 ? <p class="soft">{t("privacy.no_consents")}</p> : <table><thead><tr>{["purpose", "granted", "standing", "kept_of"].map((name) => <th scope="col" key={name}>{t(`privacy.${name}`)}</th>)}</tr></thead>
          <tbody>{used.map(([name, count]) => <tr key={name}><th scope="row" dir="auto">{named("purposes", name)}</th><td class="numbers">{number(count.granted)}</td><td class="numbers">{number(count.standing)}</td><td class="numbers">{number(count.kept)}</td></tr>)}</tbody></table>}
        {rules.length > 0 && <Rules title={t("privacy.purposes")} rules={rules} kept />}
        {facts.profiles.length > 0 && <ul>{facts.profiles.map((each) => <li key={each.profile} dir="auto">{each.profile}: {[each.purpose, each.context, each.jurisdiction, each.policy].filter(Boolean).join(" · ").replace(/_/g, " ")}</li>)}</ul>}
      </section>
      <section class="card stack"><h3>{t("privacy.a_need")}</h3><label class="field"><span class="label">{t("privacy.a_need_about")}</span><textarea rows={5} /></label></section>
      <section class="card stack"><h3>{t("privacy.retention")}</h3><Retention facts={facts} /></section>
      <section class="card stack"><h3>{t("privacy.a_recipients")}</h3>{facts.recipients.length ? <ul>{facts.recipients.map((each) => <li key={each} dir="auto">{each}</li>)}</ul> : <p>{t("privacy.a_nobody")}</p>}</section>
      <section class="card stack"><h3>{t("privacy.a_risks")}</h3>
        <dl class="stack">{RISKS.map((risk) => <div key={risk}><dt><strong>{t(`privacy.risk_${risk}`)}</strong></dt><dd>{t(`privacy.risk_${risk}_met`)}</dd></div>)}</dl></section>
      <section class="card stack"><h3>{t("privacy.a_safeguards")}</h3>
        <ul class="plain">{Object.entries(facts.safeguards).map(([name, on]) => <li key={name}><span class={`badge ${on ? "good" : "critical"}`}>{on ? `✓ ${t("privacy.on")}` : `✗ ${t("privacy.off")}`}</span> {t(`privacy.safe_${name}`)}</li>)}</ul></section>
      <section class="stack"><h3>{t("privacy.a_models")}</h3><Models models={facts.models} /></section>
    </article>
  );
}
