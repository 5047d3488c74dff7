/** users.tsx: accounts and their roles: made, reset, taken away. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post, remove } from "../../api/client";
import { Empty, Loading, ProblemNote } from "../../design/parts";
import { More, usePages } from "../../design/pages";
import { t } from "../../i18n";

interface User { user: string; name: string; role: string; made: number; second_factor: boolean }
const ROLES = { agent: "read, stream", supervisor: "read, stream, review", analyst: "read", privacy_officer: "consent, privacy", administrator: "read, stream, consent, review, admin" };

export function Users(): JSX.Element {
  const pages = usePages<User>("/v1/users", "users"), [problem, setProblem] = useState<unknown>(null), [said, setSaid] = useState("");
  const make = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget, of = new FormData(form), name = String(of.get("name") ?? "").trim();
    post("/v1/users", { name, password: of.get("password"), role: of.get("role") }).then(() => { form.reset(); setSaid(t("settings.user_made", { name })); setProblem(null); pages.again(); }).catch(setProblem);
  };
  const drop = (id: string): void => { remove("/v1/users/{id}", { params: { id } }).then(pages.again).catch(setProblem); };
  return (
    <section class="card stack" aria-labelledby="users"><h2 id="users">{t("settings.part_users")}</h2>
      <form class="row" onSubmit={make}>
        <label class="field"><span class="label">{t("shell.name")}</span><input name="name" required maxLength={63} autocomplete="off" dir="auto" /></label>
        <label class="field"><span class="label">{t("settings.password")}</span><input name="password" type="password" required minLength={12} maxLength={128} autocomplete="new-password" /></label>
        <label class="field"><span class="label">{t("settings.role")}</span><select name="role">{Object.entries(ROLES).map(([role, scopes]) => <option key={role} value={role}>{t(`settings.role_${role}`)} ({scopes})</option>)}</select></label>
        <button class="button first">{t("settings.make")}</button><span role="status">{said}</span>
      </form>
      {(problem ?? pages.problem) !== null && <ProblemNote problem={problem ?? pages.problem} {...(problem === null ? { again: pages.again } : {})} />}
      {!pages.all && pages.problem === null ? <Loading /> : pages.all?.length === 0 ? <Empty title={t("settings.no_users")} /> : (
        <ul class="plain stack">{pages.all?.map((each) => <li class="row spread" key={each.user}><strong dir="auto">{each.name}</strong><span class="soft">{t(`settings.role_${each.role}`)}{each.second_factor && ` · ${t("settings.second")}`}</span>
          <button class="button bad" type="button" onClick={() => drop(each.user)} aria-label={`${t("settings.drop")}: ${each.name}`}>{t("settings.drop")}</button></li>)}</ul>)}
      <More pages={pages} />
    </section>
  );
}
