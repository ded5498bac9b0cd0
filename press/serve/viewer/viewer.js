// The viewer of `makebook serve`: shows the built files and updates them after each rebuild, without
// moving the author's place in them. It uses no library and sends no request to another server.
"use strict";

const $ = (id) => document.getElementById(id);
const main = $("main"), pages = $("pages"), frames = $("frames");
const VIEWS = { print: "Print", book: "E-book", web: "Web page" };
const DEVICES = { tablet: "Tablet", phone: "Phone", dark: "Dark" };
const kept = JSON.parse(sessionStorage.getItem("makebook") || "{}");
const chosen = { article: "", imprint: null, view: "print", edition: "", device: "", chapter: {},
                 scroll: {}, ...kept };
let state = null;        // the last message of the server
let shown = "";          // the view on screen: a key of `scroll`
let version = "";        // the hash of the file on screen
let dismissed = "";      // the list of problems that the author closed
let source = null, tries = 0;

// The built files

const issue = () => state.issues[chosen.imprint] || [];
const article = () => issue().find((a) => a.name === chosen.article) || issue()[0];
const filesOf = (format) => (article() ? article().files.filter((f) => f.format === format) : []);
const label = (f) => `${f.edition}${f.part ? `, ${f.part}` : ""}`;
const path = (file) => (chosen.imprint ? `${chosen.imprint}/` : "") + file.name;
const address = (file) => path(file).split("/").map(encodeURIComponent).join("/");
const newest = (file) => (file.early ? file.early.version : file.sha256);

function prints() {
  const order = article() ? article().editions : [];
  const place = (f) => order.indexOf(f.edition) * 2 + (f.part ? 1 : 0);
  return filesOf("pdf").sort((a, b) => place(a) - place(b));
}

// The chosen view; as long as it has no files, the first view that has some.
function view() {
  const has = { print: "pdf", book: "epub", web: "html" };
  if (filesOf(has[chosen.view]).length) return chosen.view;
  return Object.keys(has).find((key) => filesOf(has[key]).length) || chosen.view;
}

function file() {
  if (view() === "print") {
    return prints().find((f) => label(f) === chosen.edition) || prints()[0];
  }
  return filesOf(view() === "book" ? "epub" : "html")[0];
}

// The toolbar

function options(select, entries, value) {
  const now = JSON.stringify(entries);
  if (select.dataset.entries !== now) {
    select.dataset.entries = now;
    select.replaceChildren(...entries.map(([v, text]) => new Option(text, v)));
  }
  select.value = value;
  select.parentElement.hidden = entries.length < 2;
}

function buttons(group, entries, value, choose) {
  if (group.dataset.entries !== Object.keys(entries).join()) {
    group.dataset.entries = Object.keys(entries).join();
    group.replaceChildren(...Object.entries(entries).map(([key, text]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.value = key;
      button.addEventListener("click", () => choose(key));
      return button;
    }));
  }
  for (const button of group.children) button.setAttribute("aria-pressed", button.value === value);
}

function bar() {
  options($("article"), issue().map((a) => [a.name, a.title]), article() ? article().name : "");
  const imprints = Object.keys(state.issues).concat(state.imprints, [""]);
  options($("imprint"), [...new Set(imprints)].sort().map((n) => [n, n || "none"]), chosen.imprint);
  const has = { print: prints().length, book: filesOf("epub").length, web: filesOf("html").length };
  const views = Object.fromEntries(Object.entries(VIEWS).filter(([key]) => has[key]));
  buttons($("views"), views, view(), (key) => choose({ view: key }));
  options($("edition"), prints().map((f) => [label(f), label(f)]), file() ? label(file()) : "");
  $("edition-label").hidden ||= view() !== "print";
  $("chapter-label").hidden ||= view() !== "book";
  $("devices").hidden = view() === "print" || !file();
  const first = view() === "web" ? { wide: "Wide" } : {};
  const devices = { ...first, ...DEVICES };
  buttons($("devices"), devices, device(), (key) => choose({ device: key }));
  $("open").hidden = !file();
  if (file()) $("open").href = `/file/${address(file())}`;
  const early = file() && file().early;
  $("status").textContent = state.building ? (early ? "Preview, not yet proved…" : "Building…") :
    state.failed ? "Build failed" : `Up to date, ${state.time}`;
  document.title = `${state.failed ? "✕ " : ""}${article() ? article().title : "makebook"}`;
}

