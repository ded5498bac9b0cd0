"""The answer of a library's search to the line that is printed on a sheet: is it current?

In: nothing. Out: the part of the page's script that answers. It reads from each entry of the list
an identifier and the hashes of a current sheet. This module must not know what else is searched.
"""

SCRIPT = """
const folded = (text) => ` ${text.replace(/[\\u2010-\\u2015\\u2212]/g, "-").toLowerCase()
  .replace(/[^\\p{L}\\p{N}-]+/gu, " ").trim()} `;
const sheets = Array.from(document.querySelectorAll(".handouts > li, .withdrawn > li"), (item) => ({
  item, name: item.dataset.identifier, id: folded(item.dataset.identifier),
  hashes: item.dataset.hashes.split(" "), because: item.dataset.because,
  gone: "because" in item.dataset,
}));
const isHash = (word) => /^[0-9a-f]{8}$/i.test(word);
const isName = (word) => isHash(word) ? false : /^(?=.*[A-Z]{2})[A-Z][A-Z0-9-]{2,}$/.test(word);
const withdrawn = (sheet, line, said) => ({ items: [], words: said.withdrawn
  .replace("{sheet}", () => line).replace("{because}", () => sheet.because) });
const answer = (typed, said) => {
  let text = folded(typed);
  const named = sheets.filter(({ id }) => id.trim() ? text.includes(id) : false);
  const length = Math.max(...named.map(({ id }) => id.length));
  const known = named.filter(({ id }) => id.length === length);
  for (const { id } of known) text = text.replace(id, " ");
  const hashes = text.split(" ").filter(isHash);
  if (hashes.length === 0) {
    const bad = known.find(({ gone }) => gone);
    return bad ? withdrawn(bad, bad.name, said) : null;
  }
  const other = known.length === 0 ? typed.split(/[^A-Za-z0-9-]+/).some(isName) : false;
  if (other) return null;
  const among = known.length === 0 ? sheets : known;
  const same = among.filter((sheet) => hashes.some((hash) => sheet.hashes.includes(hash)));
  const found = same.length === 0 ? known : same;
  if (found.length === 0) return null;
  const hash = hashes.find((one) => same.some((sheet) => sheet.hashes.includes(one)));
  const line = [found[0].name, hash || hashes[hashes.length - 1]].join(" ").trim();
  const bad = found.find(({ gone }) => gone);
  if (bad) return withdrawn(bad, line, said);
  const words = same.length === 0 ? said.outdated : said.current;
  return { items: found.map(({ item }) => item), words: words.replace("{sheet}", () => line) };
};
"""
"""It defines `answer`: the entries and words for a line, or null if it is not one. No entry is
shown for a line of a withdrawn handout, which is answered with the reason.

An identifier of no entry is not answered, and neither is a hash alone that no entry has. It has no
`<` and no `&`, so that XML and HTML parsers read it alike.
"""
