"use strict";
// The review mode of the page: what keys, buttons and the pointer do.

const KEYS = {
  n: "next", " ": "next", p: "previous", c: "centre",
  a: "accept", r: "reject", Delete: "reject", u: "forget",
  d: "draw", t: "through", i: "insert", ",": "smaller", ".": "larger",
  z: "undo", y: "redo", h: "hide", "?": "help", Escape: "leave",
  "+": "nearer", "=": "nearer", "-": "farther", 0: "whole",
};
const WITH_CONTROL = { z: "undo", Z: "redo", y: "redo", s: "save" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const OFF_MOSAIC = "That place is not on the Moon, or off the mosaic.";
const STEP = 0.03; // of the diameter, by which a key moves or resizes a crater

async function loadPicture(uri) {
  const image = new Image();
  image.src = uri;
  await image.decode();
  return createImageBitmap(image);
}

class Review {
  constructor({ about, data, craters, limits, layers, reference }) {
    Object.assign(this, { craters, data });
    this.active = false;
    this.walking = false; // on from one doubtful crater to the next
    this.mode = null; // "draw" or "through" while a crater is drawn
    this.ground = data.ground ? new MoonGround(data.ground) : new PixelGround();
    this.marks = new Marks(craters.x.length, (row) => this.#changed(row));
    this.file = new ReviewFile(data, craters, this.ground);
    this.element = (id) => document.getElementById(`review-${id}`);
    const canvas = this.element("map");
    const [filter, below] = [this.element("filter"), this.element("below")];
    this.queue = new ReviewQueue({ craters, marks: this.marks, limits, filter, below });
    const styleOf = (row) => this.queue.styleOf(row);
    this.map = new ReviewMap({ canvas, craters, ground: this.ground, marks: this.marks, most: about.most, styleOf });
    Object.assign(this.map, { layers, hiddenReference: reference, onDraw: () => this.#describeDrawn() });
    this.unit = about.unit;
    if (data.start) this.marks.restore(data.start);
    this.store = new ReviewStore(data.key, this.marks, (sentence) => this.note(sentence));
    this.#listen();
    this.store.load();
  }

  #listen() {
    for (const button of document.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => this.run(button.dataset.do));
    }
    for (const id of ["filter", "below"]) this.element(id).addEventListener("change", () => this.filtersChanged());
    this.element("file").addEventListener("change", () => this.#load());
    document.addEventListener("keydown", (event) => this.#key(event));
    new ReviewPointer(this);
  }

  // Begins or ends the mode; `ranges` is what the other map shows, or null.
  toggle(active, ranges) {
    this.active = active;
    this.#setMode(null);
    if (!active) return;
    this.filtersChanged();
    if (ranges) this.map.show(ranges);
    else this.map.showAll();
    this.map.canvas.focus({ preventScroll: true });
  }

  setLayer(name, shown) {
    if (name === "craters") this.map.without = !shown;
    if (name === "mask") this.map.layers[1].hidden = !shown;
    if (name === "reference") this.map.reference = shown ? this.map.hiddenReference : null;
    this.map.request();
  }

  note(sentence) {
    this.element("note").value = sentence;
  }

  run(command) {
    this[command]?.();
  }

  filtersChanged() {
    this.queue.refresh();
    this.#describe();
    this.map.request();
  }

  #walk(step) {
    const row = this.queue.find(step, this.map.current);
    if (row === null) return this.note("No such crater is left: choose other states, or other scores and diameters.");
    this.walking = true;
    this.note("");
    this.select(row);
    this.map.showCrater(row);
  }

  next() {
    this.#walk(1);
  }

  previous() {
    this.#walk(-1);
  }

  select(row) {
    this.map.current = row;
    this.#describe();
    this.map.request();
    this.#showCloseup(this.data.closeups[row]);
  }

  // It stays until another is chosen: its neighbours are looked at too.
  async #showCloseup(closeup) {
    if (!closeup) return;
    const { left, top, side, picture } = closeup;
    const layer = { image: await loadPicture(picture), width: side, height: side, from_x: left, from_y: top };
    if (this.data.closeups[this.map.current] !== closeup) return;
    this.map.closeup = layer;
    this.map.request();
  }

  // Decisions.

  #decide(state) {
    const row = this.map.current;
    if (row === null) return this.note("Choose a crater first: N goes to the most doubtful one.");
    const { state: before, circle } = this.marks.get(row);
    const added = before === ADDED;
    if (added && state !== REJECTED) return;
    this.marks.change(row, { state: added ? GONE : state, circle: state === UNSEEN ? null : circle });
    if (!added && this.walking && state !== UNSEEN) this.next();
  }

  accept() {
    this.#decide(ACCEPTED);
  }

  reject() {
    this.#decide(REJECTED);
  }

  forget() {
    this.#decide(UNSEEN);
  }

  // Gives the current crater another circle, and accepts it thereby.
  reshape(circle, kind) {
    const row = this.map.current;
    if (!circle) return this.note(OFF_MOSAIC);
    this.marks.change(row, { state: row < this.marks.count ? ACCEPTED : ADDED, circle }, kind);
  }

  circleOf(row) {
    const { across, along, diameter } = this.craters;
    return this.marks.get(row).circle ?? { across: across[row], along: along[row], diameter: diameter[row] };
  }

  #scale(factor) {
    const row = this.map.current;
    if (row === null) return;
    const circle = this.circleOf(row);
    this.reshape({ ...circle, diameter: circle.diameter * factor }, "size");
  }

  smaller() {
    this.#scale(1 / (1 + STEP));
  }

  larger() {
    this.#scale(1 + STEP);
  }

  #shift([right, down]) {
    const row = this.map.current;
    if (row === null) return;
    const { x, y, width, height } = this.map.ellipseOf(row);
    const step = STEP * Math.min(width, height);
    this.reshape(this.ground.moveCircle(this.circleOf(row), [x + right * step, y - down * step]), "place");
  }

  add(circle, fault = OFF_MOSAIC) {
    if (!circle) return this.note(fault);
    this.walking = false;
    this.note("");
    this.select(this.marks.add(circle));
  }

  insert() {
    const { x, y, scale } = this.map.view;
    const reach = Math.min(this.map.wide, this.map.tall) / 12 / scale;
    this.add(this.ground.circleByRim([x, y], [x, y + reach]));
  }

  #setMode(mode) {
    this.mode = this.mode === mode ? null : mode;
    this.map.draft = this.mode && { points: [], circle: null };
    for (const name of ["draw", "through"]) {
      document.querySelector(`[data-do=${name}]`).setAttribute("aria-pressed", this.mode === name);
    }
    this.map.canvas.classList.toggle("drawing", this.mode !== null);
    this.note({
      draw: "Press on the centre of a crater and drag to its rim. Esc ends drawing.",
      through: "Click three points of a crater's rim. Esc ends drawing.",
    }[this.mode] ?? "");
    this.map.request();
  }

  draw() {
    this.#setMode("draw");
  }

  through() {
    this.#setMode("through");
  }

  leave() {
    if (this.mode) this.#setMode(null);
    else this.select(null);
  }

  #retrace(row, none) {
    if (row === null) return this.note(none);
    const there = this.marks.states[row] !== GONE;
    this.select(there ? row : null);
    const [x, y] = there ? this.map.toScreen(this.map.ellipseOf(row).x, this.map.ellipseOf(row).y) : [1, 1];
    if (!(x > 0 && y > 0 && x < this.map.wide && y < this.map.tall)) this.map.showCrater(row);
  }

  undo() {
    this.#retrace(this.marks.undo(), "There is nothing to undo.");
  }

  redo() {
    this.#retrace(this.marks.redo(), "There is nothing to redo.");
  }

  // The map.

  centre() {
    if (this.map.current !== null) this.map.showCrater(this.map.current);
  }

  whole() {
    this.map.showAll();
  }

  nearer() {
    this.map.zoom(1.25);
  }

  farther() {
    this.map.zoom(0.8);
  }

  hide() {
    document.querySelector("[data-layer=craters]").click();
  }

  help() {
    this.element("help").showModal();
  }

  #key(event) {
    const field = event.target.closest("input, select, textarea, [contenteditable]");
    if (!this.active || event.altKey || this.element("help").open) return;
    if (field) {
      if (event.key === "Escape") this.map.canvas.focus();
      return;
    }
    if (event.target.closest("button, a, summary") && [" ", "Enter"].includes(event.key)) return;
    const arrow = ARROWS[event.key];
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key;
    const command = control ? WITH_CONTROL[event.shiftKey ? event.key.toUpperCase() : key] : KEYS[key];
    if (arrow && !control) {
      if (event.shiftKey) this.#shift(arrow);
      else this.map.pan(arrow[0] * 0.1 * this.map.wide, arrow[1] * 0.1 * this.map.tall);
    } else if (command) this.run(command);
    else return;
    event.preventDefault();
  }

  // Files.

  async save() {
    if (this.saving) return;
    this.saving = true;
    const parts = await this.file
      .write(this.marks, (part) => this.note(`Writing: ${Math.round(100 * part)} %`))
      .finally(() => { this.saving = false; });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(parts, { type: "application/geo+json" }));
    link.download = `${document.title.replace(/[^\w.-]+/g, "_")}_review.geojson`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    this.store.saved = true;
    this.note(`Saved as ${link.download}.`);
  }

  load() {
    this.element("file").click();
  }

  async #load() {
    const [chosen] = this.element("file").files;
    if (!chosen) return;
    try {
      const kept = this.file.read(await chosen.text());
      this.marks.restore(kept);
      this.select(null);
      const unknown = kept.unknown ? ` ${kept.unknown} craters that it lacks are unseen: it does not tell whether they were exported.` : "";
      this.note(`Loaded ${chosen.name}: ${kept.accepted.length} accepted, ${kept.rejected.length} rejected, ${kept.added.length} added.${unknown}`);
    } catch (error) {
      this.note(error.message);
    }
    this.element("file").value = "";
  }

  restart() {
    if (!confirm("Forget all decisions of this review? This cannot be undone.")) return;
    this.marks.restore({ accepted: [], rejected: [], circles: {}, added: [] });
    this.select(null);
  }

  // What is told.

  #changed(row) {
    this.map.update(row);
    const { current } = this.map;
    if (current !== null && (this.marks.states[current] ?? GONE) === GONE) this.map.current = null;
    this.store?.save();
    this.#describe();
  }

  #describe() {
    if (!this.active) return;
    const { all, reviewed } = this.queue.count();
    const [, accepted, rejected, added] = this.marks.totals;
    const bar = this.element("progress");
    Object.assign(bar, { max: all || 1, value: reviewed });
    this.element("counts").value = `${reviewed.toLocaleString()} of ${all.toLocaleString()} reviewed. In all ` +
      `${accepted.toLocaleString()} accepted, ${rejected.toLocaleString()} rejected, ${added.toLocaleString()} added.`;
    this.element("current").value = this.map.current === null ? "No crater is chosen." : this.#words(this.map.current);
    for (const name of ["undo", "redo"]) {
      document.querySelector(`[data-do=${name}]`).disabled = !this.marks[name === "undo" ? "done" : "undone"].length;
    }
  }

  #words(row) {
    const { state, circle } = this.marks.get(row);
    const { across, along, diameter } = this.circleOf(row);
    const place = this.data.ground ? `${across.toFixed(4)}°, ${along.toFixed(4)}°` : `x ${across.toFixed(1)}, y ${along.toFixed(1)}`;
    const score = row < this.marks.count ? `, score ${this.craters.score[row].toFixed(3)}` : "";
    const name = row < this.marks.count ? `Crater ${this.data.ids[row]}` : "Added crater";
    const changed = circle && state !== ADDED ? ", changed" : "";
    return `${name}: ${STATE_NAMES[state] ?? "removed"}${changed}${score}, ${Number(diameter.toPrecision(4))} ${this.unit}, at ${place}.`;
  }

  #describeDrawn() {
    if (this.map.settled) return;
    document.getElementById("drawn").value = this.map.full
      ? `The map draws the ${this.map.most.toLocaleString()} largest craters in view: zoom in for smaller ones.`
      : "";
  }
}
