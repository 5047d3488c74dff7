/**
 * queue.tsx: what waits for a person's decision: accept, reject or correct, with a reason. All of it by keys alone: j and k go, a, r and
 * c decide, Enter opens the call, ? shows the keys. Nothing is decided by a key alone: the reason is written and sent.
 */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { get, post } from "../../api/client";
import { CORE, type Core, type Fired, type Reading } from "../../api/shapes";
import { CoreLabel, Empty, Loading, ProblemNote, topOf } from "../../design/parts";
import { More, usePages } from "../../design/pages";
import { clock, date, named, t } from "../../i18n";
import { go } from "../../router";
import { ruleTitle, SeverityBadge } from "./words";

interface Decision { decision: string; reason: string; correction: Record<string, unknown> | null; by: string; at: number }
export interface Case { case: string; state: string; made: number; version: number; session: string; purpose: string; event: Fired; reading: Pick<Reading, "core" | "confidence" | "abstain"> | null; decisions: Decision[] }
type Deciding = "accept" | "reject" | "correct";
const KEYS = { a: "accept", r: "reject", c: "correct" } as const;

function Decide({ of, how, done, leave }: { of: Case; how: Deciding; done: (decided: Case) => void; leave: () => void }): JSX.Element {
  const first = useRef<HTMLElement>(null), [problem, setProblem] = useState<unknown>(null), [busy, setBusy] = useState(false);
  useLayoutEffect(() => first.current?.focus(), []); // before the next key, however fast it comes
  const send = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget), core = String(fields.get("core") ?? "");
    setBusy(true);
    post<Case>("/v1/cases/{id}/decision", { decision: how, reason: String(fields.get("reason") ?? "").trim(), version: of.version, ...(how === "correct" ? { correction: core ? { core } : { note: String(fields.get("reason") ?? "").trim() } } : {}) }, { params: { id: of.case } })
      .then(done).catch((error: unknown) => { setProblem(error); setBusy(false); });
  };
  return (
    <form class="stack decide" onSubmit={send}>
      {how === "correct" && <label class="field"><span class="label">{t("supervisor.was_right")}</span>
        <select name="core" ref={(e) => { first.current = e; }}>{CORE.map((core: Core) => <option key={core} value={core}>{named("emotions", core)}</option>)}<option value="">{t("supervisor.something_else")}</option></select></label>}
      <label class="field"><span class="label">{t(`supervisor.why_${how}`)}</span><input name="reason" required maxLength={500} autocomplete="off" dir="auto" ref={(e) => { if (how !== "correct") first.current = e; }} /></label>
      {problem !== null && <ProblemNote problem={problem} />}
      <div class="row"><button class="button first" disabled={busy}>{t(`supervisor.do_${how}`)}</button><button class="button" type="button" onClick={leave}>{t("supervisor.cancel")}</button></div>
    </form>
  );
}

function Keys({ close }: { close: () => void }): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => box.current?.showModal(), []);
  return (
    <dialog ref={box} onClose={close} aria-labelledby="keys"><div class="stack"><h2 id="keys">{t("supervisor.keys")}</h2>
      <dl class="key-list">{[["j", "next"], ["k", "previous"], ["a", "accept"], ["r", "reject"], ["c", "correct"], ["Enter", "open"], ["Esc", "cancel"], ["?", "keys"]].map(([key = "", what = ""]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{t(`supervisor.key_${what}`)}</dd></div>)}</dl>
      <form method="dialog"><button class="button">{t("supervisor.close")}</button></form></div></dialog>
  );
}

