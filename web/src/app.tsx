/** app.tsx: the shell around the views: the menu, the language and the theme, logging in and out, and what a role may not see. */
import { signal } from "@preact/signals";
import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, Problem } from "./api/client";
import { Heading, Loading, ProblemNote } from "./design/parts";
import { LANGUAGES, language, speak, t, type Language } from "./i18n";
import logo from "./mien.svg";
import { place } from "./router";
import { begin, enter, entered, leave, may } from "./session";
import { viewOf, views, type View } from "./views";

const loaded = signal<Record<string, ComponentType>>({});

function Appearance(): JSX.Element {
  const [theme, setTheme] = useState(localStorage.getItem("mien.theme") ?? "");
  const choose = (wanted: string): void => {
    setTheme(wanted);
    if (wanted) { localStorage.setItem("mien.theme", wanted); document.documentElement.dataset["theme"] = wanted; }
    else { localStorage.removeItem("mien.theme"); delete document.documentElement.dataset["theme"]; }
  };
  return (
    <>
      <label class="field"><span class="vh">{t("shell.language")}</span>
        <select value={language.value} onChange={(e) => void speak(e.currentTarget.value as Language)}>
          {Object.entries(LANGUAGES).map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
        </select>
      </label>
      <label class="field"><span class="vh">{t("shell.theme")}</span>
        <select value={theme} onChange={(e) => choose(e.currentTarget.value)}>
          <option value="">{t("shell.theme_system")}</option><option value="light">{t("shell.theme_light")}</option><option value="dark">{t("shell.theme_dark")}</option>
        </select>
      </label>
    </>
  );
}

function Menu(): JSX.Element {
  const now = entered.value, here = viewOf(place.value.view)?.path, [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [place.value]);
  return (
    <header class="menu">
      <a class="brand" href="#/"><img src={logo} alt="" />Mien</a>
      <button class="button opener" type="button" aria-expanded={open} aria-controls="menu" onClick={() => setOpen(!open)}>{t("shell.menu")}<span aria-hidden="true">{open ? "▴" : "▾"}</span></button>
      <div id="menu" class={open ? "inside open" : "inside"}>
        <nav aria-label={t("shell.menu")} class="stack">
          {(["live", "insight", "trust", "person"] as const).map((group) => {
            const shown = views.filter((view) => view.group === group && !view.hidden && view.scopes.every(may));
            return shown.length > 0 && (
              <div key={group}>
                <h2>{t(`shell.group_${group}`)}</h2>
                {shown.map((view) => <a key={view.path} class="item" href={`#/${view.path}`} {...(view.path === here ? { "aria-current": "page" as const } : {})}>{t(`shell.view_${view.path}`)}</a>)}
              </div>
            );
          })}
        </nav>
        <div class="foot">
          <Appearance />
          {now.is === "in" && <button class="button" type="button" onClick={() => void leave()}>{t("shell.leave")}</button>}
        </div>
      </div>
    </header>
  );
}

function Gate({ expired }: { expired: boolean }): JSX.Element {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [by, setBy] = useState<"account" | "key">("account");
  const [busy, setBusy] = useState(false);
  const [organisation, setOrganisation] = useState(false);
  useEffect(() => { get<{ oidc: boolean }>("/v1/login").then((ways) => setOrganisation(ways.oidc), () => undefined); }, []);
  const submit = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const of = new FormData(event.currentTarget), word = (name: string): string => String(of.get(name) ?? "").trim();
    setBusy(true);
    enter(by === "key" ? { key: word("key") } : { tenant: word("tenant") || "default", name: word("name"), password: String(of.get("password") ?? ""), code: word("code") })
      .catch((error: unknown) => setProblem(error instanceof Problem ? error : new Problem(0, "offline", "", "")))
      .finally(() => setBusy(false));
  };
  const code = problem?.title === "Second factor needed";
  return (
    <main class="gate">
      <span class="brand"><img src={logo} alt="" />Mien</span>
      <h1>{t("shell.enter")}</h1>
      <p class="soft">{t("shell.enter_about")}</p>
      {expired && <div class="note warn" role="status">{t("shell.expired")}</div>}
      {problem && !code && <ProblemNote problem={problem.status === 401 ? new Problem(401, t("shell.enter_wrong"), "", "") : problem} />}
      <form class="card stack" onSubmit={submit}>
        <div class="row" role="group" aria-label={t("shell.enter_by")}>
          <button class="button" type="button" aria-pressed={by === "account"} onClick={() => setBy("account")}>{t("shell.by_account")}</button>
          <button class="button" type="button" aria-pressed={by === "key"} onClick={() => setBy("key")}>{t("shell.by_key")}</button>
        </div>
        {by === "key"
          ? <div class="field"><label for="key">{t("shell.key")}</label><input id="key" name="key" type="password" autocomplete="off" required pattern="mien_.{43}" placeholder="mien_…" /><span class="small soft">{t("shell.key_where")}</span></div>
          : <>
              <div class="field"><label for="name">{t("shell.name")}</label><input id="name" name="name" autocomplete="username" required /></div>
              <div class="field"><label for="password">{t("shell.password")}</label><input id="password" name="password" type="password" autocomplete="current-password" required /></div>
              {code && <div class="field"><label for="code">{t("shell.code")}</label><input id="code" name="code" inputMode="numeric" autocomplete="one-time-code" required /></div>}
              <details><summary>{t("shell.more")}</summary><div class="field"><label for="tenant">{t("shell.tenant")}</label><input id="tenant" name="tenant" placeholder="default" /></div></details>
            </>}
        <button class="button first" disabled={busy}>{t("shell.enter_now")}</button>
        {organisation && <a class="button" href="/v1/login/oidc">{t("shell.by_organisation")}</a>}
      </form>
      <div class="row"><Appearance /></div>
    </main>
  );
}

function Room({ view }: { view: View }): JSX.Element {
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    if (loaded.value[view.path]) return;
    view.load().then((module) => { loaded.value = { ...loaded.value, [view.path]: module.default }; }).catch(setProblem);
  }, [view]);
  const Inside = loaded.value[view.path];
  if (problem) return <ProblemNote problem={problem} again={() => location.reload()} />;
  return Inside ? <Inside key={view.path} /> : <Loading />;
}

function Refused({ view }: { view: View }): JSX.Element {
  const now = entered.value;
  return (
    <>
      <Heading title={t(`shell.view_${view.path}`)} />
      <div class="note warn" role="alert">
        <strong>{t("shell.forbidden")}</strong>
        <span>{t("shell.forbidden_about", { view: t(`shell.view_${view.path}`), role: now.is === "in" ? now.me.role : "" })}</span>
      </div>
    </>
  );
}

export function App(): JSX.Element {
  const now = entered.value, view = viewOf(place.value.view);
  if (now.is === "unknown") return <main class="page"><Loading /></main>;
  if (!view?.open && now.is === "offline") return <main class="gate"><ProblemNote problem={new Problem(0, "offline", "", "")} again={() => void begin()} /></main>;
  if (!view?.open && now.is !== "in") return <Gate expired={now.is === "out" && now.expired} />;
  const inside = !view ? <div class="empty"><h1>{t("shell.nothing_here")}</h1><a href="#/">{t("shell.to_start")}</a></div>
    : view.scopes.every(may) ? <Room view={view} /> : <Refused view={view} />;
  if (view?.bare) return <main class="bare">{inside}</main>;
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById("main")?.focus(); }}>{t("shell.skip")}</a>
      <div class="shell"><Menu /><main id="main" class={view?.wide ? "page is-wide" : "page"} tabIndex={-1}>{inside}</main></div>
    </>
  );
}
