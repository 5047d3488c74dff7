/** dry.tsx: what rules would have done on the conversations that are kept: counts, and what of it to trust. Nothing fires. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ask } from "../../api/client";
import { Empty, Loading } from "../../design/parts";
import { number, t } from "../../i18n";
import { ruleTitle } from "../supervisor/words";

interface Tried { rule: string; title: string; severity: string; file: string; met: number; fired: number; cooled: number; spent: number; sessions: number }
interface Run { sessions: number; left: number; more: boolean; texts: boolean; rules: Tried[] }
const COUNTS = ["fired", "sessions", "cooled", "spent"] as const;

/** `text`: the rules that are written, "" for those in force; `told` is given what is wrong with them, null where nothing is. */
export function DryRun({ text, told }: { text: () => string; told: (problem: unknown) => void }): JSX.Element {
  const [run, setRun] = useState<Run | null>(null), [days, setDays] = useState(7), [busy, setBusy] = useState(false);
  const start = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setBusy(true);
    const now = Date.now() / 1000, body = text();
    ask("POST", "/v1/rules/dry-run", { query: { from: now - days * 86_400, until: now + 1 }, body, type: "application/yaml" })
      .then((answer) => answer.json()).then((got: Run) => { told(null); setRun(got); }).catch((error: unknown) => { setRun(null); told(error); }).finally(() => setBusy(false));
  };
  return (
    <section class="card stack" aria-labelledby="dry"><h2 id="dry">{t("settings.dry_title")}</h2>
      <p class="soft">{t("settings.dry_about")}</p>
      <form class="row" onSubmit={start}><label class="field"><span class="label">{t("settings.dry_window")}</span>
        <select value={String(days)} onChange={(e) => setDays(Number(e.currentTarget.value))}>{[1, 7, 30, 90].map((each) => <option key={each} value={String(each)}>{t("settings.dry_days", { count: each })}</option>)}</select></label>
        <button class="button" disabled={busy}>{t("settings.dry_run")}</button>
        <span role="status">{run && !busy && (run.sessions ? t("settings.dry_played", { count: run.sessions }) : t("settings.dry_none"))}</span></form>
      {busy ? <Loading /> : run && (run.sessions === 0 ? <Empty title={t("settings.dry_none")} /> : (
        <>
          {!run.texts && <p class="note">{t("settings.dry_no_texts")}</p>}
          {(run.more || run.left > 0) && <p class="note">{t("settings.dry_more")}</p>}
          <div class="scroll" tabIndex={0} role="region" aria-label={t("settings.dry_title")}><table>
            <thead><tr><th scope="col">{t("settings.rule")}</th><th scope="col">{t("settings.severity")}</th>{COUNTS.map((name) => <th scope="col" key={name}>{t(`settings.dry_${name}`)}</th>)}</tr></thead>
            <tbody>{run.rules.map((each) => <tr key={`${each.file} ${each.rule}`}><th scope="row" dir="auto">{ruleTitle(each.rule, each.title)}</th><td><span class={`badge ${each.severity}`}>{t(`settings.severity_${each.severity}`)}</span></td>
              {COUNTS.map((name) => <td class="numbers" key={name}>{number(each[name])}</td>)}</tr>)}</tbody>
          </table></div>
        </>))}
    </section>
  );
}
