"use strict";
// The viewer of one network: a camera over the drawings, search, and a panel of details.
// Text from the network reaches the page as text nodes only, never as markup.

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const stage = $("stage"), sheet = $("sheet"), panel = $("panel");
const query = $("query"), matches = $("matches");

// ---------------------------------------------------------------- what there is

const layers = data.layers.map((row, index) => ({
  index, name: row[0], kind: data.classes[row[1]], scope: data.scopes[row[2]],
  config: data.configs[row[3]], calls: data.calls[row[4]], weights: data.weights[row[5]],
  params: row[6], trainable: row[7], macs: row[8], flops: row[9], why: data.why[row[10]],
  inputs: row[11], outputs: [],
}));
for (const layer of layers) {
  for (const index of layer.inputs) layers[index].outputs.push(layer.index);
}

const levels = {};
for (const svg of document.querySelectorAll("svg.level")) {
  levels[svg.dataset.level] = { name: svg.dataset.level, svg, boxes: null, homes: new Map() };
}
let level = levels[data.level];
let chosen = null; // {box, layer}: a box of the current level, and the one layer shown of it

// Boxes become buttons when their level is first shown: most levels never are.
function prepare(level) {
  if (level.boxes) return;
  level.boxes = [];
  for (const element of level.svg.querySelectorAll("[data-box]")) {
    const [group, index] = element.dataset.box.split(".");
    const [title, lines, repeats, members] = data.levels[level.name][group][index];
    const box = { element, title, lines, repeats, members };
    element.box = box;
    element.setAttribute("tabindex", "0");
    element.setAttribute("role", "button");
    const label = [title, ...lines, plural(members.length, "layer")].join(", ");
    element.setAttribute("aria-label", label);
    level.boxes.push(box);
    for (const member of members) {
      const home = level.homes.get(member);
      if (!home || home.members.length > members.length) level.homes.set(member, box);
    }
  }
}

// ---------------------------------------------------------------- the camera

const width = (level) => level.svg.width.baseVal.value;
const height = (level) => level.svg.height.baseVal.value;
const LEGIBLE = 0.7; // the least scale at which the small print can be read
const limit = (scale) => Math.min(8, Math.max(0.01, scale));

function look({ x, y, scale }, fitted = false) {
  // Some of the drawing always stays in view.
  const keep = 40;
  x = Math.min(stage.clientWidth - keep, Math.max(keep - width(level) * scale, x));
  y = Math.min(stage.clientHeight - keep, Math.max(keep - height(level) * scale, y));
  level.camera = { x, y, scale, fitted };
  sheet.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
}

function fit() {
  const margin = 16, w = stage.clientWidth, h = stage.clientHeight;
  const room = Math.min((w - 2 * margin) / width(level), (h - 2 * margin) / height(level));
  const scale = limit(Math.min(room, 1.5));
  look({ x: (w - width(level) * scale) / 2, y: (h - height(level) * scale) / 2, scale }, true);
}

// After a change of window or level: what was fitted fits again.
function refresh() {
  if (!level.camera || level.camera.fitted) fit();
  else look(level.camera);
}

function zoom(factor, px = stage.clientWidth / 2, py = stage.clientHeight / 2) {
  const { x, y, scale } = level.camera;
  const next = limit(scale * factor), ratio = next / scale;
  look({ x: px - (px - x) * ratio, y: py - (py - y) * ratio, scale: next });
}

function pan(dx, dy) {
  const { x, y, scale } = level.camera;
  look({ x: x + dx, y: y + dy, scale });
}

function centre(box) {
  const place = box.element.getBBox();
  const scale = Math.max(level.camera.scale, LEGIBLE);
  look({
    x: stage.clientWidth / 2 - (place.x + place.width / 2) * scale,
    y: stage.clientHeight / 2 - (place.y + place.height / 2) * scale,
    scale,
  });
}

// Moves no further than it takes to see the box.
function reveal(box) {
  const inner = box.element.getBoundingClientRect(), outer = stage.getBoundingClientRect();
  const margin = 24;
  const short = (low, high, from, to) =>
    low < from + margin ? from + margin - low : high > to - margin ? to - margin - high : 0;
  pan(short(inner.left, inner.right, outer.left, outer.right),
    short(inner.top, inner.bottom, outer.top, outer.bottom));
}

