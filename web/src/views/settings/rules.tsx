/** rules.tsx: the rules that are in force, and an editor: checked by the service, with the line of what is wrong, before they are put. */
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { ask, get, Problem, put, remove } from "../../api/client";
import { Loading, ProblemNote, useLoaded } from "../../design/parts";
import { t } from "../../i18n";
import { ruleTitle } from "../supervisor/words";
import { DryRun } from "./dry";

interface Rule { rule: string; title: string; severity: string; always: boolean; emotion: boolean; actions: string[]; file: string; fired?: number }

export function RulesEditor(): JSX.Element {
  const now = useLoaded(() => get<{ rules: Rule[] }>("/v1/rules"), []), files = useLoaded(() => get<{ files: { file: string; yaml: string }[] }>("/v1/rules/files"), []);
  const [problem, setProblem] = useState<unknown>(null), [said, setSaid] = useState(""), field = useRef<HTMLTextAreaElement>(null);
  const text = (): string => field.current?.value ?? "";
  const told = (error: unknown): void => {
    setSaid("");
    setProblem(error);
    const line = error instanceof Problem ? /line (\d+)/.exec(`${error.detail} ${error.remedy}`)?.[1] : undefined;
    const area = field.current;
    if (!line || !area) return;
    const before = area.value.split("\n").slice(0, Number(line) - 1).join("\n").length + (line === "1" ? 0 : 1); // the line is marked in the field
    area.focus();
    area.setSelectionRange(before, before + (area.value.slice(before).split("\n", 1)[0] ?? "").length);
  };
  const take = (yaml: string): void => {
    const area = field.current;
    if (!area) return;
    area.value = yaml;
    area.focus();
    area.setSelectionRange(0, 0); // one begins at its beginning
    area.scrollTop = 0;
  };
  const check = (): void => { ask("POST", "/v1/rules", { body: text(), type: "application/yaml" }).then((answer) => answer.json()).then((got: { rules: Rule[] }) => { setProblem(null); setSaid(t("settings.rules_sound", { count: got.rules.length })); }).catch(told); };
  const save = (): void => { put<{ rules: Rule[] }>("/v1/rules", text(), { type: "application/yaml" }).then(() => { setProblem(null); setSaid(t("settings.rules_put")); now.again(); files.again(); }).catch(told); };
  const reset = (): void => { remove("/v1/rules").then(() => { setProblem(null); setSaid(t("settings.rules_reset")); now.again(); files.again(); }).catch(told); };
  return (
    <>
      <section class="card stack" aria-labelledby="editor"><h2 id="editor">{t("settings.editor")}</h2>
        <label class="field"><span class="label">{t("settings.rules_yaml")}</span><textarea ref={field} rows={14} spellcheck={false} dir="ltr" style={{ fontFamily: "monospace" }} /></label>
        {problem !== null && <ProblemNote problem={problem} />}
        <div class="row"><button class="button" type="button" onClick={check}>{t("settings.check")}</button><button class="button first" type="button" onClick={save}>{t("settings.put")}</button>
          <button class="button" type="button" onClick={reset}>{t("settings.reset")}</button><span role="status">{said}</span></div>
      </section>
      <DryRun text={text} told={told} />
      <section class="card stack" aria-labelledby="inforce"><h2 id="inforce">{t("settings.in_force")}</h2>
        {now.problem !== null ? <ProblemNote problem={now.problem} again={now.again} /> : !now.value ? <Loading /> : (
          <div class="scroll" tabIndex={0} role="region" aria-label={t("settings.in_force")}><table>
            <thead><tr>{["rule", "severity", "does", "fired"].map((name) => <th scope="col" key={name}>{t(`settings.${name}`)}</th>)}</tr></thead>
            <tbody>{now.value.rules.map((each) => <tr key={`${each.file} ${each.rule}`}><th scope="row" dir="auto">{ruleTitle(each.rule, each.title)}</th><td><span class={`badge ${each.severity}`}>{t(`settings.severity_${each.severity}`)}</span></td><td dir="auto">{each.actions.join(", ")}</td><td class="numbers">{each.fired ?? ""}</td></tr>)}</tbody>
          </table></div>)}
        {files.problem !== null ? <ProblemNote problem={files.problem} again={files.again} /> : files.value?.files.map((each) => (
          <details key={each.file}><summary>{t("settings.yaml_in_force", { name: each.file })}</summary>
            <div class="stack"><pre class="scroll" tabIndex={0} dir="ltr" style={{ maxHeight: "24rem", overflowY: "auto" }}>{each.yaml}</pre>
              <div><button class="button" type="button" onClick={() => take(each.yaml)}>{t("settings.edit_in_force")}</button></div></div></details>))}
      </section>
    </>
  );
}
