"""Pages: every fault of front matter and every failing block is one line that names page and line."""

import pytest

from exactcnn.errors import InputError
from exactcnn.proofs.pages import nearest, proofs_folder, read_page, read_pages, run_blocks

GOOD = """---
id: NH18.X
kind: lemma
paper: Nguyen and Hein, ICML 2018
title: A title
hypotheses:
  - First, with a comma.
  - Second.
uses: [NH18.A, NH18.B]
checks: []
---

# Text
"""


def page(folder, text, name="page.md"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_front_matter_is_read(tmp_path):
    found = read_page(page(tmp_path, GOOD))
    assert found.texts["title"] == "A title"
    assert found.lists["hypotheses"] == ("First, with a comma.", "Second.")
    assert found.lists["uses"] == ("NH18.A", "NH18.B")
    assert found.lists["checks"] == found.lists["counterexamples"] == ()
    assert found.where("uses") == "page.md:9"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("---\nid", "id", "page.md:1: no front matter"),
        ("---\n\n# Text\n", "# Text\n", "page.md:1: no front matter"),
        ("title: A title\n", "", "page.md:10: key 'title' is missing"),
        ("checks: []\n", "", "page.md:10: key 'checks' is missing"),
        ("title: A title", "titel: A title", "page.md:5: key 'titel' is not known; the nearest is 'title'"),
        ("title: A title", "id: again", "page.md:5: key 'id' stands twice"),
        ("title: A title", "title:", "page.md:5: title is empty"),
        ("title: A title", "title: a: b", "page.md:5: 'a: b' is no plain text in YAML"),
        ("title: A title", 'title: "quoted"', "page.md:5: '\"quoted\"' is no plain text"),
        ("title: A title", "title: a #1", "page.md:5: 'a #1' is no plain text"),
        ("title: A title", "just words", "page.md:5: 'just words'; expected 'key: text'"),
        ("kind: lemma", "kind: lema", "page.md:3: kind 'lema' is not known; the nearest is 'lemma'"),
        ("uses: [NH18.A, NH18.B]", "uses: NH18.A", "page.md:9: uses = 'NH18.A'; expected a list"),
        ("title: A title", "title: A title\n  - item", "page.md:6: '  - item'; expected"),
    ],
)
def test_faulty_front_matter_is_one_line_with_page_and_line(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        read_page(page(tmp_path, GOOD.replace(old, new, 1)))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "page.md"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"page\.md: cannot be read"):
        read_page(path)


def test_missing_page(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_page(tmp_path / "absent.md")


def test_pages_come_in_the_order_of_their_paths(tmp_path):
    for name in ("2.md", "1.md"):
        page(tmp_path, GOOD, name)
    (tmp_path / "note.txt").write_text("not a page")
    assert [found.path.name for found in read_pages(tmp_path)] == ["1.md", "2.md"]


def test_the_project_has_pages():
    assert proofs_folder().is_dir()
    assert len(read_pages()) >= 20


BLOCKS = """---
---
Text with >>> inside a sentence is harmless only in a block.

```python
>>> x = 2
>>> x + 1
3

```

```python
>>> x * 10
20
```
"""


def test_blocks_share_a_namespace_and_may_end_at_the_fence(tmp_path):
    assert run_blocks(page(tmp_path, BLOCKS.replace("Text with >>> inside", "Text inside"))) == ()


@pytest.mark.parametrize(
    ("block", "failure"),
    [
        ("```python\n>>> 1 + 1\n3\n```\n", "page.md:2: '1 + 1' gives '2'; expected '3'"),
        ("text\n\n```python\n>>> 1 / 0\n```\n", "page.md:4: '1 / 0' raises ZeroDivisionError: 'division by zero'"),
        ("```python\n>>> import nothing_of_this_name\n```\n", "page.md:2: 'import nothing_of_this_name' raises Module"),
        ("```python\nx = 1\n```\n", "page.md:1: a Python block without '>>>'"),
        ("```python\n>>> 1 +\n```\n", "page.md:2: '1 +' raises SyntaxError"),
        ("```python\n>>>1\n```\n", "page.md:2: the example"),
        ("```python\n>>> raise SystemExit(3)\n```\n", "page.md:2: 'raise SystemExit(3)' raises SystemExit"),
    ],
)
def test_failing_block_is_one_line_with_page_and_line(tmp_path, block, failure):
    failures = run_blocks(page(tmp_path, block))
    assert len(failures) == 1
    assert failures[0].startswith(failure)
    assert "\n" not in failures[0]


def test_a_signal_ends_the_run(tmp_path):
    with pytest.raises(SystemExit) as caught:
        run_blocks(page(tmp_path, "```python\n>>> raise SystemExit(130)\n```\n"))
    assert caught.value.code == 130


def test_every_failure_of_a_page_is_told(tmp_path):
    assert len(run_blocks(page(tmp_path, "```python\n>>> 1\n2\n>>> 3\n4\n```\n"))) == 2


def test_nearest_word():
    assert nearest("nh18.t35", ("NH18.T3.4", "NH18.T3.5")) == "NH18.T3.5"
