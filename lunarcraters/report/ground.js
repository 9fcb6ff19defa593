"use strict";
// Circles on the ground and on the map. A circle is { across, along, diameter }: longitude, latitude
// in degrees and km, or x, y (down) and pixels where the image has no coordinates. Points of the map
// are pixels of the mosaic, y upwards.

const DEGREE = Math.PI / 180;
const RING_POINTS = 64;
const POLAR_RING_POINTS = 256;
const FLAT = 10; // radius, in sides of the points, from which three points are but a line
const POLE_TOLERANCE = 1e-9; // degrees

function wrapLongitude(lon) {
  return lon >= -180 && lon < 180 ? lon : ((((lon + 180) % 360) + 360) % 360) - 180;
}

function decodeFloats(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float64Array(bytes.buffer);
}

// An image without coordinates: the ground is the image.
class PixelGround {
  circleByRim([x1, y1], [x2, y2]) {
    return this.#sized({ across: x1, along: -y1 }, Math.hypot(x2 - x1, y2 - y1));
  }

  circleThrough([x1, y1], [x2, y2], [x3, y3]) {
    const [ax, ay, bx, by] = [x2 - x1, y2 - y1, x3 - x1, y3 - y1];
    const [a, b, twice] = [ax * ax + ay * ay, bx * bx + by * by, 2 * (ax * by - ay * bx)];
    const [x, y] = [(by * a - ay * b) / twice, (ax * b - bx * a) / twice];
    const [radius, side] = [Math.hypot(x, y), Math.max(Math.sqrt(a), Math.sqrt(b), Math.hypot(x3 - x2, y3 - y2))];
    if (!(radius <= FLAT * side)) return null; // on one line
    return this.#sized({ across: x1 + x, along: -(y1 + y) }, radius);
  }

  moveCircle(circle, [x, y]) {
    return { ...circle, across: x, along: -y };
  }

  resizeCircle(circle, [x, y]) {
    return this.#sized(circle, Math.hypot(x - circle.across, y + circle.along));
  }

  ellipse({ across, along, diameter }) {
    return { x: across, y: -along, width: diameter, height: diameter, angle: 0 };
  }

  outline({ across, along, diameter }) {
    const ring = [];
    for (let k = 0; k <= RING_POINTS; k++) {
      const angle = (2 * Math.PI * (k % RING_POINTS)) / RING_POINTS;
      ring.push([across + (diameter / 2) * Math.cos(angle), (diameter / 2) * Math.sin(angle) - along]);
    }
    return [[ring]];
  }

  // The circle through three points of an outline that a file holds; null where it has no three.
  circleOfOutline(points) {
    return points.length > 2 ? this.circleThrough(...threeOf(points)) : null;
  }

  // How far apart the centres of circles are, in the unit of their diameters.
  distance(one, other) {
    return Math.hypot(one.across - other.across, one.along - other.along);
  }

  #sized(centre, radius) {
    return radius > 0 ? { ...centre, diameter: 2 * radius } : null;
  }
}

// A mosaic on the Moon. The program computed unit vectors from the Moon's centre on a lattice of
// pixels; between them they are interpolated by cubics, so that any projection will do.
class MoonGround {
  constructor({ vectors, ...lattice }) {
    Object.assign(this, lattice); // as the program describes it, in report/ground.py
    this.vectors = decodeFloats(vectors);
  }

  // The unit vector of a point of the map; null off the Moon or the mosaic.
  vectorAt(x, y) {
    const [u, v] = [(x - this.left) / this.step_x, (-y - this.top) / this.step_y];
    if (!(u >= -0.5 && v >= -0.5 && u <= this.columns - 0.5 && v <= this.rows - 0.5)) return null;
    const i = Math.min(Math.max(Math.floor(u) - 1, 0), this.columns - 4);
    const j = Math.min(Math.max(Math.floor(v) - 1, 0), this.rows - 4);
    const [across, along] = [cubicWeights(u - i), cubicWeights(v - j)];
    const sum = [0, 0, 0];
    for (let m = 0; m < 4; m++) {
      for (let n = 0; n < 4; n++) {
        const at = 3 * ((j + m) * this.columns + i + n);
        const weight = along[m] * across[n];
        for (let k = 0; k < 3; k++) sum[k] += weight * this.vectors[at + k];
      }
    }
    const unit = normalise(sum);
    return Number.isFinite(unit[0]) ? unit : null;
  }

