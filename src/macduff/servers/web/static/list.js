// The live list of devices: name, state and health, over the websocket. Rows that cannot be seen are not subscribed.

const ICONS = ["●", "▲", "◆", "✕"]; // alarm severities none, minor, major, invalid: a shape each, not a colour alone
const WORDS = ["", "minor alarm", "major alarm", "invalid"];
const AT_REST = new Set(["Idle", "Ready", "Paused", "Aborted", "Fault"]);
const SEVERITY = { Aborted: 1, Fault: 2 };

const body = document.getElementById("devices");
const summary = document.getElementById("summary");
const filter = document.getElementById("filter");
const empty = document.getElementById("empty");

const rows = new Map(); // name -> row
let link = null; // the open connection
let wait = 250; // ms before the next attempt

class Link {
  constructor() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}${new URL("ws", location.href).pathname}`, ["macduff.1"]);
    this.next = 0;
    this.handlers = new Map(); // id -> what to do with a value, or with null when there will be no more
    this.socket.onopen = () => { wait = 250; listDevices(this); };
    this.socket.onmessage = (event) => [JSON.parse(event.data)].flat().forEach((message) => this.receive(message));
    this.socket.onclose = () => disconnected();
  }

  receive(message) {
    const handler = this.handlers.get(message.id);
    if (!handler) return;
    if (message.typeid === "malcolm:core/Update:1.0") handler(message.value);
    else { this.handlers.delete(message.id); handler(null); }
  }

  subscribe(path, handler) {
    const id = this.next++;
    this.handlers.set(id, handler);
    this.send({ typeid: "malcolm:core/Subscribe:1.0", id, path });
    return id;
  }

  unsubscribe(id) {
    if (!this.handlers.delete(id)) return; // it has ended by itself
    this.send({ typeid: "malcolm:core/Unsubscribe:1.0", id });
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const row = rows.get(entry.target.dataset.name);
    if (row && row.element === entry.target) { row.visible = entry.isIntersecting; follow(row); }
  }
}, { rootMargin: "400px" });

function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function newRow(name, label) {
  const row = {
    name, text: `${name} ${label}`.toLowerCase(), visible: false, ids: [],
    element: element("tr"), state: element("td", "unknown", "…"), health: element("td", "unknown", "…"),
  };
  row.element.dataset.name = name;
  const first = element("td");
  const anchor = element("a", "", name);
  anchor.href = `api/${encodeURIComponent(name)}`;
  first.append(anchor);
  if (!name.endsWith(label)) first.append(element("span", "label", label));
  row.element.append(first, row.state, row.health);
  seen.observe(row.element);
  return row;
}

function follow(row) {
  const wanted = row.visible && link !== null && !row.element.hidden;
  if (wanted && row.ids.length === 0) {
    row.ids = [["state", showState], ["health", showHealth]].map(([member, show]) =>
      link.subscribe([row.name, member], (value) => { if (value === null) ended(row); else show(row, value); }));
  } else if (!wanted && row.ids.length) {
    if (link !== null) row.ids.forEach((id) => link.unsubscribe(id));
    row.ids = [];
  }
}

// The device is gone. One of the same name may come at once, so quickly that the list never showed it gone.
function ended(row) {
  if (link !== null) row.ids.forEach((id) => link.unsubscribe(id));
  row.ids = [];
  setTimeout(() => { if (rows.get(row.name) === row) follow(row); }, 1000);
}

function showState(row, attribute) {
  const severity = SEVERITY[attribute.value] ?? 0;
  row.state.textContent = attribute.value;
  row.state.className = severity ? `s${severity}` : AT_REST.has(attribute.value) ? "" : "active";
}

function showHealth(row, attribute) {
  const severity = attribute.alarm.severity;
  const icon = element("span", "icon", ICONS[severity] ?? ICONS[3]);
  icon.setAttribute("aria-hidden", "true");
  row.health.className = `s${severity}`;
  row.health.title = WORDS[severity] ?? "";
  row.health.replaceChildren(icon, attribute.value);
}

function listDevices(connection) {
  link = connection;
  connection.subscribe([".", "blocks", "value"], (table) => {
    if (table === null) return;
    document.body.classList.remove("away");
    const labels = new Map(table.mri.map((name, index) => [name, table.label[index]]));
    for (const [name, row] of rows) if (!labels.has(name)) forget(row);
    for (const [name, label] of labels) {
      if (!rows.has(name)) rows.set(name, newRow(name, label));
    }
    body.append(...[...labels.keys()].map((name) => rows.get(name).element)); // in the server's order
    applyFilter();
  });
}

function forget(row) {
  seen.unobserve(row.element);
  row.visible = false;
  follow(row);
  row.element.remove();
  rows.delete(row.name);
}

function applyFilter() {
  const text = filter.value.trim().toLowerCase();
  let shown = 0;
  for (const row of rows.values()) {
    row.element.hidden = !row.text.includes(text);
    shown += row.element.hidden ? 0 : 1;
    follow(row);
  }
  empty.hidden = shown !== 0;
  const total = `${rows.size} device${rows.size === 1 ? "" : "s"}`;
  summary.textContent = text ? `${shown} of ${total}` : total;
}

function disconnected() {
  link = null;
  for (const row of rows.values()) row.ids = [];
  document.body.classList.add("away");
  summary.textContent = "disconnected; trying again …";
  setTimeout(() => new Link(), wait);
  wait = Math.min(wait * 2, 5000);
}

filter.addEventListener("input", applyFilter);
new Link();
