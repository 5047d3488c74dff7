/** market/index.tsx: what many people express: collections of feedback, sent as files; each looked at as figures (one.tsx). */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, remove } from "../../api/client";
import { Empty, Heading, Loading, ProblemNote, useLoaded } from "../../design/parts";
import { date, t } from "../../i18n";
import { place } from "../../router";
import { may } from "../../session";
import type { Collection } from "./figures";
import "./market.css";
import { One } from "./one";
import { placeOf, Reading, Upload } from "./upload";

const EVERY = 1000; // ms between looks while one is being read

function Row({ of, again }: { of: Collection; again: () => void }): JSX.Element {
  const [sure, setSure] = useState(false), [problem, setProblem] = useState<unknown>(null);
  const drop = (): void => { remove("/v1/collections/{id}", { params: { id: of.collection } }).then(again).catch(setProblem); };
  return (
    <li class="card stack tight">
      <div class="row spread">
        <h3>{of.state === "ready" ? <a href={`#/market/${of.collection}`}><bdi>{of.name}</bdi></a> : <bdi>{of.name}</bdi>}</h3>
        {may("stream") && (sure
          ? <span class="row"><button class="button bad" type="button" onClick={drop}>{t("market.drop_sure")}</button><button class="button" type="button" onClick={() => setSure(false)}>{t("market.keep")}</button></span>
          : <button class="button bad" type="button" onClick={() => setSure(true)} aria-label={`${t("market.drop")}: ${of.name}`}>{t("market.drop")}</button>)}
      </div>
      <p class="soft small">{of.state === "ready" && `${t("market.count", { count: of.texts })} · `}{placeOf(of.jurisdiction)} · {date(of.made)} · {t("market.kept_until", { date: date(of.until) })}</p>
      <Reading of={of} />
      {problem !== null && <ProblemNote problem={problem} />}
    </li>
  );
}

function All(): JSX.Element {
  const { value, problem, again } = useLoaded(() => get<{ collections: Collection[] }>("/v1/collections"), []), list = [...(value?.collections ?? [])].sort((a, b) => b.made - a.made);
  const busy = list.some((each) => each.state === "reading");
  useEffect(() => {
    if (!busy) return;
    const timer = setTimeout(again, EVERY);
    return () => clearTimeout(timer);
  }, [value, busy]);
  return (
    <>
      <Heading title={t("market.title")}><p>{t("market.about")}</p></Heading>
      <div class="pair">{may("stream") && <Upload sent={again} />}
      <section class="stack" aria-labelledby="collections"><h2 id="collections">{t("market.collections")}</h2>
        {problem !== null ? <ProblemNote problem={problem} again={again} /> : !value ? <Loading /> : list.length === 0
          ? <Empty title={t("market.no_collections")}>{may("stream") ? <p>{t("market.no_collections_do")}</p> : <p>{t("market.no_collections_ask")}</p>}</Empty>
          : <ul class="plain stack">{list.map((each) => <Row key={each.collection} of={each} again={again} />)}</ul>}
      </section></div>
    </>
  );
}

export default function Market(): JSX.Element {
  const id = place.value.rest[0];
  return id ? <One key={id} id={id} /> : <All />;
}
