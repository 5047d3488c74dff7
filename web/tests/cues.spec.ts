/** cues.spec.ts: what was measured and why nothing is told are said in the app's language; what has no message is the service's own line. */
import { expect, test } from "@playwright/test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { enter, LANGUAGES } from "./helpers";

const messages = (language: string, area: string): Record<string, string> => JSON.parse(readFileSync(`messages/${language}/${area}.json`, "utf8")) as Record<string, string>;
const sources = (folder: string): string[] => readdirSync(folder).flatMap((name) => { const path = join(folder, name); return statSync(path).isDirectory() ? sources(path) : name.endsWith(".c") ? [readFileSync(path, "utf8")] : []; });

const ROOMS = ["text", "voice", "face", "body", "fuse", "nn", "guard", "engine"];

/** Why a reading abstains, by the code: what is given to `abstain`, and what the variables and functions that are given to it may be. */
function abstentions(): string[] {
  const files = ROOMS.flatMap((room) => sources(`../src/${room}`)), all = files.join("\n"), seen = new Set<string>(), found: string[] = [];
  const follow = (given: string, file: string): void => {
    found.push(...[...given.matchAll(/"([^"]+)"/g)].map((each) => each[1] ?? ""));
    for (const piece of given.replace(/"[^"]*"/g, "NULL").replace(/[^?:]*\?/g, "").split(":")) { // what it may come to, without the conditions
      const value = piece.split(" = ").pop()?.trim() ?? "", call = /^\w+(?=\()/.exec(value)?.[0], name = call ?? /\w+$/.exec(value)?.[0] ?? "";
      if (name === "NULL" || name === "abstain" || seen.has(name)) continue; // a reading's own is one that was given before
      seen.add(name);
      const led = call ? [...all.matchAll(new RegExp(`^(?:static )?const char \\*${name}\\([^;]*?\\) \\{\\n([\\s\\S]*?)^\\}`, "gm"))].flatMap((body) => [...(body[1] ?? "").matchAll(/return ([^;]*);/g)])
        : [...file.matchAll(new RegExp(`(?:const char \\*|->|\\.)${name} =\\s([^;]*);`, "g"))];
      expect(led.length, `where the reason comes from in: abstain = ${given}`).toBeGreaterThan(0);
      for (const each of led) follow(each[1] ?? "", file);
    }
  };
  for (const file of files) for (const [, given = ""] of file.matchAll(/(?:->|\.)abstain = ([^;]*);/g)) follow(given, file);
  return found;
}

/** Why nothing is read of a role: as the packs say it, without their sources and what follows a colon; and what the code says itself. */
function refusals(): string[] {
  const packs = readdirSync("../policies").filter((name) => name.endsWith(".yaml")).map((name) => readFileSync(join("../policies", name), "utf8"));
  const roles = packs.flatMap((pack) => [...(/^roles:\n((?: .*\n)*)/m.exec(pack)?.[1] ?? "").matchAll(/refuse: "([^":(]*)/g)].map((each) => (each[1] ?? "").trim()));
  expect(roles.length).toBeGreaterThan(10);
  const [, body = ""] = /^static unsigned decide_person([\s\S]*?)^}/m.exec(sources("../src/guard").join("\n")) ?? [];
  return [...roles, ...[...body.matchAll(/"([a-z][^"%:]*)[":%]/g)].map((each) => (each[1] ?? "").trim()).filter((text) => text.includes(" ") && !text.startsWith("policy"))];
}

test("cues: every language has every name, and every reason that the service gives", () => {
  for (const area of ["cues", "why"]) for (const language of LANGUAGES) expect(Object.keys(messages(language, area)), `${language} ${area}`).toEqual(Object.keys(messages("en", area)));
  const known = Object.keys(messages("en", "why")), reasons = [...abstentions(), ...refusals()];
  for (const sure of ["no modality is sure", "face turned away", "signal too noisy", "its script was not learnt", "picture blurred", "nothing of this role is read", "a child cannot consent by itself"]) expect(reasons).toContain(sure); // of each way that one takes
  for (const reason of reasons) expect(known, reason).toContain(reason.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, ""));
});

test("cues: said in the reader's language, the unknown as the service says it", async ({ page }) => {
  const cue = (kind: string, text: string, z: number | null): object => ({ kind, text, t0: 0, t1: 1, value: null, unit: "", z, toward: "anger", weight: 0.2 });
  const state = (t0: number, abstain: string | null): object => ({ modality: "fused", who: "one", t0, t1: t0 + 5, final: true, core: { neutral: 0.1, joy: 0, sadness: 0, anger: 0.9, fear: 0, disgust: 0, surprise: 0 }, fine: {}, extra: {},
    dims: { valence: -0.5, arousal: 0.5, dominance: 0 }, flags: {}, confidence: 0.9, set: ["anger"], abstain, quality: 1, states: null, trend: null, forecast: null, from: { text: 0, voice: 1, face: 0, body: 0 },
    cues: [cue("pitch", "pitch 2.1 sd above what is usual", 2.1), cue("micro_expression", "AU12 corners of the mouth up for 0.2 s", 3), cue("newly_found", "something <b>new</b>", 1)] });
  await page.route("**/v1/sessions/s_cues", (route) => route.fulfill({ json: { session: "s_cues", purpose: "research", context: "recording", jurisdiction: "eu", opened: 1, closed: 20, finished: true, kept: true, results: 2,
    participants: [{ who: "one", role: "participant" }, { who: "two", role: "participant", read: [], why: "without a consent on record: text, voice" }] } }));
  await page.route("**/v1/sessions/s_cues/figures", (route) => route.fulfill({ status: 404, json: { title: "Not found", status: 404 } }));
  await page.route("**/v1/sessions/s_cues/results*", (route) => route.fulfill({ json: route.request().url().includes("after=0") ? { results: [{ type: "state", seq: 1, state: state(0, null) }, { type: "state", seq: 2, state: state(5, "no modality is sure") }], after: 2 } : { results: [], after: 2 } }));
  await enter(page, "try");
  for (const language of LANGUAGES) {
    await page.evaluate((wanted) => { localStorage.setItem("mien.language", wanted); location.hash = "#/sessions/s_cues"; }, language);
    await page.reload();
    const names = messages(language, "cues"), why = messages(language, "why"), moment = page.locator(".moment");
    await expect(moment.locator(".cue").nth(0)).toContainText(names["pitch"] ?? "?");
    await expect(moment.locator(".cue").nth(1)).toContainText((names["micro_of"] ?? "?").replace("{what}", names["au12"] ?? "?"));
    await expect(moment.locator(".cue").nth(2)).toContainText("something <b>new</b>");
    await expect(page.locator("main")).toContainText(why["no_modality_is_sure"] ?? "?");
    await expect(page.locator("main")).toContainText(`${why["without_a_consent_on_record"] ?? "?"}: ${messages(language, "emotions")["text"] ?? "?"}`);
  }
});