// ---------------------------------------------------------------- levels and choice

function show(name) {
  const before = level, was = chosen;
  level = levels[name];
  prepare(level);
  for (const each of Object.values(levels)) each.svg.classList.toggle("shown", each === level);
  for (const button of document.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === name));
  }
  refresh();
  if (before === level) return;
  mark();
  if (was) keep(was.layer, was.layer ?? layers[was.box.members[0]]);
}

// Chooses, at a new level, what draws the layer chosen before, or the first of its box.
function keep(layer, first) {
  const box = first && level.homes.get(first.index);
  choose(box, box ? layer : first);
  if (box) (level.camera.scale < LEGIBLE ? centre : reveal)(box);
}

function choose(box, layer = null) {
  clear("selected");
  box?.element.classList.add("selected");
  if (!layer && box?.members.length === 1) layer = layers[box.members[0]];
  chosen = box || layer ? { box, layer } : null;
  const turned = panel.hidden === !!chosen;
  panel.hidden = !chosen;
  panel.replaceChildren();
  if (chosen) panel.append(closer(), ...(layer ? layerView(layer, box) : boxView(box)));
  panel.scrollTop = 0;
  if (turned) refresh(); // the panel takes room or gives it back
  if (turned && box) reveal(box);
}

function clear(mark) {
  for (const element of level.svg.querySelectorAll(`.${mark}`)) element.classList.remove(mark);
}

function chooseLayer(layer) {
  const box = level.homes.get(layer.index);
  choose(box, layer);
  if (box) reveal(box);
}

function closer() {
  const button = make("button", { className: "close", title: "Close (Esc)", textContent: "×" });
  button.setAttribute("aria-label", "Close details");
  button.onclick = close;
  return button;
}

function close() {
  const inside = panel.contains(document.activeElement);
  const box = chosen?.box;
  choose(null);
  if (inside) (box ? box.element : stage).focus();
}

// ---------------------------------------------------------------- search

let found = [], at = 0;

function search() {
  const wanted = query.value.trim().toLowerCase();
  found = wanted ? layers.filter((layer) => fits(layer, wanted)) : [];
  // A layer of just this name comes first, whatever else has it in its name.
  at = Math.max(0, found.findIndex((layer) => layer.name.toLowerCase() === wanted));
  mark();
  step(0);
}

// In a class the text begins a word: "add" is not for ZeroPadding2D.
function fits(layer, wanted) {
  if (layer.name.toLowerCase().includes(wanted)) return true;
  const kind = layer.kind.toLowerCase();
  for (const word of layer.kind.matchAll(/[^a-z]|^./g)) {
    if (kind.startsWith(wanted, word.index)) return true;
  }
  return false;
}

function mark() {
  clear("match");
  for (const layer of found) level.homes.get(layer.index)?.element.classList.add("match");
}

function step(by) {
  matches.textContent = query.value.trim() ? "0 matches" : "";
  if (!found.length) return;
  at = (at + by + found.length) % found.length;
  matches.textContent = `${count(at + 1)} of ${count(found.length)}`;
  const box = level.homes.get(found[at].index);
  choose(box, found[at]);
  if (box) centre(box);
}

// ---------------------------------------------------------------- details

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function link(text, action) {
  const button = make("button", { type: "button", className: "link", textContent: text });
  button.onclick = action;
  return button;
}

const count = (number) => BigInt(number).toLocaleString("en");
const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;
const shape = (sizes) =>
  `(${sizes.map((size) => size ?? "None").join(", ")}${sizes.length === 1 ? "," : ""})`;
const shapes = (list) => list.map((sizes) => make("div", {}, shape(sizes)));
const amount = (number, why) => (number === null ? `not counted: ${why}` : count(number));

function pairs(rows, className = "pairs") {
  const table = make("table", { className });
  for (const [key, ...values] of rows) {
    table.append(make("tr", {}, make("th", { scope: "row" }, key), make("td", {}, ...values)));
  }
  return table;
}

const numeric = ["params", "MACs", "size"];

