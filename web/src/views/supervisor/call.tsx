/** call.tsx: the card of a call: why it is shown, what has happened so far, the line of what is expressed, earlier contacts. */
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Board } from "../../api/board";
import { get, Problem } from "../../api/client";
import type { Fired, Participant, Result, Severity, State, Turn } from "../../api/shapes";
import { Heading, Loading, ProblemNote, useLoaded } from "../../design/parts";
import { clock, date, named, t } from "../../i18n";
import "../../live/live.css";
import { Trend } from "../../live/trend";
import type { Case } from "./queue";
import { Expressed, personOf, ruleTitle, said, SeverityBadge } from "./words";

interface Described { session: string; purpose: string; context: string; opened: number; closed?: number | null; finished: boolean; kept?: boolean; participants: Participant[] }
interface Contact { session: string; opened: number; closed: number | null; context: string; events: number; last: Pick<Fired, "rule" | "title" | "severity"> | null }
const ORDER: Severity[] = ["info", "notice", "warning", "critical"];
const LONGEST = 400, EVERY = 3000 /* ms */;

/** Results after the last, again and again while the call goes on. */
function useResults(id: string, live: boolean): { states: State[]; turns: Turn[]; events: Fired[]; problem: unknown; ready: boolean } {
  const [all, setAll] = useState<{ states: State[]; turns: Turn[]; events: Fired[]; after: number; ready: boolean }>({ states: [], turns: [], events: [], after: 0, ready: false }), [problem, setProblem] = useState<unknown>(null), [round, setRound] = useState(0);
  useEffect(() => {
    let gone = false, timer: ReturnType<typeof setTimeout> | undefined;
    get<{ results: Result[]; after: number }>("/v1/sessions/{id}/results", { params: { id }, query: { after: all.after } }).then((got) => {
      if (gone) return;
      setAll((had) => {
        const fresh = got.results.filter((each) => each.seq > had.after);
        const of = <K extends "state" | "turn" | "event">(kind: K): NonNullable<Result[K]>[] => fresh.flatMap((each) => (each[kind] ? [each[kind]] : []) as NonNullable<Result[K]>[]);
        return { states: [...had.states, ...of("state")].slice(-LONGEST), turns: [...had.turns, ...of("turn")].slice(-LONGEST), events: [...had.events, ...of("event")].slice(-LONGEST), after: Math.max(had.after, got.after), ready: true };
      });
      setProblem(null);
      if (live || got.results.length >= 1000) timer = setTimeout(() => setRound((n) => n + 1), live ? EVERY : 0);
    }).catch((error: unknown) => {
      if (gone) return;
      setProblem(error);
      if (live) timer = setTimeout(() => setRound((n) => n + 1), EVERY);
    });
    return () => { gone = true; clearTimeout(timer); };
  }, [id, live, round]);
  return { ...all, problem };
}

function Summary({ events, until, expressed }: { events: Fired[]; until: number | null; expressed: JSX.Element | null }): JSX.Element {
  const worst = [...events].sort((a, b) => ORDER.indexOf(b.severity) - ORDER.indexOf(a.severity) || b.at - a.at)[0];
  return (
    <section class="card stack" aria-labelledby="summary"><h2 id="summary">{t("supervisor.summary")}</h2>
      {until === null ? <Loading lines={1} /> : <p>{t("supervisor.summary_events", { count: events.length, time: clock(until) })}</p>}
      {worst && <p class="row"><span class="soft">{t("supervisor.summary_worst")}</span><SeverityBadge severity={worst.severity} /><strong dir="auto">{ruleTitle(worst.rule, worst.title)}</strong><span class="soft numbers">{clock(worst.at)}</span></p>}
      {expressed}
    </section>
  );
}

function Marks({ events, turns }: { events: Fired[]; turns: Turn[] }): JSX.Element {
  const all = [...events.map((event) => ({ at: event.at, event, turn: null })), ...turns.map((turn) => ({ at: turn.t0, event: null, turn }))].sort((a, b) => b.at - a.at).slice(0, 80);
  if (!all.length) return <p class="soft">{t("supervisor.nothing_yet")}</p>;
  return (
    <ol class="plain marks small">{all.map(({ at, event, turn }, i) => (
      <li key={all.length - i}><span class="numbers soft">{clock(at)}</span>
        {event ? <><SeverityBadge severity={event.severity} /><span dir="auto">{ruleTitle(event.rule, event.title)}</span></> : <><span class="soft" dir="auto">{turn?.who}</span><span dir="auto">{turn?.text ?? ""}</span></>}</li>))}
    </ol>
  );
}

