/** counts.tsx: how often each rule fired, and how often people agreed with what came of it. */
import type { JSX } from "preact";
import { get } from "../../api/client";
import type { Severity } from "../../api/shapes";
import { Empty, Loading, ProblemNote, useLoaded } from "../../design/parts";
import { number, percent, t } from "../../i18n";
import { ruleTitle, SeverityBadge } from "./words";

interface Count { rule: string; title?: string; severity?: Severity; fired?: number; open: number; accepted: number; rejected: number; corrected: number; agreed: number | null }
const COLUMNS = ["fired", "open", "accepted", "rejected", "corrected"] as const;

export function Counts(): JSX.Element {
  const { value, problem, again } = useLoaded(() => get<{ rules: Count[]; cases: number; all: boolean }>("/v1/rules/counts"), []);
  if (problem !== null) return <ProblemNote problem={problem} again={again} />;
  if (!value) return <Loading />;
  if (!value.rules.length) return <Empty title={t("supervisor.no_rules")} />;
  return (
    <section class="card stack" aria-labelledby="counts"><h2 id="counts">{t("supervisor.counts")}</h2>
      <p class="soft">{t("supervisor.counts_about", { count: value.cases })}{!value.all && ` ${t("supervisor.counts_newest")}`}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("supervisor.counts")}><table>
        <thead><tr><th scope="col">{t("supervisor.rule")}</th><th scope="col">{t("supervisor.severity")}</th>{COLUMNS.map((name) => <th scope="col" key={name}>{t(`supervisor.${name}`)}</th>)}<th scope="col">{t("supervisor.agreed")}</th></tr></thead>
        <tbody>{value.rules.map((each) => (
          <tr key={each.rule}><th scope="row" dir="auto">{ruleTitle(each.rule, each.title ?? "")}</th><td>{each.severity ? <SeverityBadge severity={each.severity} /> : <span class="soft">{t("supervisor.not_in_force")}</span>}</td>
            {COLUMNS.map((name) => <td class="numbers" key={name}>{each[name] === undefined ? "–" : number(each[name])}</td>)}
            <td>{each.agreed === null ? <span class="soft">{t("supervisor.none_decided")}</span> : <span class="agreed"><span class="track" aria-hidden="true"><span class="fill" style={{ width: `${each.agreed * 100}%` }} /></span><span class="numbers">{percent(each.agreed)}</span></span>}</td></tr>))}
        </tbody></table></div>
    </section>
  );
}