function grid(head, rows) {
  const style = (column) => ({ className: numeric.includes(head[column]) ? "number" : "" });
  const cells = (tag, row) => row.map((value, column) => make(tag, style(column), value));
  const table = make("table", {}, make("tr", {}, ...cells("th", head)));
  for (const row of rows) table.append(make("tr", {}, ...cells("td", row)));
  return table;
}

function layerView(layer, box) {
  const view = [make("h2", {}, layer.name), make("p", {}, where(layer))];
  if (!box) {
    const only = link("See it at the layer level", () => show("layer"));
    view.push(make("p", {}, "This level does not draw it. ", only));
  } else if (box.members.length > 1) {
    const back = link(`“${box.title}”`, () => choose(box));
    const others = ` with ${plural(box.members.length - 1, "other layer")}. `;
    const alone = link("See it by itself", () => show("layer"));
    view.push(make("p", {}, "Drawn inside ", back, others, level.name === "layer" ? "" : alone));
  }
  return [make("section", {}, ...view, ...facts(layer))];
}

const where = (layer) => layer.kind + (layer.scope ? ` · in ${layer.scope}` : "");

function facts(layer) {
  return [...numbers(layer), ...configuration(layer), ...weights(layer), ...connections(layer)];
}

function numbers(layer) {
  const rows = [];
  for (const [inputs, outputs, times] of layer.calls) {
    if (inputs.length) rows.push(["input", ...shapes(inputs)]);
    rows.push(["output", ...shapes(outputs), times > 1 ? `in ${count(times)} calls` : ""]);
  }
  rows.push(["params", count(layer.params)], ["trainable params", count(layer.trainable)],
    ["MACs", amount(layer.macs, layer.why)], ["FLOPs", amount(layer.flops, layer.why)]);
  return [pairs(rows)];
}

function configuration(layer) {
  const [changed, defaults] = layer.config;
  const parts = [make("h3", {}, "Config")];
  parts.push(changed.length ? pairs(changed) : make("p", {}, "All arguments have their defaults."));
  if (defaults.length) {
    const title = make("summary", {}, `${plural(defaults.length, "argument")} at the default`);
    parts.push(make("details", {}, title, pairs(defaults)));
  }
  return parts;
}

function weights(layer) {
  if (!layer.weights.length) return [];
  const rows = layer.weights.map(([name, sizes, size, trainable]) =>
    [name, shape(sizes), trainable ? "yes" : "no", count(size)]);
  return [make("h3", {}, "Weights"), grid(["name", "shape", "trainable", "size"], rows)];
}

function connections(layer) {
  const row = (word, indices) => {
    const links = indices.map((index) =>
      make("div", {}, link(layers[index].name, () => chooseLayer(layers[index]))));
    return links.length ? [[word, ...links]] : [];
  };
  const rows = [...row("from", layer.inputs), ...row("to", layer.outputs)];
  return rows.length ? [make("h3", {}, "Connected"), pairs(rows, "links")] : [];
}

// A box of a few layers shows each in full, a larger one the sums and the list.
function boxView(box) {
  const members = box.members.map((index) => layers[index]);
  const head = [make("h2", {}, box.title), ...box.lines.map((line) => make("p", {}, line))];
  if (!members.length) return head;
  const repeats = box.repeats > 1 ? [["repeats", count(box.repeats)]] : [];
  head.push(pairs([...repeats, ["layers", count(members.length)],
    ["params", sum(members, "params")], ["trainable params", sum(members, "trainable")],
    ["MACs", sum(members, "macs")], ["FLOPs", sum(members, "flops")]]));
  if (members.length <= 4) {
    return [make("section", {}, ...head), ...members.map((layer) =>
      make("section", {}, make("h2", {}, link(layer.name, () => choose(box, layer))),
        make("p", {}, where(layer)), ...facts(layer)))];
  }
  return [...head, make("h3", {}, "Layers"), ...list(box, members)];
}

function sum(members, key) {
  const known = members.filter((layer) => layer[key] !== null);
  const total = count(known.reduce((total, layer) => total + BigInt(layer[key]), 0n));
  const missing = members.length - known.length;
  return missing ? `${total} + ${plural(missing, "layer")} not counted` : total;
}

