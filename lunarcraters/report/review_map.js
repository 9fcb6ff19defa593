"use strict";
// The map of the review: the mosaic and its craters on a canvas. It draws the largest craters in
// view, which come first in the catalogue; fewer while it moves, if the browser is slow.

const STYLES = {
  unseen: { colour: "#facc15", width: 1.5 },
  below: { colour: "#facc1580", width: 1 }, // unseen, with a score below the threshold
  accepted: { colour: "#4ade80", width: 2 },
  rejected: { colour: "#f87171", width: 1.5 },
  added: { colour: "#22d3ee", width: 2 },
  reference: { colour: "#e5e7eb", width: 1 },
};
const HANDLE = 6; // px
const LEAST_MOVING = 300; // craters drawn while the map moves
const SETTLED = 150; // ms after which a map stands still
const MOST_ZOOM = 64; // px of the screen in a pixel of the mosaic

class ReviewMap {
  constructor({ canvas, craters, ground, marks, most, styleOf }) {
    Object.assign(this, { canvas, craters, ground, marks, most, styleOf });
    this.context = canvas.getContext("2d", { alpha: false });
    this.count = craters.x.length;
    this.reach = Float32Array.from(craters.x, (_, row) => Math.max(craters.width[row], craters.height[row]) / 2);
    this.ellipses = new Map(); // of changed and added craters
    this.moving = most; // the number of craters drawn while the map moves
    this.settled = 0; // a timer while it moves
    this.layers = []; // { image, width, height } under the craters
    this.closeup = null; // one more, in the detail of the mosaic
    this.reference = null;
    this.current = null; // row
    this.draft = null; // { points, circle } while a crater is drawn
    this.view = { x: 0, y: 0, scale: 1 };
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  // A circle changed; all of them where the row is null.
  update(row) {
    if (row === null) {
      this.ellipses.clear();
      for (const changed of this.marks.circles.keys()) this.update(changed);
    } else {
      const { circle } = this.marks.get(row);
      if (circle) this.ellipses.set(row, this.ground.ellipse(circle));
      else this.ellipses.delete(row);
    }
    this.request();
  }

  ellipseOf(row) {
    const ellipse = this.ellipses.get(row);
    if (ellipse) return ellipse;
    const { x, y, width, height, angle } = this.craters;
    return { x: x[row], y: y[row], width: width[row], height: height[row], angle: angle[row] };
  }

  toScreen(x, y) {
    const { view, wide, tall } = this;
    return [wide / 2 + (x - view.x) * view.scale, tall / 2 - (y - view.y) * view.scale];
  }

  toMap(left, top) {
    const { view, wide, tall } = this;
    return [view.x + (left - wide / 2) / view.scale, view.y - (top - tall / 2) / view.scale];
  }

  get ranges() {
    const [[left, top], [right, bottom]] = [this.toMap(0, 0), this.toMap(this.wide, this.tall)];
    return { left, right, bottom, top };
  }

  show({ left, right, bottom, top }) {
    if (!this.wide) this.#resize();
    const scale = Math.min(this.wide / (right - left), this.tall / (top - bottom));
    this.#move((left + right) / 2, (bottom + top) / 2, scale);
  }

  showAll() {
    const { width, height } = this.layers[0];
    this.show({ left: -0.02 * width, right: 1.02 * width, bottom: -1.02 * height, top: 0.02 * height });
  }

  // Shows a crater with its surroundings.
  showCrater(row) {
    const { x, y, width, height } = this.ellipseOf(row);
    this.#move(x, y, Math.min(this.wide, this.tall) / (4.5 * Math.max(width, height)));
  }

  pan(right, down) {
    const { x, y, scale } = this.view;
    this.#move(x + right / scale, y - down / scale, scale);
  }

  zoom(factor, left = this.wide / 2, top = this.tall / 2) {
    const [x, y] = this.toMap(left, top);
    const scale = this.#limit(this.view.scale * factor);
    this.#move(x - (left - this.wide / 2) / scale, y + (top - this.tall / 2) / scale, scale);
  }

  #move(x, y, scale) {
    this.view = { x, y, scale: this.#limit(scale) };
    clearTimeout(this.settled);
    this.settled = setTimeout(() => {
      this.settled = 0;
      this.request();
    }, SETTLED);
    this.request();
  }

  #limit(scale) {
    const whole = this.layers.length ? this.wide / this.layers[0].width : 0;
    return Math.min(Math.max(scale, whole / 4, 1e-6), MOST_ZOOM);
  }

