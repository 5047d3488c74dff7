/** board.tsx: all live sessions as small tiles ordered by need, and what fires. Places do not change under the pointer or the focus. */
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Board, type Live, type Told } from "../../api/board";
import type { Signal } from "@preact/signals";
import { Empty, Loading, ProblemNote, Said } from "../../design/parts";
import { clock, named, t } from "../../i18n";
import { Expressed, grade, nameOf, personOf, ruleTitle, said, SeverityBadge } from "./words";

function Tile({ of }: { of: Signal<Live> }): JSX.Element {
  const live = of.value, person = personOf(live), level = grade(live.need);
  return (
    <li class={`tile ${live.ended ? "over" : `is-${level}`}`}>
      <div class="row spread">
        <a class="name" href={`#/supervisor/call/${live.session}`} dir="auto">{nameOf(live)}</a>
        <span class={`need is-${level}`}>{live.ended ? t("supervisor.ended") : t(`supervisor.need_${level}`)}</span>
      </div>
      <div class="state"><Expressed state={person?.state ?? null} />{person?.state?.state && <span class="small soft">{named("states", person.state.state)}</span>}</div>
      <div class="last small">{live.last ? <><SeverityBadge severity={live.last.severity} /><span class="cut" dir="auto">{ruleTitle(live.last.rule, live.last.title)}</span></> : <span class="soft">{t("supervisor.nothing_fired")}</span>}</div>
      <div class="row spread small soft"><span class="cut" dir="auto">{person ? named("purposes", person.role) : ""} · {said(live.context)}</span><span class="numbers">{clock(live.heard / 1000 - live.since)}</span></div>
    </li>
  );
}

function Feed({ all, seen }: { all: Told[]; seen: (id: string) => boolean }): JSX.Element {
  return (
    <section class="card stack feed" aria-labelledby="feed"><h2 id="feed">{t("supervisor.feed")}</h2>
      {all.length === 0 && <p class="soft">{t("supervisor.feed_empty")}</p>}
      <ol class="plain stack">
        {all.map((each) => (
          <li key={`${each.session} ${each.seq}`} class="stack small"><span class="row"><SeverityBadge severity={each.severity} />{seen(each.session)
            ? <><a href={`#/supervisor/call/${each.session}`}>{each.session.slice(2, 8)}</a><a class="soft numbers" href={`#/sessions/${each.session}`} aria-label={`${t("supervisor.whole_call")}: ${each.session.slice(2, 8)}, ${clock(each.at)}`}>{clock(each.at)}</a></>
            : <><span>{each.session.slice(2, 8)}</span><span class="soft numbers">{clock(each.at)}</span><span class="soft">{t("supervisor.ended")}</span></>}</span>
            <span dir="auto">{ruleTitle(each.rule, each.title)}</span></li>))}
      </ol>
    </section>
  );
}

export function LiveBoard(): JSX.Element {
  const board = useMemo(() => new Board(), []), [serious, setSerious] = useState("");
  useEffect(() => () => board.close(), [board]);
  const order = board.order.value, feed = board.feed.value, newest = feed.find((each) => each.severity === "warning" || each.severity === "critical");
  useEffect(() => { if (newest) setSerious(`${t(`supervisor.severity_${newest.severity}`)}: ${ruleTitle(newest.rule, newest.title)}`); }, [newest?.session, newest?.seq]);
  if (board.problem.value !== null && order === null) return <ProblemNote problem={board.problem.value} again={() => location.reload()} />;
  return (
    <div class="board">
      <section class="stack" aria-labelledby="tiles">
        <div class="row spread"><h2 id="tiles">{order === null ? t("supervisor.part_live") : t("supervisor.count", { count: order.length })}</h2>
          <span class="small soft">{board.held.value ? t("supervisor.held") : t("supervisor.by_need")}</span></div>
        {board.link.value === "lost" && <div class="note warn" role="status">{t("supervisor.lost")}</div>}
        {board.missed.value > 0 && <div class="note" role="status">{t("supervisor.missed", { count: board.missed.value })}</div>}
        {order === null ? <Loading /> : order.length === 0 ? <Empty title={t("supervisor.empty")}><span>{t("supervisor.empty_about")}</span></Empty> : (
          <ul class="plain tiles" onPointerEnter={() => board.hold(true)} onPointerLeave={(e) => board.hold(e.currentTarget.contains(document.activeElement))}
            onFocusIn={() => board.hold(true)} onFocusOut={(e) => board.hold(e.currentTarget.matches(":hover"))}>
            {order.map((id) => { const of = board.of(id); return of && <Tile key={id} of={of} />; })}
          </ul>)}
      </section>
      <Feed all={feed} seen={(id) => board.seen(id)} />
      <Said text={serious} every={10} />
    </div>
  );
}
