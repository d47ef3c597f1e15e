/* Asks the daemon for its state once a second, and shows it. What the daemon says goes into the page as text
 * only: much of it was sent by strangers. */
"use strict";

const PERIOD = 1000;   // ms from one question to the next
const PATIENCE = 8000; // ms for an answer
const ROWS = 500;      // of a table that are shown
const WINDOW = 120;    // seconds that a curve shows
const MEAN = 10;       // seconds that a rate is the mean of
const NONE = "–";
const SVG = "http://www.w3.org/2000/svg";

// How grave a state is; in this order they are sorted.
const STATES = { failed: "bad", down: "bad", silent: "bad", waiting: "warn", new: "note", up: "ok", active: "ok" };
const ORDER = Object.keys(STATES);

let words = [];                                    // of the filter
let daemon = null, now = 0, answered = Date.now(); // what it said, and when by its clock and by ours
let trouble = "";                                  // why it does not answer
let histories = new Map();                         // by section; "" of all that is received

const by_id = id => document.getElementById(id);
const thousands = new Intl.NumberFormat("en-US");
const count = n => n === null ? NONE : thousands.format(n);
const ago = time => (now - Date.parse(time)) / 1000;
const hour = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const listed = (parts, by = ", ") => parts.filter(Boolean).join(by);
const spaced = name => name.replaceAll("_", " ");
const some = (n, what) => n ? `${count(n)}\xa0${what}` : "";
// So that 10.0.0.9 comes before 10.0.0.10.
const in_order = text => text.replace(/\d+/g, digits => digits.padStart(5, "0"));

// 12 s, 3 min 4 s, 4 h 12 min, 3 d 4 h
function duration(seconds) {
  let small = "", unit = "s", n = Math.max(0, Math.floor(seconds));
  for (const [size, bigger] of [[60, "min"], [60, "h"], [24, "d"]]) {
    if (n < size)
      break;
    small = n % size ? ` ${n % size}\xa0${unit}` : "";
    [n, unit] = [Math.floor(n / size), bigger];
  }
  return `${n}\xa0${unit}${small}`;
}

// 250 ms, 1.5 s, and as above
function brief(seconds) {
  return seconds < 0.9995 ? `${Math.round(seconds * 1000)} ms`
    : seconds < 10 ? `${Number(seconds.toFixed(1))} s` : duration(seconds);
}

function deviation(s) {
  return s === null ? NONE : ["−", "", "+"][1 + Math.sign(Math.round(s * 1000))] + brief(Math.abs(s));
}

function per_second(rate) {
  return rate === null ? NONE : rate < 100 ? rate.toFixed(1) : count(Math.round(rate));
}

function moment(text) {
  const time = new Date(text);
  return (day.format(time) === day.format() ? hour : day).format(time);
}

/* What a counter was at each full second of late, by the daemon's uptime: no step of a clock and no late answer bends
 * the curve. Between two answers it has grown evenly. */
class History {
  counts = new Float64Array(WINDOW + MEAN + 1);

  note(time, total) {
    const size = this.counts.length;
    if (!(time >= this.time && total >= this.total))
      this.first = Math.ceil(time);
    else
      for (let s = Math.max(Math.floor(this.time) + 1, Math.floor(time) - size); s <= time; s++)
        this.counts[s % size] = this.total + (total - this.total) * (s - this.time) / (time - this.time);
    this.time = time;
    this.total = total;
    this.last = Math.floor(time);
  }

  // Up to that second; null where nothing is known.
  rate(second = this.last) {
    const size = this.counts.length, span = Math.min(MEAN, second - this.first);
    return span < 1 ? null : (this.counts[second % size] - this.counts[(second - span) % size]) / span;
  }
}

const ROLES = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell" };

// With the roles that tables lose where they are shown as cards.
function make(tag, parent, name = "", role = ROLES[tag]) {
  const node = document.createElement(tag);
  put_class(node, name);
  if (role)
    node.setAttribute("role", role);
  parent?.append(node);
  return node;
}

// What stays the same is not touched, so that a selection survives.
function put(node, text) {
  if (!node.firstChild)
    node.append(text);
  else if (node.firstChild.data !== text)
    node.firstChild.data = text;
}

function put_class(node, name) {
  if (node.className !== name)
    node.className = name;
}

