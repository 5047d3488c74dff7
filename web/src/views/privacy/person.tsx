/** person.tsx: one person's data: looked up by the name the caller gives them, downloaded, and erased with a certificate. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { get, post, remove } from "../../api/client";
import { Empty, Loading, ProblemNote } from "../../design/parts";
import { download, More, usePages } from "../../design/pages";
import { date, t } from "../../i18n";
import { go, place } from "../../router";
import { AuditTable, type Trace } from "./audit";
import { ConsentTable, type Consent } from "./consents";

interface Certificate { certificate: string; [more: string]: unknown }

function Erase({ subject, done }: { subject: string; done: () => void }): JSX.Element {
  const [asked, setAsked] = useState(""), [certificate, setCertificate] = useState<Certificate | null>(null), [problem, setProblem] = useState<unknown>(null);
  const erase = (event: Event): void => {
    event.preventDefault();
    remove<Certificate>("/v1/subjects/{id}", { params: { id: subject } }).then((made) => { setCertificate(made); setProblem(null); done(); }).catch(setProblem);
  };
  if (certificate) {
    return <div class="note good" role="status"><strong>{t("privacy.erased")}</strong><code>{certificate.certificate}</code>
      <span><button class="button" type="button" onClick={() => download(`${certificate.certificate}.json`, certificate)}>{t("privacy.certificate")}</button></span></div>;
  }
  return (
    <form class="stack" onSubmit={erase}>
      <p>{t("privacy.erase_about")}</p>
      {problem !== null && <ProblemNote problem={problem} />}
      <div class="row">
        <label class="field grow"><span class="label">{t("privacy.erase_type")}</span><input value={asked} onInput={(e) => setAsked(e.currentTarget.value)} autocomplete="off" dir="auto" /></label>
        <button class="button bad" disabled={asked !== subject}>{t("privacy.erase")}</button>
      </div>
    </form>
  );
}

function PersonLink({ subject }: { subject: string }): JSX.Element {
  const [made, setMade] = useState<{ link: string; until: number } | null>(null), [problem, setProblem] = useState<unknown>(null);
  const make = (): void => { post<{ link: string; until: number }>("/v1/subjects/{id}/link", {}, { params: { id: subject } }).then((got) => { setMade(got); setProblem(null); }).catch(setProblem); };
  if (problem !== null) return <ProblemNote problem={problem} />;
  return made ? <div class="note" role="status"><span>{t("privacy.person_link_about", { date: date(made.until) })}</span><code style={{ overflowWrap: "anywhere" }} dir="ltr">{location.origin}{made.link}</code></div>
    : <div><button class="button" type="button" onClick={make}>{t("privacy.person_link")}</button></div>;
}

function Found({ subject }: { subject: string }): JSX.Element {
  const consents = usePages<Consent>("/v1/consents", "consents", { subject }), traces = usePages<Trace>("/v1/audit", "records", { subject });
  const [problem, setProblem] = useState<unknown>(null), [said, setSaid] = useState("");
  const take = (): void => { get("/v1/subjects/{id}", { params: { id: subject } }).then((all) => { download(`${subject.replace(/[^\w.-]+/g, "_")}.json`, all); setProblem(null); setSaid(t("privacy.exported")); }).catch(setProblem); };
  return (
    <>
      <section class="card stack" aria-labelledby="consents"><h2 id="consents">{t("privacy.part_consents")}</h2>
        {consents.problem !== null ? <ProblemNote problem={consents.problem} again={consents.again} /> : !consents.all ? <Loading /> : consents.all.length ? <ConsentTable all={consents.all} changed={consents.again} /> : <Empty title={t("privacy.no_consents")} />}
      </section>
      <section class="card stack" aria-labelledby="kept"><h2 id="kept">{t("privacy.kept_data")}</h2>
        {problem !== null && <ProblemNote problem={problem} />}
        <div class="row"><button class="button" type="button" onClick={take}>{t("privacy.export")}</button><span role="status" class="soft">{said}</span></div>
        <PersonLink subject={subject} />
        <Erase subject={subject} done={() => { consents.again(); traces.again(); }} />
      </section>
      <section class="card stack" aria-labelledby="looks"><h2 id="looks">{t("privacy.looks")}</h2>
        {traces.problem !== null ? <ProblemNote problem={traces.problem} again={traces.again} /> : !traces.all ? <Loading /> : traces.all.length ? <AuditTable all={traces.all} /> : <Empty title={t("privacy.no_records")} />}
        <More pages={traces} />
      </section>
    </>
  );
}

export function Person(): JSX.Element {
  const subject = place.value.rest[1] ?? "";
  const look = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = (event.currentTarget.elements.namedItem("subject") as HTMLInputElement).value.trim();
    if (name) go(`privacy/person/${encodeURIComponent(name)}`);
  };
  return (
    <>
      <form class="card row" onSubmit={look} role="search">
        <label class="field grow"><span class="label">{t("privacy.subject_name")}</span><input name="subject" maxLength={63} defaultValue={subject} autocomplete="off" dir="auto" required /></label>
        <button class="button first">{t("privacy.look_up")}</button>
      </form>
      {subject ? <Found key={subject} subject={subject} /> : <Empty title={t("privacy.look_about")} />}
    </>
  );
}
