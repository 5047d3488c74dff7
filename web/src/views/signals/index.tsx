/** signals/index.tsx: for those who care for somebody who does not speak: show a few examples of each signal, see how well they are told, then have them told large. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { get, post, remove } from "../../api/client";
import { Empty, Heading, Loading, ProblemNote, useLoaded } from "../../design/parts";
import { date, number, percent, t } from "../../i18n";
import { go, place } from "../../router";
import { ENOUGH, KINDS, USUAL, type Accuracy, type Book } from "./book";
import { Listener } from "./listen";
import { Live, Mark, wordOf } from "./live";
import "./signals.css";

function Begin({ made }: { made: (book: Book) => void }): JSX.Element {
  const [problem, setProblem] = useState<unknown>(null), [busy, setBusy] = useState(false);
  const submit = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const of = new FormData(event.currentTarget), word = (name: string): string => String(of.get(name) ?? "").trim(), subject = word("subject");
    setBusy(true);
    setProblem(null);
    post<{ consent: string }>("/v1/consents", { subject, purpose: "self", modalities: KINDS, keep: true, evidence: word("who") })
      .then(({ consent }) => post<Book>("/v1/signals", { subject, consent, name: word("name") || subject, jurisdiction: word("jurisdiction"), notice_given: true }))
      .then(made).catch(setProblem).finally(() => setBusy(false));
  };
  return (
    <form class="card stack" onSubmit={submit} aria-labelledby="begin">
      <h2 id="begin">{t("signals.begin")}</h2>
      <p>{t("signals.consent_about")}</p>
      <div class="row">
        <label class="field"><span class="label">{t("signals.person")}</span><input name="subject" required maxLength={63} dir="auto" /></label>
        <label class="field"><span class="label">{t("signals.who_agreed")}</span><input name="who" required maxLength={63} dir="auto" placeholder={t("signals.who_example")} /></label>
        <label class="field"><span class="label">{t("signals.place")}</span><select name="jurisdiction">{["eu", "uk", "us", "us-il"].map((each) => <option key={each} value={each}>{t(`market.place_${each.replace("-", "_")}`)}</option>)}</select></label>
      </div>
      <label class="check"><input type="checkbox" name="agreed" required />{t("signals.agreed")}</label>
      {problem !== null && <ProblemNote problem={problem} />}
      <div><button class="button first" disabled={busy}>{t("signals.begin_now")}</button></div>
    </form>
  );
}

function How({ of, what }: { of: Accuracy; what: string }): JSX.Element {
  if (of.right === null || !of.count) return <p class="soft">{what}: {t("signals.too_few")}</p>;
  return (
    <div><p><strong>{what}:</strong> <span class="numbers">{t("signals.told_right", { right: of.right, count: of.count, share: percent(of.right / of.count) })}</span> {of.right / of.count < 0.75 && <span class="badge warning">▲ {t("signals.more_needed")}</span>}</p>
      {(of.mistaken?.length ?? 0) > 0 && <ul class="small soft">{of.mistaken?.map((each) => <li key={each.signal + each.as}>{t("signals.mistaken", { signal: wordOf(each.signal), as: wordOf(each.as), times: number(each.count) })}</li>)}</ul>}</div>
  );
}

function Show({ book, again }: { book: Book; again: () => void }): JSX.Element {
  const [listener, setListener] = useState<Listener | null>(null), [recording, setRecording] = useState(""), [own, setOwn] = useState<string[]>([]), [problem, setProblem] = useState<unknown>(null), [said, setSaid] = useState("");
  const open = useRef<Listener | null>(null), picture = useRef<HTMLVideoElement>(null), names = [...new Set([...USUAL, ...book.signals.map((each) => each.signal), ...own])];
  useEffect(() => () => open.current?.stop(), []);
  useEffect(() => { if (picture.current && listener?.open) { picture.current.srcObject = listener.open; void picture.current.play().catch(() => undefined); } }, [listener]);
  const start = (): void => {
    const made = new Listener(null);
    made.start().then((there) => { if (there) { open.current = made; setListener(made); setProblem(null); } else setProblem(new Error(t("signals.no_devices"))); }).catch(setProblem);
  };
  const press = (signal: string): void => {
    if (!listener) return;
    if (recording !== signal) { listener.hold(); setRecording(signal); setSaid(t("signals.recording", { signal: wordOf(signal) })); return; }
    const moment = listener.take();
    setRecording("");
    if (!moment) return;
    post<Book>(`/v1/signals/{id}/examples`, { signal, recordings: moment.recordings }, { params: { id: book.dictionary } })
      .then((got) => { setSaid(t("signals.added", { signal: wordOf(signal), has: (got.has ?? []).map((each) => t(`emotions.${each}`)).join(", ") })); setProblem(null); again(); })
      .catch((error: unknown) => { setSaid(""); setProblem(error); });
  };
  const forget = (signal: string): void => { remove("/v1/signals/{id}/examples/{signal}", { params: { id: book.dictionary, signal } }).then(again).catch(setProblem); };
  return (
    <section class="card stack" aria-labelledby="show"><h2 id="show">{t("signals.show")}</h2>
      <p class="soft">{t("signals.show_about", { count: ENOUGH })}</p>
      {!listener ? <div><button class="button first" type="button" onClick={start}>{t("signals.devices")}</button></div> : listener.open?.getVideoTracks().length ? <video class="signal-picture" ref={picture} muted playsInline aria-label={t("signals.picture")} /> : null}
      {problem !== null && <ProblemNote problem={problem} />}
      <p role="status" class="small">{said}</p>
      <ul class="plain signal-list">{names.map((name) => { const has = book.signals.find((each) => each.signal === name), most = has ? Math.max(...KINDS.map((kind) => has[kind])) : 0; return (
        <li key={name} class="signal-item">
          <Mark signal={name} /><strong><bdi>{wordOf(name)}</bdi></strong>
          <span class="small soft numbers">{t("signals.examples", { voice: has?.voice ?? 0, face: has?.face ?? 0, body: has?.body ?? 0 })} {most >= ENOUGH && <span class="badge good">✓</span>}</span>
          <span class="row">
            <button class="button" type="button" disabled={!listener || (recording !== "" && recording !== name)} aria-pressed={recording === name} onClick={() => press(name)} aria-label={`${recording === name ? t("signals.done") : t("signals.record")}: ${wordOf(name)}`}>{recording === name ? `■ ${t("signals.done")}` : `● ${t("signals.record")}`}</button>
            {has && <button class="button bad" type="button" onClick={() => forget(name)} aria-label={`${t("signals.forget")}: ${wordOf(name)}`}>{t("signals.forget")}</button>}
          </span>
        </li>); })}</ul>
      <form class="row" onSubmit={(e) => { e.preventDefault(); const field = e.currentTarget.elements.namedItem("own") as HTMLInputElement; setOwn([...own, field.value.trim().replace(/\s+/g, "_")]); field.value = ""; }}>
        <label class="field"><span class="label">{t("signals.own")}</span><input name="own" required maxLength={15} dir="auto" /></label><button class="button">{t("signals.add")}</button>
      </form>
    </section>
  );
}

function One({ id }: { id: string }): JSX.Element {
  const { value, problem, again } = useLoaded(() => get<Book>("/v1/signals/{id}", { params: { id } }), [id]), [live, setLive] = useState(false), [sure, setSure] = useState(false), [failed, setFailed] = useState<unknown>(null);
  const ready = value && KINDS.some((kind) => value.signals.filter((each) => each[kind] >= 2).length >= 2);
  if (problem !== null) return <><Heading title={t("signals.title")} /><ProblemNote problem={problem} again={again} /><p><a href="#/signals">{t("signals.all")}</a></p></>;
  if (!value) return <><Heading title={t("signals.title")} /><Loading /></>;
  if (live) return <><Heading title={value.name} /><Live book={value} end={() => setLive(false)} /></>;
  return (
    <>
      <Heading title={value.name}><p>{t("signals.kept_until", { date: date(value.until) })}</p><p><a href="#/signals">{t("signals.all")}</a></p></Heading>
      <div><button class="button first big" type="button" disabled={!ready} onClick={() => setLive(true)}>{t("signals.use")}</button> {!ready && <span class="soft">{t("signals.too_few")}</span>}</div>
      <section class="card stack" aria-labelledby="how"><h2 id="how">{t("signals.how_well")}</h2><p class="soft small">{t("signals.held_out")}</p>
        {value.accuracy && KINDS.map((kind) => <How key={kind} of={value.accuracy?.[kind] as Accuracy} what={t(`emotions.${kind}`)} />)}</section>
      <Show book={value} again={again} />
      {failed !== null && <ProblemNote problem={failed} />}
      <div class="row">{sure ? <><button class="button bad" type="button" onClick={() => { remove("/v1/consents/{id}", { params: { id: value.consent } }).then(() => go("signals")).catch(setFailed); }}>{t("signals.erase_sure")}</button><button class="button" type="button" onClick={() => setSure(false)}>{t("signals.keep")}</button></>
        : <button class="button bad" type="button" onClick={() => setSure(true)}>{t("signals.erase")}</button>}</div>
    </>
  );
}

function All(): JSX.Element {
  const { value, problem, again } = useLoaded(() => get<{ dictionaries: Book[] }>("/v1/signals"), []);
  return (
    <>
      <Heading title={t("signals.title")}><p>{t("signals.about")}</p></Heading>
      <section class="stack" aria-labelledby="books"><h2 id="books">{t("signals.all")}</h2>
        {problem !== null ? <ProblemNote problem={problem} again={again} /> : !value ? <Loading /> : value.dictionaries.length === 0 ? <Empty title={t("signals.nobody")} />
          : <ul class="plain stack">{value.dictionaries.map((each) => <li class="card row spread" key={each.dictionary}><a href={`#/signals/${each.dictionary}`}><bdi>{each.name}</bdi></a><span class="soft">{each.signals.map((one) => wordOf(one.signal)).join(", ")}</span></li>)}</ul>}
      </section>
      <Begin made={(book) => go(`signals/${book.dictionary}`)} />
    </>
  );
}

export default function Signals(): JSX.Element {
  const id = place.value.rest[0];
  return id ? <One key={id} id={id} /> : <All />;
}