function device() {
  if (view() === "web") return chosen.device || "wide";
  return chosen.device in DEVICES ? chosen.device : "phone";
}

function choose(change) {
  keepScroll();
  Object.assign(chosen, change);
  save();
  if ("imprint" in change || "article" in change) connect();
  show();
}

function save() {
  sessionStorage.setItem("makebook", JSON.stringify(chosen));
}

// The author's place in the text

const frame = () => frames.querySelector("iframe:not(.next)");

function keepScroll() {
  if (!shown) return;
  const inside = frame() && frame().contentWindow;
  chosen.scroll[shown] = frames.hidden ? main.scrollTop : inside ? inside.scrollY : 0;
}

function key() {
  const what = { print: file() && label(file()), book: `${device()}:${chapter()}`, web: device() };
  return [chosen.imprint, article() && article().name, view(), what[view()]].join("|");
}

// Pages of a PDF

const near = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    entry.target.near = entry.isIntersecting;
    if (entry.isIntersecting) draw(entry.target);
  }
}, { root: main, rootMargin: "900px 0px" });

function draw(box) {
  const across = Math.ceil((box.clientWidth * devicePixelRatio) / 100) * 100;
  const src = `${box.dataset.src}&width=${across}`;
  if (!across || box.wanted === src) return;
  box.wanted = src;
  const picture = new Image();
  picture.alt = "";
  picture.src = src;
  picture.decode().then(
    () => {
      if (box.wanted !== src) return;
      box.querySelectorAll("img").forEach((old) => old.remove());
      box.prepend(picture);
    },
    () => {
      if (box.wanted !== src) return;
      box.wanted = "";
      setTimeout(() => { if (box.near) draw(box); }, 1000);  // it did not come: ask again
    });
}

function layPages(sizes, again) {
  while (pages.children.length > sizes.length) pages.lastChild.remove();
  sizes.forEach(([wide, high], number) => {
    let box = pages.children[number];
    if (!box) {
      box = document.createElement("div");
      box.className = "page";
      box.role = "img";
      box.append(document.createElement("span"));
      pages.append(box);
      near.observe(box);
    }
    if (!again) {
      box.querySelectorAll("img").forEach((old) => old.remove());
      box.wanted = "";
    }
    box.style.setProperty("--wide", `${(wide * 96) / 72}px`);
    box.style.aspectRatio = `${wide} / ${high}`;
    box.ariaLabel = `Page ${number + 1} of ${sizes.length}`;
    box.lastChild.textContent = `${number + 1} / ${sizes.length}`;
  });
}

async function showPages(file, again) {
  const name = address(file), hash = newest(file), early = file.early;
  if (!(again && early)) {  // an early version keeps the page boxes of the one before
    const answer = await fetch(`/sizes/${name}?v=${hash}`).catch(() => null);
    if (version !== hash) return;
    if (!answer || !answer.ok) return soon();
    const sizes = await answer.json();
    if (version !== hash) return;
    layPages(sizes, again);
  }
  [...pages.children].forEach((box, number) => {
    const newer = early && number >= early.first && number < early.first + early.pages;
    box.dataset.src = `/page/${name}?page=${number}&v=${newer ? hash : file.sha256}`;
  });
  if (!again) main.scrollTop = chosen.scroll[shown] || 0;
  const middle = main.getBoundingClientRect().height / 2;
  const far = (box) => Math.abs(box.getBoundingClientRect().top + box.clientHeight / 2 - middle);
  const close = (box) => far(box) < 900 + middle + box.clientHeight / 2;
  [...pages.children].filter(close).sort((a, b) => far(a) - far(b)).forEach(draw);
  tell();
}

// Report the visible pages to the server, so that it rebuilds them first.

let lastTold = "", telling = 0;

function tell() {
  if (!state || !file()) return;
  const high = main.getBoundingClientRect();
  const seen = [...pages.children].map((box) => box.getBoundingClientRect())
    .flatMap((box, n) => (box.bottom > high.top && box.top < high.bottom ? [n] : []));
  const query = new URLSearchParams({
    article: chosen.article, imprint: chosen.imprint, view: view(),
    edition: view() === "print" && !file().part ? file().edition : "",
    first: Math.min(...seen, 1e6) % 1e6, last: Math.max(...seen, 0),
  }).toString();
  if (query === lastTold) return;
  lastTold = query;
  fetch(`/looking?${query}`).catch(() => { lastTold = ""; });
}

