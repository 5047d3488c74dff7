/** words.tsx: what the parts of the supervisor's view say in the same way: directions, severities, rules, need. */
import type { JSX } from "preact";
import type { Glimpse, Live } from "../../api/board";
import type { Severity } from "../../api/shapes";
import { CoreLabel } from "../../design/parts";
import { has, named, percent, t } from "../../i18n";

const ARROWS = { rising: "M2 9 6 3l4 6", steady: "M1 6h10M7 3l3 3-3 3", falling: "M2 3l4 6 4-6" };

export function Direction({ of }: { of: "rising" | "steady" | "falling" }): JSX.Element {
  return <span class="direction"><svg viewBox="0 0 12 12" aria-hidden="true"><path d={ARROWS[of]} /></svg>{t(`supervisor.${of}`)}</span>;
}

const MARKS: Record<Severity, string> = { info: "·", notice: "◦", warning: "▲", critical: "■" };
export function SeverityBadge({ severity }: { severity: Severity }): JSX.Element {
  return <span class={`badge ${severity}`}><span aria-hidden="true">{MARKS[severity]}</span>{t(`supervisor.severity_${severity}`)}</span>;
}

/** The title in this language where it is a rule that ships with Mien, else the rule's own. */
export const ruleTitle = (rule: string, title: string): string => (has(`rules.${rule}`) ? t(`rules.${rule}`) : title || rule.replace(/_/g, " "));

export const grade = (need: number): "now" | "soon" | "calm" => (need >= 0.6 ? "now" : need >= 0.3 ? "soon" : "calm");
export const nameOf = (live: { reference?: string | null; session: string }): string => live.reference ?? live.session.slice(2, 8);

/** What is expressed, how sure, and where it goes: a shape, a colour and words. */
export function Expressed({ state }: { state: Glimpse | null }): JSX.Element {
  if (!state) return <span class="soft">{t("supervisor.not_read")}</span>;
  if (!state.core) return <span class="soft">{t("supervisor.not_clear")}</span>;
  return (
    <span class="row expressed">
      <CoreLabel core={state.core} />
      {state.confidence !== null && <span class="small soft numbers">{t("supervisor.sure", { share: percent(state.confidence) })}</span>}
      {state.direction && <Direction of={state.direction} />}
    </span>
  );
}

/** Whom the others look after: the one with a state, else the first who is not at work here. */
export const personOf = (live: Live): Live["people"][number] | undefined => live.people.find((each) => each.state) ?? live.people.find((each) => each.role !== "agent") ?? live.people[0];
export const said = (name: string): string => named("purposes", name);
