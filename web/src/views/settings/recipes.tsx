/** recipes.tsx: how events become calls of other systems: what each recipe needs, whether it is there, and a try that calls nobody. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { get, post } from "../../api/client";
import { Loading, ProblemNote, useLoaded } from "../../design/parts";
import { t } from "../../i18n";

interface Endpoint { webhook: string; values: Record<string, string>; secrets: string[] }
interface Recipe { recipe: string; title: string; method: string; url: string; values: Record<string, string>; secrets: Record<string, string>; endpoints: Endpoint[] }
interface Call { method: string; url: string; headers: string[]; body: unknown }
const SEVERITIES = ["info", "notice", "warning", "critical"];

function Tried({ call, problem }: { call: Call | null; problem: unknown }): JSX.Element {
  return (
    <>
      {problem !== null && <ProblemNote problem={problem} />}
      <div role="status">{call && problem === null && <div class="stack"><span>{t("settings.tried")}</span>
        <pre class="scroll" tabIndex={0} dir="ltr">{`${call.method} ${call.url}\n${call.headers.join("\n")}\n\n${JSON.stringify(call.body, null, 2)}`}</pre></div>}</div>
    </>
  );
}

function SeverityChoice(): JSX.Element {
  return <label class="field"><span class="label">{t("settings.severity")}</span><select name=" severity">{SEVERITIES.map((each) => <option key={each} value={each} selected={each === "warning"}>{t(`settings.severity_${each}`)}</option>)}</select></label>;
}

function Shipped({ of }: { of: Recipe }): JSX.Element {
  const [call, setCall] = useState<Call | null>(null), [problem, setProblem] = useState<unknown>(null), used = of.endpoints[0];
  const attempt = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget), values = Object.fromEntries(Object.keys(of.values).map((name) => [name, String(form.get(name) ?? "").trim()]));
    post<Call>("/v1/recipes", { recipe: of.recipe, values, severity: form.get(" severity") }).then((got) => { setCall(got); setProblem(null); }).catch(setProblem);
  };
  const state = (kind: "values" | "secrets", name: string): JSX.Element => {
    if (!used) return <span class="soft">–</span>;
    const missing = of.endpoints.some((each) => kind === "values" ? !each.values[name] : !each.secrets.includes(name));
    return missing ? <span class="badge critical">{t("settings.missing")}</span> : <span>✓ {t("settings.there")}</span>;
  };
  return (
    <section class="card stack" aria-labelledby={`recipe-${of.recipe}`}><h3 id={`recipe-${of.recipe}`}><span dir="auto">{of.title}</span></h3>
      <p class="soft"><code dir="ltr" style={{ overflowWrap: "anywhere" }}>{of.method} {of.url}</code></p>
      <p>{used ? t("settings.used_by", { names: of.endpoints.map((each) => each.webhook).join(", ") }) : t("settings.not_used")}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label={`${t("settings.needs")}: ${of.title}`}><table>
        <thead><tr>{["needs", "need_kind", "need_about", "need_state"].map((name) => <th scope="col" key={name}>{t(`settings.${name}`)}</th>)}</tr></thead>
        <tbody>{(["values", "secrets"] as const).flatMap((kind) => Object.entries(of[kind]).map(([name, about]) => (
          <tr key={`${kind} ${name}`}><th scope="row"><code>{name}</code></th><td>{t(kind === "values" ? "settings.need_value" : "settings.need_secret")}</td><td dir="auto" lang="en">{about}</td><td>{state(kind, name)}</td></tr>)))}</tbody>
      </table></div>
      <form class="row" onSubmit={attempt}>
        {Object.keys(of.values).map((name) => <label class="field" key={name}><span class="label">{name}</span><input name={name} required maxLength={200} defaultValue={used?.values[name] ?? ""} dir="ltr" /></label>)}
        <SeverityChoice /><button class="button" aria-label={t("settings.try_of", { name: of.recipe })}>{t("settings.try_recipe")}</button>
      </form>
      <Tried call={call} problem={problem} />
    </section>
  );
}

function Own(): JSX.Element {
  const [call, setCall] = useState<Call | null>(null), [problem, setProblem] = useState<unknown>(null);
  const attempt = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget), lines = String(form.get("values") ?? "").split("\n").filter((line) => line.includes("="));
    const values = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")).trim(), line.slice(line.indexOf("=") + 1).trim()]));
    post<Call>("/v1/recipes", { yaml: String(form.get("yaml") ?? ""), values, severity: form.get(" severity") }).then((got) => { setCall(got); setProblem(null); }).catch(setProblem);
  };
  return (
    <section class="card stack" aria-labelledby="own-recipe"><h3 id="own-recipe">{t("settings.own_recipe")}</h3>
      <form class="stack" onSubmit={attempt}>
        <label class="field"><span class="label">{t("settings.recipe_yaml")}</span><textarea name="yaml" rows={10} required spellcheck={false} dir="ltr" style={{ fontFamily: "monospace" }} /></label>
        <label class="field"><span class="label">{t("settings.recipe_values")}</span><textarea name="values" rows={3} spellcheck={false} dir="ltr" /></label>
        <div class="row"><SeverityChoice /><button class="button" aria-label={t("settings.try_of", { name: t("settings.own_recipe") })}>{t("settings.try_recipe")}</button></div>
      </form>
      <Tried call={call} problem={problem} />
    </section>
  );
}

export function Recipes(): JSX.Element {
  const { value, problem, again } = useLoaded(() => get<{ recipes: Recipe[] }>("/v1/recipes"), []);
  return (
    <section class="stack" aria-labelledby="recipes"><h2 id="recipes">{t("settings.part_recipes")}</h2>
      <p class="soft">{t("settings.recipes_about")}</p>
      {problem !== null ? <ProblemNote problem={problem} again={again} /> : !value ? <Loading /> : <div class="cards">{value.recipes.map((each) => <Shipped of={each} key={each.recipe} />)}<Own /></div>}
    </section>
  );
}
