// Opens pages in Chromium and says what happened: `node browser.cjs PUPPETEER CHROMIUM AXE < jobs`.
// In: JSON, a list of jobs. Out: JSON, for each job what was asked for, measured, reached or judged.
const fs = require("fs");
const [puppeteer, executablePath, axe] = process.argv.slice(2);

const focus = () => {
  const e = document.activeElement;
  const box = e.getBoundingClientRect();
  const seen = getComputedStyle(e).outlineStyle !== "none" && box.width > 0 && box.right > 0 && box.bottom > 0;
  return { what: e.id || e.getAttribute("href") || e.className, tag: e.tagName.toLowerCase(), seen };
};

// Wait until every picture in view is loaded, or could not be: lazy ones are asked for after `load`.
const pictured = () =>
  new Promise((done) => {
    const awaited = (image) => {
      const box = image.getBoundingClientRect();
      return !image.complete && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
    };
    const look = () => ([...document.images].some(awaited) ? requestAnimationFrame(look) : done());
    requestAnimationFrame(look);
  });

const judge = async (page) => {
  await page.evaluate(fs.readFileSync(axe, "utf8"));
  return page.evaluate(async () => {
    const found = await axe.run(document, { resultTypes: ["violations", "incomplete"] });
    const said = (v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`;
    const unsure = found.incomplete.filter((v) => v.id !== "color-contrast");
    return [...found.violations.map(said), ...unsure.map((v) => `unsure: ${said(v)}`)];
  });
};

const run = async (browser, job) => {
  const page = await browser.newPage();
  const said = { requests: [], console: [] };
  page.on("request", (r) => r.url().startsWith("data:") || said.requests.push(r.url()));
  page.on("console", (m) => said.console.push(m.text()));
  page.on("pageerror", (e) => said.console.push(e.message));
  await page.setJavaScriptEnabled(job.script !== false);
  await page.setViewport({ width: job.width || 1280, height: job.height || 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: job.dark ? "dark" : "light" }]);
  await page.goto(job.url);
  if (job.script !== false) await page.evaluate(pictured);
  if (job.type) await page.type(job.type[0], job.type[1]);
  if (job.evaluate) said.value = await page.evaluate(job.evaluate);
  said.width = await page.evaluate(() => document.documentElement.scrollWidth);
  if (job.axe) said.axe = await judge(page);
  if (job.tab) {
    said.tab = [];
    for (let i = 0; i < 500; i++) {
      await page.keyboard.press("Tab");
      const now = await page.evaluate(focus);
      if (now.tag === "body") break;
      said.tab.push(now);
    }
  }
  if (job.pdf) await page.pdf({ path: job.pdf, format: "A4", preferCSSPageSize: true });
  await page.close();
  return said;
};

(async () => {
  const jobs = JSON.parse(fs.readFileSync(0, "utf8"));
  const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
  const browser = await require(puppeteer).launch({ executablePath, headless: true, args });
  const done = [];
  for (const job of jobs) done.push(await run(browser, job));
  await browser.close();
  console.log(JSON.stringify(done));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
