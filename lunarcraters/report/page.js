"use strict";
(async () => {
  const text = (id) => JSON.parse(document.getElementById(id).textContent);
  const about = text("about");
  const plots = {};
  for (const script of document.querySelectorAll("script[id$='-item']")) {
    const name = script.id.slice(0, -"-item".length);
    await Bokeh.embed.embed_item(text(script.id), name);
    plots[name] = Bokeh.documents[Bokeh.documents.length - 1].roots()[0];
  }
  const part = (plot, name) => plots[plot].document.get_model_by_name(name);
  const craters = part("map", "detections").data;
  const count = craters.diameter.length;

  // The review is of the craters of the run, also where the map shows those of an edited catalogue.
  const data = text("review-data");
  const columns = Object.entries(data.craters ?? {});
  const detected = columns.length ? Object.fromEntries(columns.map(([name, values]) => [name, decodeFloats(values)])) : craters;
  for (const size of detected.diameter) {
    about.smallest = Math.min(about.smallest, size);
    about.largest = Math.max(about.largest, size);
  }
  const element = (id) => document.getElementById(id);

  // Sliders of diameters go evenly through their logarithms.
  const span = Math.log(about.largest / about.smallest);
  const diameter = (id) => about.smallest * Math.exp((span * element(id).value) / 1000);

  // A slider stands on a step. Until it is moved it means the threshold itself.
  const threshold = element("least-score");
  threshold.value = threshold.defaultValue;
  const beside = threshold.value;

  function limits() {
    const tolerance = 1e-9; // the ends of the sliders are craters themselves
    return {
      score: Number(threshold.value === beside ? threshold.defaultValue : threshold.value),
      low: diameter("least-diameter") * (1 - tolerance),
      high: diameter("most-diameter") * (1 + tolerance),
    };
  }

  // Craters that a reviewer confirmed count whatever their scores.
  function chosen({ score, low, high }) {
    const indices = [];
    for (let i = 0; i < count; i++) {
      const size = craters.diameter[i];
      if ((craters.score[i] >= score || craters.confirmed?.[i]) && size >= low && size <= high) indices.push(i);
    }
    return indices;
  }

  // The bins, and the value that one crater of a bin adds to each plot, come from the program.
  const { edges, plots: scales } = about.bins;

  function countBins(indices) {
    const counts = new Array(edges.length - 1).fill(0);
    for (const i of indices) counts[craters.bin[i]] += craters.weight?.[i] ?? 1;
    return counts;
  }

  function drawCounts(counts) {
    const first = counts.findIndex((n) => n > 0);
    const last = counts.findLastIndex((n) => n > 0);
    part("sizes", "sizes points").data = first < 0
      ? { left: [], right: [], top: [] }
      : { left: edges.slice(first, last + 1), right: edges.slice(first + 1, last + 2), top: counts.slice(first, last + 1) };
    const fullest = counts.indexOf(Math.max(...counts));
    const atLeast = counts.slice();
    for (let k = counts.length - 2; k >= 0; k--) atLeast[k] += atLeast[k + 1];
    for (const [name, scale] of Object.entries(scales)) {
      const column = { x: [], y: [], low: [], high: [], face: [] };
      counts.forEach((inBin, k) => {
        if (!inBin) return;
        const n = scale.at_least ? atLeast[k] : inBin;
        const y = n * scale.per_crater[k];
        const error = y / Math.sqrt(n);
        column.x.push(scale.diameters[k]);
        column.y.push(y);
        column.low.push(Math.max(y - error, y / 4)); // the error of one crater reaches to zero
        column.high.push(y + error);
        column.face.push(k > fullest ? 1 : 0); // complete from the upper edge of the fullest bin
      });
      part(name, `${name} complete`).location = first < 0 ? 1 : edges[fullest + 1];
      part(name, `${name} points`).data = column;
    }
  }

  function drawScores(indices) {
    const bins = 20;
    const top = new Array(bins).fill(0);
    for (const i of indices) top[Math.min(Math.floor(craters.score[i] * bins), bins - 1)] += 1;
    const left = top.map((_, k) => k / bins);
    part("scores", "scores points").data = { left, right: left.map((x) => x + 1 / bins), top };
  }

  // A browser without a graphics card cannot draw a hundred thousand craters, so that the map draws
  // the largest in view, which come first in the catalogue.
  let shown = [];
  function draw() {
    const { x_range: x, y_range: y } = plots.map;
    const placed = [x.start, x.end, y.start, y.end].every(Number.isFinite);
    const drawn = [];
    let left_out = false;
    for (const i of shown) {
      const reach = Math.max(craters.width[i], craters.height[i]) / 2;
      const across = craters.x[i] + reach >= x.start && craters.x[i] - reach <= x.end;
      if (placed && !(across && craters.y[i] + reach >= y.start && craters.y[i] - reach <= y.end)) continue;
      left_out = drawn.length === about.most;
      if (left_out) break;
      drawn.push(i);
    }
    part("map", "shown").indices = drawn;
    element("drawn").value = left_out
      ? `The map draws the ${about.most.toLocaleString()} largest craters in view: zoom in for smaller ones.`
      : "";
  }
  let pending;
  for (const range of [plots.map.x_range, plots.map.y_range]) {
    for (const end of ["start", "end"]) {
      range.properties[end].change.connect(() => {
        clearTimeout(pending);
        pending = setTimeout(draw, 150);
      });
    }
  }

  let waiting = false;

  function update() {
    waiting = false;
    const bounds = limits();
    const indices = chosen(bounds);
    shown = indices;
    draw();
    const counts = countBins(indices);
    drawCounts(counts);
    drawScores(indices);
    const round = (value) => `${Number(value.toPrecision(3))} ${about.unit}`;
    element("least-score-value").value = bounds.score.toFixed(3);
    element("least-diameter-value").value = round(bounds.low);
    element("most-diameter-value").value = round(bounds.high);
    const number = counts.reduce((sum, n) => sum + n, 0);
    const density = about.area ? ` (${Number(((number / about.area) * 1e6).toPrecision(4)).toLocaleString()} in 10⁶ km²)` : "";
    element("summary").value =
      `${indices.length.toLocaleString()} craters shown of ${about.total.toLocaleString()} found${density}`;
    document.body.dataset.shown = indices.length;
    if (review.active) review.filtersChanged();
  }

  // The review has a map of its own, which shows the same place.
  const { x_range, y_range } = plots.map;
  const review = new Review({ about, data, craters: detected, limits, layers: await pictures(), reference: part("map", "reference")?.data_source.data });
  globalThis.review = review;

  async function pictures() {
    const { width, height } = about.picture;
    const load = async (name) => {
      const image = await loadPicture(part("map", name).data_source.data.url[0]);
      return { image, width, height, hidden: name === "mask" };
    };
    return Promise.all(["mosaic", "mask"].filter((name) => part("map", name)).map(load));
  }

  function toggleReview(active) {
    const bounds = { left: x_range.start, right: x_range.end, bottom: y_range.start, top: y_range.end };
    if (review.active && !active) {
      const { left, right, bottom, top } = review.map.ranges;
      x_range.setv({ start: left, end: right });
      y_range.setv({ start: bottom, end: top });
      for (const range of [x_range, y_range]) range.have_updated_interactively = true; // keep it
    }
    for (const id of ["review", "review-map"]) element(id).hidden = !active;
    for (const id of ["map", "pointing"]) element(id).hidden = active;
    element("stage").classList.toggle("reviewing", active);
    element("review-start").textContent = active ? "End the review" : "Review";
    element("review-start").setAttribute("aria-pressed", active);
    if (active !== review.active) review.toggle(active, Object.values(bounds).every(Number.isFinite) ? bounds : null);
    if (active) element("stage").scrollIntoView();
    else draw();
  }
  element("review-start").addEventListener("click", () => { location.hash = review.active ? "" : "review"; });
  addEventListener("hashchange", () => toggleReview(location.hash === "#review"));

  for (const slider of document.querySelectorAll("input[type='range']")) {
    slider.addEventListener("input", () => {
      if (!waiting) requestAnimationFrame(update);
      waiting = true;
    });
  }
  for (const box of document.querySelectorAll("[data-layer]")) {
    box.addEventListener("change", () => {
      part("map", box.dataset.layer).visible = box.checked;
      review.setLayer(box.dataset.layer, box.checked);
    });
  }

  element("map").addEventListener("keydown", (event) => {
    const { x_range: x, y_range: y } = plots.map;
    const [wide, tall] = [x.end - x.start, y.end - y.start];
    const move = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowDown: [0, -0.1], ArrowUp: [0, 0.1] }[event.key];
    const zoom = { "+": 0.1, "=": 0.1, "-": -0.125 }[event.key];
    if (move) {
      x.setv({ start: x.start + move[0] * wide, end: x.end + move[0] * wide });
      y.setv({ start: y.start + move[1] * tall, end: y.end + move[1] * tall });
    } else if (zoom) {
      x.setv({ start: x.start + zoom * wide, end: x.end - zoom * wide });
      y.setv({ start: y.start + zoom * tall, end: y.end - zoom * tall });
    } else if (event.key === "0") {
      x.reset();
      y.reset();
    } else {
      return;
    }
    event.preventDefault();
  });

  const dark = matchMedia("(prefers-color-scheme: dark)");
  function colour() {
    const [paper, ink, line] = dark.matches ? ["#14161a", "#e6e8ec", "#353b47"] : ["#ffffff", "#1a1d23", "#d5d9e0"];
    for (const plot of Object.values(plots)) {
      plot.background_fill_color = plot.border_fill_color = paper;
      plot.outline_line_color = line;
      if (plot.title) plot.title.text_color = ink;
      for (const side of [...plot.below, ...plot.left]) {
        for (const name of ["axis_label_text_color", "major_label_text_color", "axis_line_color", "major_tick_line_color", "minor_tick_line_color"]) side[name] = ink;
      }
      for (const grid of plot.center) if ("grid_line_color" in grid) grid.grid_line_color = line;
    }
  }
  dark.addEventListener("change", colour);
  colour();
  update();
  toggleReview(location.hash === "#review");
  document.body.dataset.ready = "yes";
})();
