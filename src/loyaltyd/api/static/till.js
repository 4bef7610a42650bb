// The cashier page: shows what the daemon's events say. Every text reaches the page as text, never as markup.
// No card number in full does: an event's handle asks for the card, and the answer has it masked.

const CARD_SHOWN_S = 180; // longer than most receipts; Escape is quicker
const REFUSAL_SHOWN_S = 20; // after that it stays in the footer
const MISREAD_SHOWN_S = 10;
const MISREAD = new Set(["read_garbled", "read_incomplete"]);
const RECONNECT_S = 1;
const TEXT_SIZES = 3;
const WALLETS_MAX = 4; // what fits a small screen; the till program shows them all
const EXPIRING_MAX = 2;
const COUNTED_DAYS_MAX = 14; // further than that a date says more
const RENEWED_S = 3600; // the page's cookie holds a day

const root = document.documentElement;
const words = JSON.parse(root.dataset.words);
const wallets = JSON.parse(root.dataset.wallets);
const element = (id) => document.getElementById(id);

const readers = new Map(); // name → whether it is up
const misread = new Map(); // name → the timer that forgets a misread
let changes = 0; // of readers, while their states were asked for
let online = null; // null: not known yet
let shown = { state: "waiting" }; // or {state: "card", read, view}, {state: "refusal", refusal}
let lastRefusal = JSON.parse(sessionStorage.getItem("lastRefusal"));
let clearing = 0;
let stream;

const word = (key) => words[root.lang][key];
const filled = (text, names) => text.replace(/\{(\w+)\}/g, (_, name) => names[name] ?? "…");

function made(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.textContent = text;
  return node;
}

// Amounts are decimal strings: grouped as people write them, never made a binary number.
function amount(text) {
  const [whole, fraction] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, root.lang === "ru" ? "\u00a0" : ",");
  return fraction === undefined ? grouped : grouped + (root.lang === "ru" ? "," : ".") + fraction;
}

const isZero = (text) => !/[1-9]/.test(text ?? "0");

function until(on) {
  const timeZone = root.dataset.timezone;
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone }).format(new Date()); // 2026-12-05
  const days = Math.round((Date.parse(on) - Date.parse(today)) / 86_400_000);
  if (days <= 0) return word("today");
  if (days === 1) return word("tomorrow");
  if (days <= COUNTED_DAYS_MAX) return filled(word("in_days")[new Intl.PluralRules(root.lang).select(days)], { count: days });
  const date = new Intl.DateTimeFormat(root.lang, { day: "numeric", month: "short", timeZone: "UTC" });
  return filled(word("on_date"), { date: date.format(Date.parse(on)) });
}

// ── What is on the screen ──

function show(next, forSeconds) {
  clearTimeout(clearing);
  shown = next;
  if (forSeconds) clearing = setTimeout(() => show({ state: "waiting" }), forSeconds * 1000);
  draw();
}

function draw() {
  document.body.dataset.state = shown.state;
  for (const state of ["waiting", "card", "refusal"]) element(state).hidden = shown.state !== state;
  if (shown.state === "card") drawCard(shown);
  if (shown.state === "refusal") element("refusal").querySelector(".big").textContent = sentence(shown.refusal);
}

function drawCard({ view }) {
  element("name").firstElementChild.textContent = view ? headline(view) : word("loading");
  const barred = ["blocked", "replaced"].includes(view?.status);
  say("blocked", barred && word(`status_${view.status}`));
  say("tier", !barred && view?.tier);
  say("next-tier", view && !barred && nextTier(view));
  say("kind", view && (word(`kind_${view.kind}`) ?? word("kind_other")));
  say("number", view?.number);
  drawWallets(view ? Object.entries(view.wallets) : []);
}

function headline({ holder, status }) {
  return holder || word(status === "new" ? "new_card" : "no_name");
}

function say(id, text) {
  element(id).textContent = text || "";
  element(id).hidden = !text;
}

function nextTier({ status, tier, next_tier: next }) {
  if (status === "new") return word("status_new");
  if (next) return filled(word("next_tier"), { amount: amount(next.missing), tier: next.id });
  return tier ? word("top_tier") : "";
}

function drawWallets(held) {
  const holds = ([, wallet]) => [wallet.available, wallet.pending, wallet.reserved, wallet.debt].some((sum) => !isZero(sum));
  const worth = held.length > 1 && held.some(holds) ? held.filter(holds) : held;
  const tiles = worth.slice(0, WALLETS_MAX).map(([id, wallet]) => tile(wallets[root.lang][id] ?? id, wallet));
  element("wallets").dataset.count = String(tiles.length);
  element("wallets").replaceChildren(...tiles);
}

function tile(name, { available, expiring, ...sums }) {
  const more = made("div", "more", "");
  const add = (key) => {
    if (!isZero(sums[key])) more.append(made("p", key, filled(word(key), { amount: amount(sums[key]) })));
  };
  add("debt");
  for (const lot of expiring.slice(0, EXPIRING_MAX)) {
    const names = { amount: amount(lot.amount), when: until(lot.on) };
    more.append(made("p", "expiring", filled(word("expiring"), names)));
  }
  if (!isZero(sums.rewards)) {
    const form = new Intl.PluralRules(root.lang).select(Number(sums.rewards));
    more.append(made("p", "rewards", filled(word("rewards")[form], { count: sums.rewards })));
  }
  add("pending");
  add("reserved");
  const held = made("div", "", "");
  held.append(made("h2", "", name), made("p", "sum", amount(available)));
  const item = made("li", "", "");
  item.append(held, more);
  return item;
}