  // The point of the map at a unit vector: from the nearest point of the lattice by Gauss-Newton.
  pointAt(vector) {
    let [nearest, most] = [0, -2];
    for (let at = 0; at < this.vectors.length; at += 3) {
      const near = dot(vector, this.vectors.subarray(at, at + 3));
      if (near > most) [nearest, most] = [at / 3, near];
    }
    let x = this.left + (nearest % this.columns) * this.step_x;
    let y = -this.top - Math.floor(nearest / this.columns) * this.step_y;
    for (let round = 0; round < 30; round++) {
      const [here, metric] = [this.vectorAt(x, y), this.#metric(x, y)];
      if (!here || !metric) break;
      const { a, b, c, dx, dy } = metric;
      const rest = subtract(vector, here);
      const [p, q, det] = [dot(dx, rest), dot(dy, rest), a * c - b * b];
      if (!(det > 0)) break;
      const [east, north] = [(c * p - b * q) / det, (a * q - b * p) / det];
      const limit = Math.min(1, (2 * this.step_x) / Math.abs(east), (2 * this.step_y) / Math.abs(north));
      x += limit * east;
      y += limit * north;
      if (Math.hypot(east, north) < 1e-7) break;
    }
    if (this.period) {
      const west = this.left - 0.5 + (this.step_x * (this.columns - 1) + 1 - this.period) / 2;
      x = west + ((((x - west) % this.period) + this.period) % this.period);
    }
    return [x, y];
  }

  circleByRim(centre, rim) {
    const vector = this.vectorAt(...centre);
    return vector && this.resizeCircle(this.#at(vector), rim);
  }

  circleThrough(...points) {
    const vectors = points.map((point) => this.vectorAt(...point));
    return vectors.includes(null) ? null : this.#circleOf(...vectors);
  }

  // The circle through three points of an outline that a file holds; null where it has no three.
  // Points on the edges of the map are where it was cut.
  circleOfOutline(points) {
    const rim = points.filter(([lon, lat]) => Math.abs(lon) < 180 && Math.abs(lat) < 90);
    return rim.length > 2 ? this.#circleOf(...threeOf(rim).map((point) => unitVector(...point))) : null;
  }

  distance(one, other) {
    return this.radius_km * arc(unitVector(one.across, one.along), unitVector(other.across, other.along));
  }

  // The plane through three points of the rim cuts the sphere in the circle.
  #circleOf(a, b, c) {
    let normal = cross(subtract(b, a), subtract(c, a));
    const sides = [distance(a, b), distance(a, c), distance(b, c)];
    const radius = (sides[0] * sides[1] * sides[2]) / (2 * Math.hypot(...normal)); // within the plane
    if (!(radius <= FLAT * Math.max(...sides))) return null; // on one line
    if (dot(normal, a) < 0) normal = normal.map((value) => -value);
    normal = normalise(normal);
    return { ...this.#at(normal), diameter: 2 * this.radius_km * arc(normal, a) };
  }

  moveCircle(circle, point) {
    const vector = this.vectorAt(...point);
    return vector && { ...circle, ...this.#at(vector) };
  }

  resizeCircle(circle, rim) {
    const vector = this.vectorAt(...rim);
    const radius = vector && arc(unitVector(circle.across, circle.along), vector);
    return radius > 0 ? { ...circle, diameter: 2 * this.radius_km * radius } : null;
  }

  // The ellipse of a circle on the map, by the scale of the projection at its centre.
  ellipse({ across, along, diameter }) {
    const [x, y] = this.pointAt(unitVector(across, along));
    const pixel = (this.pixel_km / this.radius_km) ** 2;
    const { a, b, c } = this.#metric(x, y) ?? { a: pixel, b: 0, c: pixel };
    const [mean, half] = [(a + c) / 2, Math.hypot((a - c) / 2, b)];
    const side = (square) =>
      Math.min(diameter / (this.radius_km * Math.sqrt(Math.max(square, 1e-24))), this.longest);
    const angle = half ? Math.atan2(-2 * b, c - a) / 2 : 0;
    return { x, y, width: side(mean - half), height: side(mean + half), angle };
  }

  // The rings of a circle in longitude and latitude, cut at the antimeridian: [polygon][ring].
  outline(circle) {
    const reach = (circle.diameter / 2 / this.radius_km) / DEGREE;
    const to_pole = 90 - Math.abs(circle.along);
    const points = to_pole < 2 * reach ? POLAR_RING_POINTS : RING_POINTS;
    const rim = circlePoints(circle, reach * DEGREE, points);
    if (to_pole < reach - POLE_TOLERANCE) return [[polarRing(rim, Math.sign(circle.along) || 1)]];
    const ring = rim.map(([lon, lat]) => {
      const at_pole = Math.abs(lat) > 90 - POLE_TOLERANCE;
      return [circle.across + (at_pole ? 0 : wrapLongitude(lon - circle.across)), lat];
    });
    return cutAtMeridian(ring);
  }

  #at(vector) {
    const [x, y, z] = vector;
    return { across: wrapLongitude(Math.atan2(y, x) / DEGREE), along: Math.atan2(z, Math.hypot(x, y)) / DEGREE };
  }

  // How far a step of one pixel leads on the unit sphere: squares a, c along the axes, product b.
  #metric(x, y) {
    const ends = [[x + 0.5, y], [x - 0.5, y], [x, y + 0.5], [x, y - 0.5]].map((point) => this.vectorAt(...point));
    if (ends.includes(null)) return null;
    const [dx, dy] = [subtract(ends[0], ends[1]), subtract(ends[2], ends[3])];
    return { a: dot(dx, dx), b: dot(dx, dy), c: dot(dy, dy), dx, dy };
  }
}

// Three of the points of a closed ring, far from each other.
function threeOf(ring) {
  const third = Math.floor((ring.length - 1) / 3) || 1;
  return [ring[0], ring[third], ring[2 * third]];
}

// The weights of values at 0, 1, 2, 3 in the cubic through them.
function cubicWeights(t) {
  return [
    (-(t - 1) * (t - 2) * (t - 3)) / 6,
    (t * (t - 2) * (t - 3)) / 2,
    (-t * (t - 1) * (t - 3)) / 2,
    (t * (t - 1) * (t - 2)) / 6,
  ];
}

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const subtract = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const distance = (a, b) => Math.hypot(...subtract(a, b));
const arc = (a, b) => 2 * Math.asin(Math.min(distance(a, b) / 2, 1));

function normalise(a) {
  const length = Math.hypot(...a);
  return a.map((value) => value / length);
}

function unitVector(lon, lat) {
  const across = Math.cos(lat * DEGREE);
  return [across * Math.cos(lon * DEGREE), across * Math.sin(lon * DEGREE), Math.sin(lat * DEGREE)];
}

// Longitude and latitude of points of a circle, anticlockwise, from north, not closed.
function circlePoints({ across, along }, radius, points) {
  const [sin, cos] = [Math.sin(along * DEGREE), Math.cos(along * DEGREE)];
  return Array.from({ length: points }, (_, k) => {
    const bearing = (-2 * Math.PI * k) / points;
    const sin_lat = sin * Math.cos(radius) + cos * Math.sin(radius) * Math.cos(bearing);
    const east = Math.atan2(Math.sin(bearing) * Math.sin(radius) * cos, Math.cos(radius) - sin * sin_lat);
    const lat = Math.asin(Math.min(Math.max(sin_lat, -1), 1)) / DEGREE;
    return [wrapLongitude(across + east / DEGREE), lat];
  });
}

// A circle around a pole: its rim from -180 to 180, closed along the pole.
function polarRing(rim, sign) {
  const most = 90 - POLE_TOLERANCE;
  const sorted = rim
    .map(([lon, lat]) => [lon, Math.min(Math.max(lat, -most), most)])
    .sort((one, other) => one[0] - other[0]);
  const [first, last] = [sorted[0], sorted[sorted.length - 1]];
  const part = (180 - last[0]) / (first[0] + 360 - last[0]);
  const edge = last[1] + part * (first[1] - last[1]);
  const inside = sorted.filter(([lon]) => lon > -180);
  const ring = [[-180, edge], ...inside, [180, edge], [180, 90 * sign], [-180, 90 * sign], [-180, edge]];
  return sign > 0 ? ring : ring.reverse();
}

// A ring, not closed, that may reach past 180 degrees, as closed rings within the map.
function cutAtMeridian(ring) {
  const longitudes = ring.map(([lon]) => lon);
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)];
  if (west >= -180 && east <= 180) return [[[...ring, ring[0]]]];
  const meridian = west < -180 ? -180 : 180;
  return [-1, 1]
    .map((side) => {
      const beyond = side * meridian > 0 ? -2 * meridian : 0; // to the other end of the map
      return clipRing(ring, meridian, side).map(([lon, lat]) => [lon + beyond, lat]);
    })
    .filter((part) => part.length > 2)
    .map((part) => [[...part, part[0]]]);
}

// The part of a ring on one side (-1 west, 1 east) of a meridian.
function clipRing(ring, meridian, side) {
  const kept = [];
  ring.forEach(([lon, lat], k) => {
    const [next_lon, next_lat] = ring[(k + 1) % ring.length];
    if (side * (lon - meridian) >= 0) kept.push([lon, lat]);
    if ((lon - meridian) * (next_lon - meridian) < 0) {
      const part = (meridian - lon) / (next_lon - lon);
      kept.push([meridian, lat + part * (next_lat - lat)]);
    }
  });
  return kept;
}
