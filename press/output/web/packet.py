"""The packet on the library page: handouts are ticked, and printed with a cover sheet.

In: nothing. Out: the part of the page's script that does it. It reads titles, lines, and files from
the entries of the list; what is typed stays in the page. This module must not know how the list is
searched.
"""

SCRIPT = """
const made = (tag, names, ...inner) => {
  const element = document.createElement(tag);
  element.className = names;
  element.append(...inner);
  return element;
};
const copied = (source) => {
  const copy = made("bdi", "", source.textContent);
  copy.lang = source.lang;
  copy.dir = source.dir;
  return copy;
};
const titled = (item) => copied(item.querySelector("h2"));
const packed = (bar, sheet, items) => {
  const find = (names) => bar.querySelector(names), said = bar.dataset;
  const note = find("textarea"), form = find("select"), after = find(".to-open");
  const jump = document.querySelector(".to-packet");
  const boxes = new Map(items.map((item) => [item, item.querySelector(".tick input")])
    .filter(([, box]) => box));
  const chosen = () => Array.from(boxes.keys()).filter((item) => boxes.get(item).checked);
  const files = (item) => Array.from(item.querySelectorAll("a[data-form]"));
  const file = (item) => files(item).find((link) => link.dataset.form === form.value)
    || files(item)[0] || item.querySelector("h2 a");
  let inView = false;
  const show = () => {
    const { length } = chosen(), words = (length === 1 ? said.one : said.many)
      .replace("{count}", length);
    find(".chosen").textContent = length === 0 ? said.nothing : words;
    find(".all-ticked").replaceChildren(...chosen().map((item) => made("li", "", titled(item))));
    find(".choices").hidden = length === 0;
    jump.hidden = length === 0 || inView;
    jump.firstElementChild.textContent = `${words}: ${find("h2").textContent}`;
  };
  const change = () => {
    after.hidden = true;
    show();
  };
  const fill = (ticked) => {
    const parts = note.value.split(/\\n\\s*\\n/).map((part) => part.trim()).filter(Boolean);
    sheet.querySelector(".words").replaceChildren(...parts.map((part) => {
      const words = made("p", "", part);
      words.dir = "auto";
      return words;
    }));
    sheet.querySelector(".lines").hidden = parts.length > 0;
    sheet.querySelector(".note-title").textContent = parts.length > 0 ? said.note : said.notes;
    sheet.querySelector("tbody").replaceChildren(...ticked.map((item) => {
      const stamp = made("p", "stamp", copied(item.querySelector(".stamp span")));
      const head = made("th", "", made("p", "title", titled(item)), stamp);
      head.scope = "row";
      return made("tr", "", head, made("td", "pages", file(item).dataset.pages || ""));
    }));
  };
  const open = (ticked) => {
    const opened = ticked.map((item) => window.open(file(item).href, "_blank"));
    for (const page of opened.filter(Boolean)) page.opener = null;
    const left = ticked.filter((_, index) => !opened[index]);
    find(".to-open p").textContent = left.length === 0 ? said.opened : said.blocked;
    find(".to-open ol").replaceChildren(...(left.length === 0 ? ticked : left).map((item) => {
      const link = made("a", "", titled(item));
      link.href = file(item).href;
      link.target = "_blank";
      link.rel = "noopener";
      return made("li", "", link);
    }));
    after.hidden = false;
    find(".to-open a").focus();
  };
  const print = () => {
    const ticked = chosen(), root = document.documentElement;
    fill(ticked);
    root.classList.add("packet-only");
    window.addEventListener("afterprint", () => {
      root.classList.remove("packet-only");
      open(ticked);
    }, { once: true });
    window.print();
  };
  const clear = () => {
    for (const box of boxes.values()) box.checked = false;
    note.value = "";
    change();
    boxes.values().next().value.focus();
  };
  const forms = new Set(items.flatMap(files).map((link) => link.dataset.form));
  form.replaceChildren(...Array.from(forms, (name) => made("option", "", name)));
  find(".forms").hidden = forms.size === 1 || forms.size === 0;
  for (const box of boxes.values()) {
    box.closest(".tick").hidden = false;
    box.addEventListener("change", change);
  }
  form.addEventListener("change", change);
  find(".print").addEventListener("click", print);
  find(".clear").addEventListener("click", clear);
  bar.hidden = boxes.size === 0;
  show();
  new IntersectionObserver(([seen]) => {
    inView = seen.isIntersecting;
    show();
  }).observe(bar);
};
const bar = document.querySelector(".packet"), cover = document.querySelector(".cover-sheet");
if (bar ? cover : false) packed(bar, cover, items);
"""
"""It uses `items`, the entries of the list. A template without the packet's elements has none."""
