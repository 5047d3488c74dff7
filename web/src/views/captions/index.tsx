/** captions/index.tsx: large live captions with what is expressed, in a word and a sign, for people who cannot hear or read tone. */
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { CoreLabel, Heading, ProblemNote, topOf } from "../../design/parts";
import { t } from "../../i18n";
import "../../live/live.css";
import { Own } from "../../live/own";

export default function Captions(): JSX.Element {
  const own = useMemo(() => new Own(), []);
  useEffect(() => () => own.stop(), [own]);
  const live = own.link.value === "open" || own.link.value === "lost", state = own.state.value;
  return (
    <>
      <div class="stack">
        <Heading title={t("captions.title")}><p class="soft">{live ? t("captions.about") : t("try.consent")}</p></Heading>
        {own.link.value === "lost" && <div class="note warn" role="status">{t("try.lost")}</div>}
        {own.problem.value !== null && <ProblemNote problem={own.problem.value} />}
      </div>
      <div class="lines" role="log" aria-label={t("captions.title")}>
        {own.words.value.slice(-4).map((turn, i) => <p key={own.words.value.length - 4 + i} dir="auto">{turn.text}</p>)}
        {!own.words.value.length && <p class="soft">{t("captions.empty")}</p>}
        <p style={{ minHeight: "1.4em" }}>{state && state.abstain === null && <CoreLabel core={topOf(state.core)} />}</p>
      </div>
      <div class="row no-print">
        {live ? <button class="button" type="button" onClick={() => own.stop()}>{t("try.stop")}</button>
          : <button class="button first big" type="button" onClick={() => void own.start({ camera: false, words: true })}>{t("try.start")}</button>}
        <button class="button bad" type="button" onClick={() => { own.forget().catch((problem: unknown) => { own.problem.value = problem; }); }}>{t("try.forget")}</button>
        <a class="button" href="#/try">{t("shell.view_try")}</a>
      </div>
    </>
  );
}
