"use strict";
// A review kept in the browser, under the key of its page. Without storage the review goes on,
// and the person is told once.

const NOT_KEPT = "This browser does not keep the review (a private window, or its storage is full): save the file before you close the page.";

class ReviewStore {
  constructor(key, marks, onNote) {
    Object.assign(this, { key: `craters review ${key}`, marks, onNote, kept: true, saved: true, waiting: 0 });
    addEventListener("pagehide", () => this.flush());
    addEventListener("visibilitychange", () => this.flush());
    addEventListener("beforeunload", (event) => {
      this.flush();
      if (!this.kept && !this.saved) event.preventDefault();
    });
    addEventListener("storage", (event) => {
      if (event.key !== this.key || !event.newValue) return;
      this.load();
      this.onNote("Another window of this page went on with the review: its state is shown here.");
    });
  }

  load() {
    try {
      const text = localStorage.getItem(this.key);
      if (text) this.marks.restore(JSON.parse(text));
      clearTimeout(this.waiting); // it is what is kept
      this.waiting = 0;
    } catch (error) {
      this.#fail(error instanceof SyntaxError ? "The review that this browser kept is damaged: load the file that you saved." : NOT_KEPT);
    }
  }

  // Soon: a person who holds a key down changes much.
  save() {
    this.saved = false;
    if (!this.waiting) this.waiting = setTimeout(() => this.flush(), 200);
  }

  flush() {
    if (!this.waiting) return;
    clearTimeout(this.waiting);
    this.waiting = 0;
    try {
      localStorage.setItem(this.key, JSON.stringify(this.marks.store()));
      this.kept = true;
    } catch {
      this.#fail(NOT_KEPT);
    }
  }

  #fail(sentence) {
    if (this.kept) this.onNote(sentence);
    this.kept = false;
  }
}