function draw(parent, history) {
  if (!parent.curve) {
    const svg = parent.appendChild(document.createElementNS(SVG, "svg"));
    for (const [key, value] of [["viewBox", "0 0 120 24"], ["preserveAspectRatio", "none"], ["aria-hidden", "true"]])
      svg.setAttribute(key, value);
    parent.curve = [0, 1].map(() => svg.appendChild(document.createElementNS(SVG, "path")));
  }
  const rates = [];
  for (let s = Math.max(history.last - WINDOW, history.first + 1); s <= history.last; s++)
    rates.push(history.rate(s));
  const most = Math.max(...rates) || 1, first = WINDOW + 1 - rates.length;
  const line = rates.map((rate, x) => `${first + x} ${Math.round(230 - 200 * rate / most) / 10}`).join("L");
  parent.curve[0].setAttribute("d", line && `M${line}V24H${first}Z`);
  parent.curve[1].setAttribute("d", line && `M${line}`);
}

/* A row for each item, the same one for as long as the item is there. Of a column: a key to sort by (null comes last),
 * the parts of the cell's text, its mood, its curve. */
class Table {
  items = [];
  rows = new Map();

  constructor(id, options) {
    Object.assign(this, options);
    const section = by_id(id);
    this.table = make("table", make("div", section, "box"));
    this.table.setAttribute("aria-label", id);
    this.remark = make("p", section);
    this.total = by_id(`${id}-count`);
    const head = make("tr", make("thead", this.table));
    this.body = make("tbody", this.table);
    for (const column of this.columns) {
      column.head = make("th", head, column.name, "columnheader");
      const button = make("button", column.head);
      put(button, column.title);
      button.onclick = () => this.sort_by(column);
    }
    this.sort_by(this.columns.find(column => column.first));
  }

  sort_by(column) {
    this.sign = this.sorted === column ? -this.sign : column.falling ? -1 : 1;
    this.sorted?.head.removeAttribute("aria-sort");
    this.sorted = column;
    column.head.setAttribute("aria-sort", this.sign < 0 ? "descending" : "ascending");
    this.show();
  }

  chosen() {
    const found = words.length ? this.items.filter(item => {
      const text = this.text(item).toLowerCase();
      return words.every(word => text.includes(word));
    }) : this.items;
    const order = (a, b) => (a > b) - (a < b);
    return found.map((item, index) => [this.sorted.key(item), item.address ? in_order(item.address) : index, item])
      .sort(([a, x], [b, y]) => (a === null) - (b === null) || this.sign * order(a, b) || order(x, y))
      .map(([, , item]) => item);
  }

  show() {
    const found = this.chosen(), shown = found.slice(0, ROWS), ids = new Set(shown.map(this.id));
    for (const [id, line] of this.rows)
      if (!ids.has(id)) {
        line.remove();
        this.rows.delete(id);
      }
    let at = this.body.firstChild;
    for (const item of shown) {
      const line = this.update(item);
      if (at?.nextSibling === line)
        at = line; // the one before has left its place: it alone is moved
      if (at === line)
        at = at.nextSibling;
      else
        this.body.insertBefore(line, at);
    }
    const more = found.length - shown.length, all = this.items.length;
    put(this.total, words.length ? `${count(found.length)} of ${count(all)}` : count(all));
    put(this.remark, more ? `${count(more)} more not shown: filter, or sort otherwise`
      : found.length ? "" : all ? "Nothing matches the filter" : this.empty);
    this.table.hidden = !found.length;
  }

  update(item) {
    const id = this.id(item), line = this.rows.get(id) ?? this.add(id);
    put_class(line, this.mood(item));
    this.columns.forEach((column, i) => {
      const cell = line.children[i];
      column.parts(item).forEach((text, part) => put(cell.children[part] ?? make("span", cell), text));
      put_class(cell, `${column.name} ${column.mood?.(item) ?? ""}`);
      if (column.curve)
        draw(cell, column.curve(item));
      if (column.hint)
        cell.title = cell.textContent;
    });
    return line;
  }

  add(id) {
    const line = make("tr");
    this.columns.forEach((column, i) => {
      const cell = i ? make("td", line) : make("th", line, "", "rowheader");
      cell.dataset.label = column.title;
    });
    this.rows.set(id, line);
    return line;
  }
}

const emits = s => s.kind === "emitter";
const endpoint = s => `${s.group.includes(":") ? `[${s.group}]` : s.group}:${s.port}`;
const sum = numbers => numbers.reduce((a, b) => a + b, 0);

// What was not handled or not sent, and why.
function note_drops(s) {
  const drops = Object.entries(s.counters).filter(([name, n]) => n && /^dropped_|_errors$|^beats_missed$/.test(name));
  s.drops = sum(drops.map(([, n]) => n));
  s.why_dropped = drops.map(([name, n]) => some(n, spaced(name.replace("dropped_", "")))).join("\n");
}

