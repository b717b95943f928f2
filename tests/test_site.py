"""The site that `make docs` builds: complete, correct in its statuses, whole without a network, usable in a browser."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import pytest

from exactcnn.proofs.registry import statements
from exactcnn.proofs.steps import steps_of
from exactcnn.report.statement_graph import LOOKS

pytest.importorskip("sphinx", reason="the site needs the extra 'docs': pip install 'exactcnn[docs]'")

ROOT = Path(__file__).parents[1]
SITE = ROOT / "build" / "site"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None,
    reason="no chromium and chromedriver; on Debian: apt-get install -y chromium chromium-driver",
)


def sphinx(root: Path) -> subprocess.CompletedProcess[str]:
    """Build as `make docs` does; the package is that of the folder."""
    shutil.rmtree(root / "build" / "site", ignore_errors=True)
    options = ["-q", "-E", "-W", "--keep-going", "-b", "html", "-c", "docs", "-d", "build/doctrees"]
    command = [sys.executable, "-m", "sphinx", *options, ".", "build/site"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=600, check=False)


class Page(HTMLParser):
    """Links, resources, identifiers and texts of one page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.links: list[str] = []
        self.resources: list[str] = []
        self.ids: set[str] = set()
        self.texts: list[str] = []
        self._inside: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attributes}
        self.ids.add(given.get("id", ""))
        if "href" in given and (tag == "a" or given.get("rel") in ("index", "search", "next", "prev", "canonical")):
            self.links.append(given["href"])
        else:
            self.resources += [given[key] for key in ("src", "href", "srcset", "data", "xlink:href") if key in given]
        if tag in ("pre", "code", "script", "style", "title", "annotation"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.texts.append(data)


@pytest.fixture(scope="module")
def site() -> dict[Path, Page]:
    done = sphinx(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return {path: Page(path) for path in sorted(SITE.rglob("*.html"))}


@pytest.fixture(scope="module")
def results(site) -> dict[str, dict[str, str]]:
    stored = json.loads((ROOT / "build" / "doctrees" / "statements.json").read_text(encoding="utf-8"))
    found: dict[str, dict[str, str]] = stored["statements"]
    return found


def between_formulas(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"\$[^$]*\$", text)]


def is_elsewhere(address: str) -> bool:
    return bool(re.match(r"(?!data:)[a-z][a-z0-9+.-]*:|//", address))


def test_links_and_resources_lead_to_files_and_places_of_the_site(site):
    broken = []
    for path, page in site.items():
        for address in [*page.links, *page.resources]:
            target, fragment = urldefrag(urljoin(path.as_uri(), unquote(address)))
            if is_elsewhere(address) or address.startswith("data:"):
                continue
            file = Path(target.removeprefix("file://").partition("?")[0])
            if not file.is_file() or not file.is_relative_to(SITE):
                broken.append(f"{path.name}: {address}")
            elif fragment and file in site and unquote(fragment) not in site[file].ids:
                broken.append(f"{path.name}: {address} (no such place)")
    assert not broken
    assert sum(len(page.links) for page in site.values()) > 500


def test_no_resource_comes_from_elsewhere(site):
    assert not [(path, each) for path, page in site.items() for each in page.resources if is_elsewhere(each)]
    for path in [*SITE.rglob("*.css"), *SITE.rglob("*.svg")]:
        text = path.read_text(encoding="utf-8")
        loads = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text)
        assert not [each for pair in loads for each in pair if is_elsewhere(each)], path


def test_formulas_are_mathml_and_no_latex_is_left(site):
    assert sum(page.path.read_text(encoding="utf-8").count("<math") for page in site.values()) > 100
    left = [(path.name, text) for path, page in site.items() for text in page.texts if re.search(r"\\[a-z]+|\$", text)]
    assert not left


