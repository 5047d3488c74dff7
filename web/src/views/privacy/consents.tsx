/** consents.tsx: the ledger of consents, the newest first; each with its records in the chain, and withdrawn here where somebody asks. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { get, remove } from "../../api/client";
import { Empty, Loading, ProblemNote } from "../../design/parts";
import { More, usePages } from "../../design/pages";
import { date, named, t } from "../../i18n";
import { may } from "../../session";

export interface Consent { consent: string; subject: string; purpose: string; modalities: string[]; until: number | null; evidence: string; keep: boolean; proof?: string }
interface Proof { sound: boolean; trouble?: string; records: { seq: number; at: string; hash: string; record: { type: string } }[] }

export function ConsentRow({ consent, changed }: { consent: Consent; changed: () => void }): JSX.Element {
  const [proof, setProof] = useState<Proof | null>(null), [problem, setProblem] = useState<unknown>(null);
  const prove = (): void => { get<Proof>("/v1/consents/{id}/proof", { params: { id: consent.consent } }).then(setProof).catch(setProblem); };
  const withdraw = (): void => { remove("/v1/consents/{id}", { params: { id: consent.consent } }).then(changed).catch(setProblem); };
  const over = consent.modalities.length === 0 || (consent.until !== null && consent.until * 1000 < Date.now());
  return (
    <>
      <tr>
        <th scope="row" dir="auto">{consent.subject}</th>
        <td dir="auto">{named("purposes", consent.purpose)}</td>
        <td>{over ? <span class="badge">{t("privacy.ended")}</span> : consent.modalities.map((each) => named("emotions", each)).join(", ")}</td>
        <td>{consent.keep ? t("privacy.kept_too") : t("privacy.read_only")}</td>
        <td style={{ overflowWrap: "normal" }}>{consent.until === null ? t("privacy.until_withdrawn") : date(consent.until)}</td>
        <td class="no-print"><div class="row" style={{ flexWrap: "nowrap" }}>
          <button class="button" type="button" onClick={prove} aria-label={`${t("privacy.proof")}: ${consent.subject}`}>{t("privacy.proof")}</button>
          {!over && may("consent") && <button class="button bad" type="button" onClick={withdraw} aria-label={`${t("privacy.withdraw")}: ${consent.subject}`}>{t("privacy.withdraw")}</button>}
        </div></td>
      </tr>
      {(proof !== null || problem !== null) && (
        <tr><td colSpan={6}>
          {problem !== null && <ProblemNote problem={problem} />}
          {proof && <div class={`note ${proof.sound ? "good" : "bad"}`} role="status">
            <strong>{proof.sound ? t("privacy.sound") : t("privacy.broken")}</strong>
            {proof.trouble && <span dir="auto">{proof.trouble}</span>}
            <ol class="plain small">{proof.records.map((each) => <li key={each.seq}>{t(`privacy.record_${each.record.type}`)} · <time>{date(Date.parse(each.at) / 1000)}</time> · {t("privacy.number", { number: each.seq })} · <code>{each.hash}</code></li>)}</ol>
          </div>}
        </td></tr>
      )}
    </>
  );
}

export function ConsentTable({ all, changed }: { all: Consent[]; changed: () => void }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("privacy.part_consents")}>
      <table>
        <thead><tr>{["subject", "purpose", "covers", "keeping", "until"].map((name) => <th scope="col" key={name}>{t(`privacy.${name}`)}</th>)}<td class="no-print" /></tr></thead>
        <tbody>{all.map((each) => <ConsentRow key={each.consent} consent={each} changed={changed} />)}</tbody>
      </table>
    </div>
  );
}

export function Consents(): JSX.Element {
  const pages = usePages<Consent>("/v1/consents", "consents");
  return (
    <section class="card stack" aria-labelledby="ledger">
      <h2 id="ledger">{t("privacy.part_consents")}</h2>
      {pages.problem !== null && <ProblemNote problem={pages.problem} again={pages.again} />}
      {!pages.all && pages.problem === null && <Loading />}
      {pages.all?.length === 0 && <Empty title={t("privacy.no_consents")} />}
      {pages.all && pages.all.length > 0 && <ConsentTable all={pages.all} changed={pages.again} />}
      <More pages={pages} />
    </section>
  );
}