const sentence = ({ reason, detail }) => word(`refused_${reason}`) ?? detail ?? word("no_details");

function drawFrame() {
  root.dataset.text = localStorage.getItem("text") ?? "1";
  document.title = word("title");
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", word(node.dataset.label));
  drawReaders();
  drawLine();
  drawLast();
}

function drawReaders() {
  const lights = [...readers].map(([name, up]) => {
    const state = up && misread.has(name) ? "garbled" : up ? "up" : "down";
    const light = made("li", "", "");
    light.dataset.state = state;
    light.append(made("b", "", name), made("span", "", word(`reader_${state}`)));
    return light;
  });
  const none = made("li", "quiet", word(online === null ? "loading" : "no_readers"));
  element("readers").replaceChildren(...(lights.length ? lights : [none]));
}

function drawLine() {
  const key = online === null ? "connecting" : online ? "online" : "offline";
  element("line").dataset.up = String(online !== false);
  element("line").textContent = word(key);
}

function drawLast() {
  const [label, text] = element("last").children;
  label.textContent = word(lastRefusal ? "last_refusal" : "no_refusal");
  text.textContent = lastRefusal ? `${lastRefusal.time}  ${sentence(lastRefusal)}` : "";
}

// ── What the daemon says ──

async function cardRead({ read }) {
  const turn = { state: "card", read };
  show(turn, CARD_SHOWN_S);
  const answer = await asked(`/v1/cards/${encodeURIComponent(read)}`);
  if (shown !== turn) return; // another card came, or the cashier cleared this one
  if (answer.ok) show({ ...turn, view: answer.body }, CARD_SHOWN_S);
  else refused(answer.body);
}

async function receiptConfirmed() {
  const turn = shown;
  if (turn.state !== "card") return;
  const answer = await asked(`/v1/cards/${encodeURIComponent(turn.read)}`);
  if (shown === turn && answer.ok) show({ ...turn, view: answer.body }, CARD_SHOWN_S);
}

function refused({ reason, detail, reader }) {
  const time = new Date().toLocaleTimeString(root.lang, { timeZone: root.dataset.timezone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  lastRefusal = { reason, detail, time };
  sessionStorage.setItem("lastRefusal", JSON.stringify(lastRefusal));
  if (reader && MISREAD.has(reason)) noteMisread(reader);
  drawLast();
  show({ state: "refusal", refusal: lastRefusal }, REFUSAL_SHOWN_S);
}

function noteMisread(reader) {
  clearTimeout(misread.get(reader));
  misread.set(reader, setTimeout(() => { misread.delete(reader); drawReaders(); }, MISREAD_SHOWN_S * 1000));
  drawReaders();
}

function light(reader, up) {
  changes += 1;
  readers.set(reader, up);
  drawReaders();
}

async function asked(path) {
  try {
    const response = await fetch(path, { headers: { accept: "application/json" } });
    return { ok: response.ok, status: response.status, body: await response.json() };
  } catch {
    return { ok: false, status: 0, body: {} };
  }
}

async function lineUp(up) {
  online = up;
  drawLine();
  if (!up) return;
  const before = changes;
  const status = await asked("/v1/status");
  if (status.status === 401 || status.status === 403) return location.reload(); // which asks to sign in
  if (!status.ok) return;
  if (changes !== before) return lineUp(true); // the answer may be older than what was heard since
  readers.clear();
  for (const reader of status.body.readers) readers.set(reader.name, reader.up);
  drawReaders();
}

function listen() {
  stream = new EventSource("/v1/events");
  const on = (kind, act) => stream.addEventListener(kind, (event) => act(JSON.parse(event.data)));
  stream.addEventListener("open", () => lineUp(true));
  stream.addEventListener("error", () => {
    lineUp(false);
    // The browser comes back by itself, with Last-Event-ID, unless it was answered with an error.
    if (stream.readyState === EventSource.CLOSED) setTimeout(relisten, RECONNECT_S * 1000);
  });
  on("card_read", cardRead);
  on("card_refused", refused);
  on("receipt_confirmed", receiptConfirmed);
  on("reader_up", ({ reader }) => light(reader, true));
  on("reader_down", ({ reader }) => light(reader, false));
  on("program_changed", () => location.reload()); // its wallets may have other names
}

async function relisten() {
  const status = await asked("/v1/status");
  if (status.status === 401 || status.status === 403) location.reload();
  else listen();
}

// ── What the cashier does ──

function changeLanguage() {
  const languages = Object.keys(words);
  root.lang = languages[(languages.indexOf(root.lang) + 1) % languages.length];
  history.replaceState(null, "", `?lang=${root.lang}`);
  drawFrame();
  draw();
}

function changeText() {
  localStorage.setItem("text", String((Number(root.dataset.text) % TEXT_SIZES) + 1));
  drawFrame();
}

const keys = { Escape: () => show({ state: "waiting" }), KeyL: changeLanguage, KeyT: changeText };
for (const [id, code] of [["clear", "Escape"], ["language", "KeyL"], ["size", "KeyT"]]) {
  element(id).addEventListener("click", keys[code]);
}
document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.repeat;
  if (plain && keys[event.code]) keys[event.code](); // by place: L is L on a Russian keyboard too
});

setInterval(() => fetch(location.pathname).catch(() => {}), RENEWED_S * 1000);
if (new URL(location).searchParams.has("code")) history.replaceState(null, "", `?lang=${root.lang}`); // used up
drawFrame();
draw();
listen();
