"use strict";
// The decisions of a review: the state of every crater, its changed circle, and what can be undone.
// Craters of the run come first, by their rows; added ones follow.

const [UNSEEN, ACCEPTED, REJECTED, ADDED, GONE] = [0, 1, 2, 3, 4];
const STATE_NAMES = ["unseen", "accepted", "rejected", "added"];

class Marks {
  constructor(count, onChange) {
    this.count = count; // of the run's craters
    this.onChange = onChange; // of a row; of all where it is null
    this.clear();
  }

  clear() {
    this.states = new Array(this.count).fill(UNSEEN);
    this.circles = new Map(); // of changed and added craters, by row
    this.totals = [this.count, 0, 0, 0, 0];
    this.done = [];
    this.undone = [];
  }

  get(row) {
    return { state: this.states[row], circle: this.circles.get(row) ?? null };
  }

  // Changes a crater. Changes of the same kind, one upon the other, are undone together.
  change(row, value, kind = null) {
    const before = this.get(row);
    if (before.state === value.state && before.circle === value.circle) return;
    const last = this.done[this.done.length - 1];
    if (kind && last && last.kind === kind && last.row === row && !this.undone.length) last.after = value;
    else this.done.push({ row, before, after: value, kind });
    this.undone = [];
    this.#put(row, value);
  }

  add(circle) {
    const row = this.states.length;
    this.states.push(GONE);
    this.totals[GONE] += 1;
    this.change(row, { state: ADDED, circle });
    return row;
  }

  // Undoes the last change, or redoes the one undone last; the row, or null where there is none.
  undo() {
    return this.#move(this.done, this.undone, "before");
  }

  redo() {
    return this.#move(this.undone, this.done, "after");
  }

  #move(from, to, side) {
    const step = from.pop();
    if (!step) return null;
    to.push(step);
    this.#put(step.row, step[side]);
    return step.row;
  }

  #put(row, { state, circle }) {
    this.totals[this.states[row]] -= 1;
    this.totals[state] += 1;
    this.states[row] = state;
    if (circle) this.circles.set(row, circle);
    else this.circles.delete(row);
    this.onChange(row);
  }

  // A plain object that `restore` takes: rows by state, changed circles, added circles.
  store() {
    const kept = { accepted: [], rejected: [], circles: {}, added: [] };
    this.states.forEach((state, row) => {
      const circle = this.circles.get(row);
      if (state === ADDED) kept.added.push(circle);
      else if (state === ACCEPTED) kept.accepted.push(row);
      else if (state === REJECTED) kept.rejected.push(row);
      if (circle && row < this.count) kept.circles[row] = circle;
    });
    return kept;
  }

  restore({ accepted, rejected, circles, added }) {
    this.clear();
    for (const row of accepted) this.states[row] = ACCEPTED;
    for (const row of rejected) this.states[row] = REJECTED;
    for (const [row, circle] of Object.entries(circles)) this.circles.set(Number(row), circle);
    for (const circle of added) this.circles.set(this.states.push(ADDED) - 1, circle);
    this.totals = [0, 0, 0, 0, 0];
    for (const state of this.states) this.totals[state] += 1;
    this.onChange(null);
  }
}