function acks_of(s) {
  if (!emits(s))
    return some(s.counters.acked, "sent") || NONE;
  const { known, last, expected } = s.acks, of = expected || known;
  return of ? `${count(last)} of ${count(of)}` : NONE;
}

const refusal = p => p.refused ? `refused: ${spaced(p.refused)}` : "";
const standing = item => `${item.state} ${STATES[item.state]}`;
const own = p => p.own ? "this host" : "";
const member = p => `${p.section} ${p.address} ${own(p)}`;

const words_of = (title, name, text) => ({ title, name, key: item => in_order(text(item)), parts: item => [text(item)] });
const falling = (title, key, text) => ({ title, name: "n", falling: true, key, parts: item => [text(key(item))] });
const number = (title, field) => ({ ...falling(title, item => item[field], count), mood: item => item[field] ? "" : "nil" });
const address = { ...words_of("Address", "address", p => p.address), parts: p => [p.address, listed([p.node, own(p)])] };
const section = words_of("Section", "name", p => p.section);
const state = { title: "State", name: "state", first: true, key: p => ORDER.indexOf(p.state), parts: p => [p.state] };

const groups = new Table("groups", {
  empty: "No sections",
  id: s => s.name,
  mood: standing,
  text: s => `${s.name} ${s.kind} ${endpoint(s)} ${s.interface} ${s.state} ${s.why}`,
  columns: [
    words_of("Section", "name", s => s.name),
    { ...state, parts: s => [s.state, duration(ago(s.since)), s.why] },
    words_of("Kind", "kind", s => s.kind),
    words_of("Group", "group", endpoint),
    words_of("Interface", "interface", s => s.interface || NONE),
    { ...falling("Datagrams/s", s => s.history.rate(), per_second), name: "n rate", curve: s => s.history },
    { ...number("Drops", "drops"), name: "n drops", parts: s => [count(s.drops), s.why_dropped] },
    { ...falling("Peers", s => s.peers ? s.peers.down * 1e6 + s.peers.up : null), name: "n pair",
      parts: ({ peers: p }) => p ? [`${count(p.up)}\xa0up`, some(p.down, "down"), some(p.new, "new")] : [NONE, "", ""] },
    { ...falling("Acks", s => emits(s) ? s.acks.last : s.counters.acked ?? 0), name: "n acks", parts: s => [acks_of(s)],
      mood: s => emits(s) && s.acks.last < s.acks.expected ? "few" : "" },
  ],
});

const peers = new Table("peers", {
  empty: "Nobody heard yet",
  id: member,
  mood: standing,
  text: p => `${member(p)} ${p.node ?? ""} ${p.state} ${refusal(p)} ${p.payload} ${p.clock_wrong ? "clock wrong" : ""}`,
  columns: [
    address,
    { ...state, parts: p => [p.state, "", refusal(p)] },
    section,
    falling("Last heard", p => Math.floor(p.silent_s), duration),
    { ...falling("Since", p => p.since, moment), falling: false },
    falling("Interval", p => p.interval_s, seconds => seconds === null ? NONE : brief(seconds)),
    number("Lost", "lost"),
    number("Reordered", "reordered"),
    number("Duplicates", "duplicates"),
    number("Restarts", "restarts"),
    { ...falling("Clock", p => p.clock_s && Math.abs(p.clock_s)), mood: p => p.clock_wrong ? "few" : "",
      parts: p => [deviation(p.clock_s), p.clock_wrong ? "wrong" : ""] },
    { ...words_of("Last payload", "payload", p => p.payload), hint: true },
  ],
});

const trip = (title, field) => falling(title, a => a.rtt_ms[field], ms => `${ms.toFixed(2)} ms`);

const acks = new Table("acks", {
  empty: "No acks yet",
  id: member,
  mood: a => a.missed_in_row ? "warn" : "ok",
  text: member,
  columns: [
    address,
    section,
    { ...number("Missing now", "missed_in_row"), first: true, mood: a => a.missed_in_row ? "few" : "nil" },
    number("Missed", "missed"),
    number("Acked", "acked"),
    falling("Last ack", a => Math.floor(ago(a.last_acked)), duration),
    trip("Round trip", "last"), trip("Least", "min"), trip("Mean", "mean"), trip("Most", "max"),
  ],
});

// How grave, in a word, in a sentence.
function verdict() {
  if (trouble)
    return ["bad", "No answer", `since ${hour.format(answered)}: ${trouble}`];
  const d = daemon, { down } = d.peers;
  const said = listed([d.unwell, d.worst === d.unwell ? "" : d.worst, some(down, down > 1 ? "peers are down" : "peer is down"),
    some(d.clocks_wrong, d.clocks_wrong > 1 ? "clocks are wrong" : "clock is wrong"),
    some(d.refusing, d.refusing > 1 ? "receivers refuse all that they hear" : "receiver refuses all that it hears"),
    d.full ? "no place for more peers" : "", d.remark], "; ");
  return d.healthy ? said ? ["warn", "Attention", said] : ["ok", "Healthy", ""] : ["bad", "Unwell", said];
}

