#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""check-page.py HTML JSON: the page of a run says what its JSON says, loads nothing, and needs no colour."""
import html.parser
import json
import pathlib
import re
import sys

GREY = re.compile(r"#([0-9a-f])\1{2}|none|#([0-9a-f]{2})\2{2}")


class Page(html.parser.HTMLParser):
    """The texts by the ID of their element, and what must not be there."""

    def __init__(self):
        super().__init__()
        self.texts, self.stack, self.rows, self.plots, self.titles = {}, [], {}, 0, 0

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        assert tag not in ("script", "img", "link", "iframe", "object"), f"<{tag}>"
        assert not {"src", "href", "onclick"} & attrs.keys(), attrs
        for key in ("fill", "stroke"):
            assert GREY.fullmatch(attrs.get(key, "none")), f"{tag}: {key} {attrs[key]} is a colour"
        self.plots += tag == "svg"
        self.titles += tag == "desc"
        if tag not in ("meta", "br"):
            self.stack.append(attrs.get("id"))
        if tag in ("tr", "li"):
            for name in filter(None, self.stack):
                self.rows[name] = self.rows.get(name, 0) + 1

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in ("meta", "br"):
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        self.stack.pop()

    def handle_data(self, data):
        for name in filter(None, self.stack):
            self.texts[name] = self.texts.get(name, "") + data


def main(page, report):
    text = pathlib.Path(page).read_text(encoding="utf-8")
    run = json.loads(pathlib.Path(report).read_text(encoding="utf-8"))
    found = Page()
    found.feed(text)
    found.close()
    assert not found.stack, "an element is not closed"
    assert "url(" not in text and "@import" not in text
    assert found.texts["verdict"] == run["line"], found.texts["verdict"]
    series = [s for d in run["devices"] for s in d["series"]]
    assert found.rows["series"] == len(series) + 1
    assert found.plots == found.titles == 2 * len(series)
    assert found.rows.get("findings", 0) == len(run["findings"])
    for finding in run["findings"]:
        assert finding["text"] in found.texts["findings"]
    assert found.rows.get("deviations", 1) == len(run["resets"]) + 1
    for fact in run["facts"]:
        assert re.sub(r"[\x00-\x1f\x7f]", " ", fact["value"]) in found.texts["facts"]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text), "a control character"


main(*sys.argv[1:])