def test_every_page_of_a_statement_shows_its_computed_status(site, results):
    for each in statements():
        html = (SITE / each.page.relative_to(ROOT)).with_suffix(".html").read_text(encoding="utf-8")
        shown = re.findall(r'class="badge" data-status="([^"]*)"', html)
        assert shown == [results[each.id]["status"]]
        assert shown[0] in LOOKS


def test_pages_show_what_rocq_has_accepted(site, results):
    shown = 0
    for each in statements():
        files = results[each.id]["rocq"]
        html = (SITE / each.page.relative_to(ROOT)).with_suffix(".html").read_text(encoding="utf-8")
        said = re.findall(r"Also checked by Rocq: (\d+) of (\d+) claims", html)
        assert said == ([(str(sum(f["claims"] for f in files)), str(sum(f["of"] for f in files)))] if files else [])
        for file in files:
            assert f'/rocq/{file["name"]}"' in html
            assert (SITE / "rocq" / file["name"]).read_text(encoding="utf-8") == file["text"]
        shown += bool(files)
    assert shown > 20


def test_a_page_says_of_what_it_is_proved_where_it_is_from_and_under_which_hypotheses(site, results):
    for each in statements():
        page = site[(SITE / each.page.relative_to(ROOT)).with_suffix(".html")]
        text = " ".join(" ".join(page.texts).split())
        assert f"Source. {each.paper}." in text
        assert all(part in text for hypothesis in each.hypotheses for part in between_formulas(hypothesis))
        listed = re.search(r'<ul class="hypotheses">.*?</ul>', page.path.read_text(encoding="utf-8"), re.DOTALL)
        formulas = sum(hypothesis.count("$") for hypothesis in each.hypotheses) // 2
        assert (listed[0].count("<math") if listed else 0) == formulas
        status, label = (
            results[each.id]["status"],
            re.findall(r'class="badge"[^>]*>. ([^<]*)<', page.path.read_text())[0],
        )
        if status == "proved on its instances":
            expected = "checked on its examples" if each.kind in ("definition", "assumption") else "on its examples"
            assert expected in label
        elif status == "certified for almost all parameters":
            assert label == "certified for almost all parameters of its examples"
        else:
            assert label == status


def test_checks_in_the_text_are_links_with_what_they_found(site, results):
    for each in statements():
        html = (SITE / each.page.relative_to(ROOT)).with_suffix(".html").read_text(encoding="utf-8")
        text = html.partition("</details>")[2]
        named = set(re.findall(r"`(\w+\.\w+)`", each.page.read_text(encoding="utf-8")))
        for found in results[each.id]["checks"]:
            if found["name"] in named:
                place = re.escape(f"#exactcnn.proofs.checks.{found['name']}")
                link = rf'<a[^>]*href="[^"]*{place}"[^>]*title="[^"]+"[^>]*>.*?</a>(<span.*?>)'
                (sign, *_) = re.findall(link, text)
                assert f'title="{found["status"]}, {found["scope"]}' in sign
    assert sum(page.path.read_text(encoding="utf-8").count('class="mark"') for page in site.values()) > 80


def test_every_numbered_step_has_a_status(site, results):
    """That of the checks which it names; a step without any is argued only."""
    kinds = set()
    for each in statements():
        html = (SITE / each.page.relative_to(ROOT)).with_suffix(".html").read_text(encoding="utf-8")
        shown = re.findall(r'<span class="step" data-status="([^"]*)"[^>]*>. ([^<]*)</span>', html)
        steps = steps_of(each)
        assert len(shown) == len(steps), each.id
        found = {check["name"]: check for check in results[each.id]["checks"]}
        for step, (status, label) in zip(steps, shown, strict=True):
            kinds.add(status)
            assert ("argued" in label) == all(found[name]["scope"] == "a sample" for name in step.checks)
            assert ("tried" in label) == (bool(step.checks) and "argued" in label)
            assert (status == "refuted with counterexample") == any(
                found[name]["status"] == "refuted" for name in step.checks
            )
            if "certified" in label:
                assert any(found[name]["checked"] for name in step.checks)
    assert kinds == set(LOOKS) - {"broken"}