const totals = {};

function total(title, text, less = "", mood = "") {
  let one = totals[title];
  if (!one) {
    one = totals[title] = make("div", by_id("totals"));
    put(make("dt", one), title);
    make("dd", one);
    make("dd", one);
  }
  put(one.children[1], text);
  put(one.children[2], less);
  put_class(one, mood);
  return one;
}

function show_headline() {
  const d = daemon, [mood, word, said] = verdict();
  put_class(document.body, mood + (trouble ? " stale" : ""));
  put(by_id("word"), word);
  put(by_id("said"), said);
  put(by_id("age"), trouble && d ? `What stands here is ${duration((Date.now() - answered) / 1000)} old.` : "");
  document.title = listed([word, d?.node, "mcastd"], " - ");
  if (!d)
    return;
  put(by_id("node"), d.node);
  put(by_id("about"), `mcastd ${d.version}, ${d.config}`);
  total("Uptime", duration(d.uptime_s));
  total("Receivers", `${count(d.joined)} joined`, listed(["failed", "silent", "waiting"].map(name => some(d[name], name))),
    d.healthy ? "warn" : "bad");
  total("Emitters", `${count(d.emitting)} sending`);
  total("Peers", `${count(d.peers.up)} up`, listed(["down", "new"].map(name => some(d.peers[name], name))),
    d.peers.down ? "bad" : "");
  total("Drops", count(sum(groups.items.map(s => s.drops))));
  const all = histories.get("");
  draw(total("Received", `${per_second(all.rate())} /s`, `${count(d.received)} in all`), all);
}

function show_all() {
  for (const table of [groups, peers, acks])
    table.show();
}

async function get(address) {
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok)
    throw { said: `it says ${answer.status} ${answer.statusText}` };
  return answer.json();
}

// The whole state, page by page.
async function ask() {
  const all = { sections: [], peers: [], acks: [] };
  let after = null;
  do {
    const page = await get("status.json" + (after === null ? "" : `?after=${encodeURIComponent(after)}`));
    if (page.version !== 1)
      throw { said: "it speaks another version: load this page again" };
    for (const s of page.sections)
      s.uptime = page.daemon.uptime_s;
    for (const list of ["sections", "peers", "acks"])
      all[list].push(...page[list]);
    all.page ??= page;
    after = page.next;
  } while (after !== null);
  return all;
}

function take({ page, sections, ...items }) {
  const known = daemon?.boot === page.daemon.boot ? histories : new Map();
  daemon = page.daemon;
  now = Date.parse(page.now);
  answered = Date.now();
  histories = new Map();
  const note = (name, time, total) => {
    const history = known.get(name) ?? new History();
    history.note(time, total);
    histories.set(name, history);
    return history;
  };
  note("", daemon.uptime_s, daemon.received);
  sections.forEach(note_drops);
  for (const s of sections)
    s.history = note(s.name, s.uptime, s.counters[emits(s) ? "sent" : "received"]);
  groups.items = sections;
  peers.items = items.peers;
  acks.items = items.acks;
}

const TROUBLES = { TimeoutError: "it takes too long", SyntaxError: "its answer makes no sense" };
let asking = false, timer = 0;

// One question at a time, and while nobody looks none. It rests at least for as long as an answer takes.
async function turn() {
  const began = performance.now();
  asking = true;
  try {
    const all = await ask().catch(error => {
      trouble = error.said ?? TROUBLES[error.name] ?? "nobody listens";
    });
    if (all) {
      trouble = "";
      take(all);
      show_all();
    }
    show_headline();
  } finally {
    asking = false;
    const took = performance.now() - began;
    plan(Math.max(PERIOD - took, took));
  }
}

function plan(wait) {
  clearTimeout(timer);
  if (!asking && !document.hidden)
    timer = setTimeout(turn, wait);
}

const filter = by_id("filter");

filter.oninput = () => {
  words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  show_all();
};

document.addEventListener("visibilitychange", () => plan(0));
document.addEventListener("keydown", event => {
  if (event.key === "/" && event.target !== filter && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    filter.focus();
    filter.select();
  } else if (event.key === "Escape") {
    event.preventDefault();
    if (!filter.value)
      filter.blur();
    filter.value = "";
    filter.oninput();
  }
});

turn();
