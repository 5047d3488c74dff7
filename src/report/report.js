// What the page adds where scripts run: a cursor over the charts, by pointer and by arrow keys, with
// the numbers and cues of that moment. Without it everything else is there.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const tip = document.getElementById("tip");
  const said = document.getElementById("said");
  const charts = [...document.querySelectorAll("svg.chart")];
  const turns = [...document.querySelectorAll(".turns li")];
  const clock = (t) => {
    const s = Math.floor(t), two = (n) => String(n).padStart(2, "0");
    return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
                     : `${Math.floor(s / 60)}:${two(s % 60)}`;
  };
  const labels = data.labels;
  let now = null;

  // The lines that tell of one person's step: what is expressed, how sure, the cues.
  function tell(person, bin) {
    const row = person.bins[bin];
    if (row === null || row === undefined) return ["silent"];
    if (typeof row === "string") return [`not clear: ${row}`];
    const top = labels.map((name, k) => [row[k], name]).sort((a, b) => b[0] - a[0]).filter((x) => x[0] >= 10).slice(0, 3);
    const lines = [top.map(([share, name]) => `${name} ${share}%`).join(", ")];
    const tone = row[8] === null ? "" : ` · valence ${row[8]} · arousal ${row[9]}`;
    lines.push(`confidence ${row[7]}%${tone}`);
    return lines.concat(row.slice(10));
  }

  function show(chart, t, x, y, aloud) {
    now = Math.min(Math.max(t, 0), data.end);
    const person = data.people[Number(chart.dataset.person)];
    const bin = Math.min(Math.floor(now / person.step), person.bins.length - 1);
    for (const each of charts) {
      const line = each.querySelector(".cursor");
      const at = Number(each.dataset.left) + (now / Math.max(data.end, 1)) * Number(each.dataset.plot);
      line.setAttribute("x1", at);
      line.setAttribute("x2", at);
      line.classList.add("on");
    }
    const lines = tell(person, bin);
    tip.replaceChildren();
    const head = document.createElement("b");
    head.textContent = `${clock(now)}  ${person.who}`;
    tip.append(head, ...lines.flatMap((line, i) => (i ? [document.createElement("br"), line] : [line])));
    tip.hidden = false;
    const wide = document.documentElement.clientWidth;
    tip.style.left = `${Math.max(8, Math.min(x + 14, wide - tip.offsetWidth - 8)) + window.scrollX}px`;
    tip.style.top = `${y + window.scrollY + 16}px`;
    for (const turn of turns) turn.classList.toggle("now", now >= turn.dataset.t0 && now < turn.dataset.t1);
    if (aloud) said.textContent = `${clock(now)}. ${lines.join(". ")}`;
  }

  function hide() {
    tip.hidden = true;
    for (const each of charts) each.querySelector(".cursor").classList.remove("on");
    for (const turn of turns) turn.classList.remove("now");
  }

  for (const chart of charts) {
    const left = Number(chart.dataset.left), plot = Number(chart.dataset.plot);
    const timeAt = (event) => {
      const box = chart.getBoundingClientRect();
      return (((event.clientX - box.left) / box.width) * chart.viewBox.baseVal.width - left) / plot * Math.max(data.end, 1);
    };
    chart.setAttribute("tabindex", "0");
    chart.addEventListener("pointermove", (event) => {
      const t = timeAt(event);
      if (t < 0 || t > data.end) hide();
      else show(chart, t, event.clientX, event.clientY, false);
    });
    chart.addEventListener("pointerleave", hide);
    chart.addEventListener("blur", hide);
    chart.addEventListener("keydown", (event) => {
      const step = data.people[Number(chart.dataset.person)].step;
      const moves = {ArrowLeft: -step, ArrowRight: step, PageUp: -10 * step, PageDown: 10 * step, Home: -Infinity, End: Infinity};
      if (event.key === "Escape") return hide();
      if (event.key === "Enter") {
        const turn = turns.find((each) => now >= each.dataset.t0 && now < each.dataset.t1);
        if (turn) turn.scrollIntoView({block: "center"});
        return;
      }
      if (!(event.key in moves)) return;
      event.preventDefault();
      const t = Math.min(Math.max((now ?? 0) + moves[event.key], 0), data.end);
      const box = chart.getBoundingClientRect();
      show(chart, t, box.left + ((left + (t / Math.max(data.end, 1)) * plot) / chart.viewBox.baseVal.width) * box.width, box.top + 40, true);
    });
  }
})();
