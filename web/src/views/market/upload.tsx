/** upload.tsx: feedback sent as a file: which column is what, guessed and put right; who agreed; and how far it has come. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { post, Problem, sendFile } from "../../api/client";
import { ProblemNote } from "../../design/parts";
import { named, number, percent, t } from "../../i18n";
import { may } from "../../session";
import { columnsOf, peek, ROLES, type Peek, type Role } from "./columns";
import type { Collection } from "./figures";

const PLACES = ["eu", "uk", "us", "us-il"];
const SHOWN = 4; // lines of the file

function Columns({ of, chosen, choose }: { of: Peek; chosen: Record<Role, string>; choose: (role: Role, name: string) => void }): JSX.Element {
  return (
    <fieldset class="stack">
      <legend class="label">{t("market.columns")}</legend>
      <div class="row">{ROLES.map((role) => (
        <label class="field" key={role}><span class="label">{t(`market.column_${role}`)}</span>
          <select name={role} required={role === "text"} value={chosen[role]} onChange={(e) => choose(role, e.currentTarget.value)}>
            <option value="">{t("market.no_column")}</option>{of.names.map((name) => <option key={name} value={name}>{name}</option>)}
          </select></label>))}</div>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("market.first_lines")}><table>
        <caption class="small soft">{t("market.first_lines")}</caption>
        <thead><tr>{of.names.slice(0, 12).map((name) => { const role = ROLES.find((each) => chosen[each] === name); return <th scope="col" key={name}><bdi>{name}</bdi>{role && <> <span class="badge good">{t(`market.column_${role}`)}</span></>}</th>; })}</tr></thead>
        <tbody>{of.rows.slice(0, SHOWN).map((row, i) => <tr key={i}>{of.names.slice(0, 12).map((name, c) => <td key={name} dir="auto">{(row[c] ?? "").slice(0, 120)}</td>)}</tr>)}</tbody>
      </table></div>
    </fieldset>
  );
}

export function Upload({ sent }: { sent: (collection: Collection) => void }): JSX.Element {
  const [file, setFile] = useState<File | null>(null), [seen, setSeen] = useState<Peek | null>(null), [chosen, setChosen] = useState<Record<Role, string> | null>(null);
  const [problem, setProblem] = useState<unknown>(null), [share, setShare] = useState<number | null>(null), [over, setOver] = useState(false), stop = useRef<AbortController | null>(null), field = useRef<HTMLInputElement>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const take = (taken: File | undefined): void => {
    if (!taken) return;
    setFile(taken);
    setProblem(null);
    peek(taken).then((found) => { setSeen(found); setChosen(found.guess); if (!found.names.length) setProblem(new Problem(0, t("market.not_a_table"), t("market.not_a_table_do"), "")); }).catch(setProblem);
  };
  const send = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const of = new FormData(event.currentTarget), word = (name: string): string => String(of.get(name) ?? "").trim();
    if (!file || !seen || !chosen) return;
    stop.current = new AbortController();
    setProblem(null);
    setShare(0);
    void (async () => {
      const subject = word("subject");
      let consent = word("consent");
      if (subject && !consent && of.get("agreed")) consent = (await post<{ consent: string }>("/v1/consents", { subject, purpose: "market_research", modalities: ["text"], keep: true, evidence: word("evidence").slice(0, 63) || file.name.slice(0, 63) })).consent;
      const query = { name: (word("name") || file.name).slice(0, 120), jurisdiction: word("jurisdiction"), notice_given: of.get("notice") !== null, columns: columnsOf(chosen), ...(subject ? { subject } : {}), ...(consent ? { consent } : {}) };
      sent(await sendFile<Collection>("/v1/collections", query, file, seen.kind === "csv" ? "text/csv" : "application/x-ndjson", setShare, stop.current?.signal));
      setFile(null); setSeen(null); setChosen(null);
      if (field.current) field.current.value = "";
    })().catch((error: unknown) => { if (!(error instanceof DOMException && error.name === "AbortError")) setProblem(error); }).finally(() => setShare(null));
  };
  return (
    <form class={`card stack upload${over ? " over" : ""}`} onSubmit={send} aria-labelledby="upload" onDragOver={(e) => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={(e) => { e.preventDefault(); setOver(false); take(e.dataTransfer?.files[0]); }}>
      <h2 id="upload">{t("market.send")}</h2>
      <p class="soft">{t("market.send_about")}</p>
      <label class="field"><span class="label">{t("market.file")}</span><input ref={field} type="file" accept=".csv,.tsv,.txt,.jsonl,.ndjson,text/csv,application/x-ndjson" onChange={(e) => take(e.currentTarget.files?.[0])} /></label>
      {file && seen && chosen && seen.names.length > 0 && (
        <>
          <p class="small soft" dir="auto">{file.name} · {t("market.size", { size: number(file.size / (1 << 20), file.size < 10 << 20 ? 2 : 0) })}</p>
          <Columns of={seen} chosen={chosen} choose={(role, name) => setChosen({ ...chosen, [role]: name })} />
          <div class="row">
            <label class="field"><span class="label">{t("market.name")}</span><input name="name" maxLength={120} defaultValue={file.name} dir="auto" /></label>
            <label class="field"><span class="label">{t("market.place")}</span><select name="jurisdiction">{PLACES.map((place) => <option key={place} value={place}>{t(`market.place_${place.replace("-", "_")}`)}</option>)}</select></label>
          </div>
          <label class="check"><input type="checkbox" name="notice" />{t("market.notice")}</label>
          <details><summary>{t("market.consent")}</summary>
            <div class="stack"><p class="soft">{t("market.consent_about")}</p>
              <div class="row">
                <label class="field"><span class="label">{t("market.survey")}</span><input name="subject" maxLength={63} dir="auto" /></label>
                <label class="field"><span class="label">{t("market.consent_id")}</span><input name="consent" maxLength={63} dir="ltr" /></label>
                <label class="field"><span class="label">{t("market.evidence")}</span><input name="evidence" maxLength={63} dir="auto" /></label>
              </div>
              {may("consent") && <label class="check"><input type="checkbox" name="agreed" />{t("market.agreed")}</label>}</div>
          </details>
        </>)}
      {problem !== null && <ProblemNote problem={problem} />}
      {share !== null
        ? <div class="row"><progress value={share} max={1} aria-label={t("market.sending")} /><span class="numbers">{percent(share)}</span><button class="button" type="button" onClick={() => stop.current?.abort()}>{t("market.stop")}</button></div>
        : <div><button class="button first" disabled={!file || !chosen?.text}>{t("market.send_now")}</button></div>}
    </form>
  );
}

/** How far a collection is read, what was left out of it, or why it could not be read. */
export function Reading({ of }: { of: Collection }): JSX.Element {
  return (
    <div class="stack tight">
      {of.state === "reading" && <div class="row" role="status"><progress value={of.progress} max={1} aria-label={t("market.reading")} /><span class="numbers">{t("market.reading")} {percent(of.progress)}</span></div>}
      {of.state === "failed" && <div class="note bad" role="alert"><strong>{t("market.failed")}</strong><span lang="en" dir="ltr">{of.error}</span></div>}
      {of.lost > 0 && <details><summary>{t("market.lost", { count: of.lost })}</summary>
        <p class="soft">{t("market.lost_about")}</p>
        <ul>{of.notes.map((note) => <li key={note.line}>{t("market.line", { line: number(note.line) })}: <span lang="en" dir="ltr">{note.what}</span></li>)}</ul></details>}
      {of.lost === 0 && of.notes.length > 0 && <ul class="small soft">{of.notes.map((note) => <li key={note.line}>{t("market.line", { line: number(note.line) })}: <span lang="en" dir="ltr">{note.what}</span></li>)}</ul>}
    </div>
  );
}

export const placeOf = (name: string): string => named("market", `place_${name.replace("-", "_")}`);
