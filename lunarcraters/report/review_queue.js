"use strict";
// Which craters are reviewed, and in which order: the most doubtful first, whose scores are the
// nearest to the threshold.

class ReviewQueue {
  constructor({ craters, marks, limits, filter, below }) {
    Object.assign(this, { craters, marks, limits, filter, below });
    this.refresh();
  }

  // Reads what the sliders, the list of states and the box of low scores say.
  refresh() {
    this.bounds = this.limits();
    this.state = this.filter.value;
    this.with_below = this.below.checked;
    this.order = null;
  }

  // Whether the sliders let a crater of the run through.
  #isWithinLimits(row) {
    const [size, score] = [this.craters.diameter[row], this.craters.score[row]];
    const { low, high, score: least } = this.bounds;
    return size >= low && size <= high && (this.with_below || score >= least);
  }

  passes(row) {
    const { state, circle } = this.marks.get(row);
    if (state === GONE || (row < this.marks.count && !this.#isWithinLimits(row))) return false;
    if (this.state === "all") return true;
    if (this.state === "changed") return circle !== null && state !== ADDED;
    return STATE_NAMES[state] === this.state;
  }

  // The style of a crater on the map; null where it is not shown.
  styleOf(row) {
    if (!this.passes(row)) return null;
    const state = this.marks.states[row];
    return state === UNSEEN && this.craters.score[row] < this.bounds.score ? "below" : STATE_NAMES[state];
  }

  // The next row by steps of 1 or -1, round and round; null where there is none. Of all states, the
  // way forward passes over the craters that were reviewed.
  find(step, from) {
    const rows = this.#sort();
    const start = from === null ? Math.min(-step, 0) : rows.indexOf(from);
    const only_unseen = step > 0 && this.state === "all";
    for (let k = 1; k <= rows.length; k++) {
      const row = rows[(((start + k * step) % rows.length) + rows.length) % rows.length];
      if (this.passes(row) && !(only_unseen && this.marks.states[row] !== UNSEEN)) return row;
    }
    return null;
  }

  // Rows within the limits, the most doubtful first, then added ones.
  #sort() {
    if (!this.order) {
      const doubt = Float64Array.from(this.craters.score, (score) => Math.abs(score - this.bounds.score));
      const rows = Array.from(doubt.keys()).filter((row) => this.#isWithinLimits(row));
      this.order = rows.sort((one, other) => doubt[one] - doubt[other] || one - other);
    }
    const added = this.marks.states.length - this.marks.count;
    return this.order.concat(Array.from({ length: added }, (_, k) => this.marks.count + k));
  }

  // The number of craters of the run within the limits, and how many of them were reviewed.
  count() {
    let [all, reviewed] = [0, 0];
    for (let row = 0; row < this.marks.count; row++) {
      if (!this.#isWithinLimits(row)) continue;
      all += 1;
      if (this.marks.states[row] !== UNSEEN) reviewed += 1;
    }
    return { all, reviewed };
  }
}
