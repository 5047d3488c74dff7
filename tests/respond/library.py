#!/usr/bin/python3
"""library.py: what the shipped library of responses keeps beyond the form that the program's loader checks: six languages
everywhere, in their own script; every label, role and place reached; a dated source for each reason, and each one used; no
sentence that says what somebody feels, plays it down, promises what is not the speaker's, or gives a link; words of crisis
answered by what leads to a person and by nothing cheerful."""
import json
import os
import pathlib
import re
import unicodedata

ROOT = pathlib.Path(os.environ["MIEN_SOURCE_ROOT"])
STRATEGIES = "clarify restate reflect reassure suggest inform share act apologise slow_down celebrate escalate".split()
LANGUAGES = "en zh es de fr ar".split()
CORE = set("neutral joy sadness anger fear disgust surprise".split())
MOST = 240  # bytes of a wording
EACH, ALL = 12, 180

# What no wording may hold, by language: claims about feelings, belittling, guarantees.
NEVER = {
    "en": r"\byou (must )?feel\b|\byou('re| are) (so |very |clearly )?(angry|sad|upset|frustrated|anxious|afraid|scared|stressed|depressed|hurt)"
          r"|how you feel|calm down|not that bad|at least|guarantee|i promise|never again|cheer up|everything will be",
    "zh": r"你感到|您感到|你觉得很|您觉得很|冷静点|没那么|至少|保证|一定会好|我完全理解",
    "es": r"\b(usted|tú) siente|\bte sientes|\bse siente\b|cálm[ea]|no es para tanto|al menos|garantiz|lo prometo|todo (irá|saldrá) bien",
    "de": r"\b(sie fühlen|du fühlst)|beruhig|nicht so schlimm|wenigstens|garantier|versprochen|alles wird gut|kopf hoch",
    "fr": r"\b(vous (vous )?sentez|tu (te )?sens|vous ressentez|tu ressens)|calme[sz]?-|pas si grave|au moins|garanti|je (vous )?promets|tout ira bien",
    "ar": r"تشعر|تشعرين|أنت غاضب|أنت حزين|اهدأ|على الأقل|أضمن|أعدك|كل شيء سيكون",
}
LINK = re.compile(r"https?:|www\.|@\w|\.(com|org|net)\b")
CHEERFUL = re.compile(r"congrat|great news|wonderful|brilliant|恭喜|太棒|enhorabuena|glückwunsch|bravo|félicit|مبروك|رائع|!|！", re.I)
SCRIPT = {"zh": "CJK", "ar": "ARABIC"}

wrong = []


def say(where, what):
    wrong.append(f"{where}: {what}")


def texts(words):
    """(language, text) of a map of languages, both registers."""
    for language, value in words.items():
        for text in value.values() if isinstance(value, dict) else [value]:
            yield language, text


def check_text(where, language, text, most):
    if len(text.encode()) > most:
        say(where, f"{language}: {len(text.encode())} bytes, more than {most}")
    if text != text.strip() or "  " in text or unicodedata.normalize("NFC", text) != text:
        say(where, f"{language}: spaces at an end, two in a row, or letters that are not composed")
    outside = re.sub(r"\[[^\[\]]+\]", "", text)
    if "[" in outside or "]" in outside:
        say(where, f"{language}: a gap does not open and close: {text}")
    letters = [c for c in text if c.isalpha()]
    script = SCRIPT.get(language, "LATIN")
    share = sum(unicodedata.name(c, "").startswith(script) for c in letters) / max(len(letters), 1)
    if share < 0.95:
        say(where, f"{language}: {share:.0%} of its letters are {script}")


def check_map(where, words, most):
    if list(words) != LANGUAGES:
        say(where, f"its languages have to be {' '.join(LANGUAGES)}, in this order")
    for language, text in texts(words):
        check_text(where, language, text, most)


def check_wording(where, entry):
    gaps = set()
    for language, text in texts(entry["words"]):
        found = re.search(NEVER[language], text, re.I)
        if found:
            say(where, f"{language}: '{found[0]}' in: {text}")
        if LINK.search(text):
            say(where, f"{language}: a link: {text}")
        gaps.add(text.count("["))
    if len(gaps) > 1:
        say(where, "not the same gaps in every language and register")
    for language, value in entry["words"].items():
        if isinstance(value, dict) and (list(value) != ["formal", "informal"] or value["formal"] == value["informal"]):
            say(where, f"{language}: formal and informal, in this order, and not the same")