export function Queue(): JSX.Element {
  const [state, setState] = useState("open"), pages = usePages<Case>("/v1/cases", "cases", { state });
  const [at, setAt] = useState(0), [how, setHow] = useState<Deciding | null>(null), [help, setHelp] = useState(false), [saidNow, setSaid] = useState(""), [fresh, setFresh] = useState(0), [decided, setDecided] = useState<Set<string>>(new Set());
  const all = pages.all?.filter((each) => !decided.has(each.case)) ?? null, here = all?.[Math.min(at, all.length - 1)], list = useRef<HTMLOListElement>(null);
  const go_to = (index: number): void => { setHow(null); setAt(Math.max(0, Math.min(index, (all?.length ?? 1) - 1))); };
  useEffect(() => { list.current?.querySelector<HTMLElement>("[aria-current=true]")?.scrollIntoView({ block: "nearest" }); }, [at, here?.case]);
  useEffect(() => { // what has come meanwhile is counted, and shown when asked for: nothing moves by itself
    if (state !== "open" || pages.all === null) return;
    const seen = new Set([...pages.all.map((each) => each.case), ...decided]);
    const timer = setInterval(() => { get<{ cases: Case[] }>("/v1/cases", { query: { state: "open", limit: 20 } }).then(({ cases }) => setFresh(cases.filter((each) => !seen.has(each.case)).length), () => undefined); }, 10_000);
    return () => clearInterval(timer);
  }, [state, pages.all, decided]);
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const on = event.target as HTMLElement;
      if (event.key === "Escape" && !on.closest("dialog")) setHow(null);
      if (event.ctrlKey || event.metaKey || event.altKey || on.closest("input,select,textarea,dialog")) return;
      const key = event.key, decide = KEYS[key as keyof typeof KEYS];
      if (key === "?") setHelp(true);
      else if (key === "j" || key === "k") go_to(Math.min(at, (all?.length ?? 1) - 1) + (key === "j" ? 1 : -1));
      else if (here && decide && state === "open") setHow(decide);
      else if (here && key === "Enter" && !on.closest("a,button,summary")) go(`supervisor/call/${here.session}`);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
  const done = (one: Case): void => { setHow(null); setDecided(new Set([...decided, one.case])); setSaid(t("supervisor.decided", { what: ruleTitle(one.event.rule, one.event.title), how: t(`supervisor.state_${one.state}`) })); (document.activeElement as HTMLElement | null)?.blur(); };
  const refresh = (): void => { setFresh(0); setAt(0); setHow(null); setDecided(new Set()); pages.again(); };
  return (
    <section class="card stack queue" aria-labelledby="queue">
      <div class="row spread"><h2 id="queue">{t("supervisor.part_queue")}</h2>
        <span class="row"><label class="field"><span class="vh">{t("supervisor.which")}</span><select value={state} onChange={(e) => { setState(e.currentTarget.value); setAt(0); setHow(null); setDecided(new Set()); setFresh(0); }}>{["open", "accepted", "rejected", "corrected"].map((each) => <option key={each} value={each}>{t(`supervisor.state_${each}`)}</option>)}</select></label>
          <button class="button" type="button" onClick={() => setHelp(true)}><kbd>?</kbd>{t("supervisor.keys")}</button></span></div>
      <p class="small soft">{t("supervisor.keys_short")}</p>
      <div role="status" class="small">{saidNow}</div>
      {fresh > 0 && <div><button class="button" type="button" onClick={refresh}>{t("supervisor.fresh", { count: fresh })}</button></div>}
      {pages.problem !== null && <ProblemNote problem={pages.problem} again={pages.again} />}
      {all === null && pages.problem === null ? <Loading /> : all?.length === 0 ? <Empty title={t(state === "open" ? "supervisor.queue_empty" : "supervisor.queue_none")}><span>{t("supervisor.queue_about")}</span></Empty> : (
        <ol class="plain cases" ref={list}>
          {all?.map((each, i) => {
            const current = each === here;
            return (
              <li key={each.case} class={current ? "case here" : "case"} aria-current={current ? "true" : undefined} onClick={() => { if (!current) go_to(i); }}>
                <div class="row"><SeverityBadge severity={each.event.severity} /><strong dir="auto">{ruleTitle(each.event.rule, each.event.title)}</strong><span class="soft small">{date(each.made)}</span></div>
                <div class="row small"><a href={`#/supervisor/call/${each.session}`} onFocus={() => { if (!current) go_to(i); }}>{t("supervisor.call", { name: each.session.slice(2, 8) })}</a>
                  <span class="soft">{t("supervisor.at", { time: clock(each.event.at) })}</span>
                  {each.event.who && <span dir="auto">{each.event.who} ({named("purposes", each.event.role)})</span>}
                  {each.reading && each.reading.abstain === null && <CoreLabel core={topOf(each.reading.core)} />}</div>
                {each.decisions.map((one, k) => <p class="small" key={k} dir="auto"><strong>{t(`supervisor.did_${one.decision}`)}</strong>: {one.reason} <span class="soft">{date(one.at)}</span></p>)}
                {current && state === "open" && (how ? <Decide key={`${each.case} ${how}`} of={each} how={how} done={done} leave={() => setHow(null)} /> : (
                  <div class="row">{(["accept", "reject", "correct"] as const).map((name) => <button class="button" type="button" key={name} onClick={() => setHow(name)}><kbd>{name[0]}</kbd>{t(`supervisor.do_${name}`)}</button>)}</div>))}
              </li>);
          })}
        </ol>)}
      <More pages={pages} />
      {help && <Keys close={() => setHelp(false)} />}
    </section>
  );
}
