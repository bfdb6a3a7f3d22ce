"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const CHARACTER = 6.7, PADDING = 5, ROW = 19, APART = 70, AXIS = 22;
  const STEPS = [];
  for (let power = 0; power < 8; power++) for (const digit of [1, 2, 5]) STEPS.push(digit * 10 ** power);
  for (const s of [60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400, 604800]) STEPS.push(s * 1e6);

  const make = (name, attributes = {}, text) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const html = (name, className, text) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  /** A time to the millisecond, as in the tables. */
  const seconds = (at) => (at / 1e6).toFixed(3) + " s";
  /** A time on the axis, no more digits than its step needs. */
  const axisTime = (at, step) => {
    if (at === 0) return "0 s";
    if (step >= 6e7 && at >= 7.2e9) return Math.floor(at / 3.6e9) + ":" + String(Math.floor(at / 6e7) % 60).padStart(2, "0") + " h";
    if (step >= 1e6 && at >= 1.2e8) return Math.floor(at / 6e7) + ":" + String(Math.floor(at / 1e6) % 60).padStart(2, "0") + " min";
    return (at / 1e6).toFixed(Math.max(0, Math.ceil(6 - Math.log10(step)))) + " s";
  };
  const set = (members) => "{" + members.join(",") + "}";
  const STATES = {
    off: "no daemon runs", loading: "loads", waiting: "waits for its address", paused: "stands still",
    deaf: "deaf, hears not even itself",
  };
  const CAUSES = {
    cut: "cut", loss: "lost by chance", "too-long": "too long", chosen: "chosen to be lost", away: "sender's address away",
    "no-owner": "no owner of the address", "wrong-owner": "wrong owner of the address", "not-bound": "nothing bound",
    unlisted: "sender not listed", "wrong-key": "wrong key", full: "socket full",
  };

  /** What happens in a timeline, found by time. */
  class Story {
    constructor(data) {
      this.data = data;
      this.until = Math.max(data.until, 1);
      const times = new Set([0, this.until]);
      for (const lane of data.lanes) for (const span of lane.spans) times.add(span.from);
      for (const fault of data.faults) times.add(fault.at);
      this.changes = [...times].sort((a, b) => a - b);
      this.names = new Map(data.lanes.map((lane) => [lane.node, lane.name]));
      this.losses = new Map();
      for (const loss of data.losses) {
        if (!this.losses.has(loss.from)) this.losses.set(loss.from, []);
        this.losses.get(loss.from).push(loss);
      }
    }
    span(lane, at) {
      let low = 0, high = lane.spans.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (lane.spans[middle].to <= at) low = middle + 1; else high = middle;
      }
      return lane.spans[low];
    }
    /** A node in words. */
    line(span) {
      const shows = !["off", "loading", "waiting", "dead"].includes(span.state) && span.members.length > 0;
      const parts = [span.state === "dead" ? "dead: " + span.how : STATES[span.state] ?? span.state];
      if (shows) parts.push(set(span.members) + (span.quorate ? " quorate" : " not quorate"), "ring " + span.ring);
      return parts.join(" · ");
    }
    holders(at) {
      return this.data.lanes.filter((lane) => this.span(lane, at).floating).map((lane) => lane.name);
    }
    /** Losses of a tenth of a second that were meant for a node, or that it sent to nobody. */
    lost(node, at) {
      const sums = new Map();
      for (const loss of this.losses.get(Math.floor(at / 1e5) * 1e5) ?? []) {
        if ((loss.receiver || loss.sender) !== node) continue;
        const from = loss.receiver ? "from " + (this.names.get(loss.sender) ?? loss.sender) : "sent to nobody";
        const key = from + ": " + CAUSES[loss.cause];
        sums.set(key, (sums.get(key) ?? 0) + loss.count);
      }
      return [...sums].map(([what, count]) => count + " " + what);
    }
  }

  class Timeline {
    constructor(section) {
      this.stage = section.querySelector(".stage");
      this.svg = this.stage.querySelector("svg");
      this.story = new Story(JSON.parse(section.querySelector("script").textContent));
      this.body = this.svg.querySelector(".body");
      this.bottom = Number(this.body.dataset.bottom);
      this.marks = [...this.svg.querySelectorAll(".t")].map((node) => ({
        node, name: node.localName, a: Number(node.dataset.a), b: Number(node.dataset.b ?? node.dataset.a),
        texts: node.dataset.texts?.split("|"),
      }));
      this.flags = [...this.svg.querySelectorAll(".flag")].map((node) => ({
        node, a: Number(node.dataset.a), wide: Number(node.dataset.wide),
      }));
      this.poles = this.marks.filter((mark) => mark.node.classList.contains("pole"));
      this.axis = this.svg.querySelector(".axis");
      this.cursor = make("line", { class: "cursor", y1: 0, visibility: "hidden" });
      this.svg.append(this.cursor);
      this.view = [0, this.story.until];
      this.at = 0;
      this.addTools();
      this.listen();
      new ResizeObserver(() => this.layout()).observe(this.stage);
      this.layout();
    }

    addTools() {
      const tools = html("div", "tools");
      tools.setAttribute("role", "toolbar");
      tools.setAttribute("aria-label", "Zoom and move");
      const add = (words, label, act) => {
        const button = html("button", "", words);
        button.type = "button";
        button.setAttribute("aria-label", label);
        button.title = label;
        button.addEventListener("click", act);
        tools.append(button);
        return button;
      };
      this.closer = add("+", "Zoom in", () => this.zoom(0.5));
      this.wider = add("−", "Zoom out", () => this.zoom(2));
      this.whole = add("All", "Show the whole run", () => this.show([0, this.story.until]));
      this.left = add("◀", "Earlier", () => this.move(-0.5));
      this.right = add("▶", "Later", () => this.move(0.5));
      add("⇤", "Cursor to the change before", () => this.jump(-1));
      add("⇥", "Cursor to the next change", () => this.jump(1));
      this.range = html("span", "range");
      tools.append(this.range);
      this.tip = html("div", "tip");
      this.tip.hidden = true;
      this.voice = html("div", "unseen");
      this.voice.setAttribute("aria-live", "polite");
      this.stage.before(tools);
      this.stage.append(this.tip, this.voice);
      this.svg.setAttribute("tabindex", "0");
      this.svg.setAttribute("aria-roledescription", "timeline");
    }

    x(at) { return (at - this.view[0]) / (this.view[1] - this.view[0]) * this.width; }
    time(x) { return this.view[0] + x / this.width * (this.view[1] - this.view[0]); }

    layout() {
      const width = Math.max(this.stage.clientWidth, 200);
      this.width = width;
      for (const mark of this.marks) this.place(mark);
      const top = this.placeFlags();
      this.svg.setAttribute("viewBox", `0 0 ${width} ${top + this.bottom + AXIS}`);
      this.body.setAttribute("transform", `translate(0 ${top})`);
      for (const end of [...this.poles.map((pole) => pole.node), this.cursor]) end.setAttribute("y2", top + this.bottom);
      this.drawAxis();
      const [from, to] = this.view;
      const all = from === 0 && to === this.story.until;
      this.range.textContent = all ? seconds(to) + " in all" : seconds(from) + " to " + seconds(to);
      this.wider.disabled = this.whole.disabled = all;
      this.left.disabled = from <= 0;
      this.right.disabled = to >= this.story.until;
      if (!this.tip.hidden) this.look(this.at);
    }

    place({ node, name, a, b, texts }) {
      const x = this.x(a), end = this.x(b);
      const seen = end >= 0 && x <= this.width;
      node.style.display = seen ? "" : "none";
      if (!seen) return;
      if (name === "line") {
        node.setAttribute("x1", x);
        node.setAttribute("x2", x);
      } else if (name === "rect") {
        const left = Math.max(x, -5), right = Math.min(end, this.width + 5);
        node.setAttribute("x", left);
        node.setAttribute("width", Math.max(right - left, 1));
      } else {
        const left = Math.max(x, 0), room = Math.min(end, this.width) - left;
        node.textContent = texts.find((text) => text.length * CHARACTER + 2 * PADDING <= room) ?? "";
        node.setAttribute("x", left + PADDING);
      }
    }

    /** Returns the height of the flags. */
    placeFlags() {
      const ends = Array(5).fill(-Infinity);
      let rows = 0;
      this.flags.forEach(({ node, a, wide }, index) => {
        const at = this.x(a), seen = at >= 0 && at <= this.width;
        const x = Math.max(0, Math.min(at, this.width - wide));
        const row = seen ? ends.findIndex((end) => end + 4 <= x) : -1;
        node.classList.toggle("hidden", row < 0);
        const pole = this.poles[index].node;
        pole.setAttribute("y1", ROW * Math.max(row, 0));
        if (row < 0) return;
        ends[row] = x + wide;
        rows = Math.max(rows, row + 1);
        node.setAttribute("transform", `translate(${x} ${ROW * row})`);
      });
      return ROW * rows + 4;
    }

    drawAxis() {
      const [from, to] = this.view;
      const perPixel = (to - from) / this.width;
      const step = STEPS.find((step) => step / perPixel >= APART) ?? to - from;
      const marks = [];
      for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
        const x = this.x(at);
        const anchor = x < APART / 2 ? "start" : x > this.width - APART / 2 ? "end" : "middle";
        marks.push(make("line", { x1: x, x2: x, y1: 0, y2: this.bottom + 4 }));
        marks.push(make("text", { x, y: this.bottom + 17, "text-anchor": anchor }, axisTime(at, step)));
      }
      this.axis.replaceChildren(...marks);
    }

    /** Shows a stretch of time, at least a hundred microseconds of it. */
    show([from, to]) {
      const length = clamp(to - from, Math.min(100, this.story.until), this.story.until);
      const start = clamp(from, 0, this.story.until - length);
      this.view = [start, start + length];
      this.layout();
    }
    zoom(factor, at = this.tip.hidden ? (this.view[0] + this.view[1]) / 2 : this.at) {
      const [from, to] = this.view;
      this.show([at - (at - from) * factor, at - (at - from) * factor + (to - from) * factor]);
    }
    move(share) {
      const [from, to] = this.view, by = (to - from) * share;
      this.show([from + by, to + by]);
    }

    /** The cursor to a time, and what is there. */
    look(at, aloud = false) {
      this.at = clamp(at, 0, this.story.until);
      const x = this.x(this.at);
      this.cursor.setAttribute("x1", x);
      this.cursor.setAttribute("x2", x);
      this.cursor.setAttribute("visibility", x < 0 || x > this.width ? "hidden" : "visible");
      this.fillTip();
      this.tip.hidden = false;
      const wide = this.tip.offsetWidth, side = x > this.width / 2 ? x - wide - 12 : x + 12;
      this.tip.style.left = clamp(side, 0, Math.max(this.width - wide, 0)) + "px";
      this.tip.style.top = this.svg.clientHeight + 4 + "px";
      if (aloud) this.voice.textContent = this.tip.innerText;
    }
    hide() {
      this.tip.hidden = true;
      this.cursor.setAttribute("visibility", "hidden");
    }
    fillTip() {
      const { story, at } = this;
      const parts = [html("div", "at", seconds(at))];
      const near = (this.view[1] - this.view[0]) / this.width * 4;
      for (const fault of story.data.faults) {
        if (Math.abs(fault.at - at) <= near && !/^(send|join|quit) /.test(fault.verb)) parts.push(html("div", "done", "⚑ " + seconds(fault.at) + " " + fault.verb));
      }
      const holders = story.holders(at);
      if (holders.length > 1) {
        parts.push(html("div", "bad", "⚠ " + holders.join(" and ") + " hold the floating address at once"));
      }
      const list = html("dl");
      for (const lane of story.data.lanes) {
        const span = story.span(lane, at);
        const holds = span.floating ? " · floating address" : "";
        list.append(html("dt", "", lane.name), html("dd", "", story.line(span) + holds));
        for (const lost of story.lost(lane.node, at)) list.append(html("dd", "lost", "lost " + lost));
      }
      this.tip.replaceChildren(...parts, list);
    }
    jump(direction) {
      const { changes } = this.story;
      const found = direction > 0
        ? changes.find((at) => at > this.at)
        : changes.findLast((at) => at < this.at);
      if (found === undefined) return;
      const [from, to] = this.view;
      if (found < from || found > to) this.show([found - (to - from) / 2, found + (to - from) / 2]);
      this.look(found, true);
    }

    listen() {
      const { svg } = this;
      const where = (event) => this.time((event.clientX - svg.getBoundingClientRect().left) * this.width / svg.clientWidth);
      let drag = null;
      svg.addEventListener("pointermove", (event) => {
        if (drag) {
          const by = (drag.x - event.clientX) / svg.clientWidth * (drag.view[1] - drag.view[0]);
          this.show([drag.view[0] + by, drag.view[1] + by]);
        }
        this.look(where(event));
      });
      svg.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        drag = { x: event.clientX, view: this.view };
        svg.setPointerCapture(event.pointerId);
        this.stage.classList.add("dragging");
        this.look(where(event));
      });
      for (const end of ["pointerup", "pointercancel"]) {
        svg.addEventListener(end, () => {
          drag = null;
          this.stage.classList.remove("dragging");
        });
      }
      svg.addEventListener("pointerleave", () => { if (!drag && document.activeElement !== svg) this.hide(); });
      svg.addEventListener("blur", () => this.hide());
      svg.addEventListener("wheel", (event) => {
        const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
        // Without Ctrl the wheel scrolls the page, as everywhere, unless the picture has been chosen by a click.
        if (!sideways && !event.ctrlKey && document.activeElement !== svg) return;
        event.preventDefault();
        if (sideways) this.move(Math.sign(event.deltaX) * 0.1);
        else this.zoom(1.25 ** Math.sign(event.deltaY), where(event));
      }, { passive: false });
      svg.addEventListener("dblclick", (event) => this.zoom(0.5, where(event)));
      svg.addEventListener("keydown", (event) => this.key(event));
    }
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = (this.view[1] - this.view[0]) / 100;
      const acts = {
        ArrowLeft: () => event.shiftKey ? this.jump(-1) : this.step(-step),
        ArrowRight: () => event.shiftKey ? this.jump(1) : this.step(step),
        PageUp: () => this.move(-0.5),
        PageDown: () => this.move(0.5),
        Home: () => this.step(-this.story.until),
        End: () => this.step(this.story.until),
        "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2),
        0: () => this.show([0, this.story.until]),
        Escape: () => this.hide(),
      };
      const act = acts[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    }
    step(by) {
      const at = clamp(this.at + by, 0, this.story.until), [from, to] = this.view;
      if (at < from || at > to) this.show([at - (to - from) / 2, at + (to - from) / 2]);
      this.look(at, true);
    }
  }

  const button = document.getElementById("theme");
  const themes = ["system", "light", "dark"];
  button.hidden = false;
  button.addEventListener("click", () => {
    const { dataset } = document.documentElement;
    const next = themes[(themes.indexOf(dataset.theme ?? "system") + 1) % themes.length];
    if (next === "system") delete dataset.theme; else dataset.theme = next;
    button.textContent = "Theme: " + next;
  });
  addEventListener("beforeprint", () => { for (const part of document.querySelectorAll("details")) part.open = true; });
  for (const section of document.querySelectorAll("section.timeline")) new Timeline(section);
})();