def test_numbered_statements_in_the_text_are_links_to_the_same_paper(site):
    html = (SITE / "proofs" / "nguyen_hein_2018" / "405-zero-training-error.html").read_text(encoding="utf-8")
    assert re.search(r'<a[^>]*href="404-gradient-bounds\.html" title="NH18\.L4\.3, [^"]*">Lemma 4\.3</a>', html)
    assert not re.search(r'href="405-[^"]*"[^>]*>Theorem 4\.4</a>', html.partition("<article")[2])
    html = (SITE / "proofs" / "nguyen_hein_2017" / "302-independent-inputs.html").read_text(encoding="utf-8")
    assert not re.findall(
        r'href="[^"]*nguyen_hein_2018[^"]*"[^>]*>(?:Theorem|Lemma) ',
        html.partition("<article")[2].partition("related-pages")[0],
    )


def test_every_public_name_is_in_the_reference(site):
    import exactcnn

    ids = site[SITE / "docs" / "reference" / "modules.html"].ids
    assert not [name for name in exactcnn.__all__ if f"exactcnn.{name}" not in ids and name != "data"]


def test_names_lead_to_their_source(site):
    page = (SITE / "docs" / "reference" / "modules.html").read_text(encoding="utf-8")
    for name, home in (("verify", "theorems/verify"), ("Network", "network/network"), ("PatchGraph", "patches/graph")):
        block = re.search(rf'<dt[^>]*id="exactcnn\.{name}">.*?</dt>', page, re.DOTALL)[0]
        assert f'href="../../_modules/exactcnn/{home}.html#{name}"' in block
        assert name in site[SITE / "_modules" / "exactcnn" / f"{home}.html"].ids


def test_the_sidebar_has_groups_and_the_first_page_an_example_and_a_picture(site):
    page = (SITE / "docs" / "index.html").read_text(encoding="utf-8")
    captions = re.findall(r'<p class="caption"[^>]*><span class="caption-text">([^<]*)</span>', page)
    assert captions == ["Start", "How to", "Reference", "Explanation", "Statements", "Notebooks"]
    text = " ".join(re.sub(r"<[^>]*>", "", page.partition("<article")[2]).split())
    assert text.index("pip install") < text.index("$ exactcnn verify") < text.index("You want to")
    assert '<figure class="picture' in page.partition("<table")[0]


def test_a_page_that_fails_is_red_and_fails_the_build(tmp_path):
    shutil.copytree(ROOT / "exactcnn", tmp_path / "exactcnn", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("_extensions", "_static"):
        shutil.copytree(ROOT / "docs" / folder, tmp_path / "docs" / folder)
    shutil.copy2(ROOT / "docs" / "conf.py", tmp_path / "docs")
    overview = (ROOT / "docs" / "statements.md").read_text(encoding="utf-8")
    # a pattern without pages is a warning
    one_paper = re.sub(r"^/proofs/(?!nguyen_hein_2018/).*\n", "", overview, flags=re.MULTILINE)
    (tmp_path / "docs" / "statements.md").write_text(one_paper, encoding="utf-8")
    (tmp_path / "docs" / "index.md").write_text("# Index\n\n```{toctree}\nstatements\n```\n", encoding="utf-8")
    pages = tmp_path / "proofs" / "nguyen_hein_2018"
    pages.mkdir(parents=True)
    shutil.copytree(ROOT / "proofs" / "rocq", tmp_path / "proofs" / "rocq")
    for name in ("201-convolutional-layer.md", "202-fully-connected-layer.md"):
        text = (ROOT / "proofs" / "nguyen_hein_2018" / name).read_text(encoding="utf-8")
        alone = re.sub(r"\[([^]]*)\]\([^)]*\.md\)", r"\1", text)  # links to pages that are not there are a warning
        (pages / name).write_text(alone, encoding="utf-8")
    errata = tmp_path / "docs" / "explanation"
    errata.mkdir()
    (errata / "errata.md").write_text("---\norphan: true\n---\n# Errata\n", encoding="utf-8")
    assert sphinx(tmp_path).returncode == 0
    page = pages / "201-convolutional-layer.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n```python\n>>> 1 + 1\n3\n\n```\n", encoding="utf-8")
    done = sphinx(tmp_path)
    assert done.returncode != 0
    assert re.search(r"201-convolutional-layer\.md:\d+: '1 \+ 1' gives '2'; expected '3'", done.stderr)
    graph = (tmp_path / "build" / "site" / "docs" / "statements.html").read_text(encoding="utf-8")
    assert re.findall(r'class="statement" data-status="(\w+)', graph) == ["broken", "proved"]
    assert LOOKS["broken"][0] in graph