function list(box, members, most = 500) {
  const row = (layer) => {
    const name = make("div", {}, link(layer.name, () => choose(box, layer)));
    name.append(make("div", { className: "kind" }, layer.kind));
    return [name, count(layer.params), layer.macs === null ? "?" : count(layer.macs)];
  };
  const table = grid(["layer", "params", "MACs"], members.slice(0, most).map(row));
  if (members.length <= most) return [table];
  const all = link(`Show all ${count(members.length)}`, () =>
    more.replaceWith(grid(["layer", "params", "MACs"], members.slice(most).map(row))));
  const more = make("p", {}, all);
  return [table, more];
}

// ---------------------------------------------------------------- pointer, wheel, keys

const pointers = new Map();
let dragged = false;

function grip() {
  const [a, b = a] = pointers.values();
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, span: Math.hypot(a.x - b.x, a.y - b.y) };
}

stage.addEventListener("pointerdown", (event) => {
  if (event.button || pointers.size > 1) return;
  if (!pointers.size) dragged = false;
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
});

addEventListener("pointermove", (event) => {
  const point = pointers.get(event.pointerId);
  if (!point) return;
  const slack = Math.hypot(event.clientX - point.x, event.clientY - point.y);
  if (!dragged && slack < 4) return; // a click may tremble
  if (!dragged) stage.setPointerCapture(event.pointerId);
  dragged = true;
  stage.classList.add("moving");
  const before = grip();
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  const after = grip(), outer = stage.getBoundingClientRect();
  pan(after.x - before.x, after.y - before.y);
  if (pointers.size > 1 && before.span > 0) {
    zoom(after.span / before.span, after.x - outer.left, after.y - outer.top);
  }
});

function release(event) {
  pointers.delete(event.pointerId);
  if (!pointers.size) stage.classList.remove("moving");
}
addEventListener("pointerup", release);
addEventListener("pointercancel", release);

stage.addEventListener("click", (event) => {
  const element = event.target.closest("[data-box]");
  if (element && !dragged) choose(element.box);
});

// A mouse wheel zooms; a touchpad scrolls, and pinches with what the browser calls Ctrl.
// They are told apart by the wheel's notches; one gesture keeps to what it began as.
let scrolling = false, last = -Infinity;
stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  if (event.timeStamp - last > 250) {
    const notch = event.deltaMode || (!event.deltaX && Math.abs(event.wheelDeltaY) % 120 === 0);
    scrolling = event.shiftKey || !notch;
  }
  last = event.timeStamp;
  const unit = event.deltaMode ? 32 : 1, dx = event.deltaX * unit, dy = event.deltaY * unit;
  if (event.ctrlKey || event.metaKey || !scrolling) {
    const outer = stage.getBoundingClientRect(), pinch = event.ctrlKey && Math.abs(dy) < 50;
    const speed = pinch ? 0.01 : 0.002;
    zoom(Math.exp(-dy * speed), event.clientX - outer.left, event.clientY - outer.top);
  } else if (event.shiftKey && !dx) pan(-dy, 0);
  else pan(-dx, -dy);
}, { passive: false });

stage.addEventListener("focusin", (event) => {
  if (event.target.box && event.target.matches(":focus-visible")) reveal(event.target.box);
});

const actions = {
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), "0": fit,
  "1": () => show("stage"), "2": () => show("block"), "3": () => show("layer"),
  "/": () => (query.focus(), query.select()), Escape: close,
};
const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === query) return;
  const box = event.target.box;
  if (box && (event.key === "Enter" || event.key === " ")) {
    choose(box);
    panel.focus();
  } else if (steps[event.key] && !panel.contains(event.target)) pan(...steps[event.key]);
  else if (actions[event.key]) actions[event.key]();
  else return;
  event.preventDefault();
});

query.addEventListener("input", search);
query.addEventListener("keydown", (event) => {
  const by = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by) step(by);
  else if (event.key === "Escape") {
    query.value = "";
    search();
    query.blur();
  } else return;
  event.preventDefault();
});

for (const button of document.querySelectorAll("[data-show]")) {
  button.onclick = () => show(button.dataset.show);
}
for (const button of document.querySelectorAll("[data-zoom]")) {
  button.onclick = { in: () => zoom(1.25), out: () => zoom(0.8), fit }[button.dataset.zoom];
}
addEventListener("resize", refresh);
show(data.level);
