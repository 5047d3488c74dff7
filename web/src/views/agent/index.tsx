/**
 * agent/index.tsx: one calm panel beside the call: what the customer expresses and where it goes, one cue, one suggestion (how one
 * might answer, or what a rule that fired advises), and what they agreed to. Off unless the team has it on. A change is shown only
 * after it has lasted; nothing blinks, nothing counts, and nothing is about the one who looks.
 */
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Board, type Glimpse, type Live, type LivePerson } from "../../api/board";
import { get } from "../../api/client";
import { cueSaid } from "../../design/cues";
import { CoreLabel, Empty, Heading, Loading, ProblemNote, Said, useLoaded } from "../../design/parts";
import { clock, has, named, t } from "../../i18n";
import { go, place } from "../../router";
import { may } from "../../session";
import type { TeamSettings } from "../settings/team";
import { Direction, nameOf, ruleTitle, said } from "../supervisor/words";
import { useHeld } from "./held";
import { SuggestionNote, useSuggestion } from "./suggested";
import "./agent.css";
import "../supervisor/supervisor.css";

const FRESH = 120 /* s, that a rule's advice stays */;
const OF_STATE = new Set(["frustration_rising", "confusion", "masked_distress", "recovery"]); // a suggestion answers the same
const customerOf = (live: Live): LivePerson | undefined => live.people.find((each) => each.role !== "agent");

/** What a rule suggests to the one who talks: in words of this app where it ships with Mien, else its own title. */
const advice = (rule: string, title: string): string => (has(`agent.advice_${rule}`) ? t(`agent.advice_${rule}`) : ruleTitle(rule, title));

/** In the app's language where it is something measured; words are theirs. */
function CueLine({ of }: { of: Glimpse }): JSX.Element {
  const text = of.cue ?? "", cue = of.cue_of;
  return cue && has(`cues.${cue.kind}`) ? <>{cueSaid({ ...cue, text })}</> : cue?.kind === "word" ? <q>{text}</q> : <>{text}</>;
}

function Agreed({ person, purpose }: { person: LivePerson; purpose: string }): JSX.Element {
  const read = person.read.map((each) => named("emotions", each)).join(", ");
  return (
    <section aria-labelledby="agreed" class="stack part"><h2 id="agreed">{t("agent.agreed")}</h2>
      {read ? <p>{t(person.mode === "full" ? "agent.agreed_read" : "agent.agreed_observed", { read, purpose: said(purpose) })}</p> : <p>{t("agent.agreed_nothing")}</p>}
      {read && <p class="soft small">{t(person.kept ? "agent.kept" : "agent.not_kept")}</p>}
    </section>
  );
}

function Panel({ live, team }: { live: Live; team: TeamSettings }): JSX.Element {
  const person = customerOf(live), state = person?.state ?? null;
  const held = useHeld(state, state ? `${state.core ?? ""} ${state.direction ?? ""}` : "none", team.hold);
  const measured = state?.cue_of, name = measured && has(`cues.${measured.kind}`) ? `${measured.kind} ${Math.sign(measured.z ?? 0)}` : state?.cue ?? ""; // what differs in its figures alone is the same cue
  const cue = useHeld(state?.cue ? state : null, name, Math.max(team.hold, 8));
  const [over, setOver] = useState(0);
  useEffect(() => { // a suggestion grows old by itself
    if (!live.last) return;
    const timer = setTimeout(() => setOver(live.events), Math.max(0, FRESH - live.last.age) * 1000);
    return () => clearTimeout(timer);
  }, [live.events]);
  const last = live.last && over !== live.events && live.last.age < FRESH ? { ...live.last, came: live.heard - live.last.age * 1000 } : null;
  const fired = useHeld(last, `${last?.rule ?? ""} ${last?.at ?? ""}`, last?.always ? 0 : Math.min(team.hold, 4));
  const asked = useSuggestion(live.session, person?.who ?? "", `${held?.core ?? ""} ${held?.direction ?? ""} ${fired?.always ? fired.at : ""}`, team.suggestion && !!person && (!!held || !!fired?.always));
  const better = asked && (!fired || OF_STATE.has(fired.rule) || asked.asked >= fired.came); // of the two, the one for what is now
  const help = useHeld(better ? { asked, advice: "", always: !!fired?.always } : fired ? { asked: null, advice: advice(fired.rule, fired.title), always: fired.always } : null, better ? asked.id : fired?.rule ?? "", fired?.always ? 0 : Math.min(team.hold, 4));
  const now = held?.core ? `${named("emotions", held.core)}${held.direction ? `, ${t(`supervisor.${held.direction}`)}` : ""}` : "";
  if (!person) return <Empty title={t("agent.nobody")} />;
  return (
    <div class="card panel beside stack">
      <section aria-labelledby="now" class="stack part"><h2 id="now" dir="auto">{t("agent.now", { who: named("purposes", person.role) })}</h2>
        <div class="big">{!held ? <span class="soft">{person.read.length ? t("agent.waiting") : t("supervisor.not_read")}</span> : held.core ? <CoreLabel core={held.core} /> : <span class="soft">{t("supervisor.not_clear")}</span>}</div>
        <div class="where">{held?.direction && held.core ? <Direction of={held.direction} /> : null}</div></section>
      {team.cue && <section aria-labelledby="cue" class="stack part"><h2 id="cue">{t("agent.cue")}</h2><p class="line" dir="auto">{cue ? <CueLine of={cue} /> : <span class="soft">{t("agent.no_cue")}</span>}</p></section>}
      {team.suggestion && <section aria-labelledby="suggestion" class={`stack part ${help?.always ? "note warn" : ""}`}><h2 id="suggestion">{t("agent.suggestion")}</h2>
        <div class="room">{help?.asked ? <SuggestionNote of={help.asked} /> : help ? <p class="advice" dir="auto">{help.advice}</p> : <p class="soft">{t("agent.no_suggestion")}</p>}</div></section>}
      <Agreed person={person} purpose={live.purpose} />
      <Said text={!help || !team.suggestion ? now : help.asked ? `${help.asked.title}. ${help.asked.words}` : help.advice} every={15} />
    </div>
  );
}