function tellSoon() {
  clearTimeout(telling);
  telling = setTimeout(tell, 100);
}

// Chapters of an e-book, and the web page

const books = {};        // hash of an e-book -> its chapters
const chapter = () => {
  const found = (file() && books[newest(file())]) || [];
  const name = chosen.chapter[chosen.article] || "";
  return (found.find((c) => c.path === name) || found[0] || { path: "" }).path;
};

async function showBook(file) {
  const hash = newest(file);
  if (!books[hash]) {
    const answer = await fetch(`/chapters/${address(file)}?v=${hash}`).catch(() => null);
    if (!answer || !answer.ok) return version === hash && soon();
    const found = await answer.json();
    for (const old of Object.keys(books)) delete books[old];
    books[hash] = found;
    if (version !== hash) return;
    shown = key();
  }
  options($("chapter"), books[hash].map((c) => [c.path, c.title]), chapter());
  const inside = chapter().split("/").map(encodeURIComponent).join("/");
  load(`/book/${hash}/${address(file)}/${inside}`);
}

function load(src) {
  frames.className = device();
  frames.querySelectorAll("iframe.next").forEach((old) => old.remove());
  const next = document.createElement("iframe"), where = shown;
  next.className = "next";
  next.title = $("views").querySelector("[aria-pressed=true]").textContent;
  next.setAttribute("sandbox", "allow-same-origin");  // no scripts
  next.style.colorScheme = device() === "dark" ? "dark" : "light";
  next.addEventListener("load", () => {
    if (!next.isConnected || !next.classList.contains("next")) return;
    const inside = next.contentDocument;
    if (!inside || inside.contentType === "text/plain") {  // no answer, or a refusal
      next.remove();
      return soon();
    }
    if (view() === "book" && device() === "dark") darken(inside);
    const now = frame();
    if (now && now.dataset.where === where) keepScroll();
    next.contentWindow.scrollTo(0, chosen.scroll[where] || 0);
    next.classList.remove("next");
    if (now) now.remove();
    inside.addEventListener("click", follow);
  });
  next.dataset.where = where;
  next.src = src;
  frames.append(next);
}

// Imitate the night mode of a reading app, which sets its own background and text colors.
function darken(inside) {
  const style = inside.createElementNS("http://www.w3.org/1999/xhtml", "style");
  style.textContent = `html { background: #121212 !important; color-scheme: dark; }
    body, body *:not(img, svg, svg *) { background-color: transparent !important;
      color: #e3e3e3 !important; border-color: #6a6a6a !important; }
    body a, body a * { color: #9cc9ff !important; }`;
  (inside.head || inside.documentElement).append(style);
}

// A link to another chapter opens it here; a link to another site or file opens a new tab.
function follow(event) {
  const link = event.target.closest && event.target.closest("a[href]");
  if (!link) return;
  const to = new URL(link.href, link.baseURI);
  if (to.origin !== location.origin) {
    event.preventDefault();
    window.open(to.href, "_blank", "noopener");
    return;
  }
  const [, inside] = decodeURIComponent(to.pathname).split(".epub/");
  if (to.pathname.startsWith("/file/") && to.pathname !== new URL(link.baseURI).pathname) {
    event.preventDefault();
    window.open(to.pathname, "_blank", "noopener");
  } else if (inside && inside !== chapter()) {
    event.preventDefault();
    chosen.chapter[chosen.article] = inside;
    choose({});
    if (to.hash) frames.lastChild.addEventListener("load", (done) => {
      const target = done.target.contentDocument.getElementById(to.hash.slice(1));
      if (target) target.scrollIntoView();
    });
  }
}

// Ask again for a file that did not come; the view before it stays meanwhile.
let asking = 0;

function soon() {
  version = "";
  clearTimeout(asking);
  asking = setTimeout(show, 1000);
}