def test_an_edge_to_an_unknown_statement_stops_the_build(tmp_path):
    shutil.copytree(ROOT / "exactcnn", tmp_path / "exactcnn", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "proofs", tmp_path / "proofs", ignore=shutil.ignore_patterns("__pycache__"))
    page = tmp_path / "proofs" / "nguyen_hein_2018" / "201-convolutional-layer.md"
    page.write_text(page.read_text(encoding="utf-8").replace("uses: []", "uses: [NH18.X]", 1), encoding="utf-8")
    done = sphinx(tmp_path)
    assert done.returncode != 0
    assert "201-convolutional-layer.md:8: uses 'NH18.X', which no page states" in done.stderr
    assert not list((tmp_path / "build" / "site").rglob("*.html"))


# ---------------------------------------------------------------- in a browser


@contextmanager
def chromium(profile: Path, **environment: str) -> Iterator["WebDriver"]:  # noqa: F821  # selenium is optional
    webdriver = pytest.importorskip("selenium.webdriver", reason="the browser test needs the extra 'docs'")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*FLAGS, f"--user-data-dir={profile}", "--window-size=1280,1000"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    service = webdriver.ChromeService(executable_path=DRIVER, env=os.environ | environment)
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def browser(site, tmp_path_factory) -> Iterator["WebDriver"]:  # noqa: F821
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


