"use strict";
// Mouse, pen and fingers on the map of the review.

const CLICK = 4; // px that a click may move

class ReviewPointer {
  constructor(review) {
    this.review = review;
    this.map = review.map;
    this.down = new Map(); // places of the pointers that are pressed
    this.act = null; // what the pressed pointer does: { kind, start, last, offset }
    const { canvas } = this.map;
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.#release(event));
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode ? 30 : 1;
      this.map.zoom(Math.exp(-0.0015 * lines * event.deltaY), ...place(event));
    }, { passive: false });
  }

  #press(event) {
    this.map.canvas.focus({ preventScroll: true });
    this.map.canvas.setPointerCapture(event.pointerId);
    const at = place(event);
    this.down.set(event.pointerId, at);
    if (this.down.size > 1) this.act = { kind: "pinch" };
    else this.act = { kind: this.#kind(event, at), start: at, last: at };
    const { kind } = this.act;
    if (kind === "draw") this.map.draft = { points: [this.map.toMap(...at)], circle: null };
    if (kind === "move") {
      const { x, y } = this.map.ellipseOf(this.map.current);
      const [left, top] = this.map.toScreen(x, y);
      this.act.offset = [left - at[0], top - at[1]];
    }
    if (kind === "move" || kind === "resize") this.act.stroke = `${kind} ${event.timeStamp}`; // undone as one
    this.map.request();
  }

  #kind(event, at) {
    if (event.button !== 0) return "pan";
    if (this.review.mode) return this.review.mode;
    return this.map.handleAt(...at) ?? "pan";
  }

  #move(event) {
    const at = place(event);
    if (!this.act) return this.#hover(at);
    if (this.act.kind === "pinch") this.#pinch(event.pointerId, at);
    this.down.set(event.pointerId, at);
    if (this.act.kind === "pinch") return;
    const { kind, start, last, stroke } = this.act;
    if (kind !== "draw" && Math.hypot(at[0] - start[0], at[1] - start[1]) > CLICK) this.act.dragged = true;
    if (kind === "pan" && this.act.dragged) this.map.pan(last[0] - at[0], last[1] - at[1]);
    if (kind === "draw") this.#stretch(at);
    if (this.act.dragged && stroke) {
      const { current } = this.map;
      const circle = this.review.circleOf(current);
      const [x, y] = kind === "move" ? this.act.offset : [0, 0];
      const point = this.map.toMap(at[0] + x, at[1] + y);
      const { ground } = this.review;
      this.review.reshape(kind === "move" ? ground.moveCircle(circle, point) : ground.resizeCircle(circle, point), stroke);
    }
    if (kind !== "pan" || this.act.dragged) this.act.last = at;
  }

  #hover(at) {
    const handle = this.map.handleAt(...at);
    const { canvas } = this.map;
    canvas.style.cursor = this.review.mode ? "crosshair" : handle === "move" ? "move" : handle ? "nwse-resize" : "grab";
  }

  #stretch(at) {
    const { draft, ground } = this.map;
    draft.circle = ground.circleByRim(draft.points[0], this.map.toMap(...at));
    this.map.request();
  }

  #pinch(id, at) {
    const [other] = [...this.down].filter(([one]) => one !== id).map(([, point]) => point);
    const before = this.down.get(id);
    if (!other || !before) return;
    const length = ([x, y]) => Math.hypot(x - other[0], y - other[1]);
    const middle = ([x, y]) => [(x + other[0]) / 2, (y + other[1]) / 2];
    const [from, to] = [middle(before), middle(at)];
    this.map.pan(from[0] - to[0], from[1] - to[1]);
    if (length(before) > 0) this.map.zoom(length(at) / length(before), ...to);
  }

  #release(event) {
    this.down.delete(event.pointerId);
    const { act } = this;
    if (act?.kind === "pinch" && this.down.size) return;
    this.act = null;
    if (!act || act.kind === "pinch" || event.type === "pointercancel") return;
    const at = place(event);
    if (act.kind === "draw") this.#finish(at, act);
    else if (act.kind === "through") this.#mark(at);
    else if (!act.dragged && event.button === 0) {
      this.review.walking = false;
      this.review.select(this.map.rowAt(...at));
    }
  }

  #finish(at, { start }) {
    const { circle } = this.map.draft;
    this.map.draft = { points: [], circle: null };
    if (Math.hypot(at[0] - start[0], at[1] - start[1]) > CLICK) this.review.add(circle);
    this.map.request();
  }

  #mark(at) {
    const { draft, ground } = this.map;
    const point = this.map.toMap(...at);
    if (!ground.moveCircle({}, point)) return this.review.note(OFF_MOSAIC);
    draft.points.push(point);
    if (draft.points.length === 3) {
      this.map.draft = { points: [], circle: null };
      const circle = ground.circleThrough(...draft.points);
      this.review.add(circle, "That is no circle on the Moon: draw it again.");
    }
    this.map.request();
  }
}

function place(event) {
  return [event.offsetX, event.offsetY];
}
