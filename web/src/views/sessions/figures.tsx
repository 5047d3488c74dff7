/** figures.tsx: the conversation's figures by person, what each modality had in it, and what was not told, in words. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { get, Problem } from "../../api/client";
import { CORE } from "../../api/shapes";
import { whySaid } from "../../design/cues";
import { CoreLabel, Loading, ProblemNote, useLoaded } from "../../design/parts";
import { clock, named, number, percent, t } from "../../i18n";
import { parts, shares, untold, type Recorded } from "./record";

type Known = number | null;
interface Talk { talk: Known; share: Known; overlap: Known; silence: Known; turns: number; interruptions: number; speed: Known; loudness: Known; sentiment: Known; repeat: number; escalation: number }
interface Figured { t0: Known; t1: Known; longest_silence: Known; people: { who: string; all: Talk }[] }
const AGAIN = 30; // seconds, while it is live

const as = (value: Known | undefined, how: (v: number) => string): string => (value === null || value === undefined ? "–" : how(value));

export function Figures({ id, live }: { id: string; live: boolean }): JSX.Element {
  const found = useLoaded((signal) => get<Figured>("/v1/sessions/{id}/figures", { params: { id }, signal }), [id, live]);
  useEffect(() => {
    if (!live) return;
    const timer = window.setInterval(found.again, AGAIN * 1000);
    return () => window.clearInterval(timer);
  }, [id, live]);
  const none = found.problem instanceof Problem && found.problem.status === 404, value = found.value;
  const rows: [string, (one: Talk) => string][] = [
    ["talk", (one) => as(one.talk, clock)], ["talk_share", (one) => as(one.share, percent)], ["turns", (one) => number(one.turns)], ["interruptions", (one) => number(one.interruptions)],
    ["overlap", (one) => as(one.overlap, clock)], ["speed", (one) => as(one.speed, (v) => number(v))], ["loudness", (one) => as(one.loudness, (v) => number(v, 1))],
    ["sentiment", (one) => as(one.sentiment, (v) => number(v, 2))], ["repeat", (one) => number(one.repeat)], ["escalation", (one) => number(one.escalation)],
  ];
  return (
    <section class="card stack" aria-labelledby="figures">
      <h2 id="figures">{t("sessions.figures")}</h2>
      {found.problem !== null && !none && !value && <ProblemNote problem={found.problem} again={found.again} />}
      {none && !value && <p class="soft">{t("sessions.no_figures")}</p>}
      {!value && found.problem === null && <Loading />}
      {value && <>
        <p class="soft">{t("sessions.silence", { all: as(value.people[0]?.all.silence, clock), longest: as(value.longest_silence, clock) })}</p>
        <div class="scroll" tabIndex={0} role="region" aria-label={t("sessions.figures")}>
          <table>
            <thead><tr><th scope="col">{t("sessions.figure")}</th>{value.people.map((each) => <th scope="col" key={each.who} dir="auto">{each.who}</th>)}</tr></thead>
            <tbody>{rows.map(([name, tell]) => <tr key={name}><th scope="row">{t(`sessions.figure_${name}`)}</th>{value.people.map((each) => <td class="numbers" key={each.who}>{tell(each.all)}</td>)}</tr>)}</tbody>
          </table>
        </div>
      </>}
    </section>
  );
}

/** By person: what was expressed in all, and what words, voice, face and body had in it. */
export function Contributions({ record, version }: { record: Recorded; version: number }): JSX.Element {
  const lines = [...record.lines.values()].filter((line) => line.count > 0);
  return (
    <section class="card stack" aria-labelledby="contributions" data-version={version}>
      <h2 id="contributions">{t("sessions.contributions")}</h2>
      {!lines.length && <p class="soft">{t("sessions.nothing_read")}</p>}
      {lines.map((line) => { const all = shares(line), lost = untold(line); return (
        <div class="stack" key={line.who}>
          <h3 dir="auto">{line.who}</h3>
          <ul class="plain row small">{CORE.map((name, k) => [name, all.share[k] ?? 0] as const).filter(([, share]) => share >= 0.05).sort((a, b) => b[1] - a[1]).map(([name, share]) => <li class="row" key={name} style={{ gap: "0.4em" }}><CoreLabel core={name} /> <span class="numbers">{percent(share)}</span></li>)}</ul>
          <div class="scroll" tabIndex={0} role="region" aria-label={`${t("sessions.contributions")}: ${line.who}`}>
            <table class="small">
              <thead><tr>{["modality", "share", "readings", "unclear_times", "most"].map((name) => <th scope="col" key={name}>{t(`sessions.${name}`)}</th>)}</tr></thead>
              <tbody>{parts(line).map((part) => <tr key={part.modality}><th scope="row">{named("emotions", part.modality)}</th><td class="numbers">{percent(part.share)}</td><td class="numbers">{number(part.readings)}</td><td class="numbers">{number(part.unclear)}</td><td>{part.most ? <CoreLabel core={part.most as (typeof CORE)[number]} /> : "–"}</td></tr>)}</tbody>
            </table>
          </div>
          {lost.length > 0 ? <><h4 class="small">{t("sessions.untold")}</h4><ul class="small stack" style={{ gap: "0.2rem", paddingInlineStart: "1.1rem" }}>{lost.slice(0, 8).map((each) => <li key={each.why}><span dir="auto">{whySaid(each.why)}</span> <span class="soft">{t("sessions.untold_times", { count: each.times, long: clock(each.seconds) })}</span></li>)}</ul></>
            : <p class="small soft">{t("sessions.all_told")}</p>}
        </div>); })}
      {record.troubles.length > 0 && <div class="note warn"><strong>{t("sessions.troubles")}</strong>{record.troubles.slice(0, 8).map((each, i) => <span key={i} dir="auto">{each}</span>)}</div>}
    </section>
  );
}
