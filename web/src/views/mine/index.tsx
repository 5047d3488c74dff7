/** mine/index.tsx: a person's own page, by their link and without an account: what is read and why, who looked; switch off, take along, erase. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { post } from "../../api/client";
import { download } from "../../design/pages";
import { Empty, Heading, Loading, ProblemNote } from "../../design/parts";
import { date, has, named, t } from "../../i18n";
import { go, place } from "../../router";

interface Given { consent: string; purpose: string; modalities: string[]; until: number | null; keep: boolean }
interface By { kind: "service" | "person" | "account" | "key"; role?: string; label?: string }
interface Mine { whole: boolean; tenant: string; kept: boolean; consents: Given[]; seen: { at: string; what: string; purpose: string | null; by: By }[] }
const KEPT = "mien.mine"; // for this tab alone

/** Out of the address at once: it would stay in the browser's history. */
function tokenOf(): string {
  const given = place.value.query.get("t");
  if (given) { sessionStorage.setItem(KEPT, given); go("mine", true); }
  return given ?? sessionStorage.getItem(KEPT) ?? "";
}

const did = (what: string): string => (has(`privacy.did_${what}`) ? t(`privacy.did_${what}`) : what.replace(/_/g, " "));
const by = (who: By): string => (who.kind === "account" ? named("mine", `role_${who.role ?? ""}`) : who.kind === "key" ? t("mine.by_key", { label: who.label ?? "" }) : t(`mine.by_${who.kind}`));

function One({ given, token, changed }: { given: Given; token: string; changed: () => void }): JSX.Element {
  const [problem, setProblem] = useState<unknown>(null);
  const off = (modalities?: string[]): void => { post("/v1/mine/withdraw", { token, consent: given.consent, ...(modalities ? { modalities } : {}) }).then(changed).catch(setProblem); };
  const purpose = named("purposes", given.purpose);
  return (
    <li class="card stack">
      <h3 dir="auto">{purpose}</h3>
      <p class="soft">{given.keep ? t("privacy.kept_too") : t("privacy.read_only")} · {t("privacy.until")}: {given.until === null ? t("privacy.until_withdrawn") : date(given.until)}</p>
      {problem !== null && <ProblemNote problem={problem} />}
      {given.modalities.length === 0 ? <p class="note" role="status">{t("mine.all_off")}</p> : (
        <div class="row" role="group" aria-label={t("mine.off_of", { purpose })}>
          {given.modalities.map((each) => <button class="button" type="button" key={each} onClick={() => off([each])} aria-label={t("mine.off_one", { what: named("emotions", each), purpose })}>{t("mine.off", { what: named("emotions", each) })}</button>)}
          <button class="button bad" type="button" onClick={() => off()} aria-label={t("mine.off_one", { what: t("mine.everything"), purpose })}>{t("mine.off", { what: t("mine.everything") })}</button>
        </div>)}
    </li>
  );
}

function Ends({ token, erased }: { token: string; erased: () => void }): JSX.Element {
  const [sure, setSure] = useState(false), [problem, setProblem] = useState<unknown>(null), [done, setDone] = useState<{ certificate: { certificate: string } | null } | null>(null);
  const take = (): void => { post("/v1/mine/export", { token }).then((all) => { download("my-data.json", all); setProblem(null); }).catch(setProblem); };
  const erase = (): void => { post<{ certificate: { certificate: string } | null }>("/v1/mine/erase", { token }).then((got) => { setDone(got); setProblem(null); erased(); }).catch(setProblem); };
  return (
    <section class="card stack" aria-labelledby="ends"><h2 id="ends">{t("mine.ends")}</h2>
      {problem !== null && <ProblemNote problem={problem} />}
      <div><button class="button" type="button" onClick={take}>{t("privacy.export")}</button></div>
      {done ? <div class="note good" role="status"><strong>{t("mine.erased")}</strong>{done.certificate && <span><button class="button" type="button" onClick={() => download("certificate.json", done.certificate)}>{t("privacy.certificate")}</button></span>}</div> : <>
        <label class="check"><input type="checkbox" checked={sure} onChange={(e) => setSure(e.currentTarget.checked)} />{t("mine.sure")}</label>
        <div><button class="button bad" type="button" disabled={!sure} onClick={erase}>{t("privacy.erase")}</button></div></>}
    </section>
  );
}

function Shown({ token }: { token: string }): JSX.Element {
  const [all, setAll] = useState<Mine | null>(null), [problem, setProblem] = useState<unknown>(null), [round, setRound] = useState(0);
  useEffect(() => { post<Mine>("/v1/mine", { token }).then((got) => { setAll(got); setProblem(null); }).catch(setProblem); }, [token, round]);
  if (problem !== null) return <ProblemNote problem={problem} again={() => { sessionStorage.removeItem(KEPT); location.reload(); }} />;
  if (!all) return <Loading />;
  const again = (): void => setRound((n) => n + 1);
  return (
    <>
      <section class="stack" aria-labelledby="what"><h2 id="what">{t("mine.what")}</h2><p class="soft">{t("mine.what_about")}</p>
        <ul class="plain stack">{all.consents.map((each) => <One key={each.consent} given={each} token={token} changed={again} />)}</ul>
      </section>
      {all.whole ? <>
        <section class="card stack" aria-labelledby="seen"><h2 id="seen">{t("mine.seen")}</h2>
          {all.seen.length === 0 ? <Empty title={t("mine.nobody")} /> : (
            <div class="scroll" tabIndex={0} role="region" aria-label={t("mine.seen")}><table>
              <thead><tr>{["when", "what", "whom"].map((name) => <th scope="col" key={name}>{t(`privacy.${name}`)}</th>)}</tr></thead>
              <tbody>{all.seen.map((each, i) => <tr key={`${each.at} ${i}`}><td><time dateTime={each.at}>{date(Date.parse(each.at) / 1000)}</time></td><th scope="row">{did(each.what)}</th><td dir="auto">{by(each.by)}</td></tr>)}</tbody>
            </table></div>)}
        </section>
        <Ends token={token} erased={again} />
      </> : <p class="note">{t("mine.less")}</p>}
    </>
  );
}

export default function MyData(): JSX.Element {
  const [token, setToken] = useState(tokenOf);
  const came = place.value.query.get("t");
  useEffect(() => { if (came) setToken(tokenOf()); }, [came]);
  const enter = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const link = (event.currentTarget.elements.namedItem("link") as HTMLInputElement).value.trim();
    const given = /[?&]t=([\w.-]+)/.exec(link)?.[1] ?? link;
    sessionStorage.setItem(KEPT, given);
    setToken(given);
  };
  return (
    <>
      <Heading title={t("mine.title")}><p>{t("mine.about")}</p></Heading>
      {token ? <Shown key={token} token={token} /> : (
        <form class="card row" onSubmit={enter}>
          <label class="field grow"><span class="label">{t("mine.link")}</span><input name="link" required maxLength={600} autocomplete="off" dir="ltr" /></label>
          <button class="button first">{t("mine.open")}</button>
        </form>)}
    </>
  );
}