  // The smallest crater drawn at a place of the screen; null where there is none.
  rowAt(left, top) {
    let [found, smallest] = [null, Infinity];
    for (const row of this.visible()) {
      const { x, y, width, height } = this.ellipseOf(row);
      const [middle_x, middle_y] = this.toScreen(x, y);
      const reach = Math.max((Math.max(width, height) / 2) * this.view.scale, HANDLE);
      if (Math.hypot(left - middle_x, top - middle_y) <= reach && reach < smallest) [found, smallest] = [row, reach];
    }
    return found;
  }

  // What the pointer grasps of the current crater: "move", "resize" or null.
  handleAt(left, top) {
    if (this.current === null || this.draft) return null;
    const [middle, ...rim] = this.#handles().map(([x, y]) => Math.hypot(left - x, top - y));
    const nearest = Math.min(...rim);
    if (Math.min(middle, nearest) > 1.6 * HANDLE) return null;
    return middle <= nearest ? "move" : "resize";
  }

  // The handles of the current crater: its centre, and its rim to the right, up, left and down.
  #handles() {
    const { x, y, width, height, angle } = this.ellipseOf(this.current);
    const reach = (turn) => (width * height) / 2 / Math.hypot(height * Math.cos(turn - angle), width * Math.sin(turn - angle));
    const [wide, tall] = [reach(0), reach(Math.PI / 2)];
    return [[x, y], [x + wide, y], [x, y + tall], [x - wide, y], [x, y - tall]].map((point) => this.toScreen(...point));
  }

  // The rows to draw: changed and added craters, and the largest others in view.
  visible() {
    const { left, right, bottom, top } = this.ranges;
    const { x, y } = this.craters;
    const rows = [];
    const inside = (ellipse) => {
      const reach = Math.max(ellipse.width, ellipse.height) / 2;
      return ellipse.x + reach >= left && ellipse.x - reach <= right && ellipse.y + reach >= bottom && ellipse.y - reach <= top;
    };
    for (const [row, ellipse] of this.ellipses) {
      if (this.styleOf(row) && inside(ellipse)) rows.push(row);
    }
    const most = this.settled ? this.moving : this.most;
    this.full = false;
    for (let row = 0; row < this.count; row++) {
      const reach = this.reach[row];
      if (x[row] + reach < left || x[row] - reach > right || y[row] + reach < bottom || y[row] - reach > top) continue;
      if (this.ellipses.has(row) || !this.styleOf(row)) continue;
      this.full = rows.length >= most;
      if (this.full) break;
      rows.push(row);
    }
    return rows;
  }

  request() {
    if (this.pending) return;
    this.pending = requestAnimationFrame((now) => {
      this.pending = 0;
      this.#pace(now);
      if (this.wide) this.#draw();
    });
  }

  // Draws fewer craters in motion after a slow frame, more after a fast one.
  #pace(now) {
    const gap = now - this.drawn_at;
    this.drawn_at = now;
    if (gap < 25) this.moving = Math.min(this.moving * 1.05, this.most);
    else if (gap > 35 && gap < SETTLED) this.moving = Math.max(this.moving * 0.85, LEAST_MOVING);
  }

  #resize() {
    const { clientWidth, clientHeight } = this.canvas;
    [this.wide, this.tall] = [clientWidth, clientHeight];
    this.canvas.width = Math.round(clientWidth * devicePixelRatio);
    this.canvas.height = Math.round(clientHeight * devicePixelRatio);
    this.request();
  }

  #draw() {
    const { context } = this;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.fillStyle = getComputedStyle(this.canvas).backgroundColor;
    context.fillRect(0, 0, this.wide, this.tall);
    const [mosaic, ...others] = this.layers;
    for (const layer of [mosaic, this.closeup, ...others]) if (layer && !layer.hidden) this.#drawLayer(layer);
    if (this.reference) this.#drawReference();
    const byStyle = new Map(Object.keys(STYLES).map((name) => [name, []]));
    if (!this.without) for (const row of this.visible()) if (row !== this.current) byStyle.get(this.styleOf(row)).push(row);
    for (const [name, rows] of byStyle) this.#drawCraters(name, rows);
    if (this.current !== null && !this.without) this.#drawCurrent();
    if (this.draft) this.#drawDraft();
    this.onDraw?.();
  }

  // Only the part in view: an enlarged picture would have more pixels than a canvas can.
  #drawLayer({ image, width, height, from_x = 0, from_y = 0 }) {
    const { left, right, bottom, top } = this.ranges;
    const [west, east] = [Math.max(left, from_x), Math.min(right, from_x + width)];
    const [north, south] = [Math.max(-top, from_y), Math.min(-bottom, from_y + height)];
    if (west >= east || north >= south) return;
    const [across, along] = [image.width / width, image.height / height];
    const [x, y] = this.toScreen(west, -north);
    const { scale } = this.view;
    this.context.drawImage(image, (west - from_x) * across, (north - from_y) * along, (east - west) * across, (south - north) * along,
      x, y, (east - west) * scale, (south - north) * scale);
  }

  #drawReference() {
    const { x, y, width, height, angle } = this.reference;
    this.#stroke("reference", [4, 3]);
    for (let row = 0; row < Math.min(x.length, this.most); row++) {
      this.#ellipse({ x: x[row], y: y[row], width: width[row], height: height[row], angle: angle[row] });
    }
    this.context.setLineDash([]);
  }

  #drawCraters(name, rows) {
    this.#stroke(name);
    for (const row of rows) {
      const ellipse = this.ellipseOf(row);
      this.#ellipse(ellipse);
      if (name === "rejected") this.#strikeOut(ellipse);
      if (name === "added") this.#dot(...this.toScreen(ellipse.x, ellipse.y), 2);
    }
  }

  #drawCurrent() {
    const { context } = this;
    const [name, ellipse] = [this.styleOf(this.current) ?? "unseen", this.ellipseOf(this.current)];
    this.#stroke(name);
    context.lineWidth = 6;
    context.strokeStyle = "#000000a0";
    this.#ellipse(ellipse);
    context.lineWidth = 3;
    context.strokeStyle = STYLES[name].colour.slice(0, 7);
    this.#ellipse(ellipse);
    if (name === "rejected") this.#strikeOut(ellipse);
    context.fillStyle = "#ffffff";
    context.strokeStyle = "#000000";
    context.lineWidth = 1;
    this.#handles().forEach(([x, y], k) => {
      context.beginPath();
      if (k) context.rect(x - HANDLE / 2, y - HANDLE / 2, HANDLE, HANDLE);
      else context.arc(x, y, HANDLE / 2, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    });
  }

  #drawDraft() {
    this.#stroke("added");
    if (this.draft.circle) this.#ellipse(this.ground.ellipse(this.draft.circle));
    for (const point of this.draft.points) this.#dot(...this.toScreen(...point), 3);
  }

  #stroke(name, dash = []) {
    const { colour, width } = STYLES[name];
    Object.assign(this.context, { strokeStyle: colour, fillStyle: colour, lineWidth: width });
    this.context.setLineDash(dash);
  }

  #ellipse({ x, y, width, height, angle }) {
    const { scale } = this.view;
    this.context.beginPath();
    this.context.ellipse(...this.toScreen(x, y), (width / 2) * scale, (height / 2) * scale, -angle, 0, 2 * Math.PI);
    this.context.stroke();
  }

  #strikeOut({ x, y, width, height }) {
    const [left, top] = this.toScreen(x, y);
    const reach = 0.35 * Math.min(width, height) * this.view.scale;
    this.context.beginPath();
    for (const slope of [1, -1]) {
      this.context.moveTo(left - reach, top - slope * reach);
      this.context.lineTo(left + reach, top + slope * reach);
    }
    this.context.stroke();
  }

  #dot(left, top, size) {
    this.context.beginPath();
    this.context.arc(left, top, size, 0, 2 * Math.PI);
    this.context.fill();
  }
}