def requests(browser) -> list[str]:
    """Addresses that the browser has asked for since the last call."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [each["params"]["request"]["url"] for each in events if each["method"] == "Network.requestWillBeSent"]


THEORY = [each for each in statements() if each.kind != "piece"]  # pieces use nothing: they are in tables only
UNFOLD = "document.querySelectorAll('details.paper').forEach(each => { each.open = true })"


@needs_browser
def test_graphs_show_every_statement_in_the_colour_of_its_status(browser, results):
    browser.get((SITE / "index.html").as_uri())
    assert browser.current_url == (SITE / "docs" / "index.html").as_uri()
    browser.get((SITE / "docs" / "statements.html").as_uri())
    browser.execute_script(UNFOLD)
    nodes = browser.execute_script(
        """return [...document.querySelectorAll("details svg a.statement")].map(a => {
            const r = a.querySelector("rect"), b = r.getBoundingClientRect();
            const texts = [...a.querySelectorAll("text")].map(t => t.getBoundingClientRect());
            return {name: a.querySelector("title").textContent, status: a.dataset.status,
                    own: !r.hasAttribute("stroke-dasharray"),
                    paper: a.closest("details").querySelector("strong").textContent,
                    fill: getComputedStyle(r).fill, left: b.left, top: b.top, right: b.right, bottom: b.bottom,
                    inside: texts.every(t => t.left >= b.left && t.right <= b.right && t.height > 8)}})"""
    )
    own = [node["name"].partition(",")[0] for node in nodes if node["own"]]
    assert sorted(own) == sorted(each.id for each in THEORY)
    assert all(node["own"] == node["name"].startswith(f"{node['paper']}.") for node in nodes)
    assert not all(node["own"] for node in nodes)
    for node in nodes:
        assert node["status"] == results[node["name"].partition(",")[0]]["status"]
        assert node["fill"] == "rgb({}, {}, {})".format(*bytes.fromhex(LOOKS[node["status"]][0][1:]))
        assert node["right"] - node["left"] > 100
        assert node["inside"], node["name"]
    for a in nodes:
        for b in nodes:
            apart = a["right"] < b["left"] or b["right"] < a["left"] or a["bottom"] < b["top"] or b["bottom"] < a["top"]
            assert a is b or apart, (a["name"], b["name"])


@needs_browser
def test_a_click_on_a_node_opens_its_page(browser):
    start = (SITE / "docs" / "statements.html").as_uri()
    for each in THEORY:
        browser.get(start)
        browser.execute_script(UNFOLD)
        click(browser, f'details svg a.statement[href$="{each.page.stem}.html"]')
        assert browser.current_url == (SITE / each.page.relative_to(ROOT)).with_suffix(".html").as_uri()
        assert browser.find_element("css selector", ".badge").is_displayed()


def click(browser, selector: str) -> None:
    """Click where the reader would, on what is in view."""
    webdriver = pytest.importorskip("selenium.webdriver")
    place = browser.find_element("css selector", selector)
    place_it = "arguments[0].scrollIntoView({behavior: 'instant', block: 'center', inline: 'center'})"
    browser.execute_script(place_it, place)
    webdriver.ActionChains(browser).click(place).perform()


@needs_browser
def test_papers_unfold_by_a_click_by_the_keyboard_and_by_their_box(browser):
    start = (SITE / "docs" / "statements.html").as_uri()
    papers = list(dict.fromkeys(each.source for each in statements()))
    browser.get(start)
    folds = browser.find_elements("css selector", "details.paper")
    assert [fold.find_element("css selector", "strong").text for fold in folds] == papers
    assert [fold.get_attribute("open") for fold in folds] == ["true"] + [None] * (len(papers) - 1)
    click(browser, "details.paper:last-of-type > summary")
    assert folds[-1].find_element("css selector", "table").is_displayed()
    folds[-1].find_element("css selector", "summary").send_keys("\n")
    assert not folds[-1].find_element("css selector", "table").is_displayed()
    for paper in dict.fromkeys(each.source for each in THEORY):
        browser.get(start)
        place = browser.find_element("id", paper.lower())
        click(browser, f'.papers svg a[href="#{paper.lower()}"]')
        assert place.find_element("css selector", "svg").is_displayed()
    assert len(browser.find_elements("css selector", ".papers svg a")) == len({each.source for each in THEORY})


@needs_browser
def test_texts_of_the_papers_fit_their_boxes(browser):
    browser.get((SITE / "docs" / "statements.html").as_uri())
    inside = browser.execute_script(
        """return [...document.querySelectorAll(".papers svg a")].map(a => {
            const b = a.querySelector("rect").getBoundingClientRect();
            return [...a.querySelectorAll("text")].every(t => { const r = t.getBoundingClientRect();
                return r.left >= b.left && r.right <= b.right && r.top >= b.top && r.bottom <= b.bottom }) })"""
    )
    assert inside
    assert all(inside)


def test_every_gap_is_on_the_page_of_errata(site, results):
    from exactcnn.proofs.errata import command, errata

    path = SITE / "docs" / "explanation" / "errata.html"
    text = " ".join("".join(site[path].texts).split())
    html = path.read_text(encoding="utf-8")
    found = errata(statements())
    places = [text.find(max(between_formulas(each.reading[1]), key=len)) for each in found]
    assert places == sorted(places)
    for each in found:
        assert all(part in text for line in each.reading for part in between_formulas(line))
        assert f"<pre>{command(each)}</pre>" in html
    assert re.findall(r'class="badge" data-status="([^"]*)"', html) == [results[each.id]["status"] for each in found]


@needs_browser
def test_the_page_of_a_crosscheck(browser, tmp_path):
    from exactcnn.report.crosscheck import crosscheck_page
    from exactcnn.spec import load
    from exactcnn.theorems.crosscheck import crosscheck

    page = tmp_path / "page.html"
    found = crosscheck(load(ROOT / "docs" / "examples" / "hidden-relation.toml", upto=1))
    page.write_text(crosscheck_page(found, "hidden-relation.toml"), encoding="utf-8")
    requests(browser)
    browser.get_log("browser")
    browser.get(page.as_uri())
    pictures = browser.find_elements("css selector", "svg")
    assert len(pictures) == 2
    assert all(picture.size["width"] > 300 and picture.size["height"] > 200 for picture in pictures)
    assert "rank exactly 2" in browser.find_element("css selector", "p.wrong").text
    width = browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    assert width
    assert [each for each in requests(browser) if not each.startswith("file:")] == []
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


@needs_browser
def test_no_request_leaves_the_folder_and_no_script_fails(browser, site):
    browser.get("about:blank")  # the browser's own first page asks for its own parts
    requests(browser)
    browser.get_log("browser")
    for path in site:
        browser.get(path.as_uri())
    asked = requests(browser)
    assert len(asked) > len(site)
    assert not [url for url in asked if not url.startswith((SITE.as_uri() + "/", "data:"))]
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


@needs_browser
def test_formulas_are_visible(browser, site):
    for path in site:
        browser.get(path.as_uri())
        sizes = browser.execute_script(
            """return [...document.querySelectorAll("article math")].map(m => {
                const b = m.getBoundingClientRect(); return [b.width, b.height, getComputedStyle(m).display]})"""
        )
        assert all(width > 3 and height > 5 and "math" in display for width, height, display in sizes), path
        if path.name == "201-convolutional-layer.html":
            assert len(sizes) > 10


NO_MATHS_FONT = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<selectfont><rejectfont><glob>*[Mm]ath*</glob></rejectfont></selectfont></fontconfig>
"""
INDICES = """return document.fonts.ready.then(() => ({
    fonts: [...document.fonts].map(f => [f.family, f.status]),
    indices: [...document.querySelectorAll("article msub")].map(m => {
        const [base, index] = [...m.children].map(each => each.getBoundingClientRect());
        return [m.textContent, base.x, base.bottom, index.x, index.bottom, index.height] })}))"""