function Contacts({ id }: { id: string }): JSX.Element {
  const { value, problem, again } = useLoaded(() => get<{ contacts: Contact[] }>("/v1/sessions/{id}/contacts", { params: { id } }), [id]);
  return (
    <section class="card stack" aria-labelledby="contacts"><h2 id="contacts">{t("supervisor.contacts")}</h2>
      {problem !== null ? <ProblemNote problem={problem} again={again} /> : !value ? <Loading lines={2} /> : value.contacts.length === 0 ? <p class="soft">{t("supervisor.no_contacts")}</p> : (
        <ul class="plain stack small">{value.contacts.map((each) => <li class="row" key={each.session}><a href={`#/supervisor/call/${each.session}`}>{date(each.opened)}</a><span>{said(each.context)}</span>
          <span class="soft">{t("supervisor.events", { count: each.events })}</span>{each.last && <><SeverityBadge severity={each.last.severity} /><span dir="auto">{ruleTitle(each.last.rule, each.last.title)}</span></>}</li>)}</ul>)}
    </section>
  );
}

function Cases({ id }: { id: string }): JSX.Element | null {
  const { value } = useLoaded(() => get<{ cases: Case[] }>("/v1/cases", { query: { session: id } }), [id]);
  if (!value?.cases.length) return null;
  return (
    <section class="card stack" aria-labelledby="cases"><h2 id="cases">{t("supervisor.cases")}</h2>
      <ul class="plain stack small">{value.cases.map((each) => <li class="row" key={each.case}><SeverityBadge severity={each.event.severity} /><span dir="auto">{ruleTitle(each.event.rule, each.event.title)}</span><span class="soft">{t(`supervisor.state_${each.state}`)}</span></li>)}</ul>
      {value.cases.some((each) => each.state === "open") && <div><a class="button" href="#/supervisor/queue">{t("supervisor.to_queue")}</a></div>}
    </section>
  );
}

export function Call({ id }: { id: string }): JSX.Element {
  const board = useMemo(() => new Board(id), [id]);
  useEffect(() => () => board.close(), [board]);
  const about = useLoaded(() => get<Described>("/v1/sessions/{id}", { params: { id } }), [id]);
  const live = board.of(id)?.value, on = !!live && !live.ended && board.order.value !== null, results = useResults(id, on);
  const person = live && personOf(live), title = t("supervisor.call", { name: live?.reference ?? id.slice(2, 8) });
  const until = Math.max(0, ...results.states.map((state) => state.t1), ...results.turns.map((turn) => turn.t1), ...results.events.map((event) => event.at));
  const mine = results.states.filter((state) => !person || state.who === person.who);
  const gone = about.problem instanceof Problem && about.problem.status === 404;
  return (
    <>
      <Heading title={title}><p class="row"><a href="#/supervisor">{t("supervisor.back")}</a>{about.value && <span>{said(about.value.purpose)} · {said(about.value.context)} · {date(about.value.opened)}</span>}{(on || about.value !== null && results.ready) && <span class={`badge ${on ? "good" : ""}`}>{t(on ? "supervisor.on" : "supervisor.ended")}</span>}
        {(about.value?.kept || on) && <a href={`#/sessions/${id}`}>{t("supervisor.whole_call")}</a>}</p></Heading>
      {gone ? <div class="note" role="status">{t("supervisor.gone")}</div> : about.problem !== null ? <ProblemNote problem={about.problem} again={about.again} /> : (
        <div class="call">
          {board.link.value === "lost" && !board.ended.value && <div class="note warn lost" role="status">{t("supervisor.lost")}</div>}
          <div class="stack">
            {live?.last && <section class="card stack" aria-labelledby="reason"><h2 id="reason">{t("supervisor.reason")}</h2><p class="row"><SeverityBadge severity={live.last.severity} /><strong dir="auto">{ruleTitle(live.last.rule, live.last.title)}</strong><span class="soft numbers">{clock(live.last.at)}</span></p></section>}
            <Summary events={results.events} until={results.ready ? until : null} expressed={person ? <p class="row"><span class="soft" dir="auto">{person.who}</span><Expressed state={person.state} />{person.state?.state && <span class="small soft">{named("states", person.state.state)}</span>}</p> : null} />
            <section class="card stack" aria-labelledby="line"><h2 id="line">{t("supervisor.line")}</h2>
              {results.problem !== null && !results.ready ? <ProblemNote problem={results.problem} /> : !results.ready ? <Loading lines={2} /> : mine.length > 1 ? <Trend states={mine} /> : <p class="soft">{t("supervisor.nothing_yet")}</p>}</section>
          </div>
          <div class="stack">
            <Cases id={id} />
            <Contacts id={id} />
            <section class="card stack" aria-labelledby="marks"><h2 id="marks">{t("supervisor.timeline")}</h2>{results.ready || results.problem !== null ? <Marks events={results.events} turns={results.turns} /> : <Loading lines={2} />}</section>
          </div>
        </div>)}
    </>
  );
}