function show() {
  if (!state) return;
  if (!article() || article().name !== chosen.article) {
    chosen.article = article() ? article().name : chosen.article;
  }
  bar();
  const what = file(), place = what ? key() : "";
  $("empty").hidden = Boolean(what);
  pages.hidden = !what || view() !== "print";
  frames.hidden = !what || view() === "print";
  if (!what || (place === shown && newest(what) === version)) return;
  const again = place === shown;
  if (!again && view() !== "print") frames.replaceChildren();
  if (!again && view() === "print") pages.replaceChildren();
  shown = place;
  version = newest(what);
  tellSoon();
  if (view() === "print") showPages(what, again);
  else if (view() === "book") showBook(what);
  else load(`/file/${address(what)}?v=${what.sha256}`);
}

// Problems

function problems() {
  const order = ["error", "warning", "note"], rank = (p) => order.indexOf(p.severity);
  const all = [...state.problems].sort((a, b) => rank(a) - rank(b));
  const counted = (n, word) => (n ? [`${n} ${word}${n === 1 ? "" : "s"}`] : []);
  const title = order.flatMap((word) => counted(all.filter((p) => p.severity === word).length, word)).join(", ");
  const now = all.map((p) => p.text).join("\n");
  const kind = all.length ? all[0].severity : "";
  $("found").hidden = !all.length;
  $("found").textContent = title;
  $("found").className = $("problems").className = kind;
  $("stale").hidden = !state.failed || !file();
  if ($("list").dataset.now !== now) {
    $("list").dataset.now = now;
    $("list").replaceChildren(...all.map(told));
    $("problems-title").textContent = title;
  }
  if (dismissed !== now) dismissed = "";
  open(all.some((p) => p.severity !== "note") && !dismissed);
}

function told(problem) {
  const item = document.createElement("li");
  item.className = problem.severity;
  const line = (kind, text) => {
    const p = document.createElement("p");
    p.className = kind;
    p.textContent = text;
    return p;
  };
  const place = line("place", problem.place);
  const message = line("message", "");
  const severity = document.createElement("span");
  severity.className = "severity";
  severity.textContent = `${problem.severity} ${problem.code}: `;
  message.append(severity, problem.message);
  item.append(place, message);
  if (problem.hint) item.append(line("hint", problem.hint));
  return item;
}

function open(yes) {
  const inside = $("problems").contains(document.activeElement);
  $("problems").hidden = !yes;
  $("found").setAttribute("aria-expanded", yes);
  if (!yes && inside) ($("found").hidden ? main : $("found")).focus();
}

function dismiss() {
  dismissed = $("list").dataset.now;
  open(false);
}

$("dismiss").addEventListener("click", dismiss);
$("found").addEventListener("click", () => {
  if (!$("problems").hidden) return dismiss();
  dismissed = "";
  open(true);
  $("problems").focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !$("problems").hidden) dismiss();
});

// The connection to the server

function connect() {
  if (source) source.close();
  const query = new URLSearchParams();
  if (chosen.article) query.set("article", chosen.article);
  if (chosen.imprint !== null) query.set("imprint", chosen.imprint);
  source = new EventSource(`/events?${query}`);
  source.onmessage = (event) => {
    if (tries) {
      tries = 0;
      $("lost").hidden = true;
    }
    state = JSON.parse(event.data);
    if (chosen.imprint === null || !(state.imprints.includes(chosen.imprint) || !chosen.imprint)) {
      chosen.imprint = state.imprint;
    }
    if (!chosen.article) chosen.article = state.article;
    show();
    problems();
  };
  source.onerror = () => {
    source.close();
    tries += 1;
    $("lost").hidden = false;
    $("lost").textContent = "The connection to makebook serve was lost; this page may be out of date. " +
      "Reconnecting…";
    $("status").textContent = "Not connected";
    setTimeout(connect, Math.min(4000, 300 * tries));
  };
}

for (const id of ["article", "imprint", "edition"]) {
  $(id).addEventListener("change", (event) => choose({ [id]: event.target.value }));
}
$("chapter").addEventListener("change", (event) => {
  keepScroll();
  chosen.chapter[chosen.article] = event.target.value;
  choose({});
});
addEventListener("pagehide", () => { keepScroll(); save(); });
main.addEventListener("scroll", tellSoon, { passive: true });
addEventListener("resize", tellSoon);
addEventListener("resize", () => [...pages.children].filter((box) => box.near).forEach(draw));
connect();
