/** keys.tsx: keys of programs: made with a label and scopes, shown once, revoked. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post, remove } from "../../api/client";
import { Empty, Loading, ProblemNote } from "../../design/parts";
import { More, usePages } from "../../design/pages";
import { date, t } from "../../i18n";
import { may, type Scope } from "../../session";

interface Key { key: string; label: string; scopes: string[]; made: number; expires: number | null; secret?: string }
const SCOPES: Scope[] = ["read", "stream", "consent", "review", "privacy", "admin"];

export function Keys(): JSX.Element {
  const pages = usePages<Key>("/v1/keys", "keys"), [problem, setProblem] = useState<unknown>(null), [made, setMade] = useState<Key | null>(null);
  const make = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const of = new FormData(event.currentTarget);
    post<Key>("/v1/keys", { label: String(of.get("label") ?? ""), scopes: of.getAll("scope") }).then((got) => { setMade(got); setProblem(null); pages.again(); }).catch(setProblem);
  };
  const revoke = (id: string): void => { remove("/v1/keys/{id}", { params: { id } }).then(pages.again).catch(setProblem); };
  return (
    <section class="card stack" aria-labelledby="keys"><h2 id="keys">{t("settings.part_keys")}</h2>
      <form class="stack" onSubmit={make}>
        <label class="field"><span class="label">{t("settings.label")}</span><input name="label" required maxLength={63} dir="auto" /></label>
        <fieldset class="row"><legend class="small">{t("settings.scopes")}</legend>{SCOPES.filter(may).map((each) => <label class="check" key={each}><input type="checkbox" name="scope" value={each} defaultChecked={each === "read"} />{each}</label>)}</fieldset>
        <div><button class="button first">{t("settings.make")}</button></div>
      </form>
      {(problem ?? pages.problem) !== null && <ProblemNote problem={problem ?? pages.problem} {...(problem === null ? { again: pages.again } : {})} />}
      {made?.secret && <div class="note" role="status"><span>{t("settings.once")}</span><code style={{ overflowWrap: "anywhere" }}>{made.secret}</code></div>}
      {!pages.all && pages.problem === null ? <Loading /> : pages.all?.length === 0 ? <Empty title={t("settings.no_keys")} /> : (
        <ul class="plain stack">{pages.all?.map((each) => <li class="row spread" key={each.key}><span dir="auto">{each.label || each.key}</span><span class="soft">{each.scopes.join(", ")} · {date(each.made)}</span>
          <button class="button bad" type="button" onClick={() => revoke(each.key)} aria-label={`${t("settings.revoke")}: ${each.label}`}>{t("settings.revoke")}</button></li>)}</ul>)}
      <More pages={pages} />
    </section>
  );
}