def main():
    folder = ROOT / "responses"
    reasons = json.loads((folder / "reasons.json").read_text())
    states = set(re.findall(r"^\| (\w+) \| [^|]+ \| -?[\d.]+ \|$", (ROOT / "docs/states.md").read_text(), re.M))
    used, seen, wordings = {"why": set(), "avoid": set()}, {}, {}
    reached = {"core": set(), "states": set(), "moves": set(), "place": set(), "roles": set(), "purposes": set()}
    for kind in ("why", "avoid"):
        for name, reason in reasons[kind].items():
            check_map(f"reasons.json, {kind} {name}", reason["words"], 200)
            if not re.search(r"\((1[89]|20)\d\d\)$", reason["source"]):
                say(f"reasons.json, {kind} {name}", f"its source has no year at the end: {reason['source']}")
    for strategy in STRATEGIES:
        if not (folder / f"{strategy}.json").exists():
            say("responses", f"{strategy}.json is missing")
            continue
        file = json.loads((folder / f"{strategy}.json").read_text())
        check_map(f"{strategy}.json, title", file["title"], 80)
        if len(file["entries"]) < EACH:
            say(f"{strategy}.json", f"{len(file['entries'])} entries, fewer than {EACH}")
        if not any(set(e.get("when", {})) <= {"core", "place"} and not e.get("roles") and not e.get("purposes") for e in file["entries"]):
            say(f"{strategy}.json", "no entry that is for everybody")
        for entry in file["entries"]:
            where, when = entry["id"], entry.get("when", {})
            if where in seen:
                say(where, "this id is there twice")
            seen[where] = entry
            check_map(where, entry["words"], MOST)
            check_wording(where, entry)
            english = next(texts(entry["words"]))[1]
            if english in wordings:
                say(where, f"says the same as {wordings[english]}")
            wordings[english] = where
            for kind in used:
                used[kind].add(entry.get(kind))
            for key in reached:
                reached[key].update(when.get(key, entry.get(key, [])))
            if when.get("crisis"):
                if set(when) != {"crisis"} or entry.get("purposes"):
                    say(where, "words of crisis are answered whatever else there is")
                for language, text in texts(entry["words"]):
                    if CHEERFUL.search(text):
                        say(where, f"{language}: cheerful, of a crisis: {text}")
            if strategy == "celebrate" and not set(when.get("core", [])) <= {"joy", "surprise", "neutral"}:
                say(where, "celebrates what is not joyful")
            if strategy not in ("clarify",) and "unsure" in when.get("core", []):
                say(where, "only questions go with a state that is not sure")
    for kind in used:
        for name in set(reasons[kind]) - used[kind]:
            say(f"reasons.json, {kind} {name}", "no entry uses it")
    for key, want in (("core", CORE | {"unsure"}), ("states", states), ("moves", {"worse", "level", "better"}), ("place", {"open", "middle", "close"}),
                      ("roles", {"customer", "caller", "patient", "learner", "student", "player", "child", "friend"}),
                      ("purposes", {"customer_service", "wellbeing", "self", "medical", "game", "education", "market_research", "accessibility"})):
        for name in want - reached[key]:
            say("responses", f"no entry for {key} {name}")
        if key in ("core", "states", "moves", "place"):
            for name in reached[key] - want:
                say("responses", f"{key} has no {name}")
    for strategy in ("clarify", "restate", "slow_down", "escalate"):
        if not any(e.get("when", {}).get("crisis") for i, e in seen.items() if i.startswith(strategy + ".")):
            say(f"{strategy}.json", "nothing for words of crisis")
    if len(seen) < ALL:
        say("responses", f"{len(seen)} entries, fewer than {ALL}")
    for line in wrong:
        print(line)
    print(f"{len(seen)} entries, {len(reasons['why'])} whys, {len(reasons['avoid'])} avoids, {len(wrong)} wrong")
    raise SystemExit(len(wrong) > 0)


main()
