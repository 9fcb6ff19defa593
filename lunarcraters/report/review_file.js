"use strict";
// The file of a review: the GeoJSON that `craters export` writes, a feature a line, with the column
// `review`. The program reads it line by line, so that the spaces matter.

class ReviewFile {
  constructor(data, craters, ground) {
    Object.assign(this, { data, craters, ground });
  }

  // The text of the file, as parts; it waits between them so that the page stays alive.
  async write(marks, onPart) {
    const parts = [`${JSON.stringify(this.data.collection).slice(0, -1)},\n"features": [\n`];
    let separator = "";
    let lines = [];
    for (let row = 0; row < marks.states.length; row++) {
      if (marks.states[row] !== GONE) {
        lines.push(`${separator}${this.#feature(row, marks)}`);
        separator = ",\n";
      }
      if (lines.length === 2000) {
        parts.push(lines.join(""));
        lines = [];
        onPart(row / marks.states.length);
        await new Promise((resume) => setTimeout(resume));
      }
    }
    return [...parts, ...lines, "\n]}\n"];
  }

  #feature(row, marks) {
    const { state, circle } = marks.get(row);
    const original = this.#original(row);
    const place = circle ?? original;
    const resized = !original || (circle && circle.diameter !== original.diameter);
    const number = (value) => (Number.isFinite(value) ? value : null);
    const values = [
      original ? this.data.ids[row] : "",
      place.across,
      place.along,
      place.diameter,
      resized ? null : number(this.craters.deviation[row]),
      original ? number(this.craters.score[row]) : null,
      original ? this.data.levels[row] : 0,
      original ? this.data.tile_names[this.data.tiles[row]] : "",
    ];
    const properties = Object.fromEntries(this.data.columns.map((name, k) => [name, values[k]]));
    properties.review = STATE_NAMES[state];
    return `{"type": "Feature", "properties": ${JSON.stringify(properties)}, "geometry": ${this.#geometry(place)}}`;
  }

  #original(row) {
    if (row >= this.data.ids.length) return null;
    const { across, along, diameter } = this.craters;
    return { across: across[row], along: along[row], diameter: diameter[row] };
  }

  #geometry(circle) {
    const round = (value) => Math.round(value * 1e9) / 1e9;
    const polygons = this.ground.outline(circle).map((rings) => rings.map((ring) =>
      `[${ring.map(([x, y]) => `[${round(x)},${round(y)}]`).join(",")}]`).join(","));
    if (polygons.length === 1) return `{"type":"Polygon","coordinates":[${polygons[0]}]}`;
    return `{"type":"MultiPolygon","coordinates":[${polygons.map((rings) => `[${rings}]`).join(",")}]}`;
  }

  // What `Marks.restore` takes. Throws an Error whose message says why the file cannot be used.
  read(text) {
    let file;
    try {
      file = JSON.parse(text);
    } catch {
      throw new Error("This file is not GeoJSON, or it ends half-way: choose a file that this page saved.");
    }
    if (!Array.isArray(file?.features)) throw new Error("This file holds no features: choose a file that this page saved.");
    const of = file.catalogue?.properties?.review_of;
    if (of !== undefined && of !== this.data.identity) {
      throw new Error("This file is a review of another run: load it into the page of that run.");
    }
    const rows = new Map(this.data.ids.map((id, row) => [id, row]));
    const kept = { accepted: [], rejected: [], circles: {}, added: [], unknown: 0 };
    const named = new Map(); // the craters of the file that name a row, by row
    for (const { properties, geometry } of file.features) this.#sort(properties ?? {}, geometry, rows, kept, named);
    this.#check([...named.values()].map(([own]) => own), of !== undefined);
    for (const [row, [own, ...copies]] of named) {
      if (!own.same) kept.circles[row] = own.circle;
      if (own.review !== "unseen") kept[own.review].push(row);
      else if (!own.same) kept.accepted.push(row); // moved or resized by another program
      kept.added.push(...copies.filter(({ review }) => review !== "rejected").map(({ circle }) => circle));
    }
    this.#rejectMissing(file.catalogue?.limits, named, kept);
    return kept;
  }

  // Sorts one crater of a file among the added ones, or those that name its row. Of craters that
  // share an identifier, the one where the run has it comes first: it is the crater of the run.
  #sort(properties, geometry, rows, kept, named) {
    const [id, , , , , score] = this.data.columns;
    const review = properties.review || "unseen";
    if (!STATE_NAMES.includes(review)) {
      throw new Error(`The state ${JSON.stringify(review)} of a crater is none of ${STATE_NAMES.join(", ")}: mend the column review.`);
    }
    const row = review === "added" ? undefined : rows.get(properties[id]);
    const circle = this.#circle(properties, geometry, row);
    if (row === undefined) {
      if (review !== "rejected") kept.added.push(circle);
      return;
    }
    const original = this.#original(row);
    const same = this.#agree(circle, original, 1e-6);
    const changed = !this.#agree(circle, original, 2e-3) && !(Math.abs(properties[score] - this.craters.score[row]) <= 1e-5);
    const off = 2 * this.ground.distance(circle, original) >= circle.diameter + original.diameter;
    const crater = { circle, review, same, changed, other: changed && off };
    const [own, ...copies] = named.get(row) ?? [crater];
    if (own === crater) named.set(row, [crater]);
    else named.set(row, same && !own.same ? [crater, own, ...copies] : [own, ...copies, crater]);
  }

  // Refuses the file of another run, as `craters review` does: nobody edits scores, so that a crater
  // with another score and no ground in common with that of the run is another crater.
  #check(craters, names_run) {
    const changed = craters.filter((crater) => crater.changed).length;
    const others = craters.filter(({ other }) => other).length;
    if (names_run || (craters.length && 2 * changed <= craters.length && 100 * others <= craters.length)) return;
    throw new Error("The craters of this file are not those of this page: load it into the page of its run.");
  }

  // Craters that the file lacks were rejected where it tells that they were exported. Of others
  // that may have been, the number is told.
  #rejectMissing(limits, named, kept) {
    if (limits?.of_run === false) limits = null;
    if (limits?.without_clusters) return;
    const { score, diameter } = this.craters;
    const { min_score = 0, min_diameter = 0, max_diameter } = limits ?? this.#enclose(named.keys());
    for (let row = 0; row < this.data.ids.length; row++) {
      const size = diameter[row];
      if (named.has(row) || score[row] < min_score || size < min_diameter || size > (max_diameter ?? Infinity)) continue;
      if (limits && !limits.area) kept.rejected.push(row);
      else kept.unknown += 1;
    }
  }

  // The scores and diameters between which some rows lie.
  #enclose(rows) {
    const limits = { min_score: Infinity, min_diameter: Infinity, max_diameter: 0 };
    for (const row of rows) {
      limits.min_score = Math.min(limits.min_score, this.craters.score[row]);
      limits.min_diameter = Math.min(limits.min_diameter, this.craters.diameter[row]);
      limits.max_diameter = Math.max(limits.max_diameter, this.craters.diameter[row]);
    }
    return limits;
  }

  // The circle of a crater: that of its columns, or of its outline where another program moved it.
  #circle(properties, geometry, row) {
    const names = this.data.columns.slice(1, 4);
    const [across, along, diameter] = names.map((name) => properties[name]);
    const written = { across, along, diameter };
    const complete = Object.values(written).every(Number.isFinite) && diameter > 0;
    const { type, coordinates = [] } = geometry ?? {};
    const polygons = { Polygon: [coordinates], MultiPolygon: coordinates }[type] ?? [];
    const drawn = this.ground.circleOfOutline(polygons.flatMap(([ring = []]) => ring));
    if (!complete && !drawn) throw new Error(`A crater of this file has neither an outline nor ${names.join(", ")}: choose a file that this page saved.`);
    if (!complete) return drawn;
    const as_found = row !== undefined && drawn && this.#agree(drawn, this.#original(row), 0.005);
    return !drawn || as_found || this.#agree(drawn, written, 0.005) ? written : drawn;
  }

  // Whether circles agree, but for a part of their diameter.
  #agree(one, other, part) {
    const most = part * other.diameter;
    return this.ground.distance(one, other) <= most && Math.abs(one.diameter - other.diameter) <= most;
  }
}