function Beside({ id, team }: { id: string; team: TeamSettings }): JSX.Element {
  const board = useMemo(() => new Board(id, true), [id]);
  useEffect(() => () => board.close(), [board]);
  const live = board.of(id)?.value, problem = board.problem.value, ready = board.order.value !== null;
  return (
    <>
      <p class="row"><a href="#/agent">{t("agent.other")}</a>{live && <span class="soft" dir="auto">{nameOf(live)} · {said(live.context)}</span>}</p>
      {board.link.value === "lost" && problem === null && !board.ended.value && <div class="note warn" role="status">{t("supervisor.lost")}</div>}
      {board.ended.value ? <div class="note" role="status">{t("agent.over")}</div> : problem !== null ? <ProblemNote problem={problem} again={() => location.reload()} /> : ready && live ? <Panel live={live} team={team} /> : <Loading />}
    </>
  );
}

/** Which call: one of those that are open, or the one that the telephone named by its reference (#/agent?reference=T-7). */
function Choose(): JSX.Element {
  const { value, problem, again } = useLoaded(() => get<{ sessions: Live[] }>("/v1/live"), []), wanted = place.value.query.get("reference"), asked = useRef(0);
  const found = wanted ? value?.sessions.find((each) => each.reference === wanted) : undefined;
  useEffect(() => {
    if (found) { go(`agent/${found.session}`, true); return; }
    if (!value || asked.current > 150) return;
    const timer = setTimeout(() => { asked.current++; again(); }, wanted ? 2000 : 6000); // the call may be about to begin
    return () => clearTimeout(timer);
  }, [value, found?.session]);
  if (problem !== null) return <ProblemNote problem={problem} again={again} />;
  if (!value || found) return <Loading />;
  if (!value.sessions.length) return <Empty title={t("supervisor.empty")}><span>{t("supervisor.empty_about")}</span></Empty>;
  const all = [...value.sessions].sort((a, b) => b.since - a.since);
  return (
    <section class="card stack panel which" aria-labelledby="which"><h2 id="which">{t("agent.which")}</h2>
      {wanted && <p class="soft" dir="auto">{t("agent.not_found", { reference: wanted })}</p>}
      <ul class="plain">{all.map((each) => <li key={each.session}><a class="button" href={`#/agent/${each.session}`}><span dir="auto">{nameOf(each)}</span><span class="soft small">{said(each.context)} · {clock(Date.now() / 1000 - each.since)}</span></a></li>)}</ul>
    </section>
  );
}

export default function Agent(): JSX.Element {
  const team = useLoaded(() => get<TeamSettings>("/v1/team"), []), id = place.value.rest[0] ?? "";
  return (
    <>
      <Heading title={t("shell.view_agent")}><p>{t("agent.about")}</p></Heading>
      {team.problem !== null ? <ProblemNote problem={team.problem} again={team.again} /> : !team.value ? <Loading /> : !team.value.agent_view ? (
        <div class="note" role="status"><strong>{t("agent.off")}</strong><span>{t("agent.off_about")}</span>{may("admin") && <a href="#/settings/team">{t("agent.to_settings")}</a>}</div>
      ) : id ? <Beside key={id} id={id} team={team.value} /> : <Choose />}
    </>
  );
}
