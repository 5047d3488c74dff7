/** session.tsx: one conversation, live or kept: the lines of time, what was said, a moment in full, its figures, and all of it to take along. */
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { Problem } from "../../api/client";
import { Empty, Heading, Loading, ProblemNote, Said } from "../../design/parts";
import { download } from "../../design/pages";
import { ruleTitle } from "../supervisor/words";
import { clock, date, named, t } from "../../i18n";
import { isSample, sample } from "../../live/sample";
import { csv, fileName, jsonl, png } from "./exports";
import { Contributions, Figures } from "./figures";
import { Loaded, type Told } from "./load";
import { Moment, momentSaid } from "./moment";
import { Player } from "./player";
import { Stage } from "./stage";
import { Timeline } from "./timeline";
import { Transcript } from "./transcript";

function Events({ stage, version }: { stage: Stage; version: number }): JSX.Element | null {
  const all = stage.loaded.record.events;
  if (!all.length) return null;
  return (
    <section class="card stack" aria-labelledby="events" data-version={version}>
      <h2 id="events">{t("sessions.events")}</h2>
      <ul class="plain stack" style={{ gap: "0.4rem" }}>
        {all.map((event, i) => (
          <li class="row" key={i}>
            <button class="when numbers" type="button" onClick={() => stage.move(event.at, event.who ?? undefined)} aria-label={t("sessions.cues_at", { at: clock(event.at), who: event.who ?? "" })}>{clock(event.at)}</button>
            <span class={`badge ${event.severity}`}>{event.severity === "critical" || event.severity === "warning" ? "▲" : "●"} {t(`settings.severity_${event.severity}`)}</span>
            <span dir="auto">{ruleTitle(event.rule, event.title)}</span>{event.who && <span class="soft" dir="auto">{event.who}</span>}
          </li>))}
      </ul>
    </section>
  );
}

function Exports({ stage, id }: { stage: Stage; id: string }): JSX.Element {
  const record = stage.loaded.record, name = (kind: string): string => fileName(id, record.end, kind);
  const picture = (): void => {
    const charts = [...document.querySelectorAll<HTMLElement>(".person")].flatMap((each) => { const canvas = each.querySelector("canvas"); return canvas ? [{ who: each.querySelector("h3")?.textContent ?? "", canvas }] : []; });
    void png(`${id} · ${clock(record.end)}`, charts).then((blob) => { if (blob) download(name("png"), blob, "image/png"); });
  };
  return (
    <div class="row no-print" role="group" aria-label={t("sessions.take")}>
      <a class="grow" href="#/sessions">{t("sessions.to_list")}</a>
      <button class="button" type="button" onClick={() => download(name("csv"), csv(record), "text/csv")}>{t("sessions.take_csv")}</button>
      <button class="button" type="button" onClick={() => download(name("jsonl"), jsonl(record), "application/jsonl")}>{t("sessions.take_jsonl")}</button>
      <button class="button" type="button" onClick={picture}>{t("sessions.take_png")}</button>
      <button class="button" type="button" onClick={() => print()}>{t("sessions.print")}</button>
    </div>
  );
}

function About({ told, live, lost, end }: { told: Told; live: boolean; lost: boolean; end: number }): JSX.Element {
  return (
    <p class="row">
      {live ? <span class="badge good"><span aria-hidden="true">●</span> {t("sessions.live")}</span> : <span class="badge">{told.kept ? t("sessions.kept") : t("sessions.over")}</span>}
      {lost && <span class="badge warning">{t("sessions.lost")}</span>}
      <span>{[named("purposes", told.purpose), named("purposes", told.context), told.jurisdiction.toUpperCase(), date(told.opened), clock(end)].join(" · ")}</span>
    </p>
  );
}

export function Session({ id }: { id: string }): JSX.Element {
  const loaded = useMemo(() => new Loaded(id, sample.heard.get(id)), [id]), stage = useMemo(() => new Stage(loaded), [loaded]);
  useEffect(() => { void loaded.begin(); return () => loaded.end(); }, [loaded]);
  const told = loaded.told.value, problem = loaded.problem.value, version = loaded.version.value, is = loaded.is.value, live = is === "live" || is === "lost", record = loaded.record;
  useMemo(() => stage.grown(live), [version, live]);
  const said = (at: number): string => momentSaid(record.lines.get(stage.who.value), at);
  const missing = problem instanceof Problem && problem.status === 404;
  return (
    <>
      <Heading title={t("sessions.one")}>
        <p><code class="whole-id" dir="ltr">{id}</code></p>
        {told && <About told={told} live={live} lost={is === "lost"} end={record.end} />}
      </Heading>
      {!version && <nav><a href="#/sessions">{t("sessions.to_list")}</a></nav>}
      {missing && <Empty title={t("sessions.missing")}><span>{t("sessions.missing_about")}</span></Empty>}
      {problem !== null && !missing && <ProblemNote problem={problem} again={() => location.reload()} />}
      {!told && problem === null && <Loading lines={6} />}
      {told && isSample(id) && <Player id={id} stage={stage} />}
      {told && problem === null && is === "loading" && !version && <Loading lines={6} />}
      {told && version === 0 && is !== "loading" && <Empty title={live ? t("sessions.nothing_yet") : t("sessions.nothing_kept")}><span>{live ? t("sessions.nothing_yet_about") : t("sessions.nothing_kept_about")}</span></Empty>}
      {told && version > 0 && (
        <>
          <Exports stage={stage} id={id} />
          <p class="small soft">{t("sessions.caution")}{!isSample(id) && <> {t("sessions.no_media")}</>}</p>
          <div class="session">
            <Timeline stage={stage} version={version} people={told.participants} live={live} said={said} />
            <Moment stage={stage} record={record} people={told.participants} version={version} />
          </div>
          <div class="below">
            <Transcript record={record} stage={stage} version={version} />
            <div class="stack">
              <Events stage={stage} version={version} />
              <Figures id={id} live={live} />
              <Contributions record={record} version={version} />
            </div>
          </div>
          {live && <Said text={said(record.end)} every={10} />}
        </>
      )}
    </>
  );
}
