/** list.tsx: conversations, the newest first: live ones and those that are kept; looked through by who, why, where and name. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Empty, Heading, Loading, ProblemNote } from "../../design/parts";
import { More, usePages } from "../../design/pages";
import { clock, date, named, number, t } from "../../i18n";
import { go } from "../../router";
import type { Told } from "./load";

const words = (one: Told): string => [one.session, one.purpose, named("purposes", one.purpose), one.context, named("purposes", one.context), one.jurisdiction, ...one.participants.flatMap((each) => [each.who, each.role, named("purposes", each.role)])].join(" ").toLowerCase();

function Row({ one }: { one: Told }): JSX.Element {
  const open = !one.kept && !one.finished, long = one.closed ? one.closed - one.opened : null;
  return (
    <tr>
      <th scope="row"><a href={`#/sessions/${encodeURIComponent(one.session)}`}>{date(one.opened)}</a>{long !== null && <span class="soft numbers"> {clock(long)}</span>}<br /><code class="small soft" dir="ltr">{one.session.slice(0, 10)}…</code></th>
      <td>{open ? <span class="badge good"><span aria-hidden="true">●</span> {t("sessions.live")}</span> : <span class="badge">{one.kept ? t("sessions.kept") : t("sessions.over")}</span>}</td>
      <td>{named("purposes", one.purpose)}<span class="soft"> · {named("purposes", one.context)} · {one.jurisdiction.toUpperCase()}</span></td>
      <td dir="auto">{one.participants.map((each) => each.who).join(", ")}</td>
      <td class="numbers">{number(one.results)}</td>
    </tr>
  );
}

export function List(): JSX.Element {
  const [wanted, setWanted] = useState(""), [open, setOpen] = useState(false), needle = wanted.trim().toLowerCase();
  const pages = usePages<Told>("/v1/sessions", "sessions", { limit: needle ? 1000 : 50, state: open ? "open" : undefined });
  const shown = (pages.all ?? []).filter((one) => !needle || words(one).includes(needle));
  const submit = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => { event.preventDefault(); if (/^s_[0-9a-f]{32}$/.test(wanted.trim())) go(`sessions/${wanted.trim()}`); };
  return (
    <>
      <Heading title={t("sessions.title")}><p>{t("sessions.about")}</p></Heading>
      <section class="card stack" aria-label={t("sessions.title")}>
        <form class="row" role="search" onSubmit={submit}>
          <label class="field grow"><span class="label">{t("sessions.search")}</span><input type="search" value={wanted} maxLength={100} autocomplete="off" onInput={(e) => setWanted(e.currentTarget.value)} dir="auto" /></label>
          <label class="check"><input type="checkbox" checked={open} onChange={(e) => setOpen(e.currentTarget.checked)} /> {t("sessions.live_only")}</label>
          <button class="button" type="button" onClick={pages.again}>{t("sessions.anew")}</button>
        </form>
        {pages.problem !== null && <ProblemNote problem={pages.problem} again={pages.again} />}
        {!pages.all && pages.problem === null && <Loading lines={5} />}
        {pages.all && !shown.length && <Empty title={needle ? t("sessions.none_found") : t("sessions.none")}>{!needle && <span>{t("sessions.none_about")}</span>}</Empty>}
        {shown.length > 0 && (
          <div class="scroll" tabIndex={0} role="region" aria-label={t("sessions.title")}>
            <table>
              <thead><tr>{["when", "state", "why", "who", "results"].map((name) => <th scope="col" key={name}>{t(`sessions.${name}`)}</th>)}</tr></thead>
              <tbody>{shown.map((one) => <Row one={one} key={one.session} />)}</tbody>
            </table>
          </div>
        )}
        <p class="vh" role="status">{pages.all ? t("sessions.found", { count: shown.length }) : ""}</p>
        <More pages={pages} />
      </section>
    </>
  );
}