@needs_browser
def test_indices_stand_below_whether_the_system_has_a_maths_font_or_not(browser, tmp_path):
    address = (SITE / "proofs" / "nguyen_hein_2018" / "307-linearly-independent-features.html").as_uri()
    (tmp_path / "fonts.conf").write_text(NO_MATHS_FONT, encoding="utf-8")
    browser.get(address)
    with_font = browser.execute_script(INDICES)
    with chromium(tmp_path / "profile", FONTCONFIG_FILE=str(tmp_path / "fonts.conf")) as other:
        other.get(address)
        without = other.execute_script(INDICES)
        other.execute_script("document.querySelectorAll('math').forEach(each => { each.style.fontFamily = 'serif' })")
        unshipped = other.execute_script(INDICES)
    assert with_font == without
    assert without["fonts"] == [["STIX Two Math", "loaded"]]
    assert len(without["indices"]) > 10

    def is_below(base_bottom: float, bottom: float, height: float) -> bool:
        return bottom - base_bottom > height / 4

    assert all(is_below(base, bottom, height) for _, _, base, _, bottom, height in without["indices"])
    assert not all(is_below(base, bottom, height) for _, _, base, _, bottom, height in unshipped["indices"])


@needs_browser
def test_no_page_is_wider_than_a_telephone(browser, site):
    size = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wide = []
    for path in site:
        browser.get(path.as_uri())
        if browser.execute_script("return document.scrollingElement.scrollWidth") > 400:
            wide.append(path.name)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert not wide
