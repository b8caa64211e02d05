#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# text.py ROOT: no line of the project is longer than 120 characters, but for those that nobody can break (a row of
# measurements, the bytes of a session in protocol.md, a long address); and each test program that a page
# names exists, and each of them stands in CONTRIBUTING.md's table of where a test belongs.
import fnmatch
import pathlib
import re
import sys

LIMIT = 120
KINDS = {".cmake", ".cpp", ".h", ".in", ".md", ".pl", ".pm", ".py", ".qml", ".sh", ".txt"}
SCRIPTS = {"run", "report"}
UNBREAKABLE = re.compile(r"met(\*\*)? \|$|^\s*[←→] ([0-9A-F]{2} )+|https?://\S{80}")


def files(root):
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if path.is_file() and inside.parts[0] not in ("build", ".git", "LICENSES"):
            if path.suffix in KINDS or path.name in SCRIPTS:
                yield inside, path.read_text(encoding="utf-8")


def long_lines(texts):
    for inside, text in texts:
        for number, line in enumerate(text.splitlines(), start=1):
            if len(line) > LIMIT and not UNBREAKABLE.search(line):
                yield f"{inside}:{number}: {len(line)} characters, of which there should be {LIMIT} at most"


def unknown_tests(texts):
    tests = {path.stem for path, _ in texts if path.parts[0] == "autotests" and path.name.startswith("tst_")}
    for inside, text in texts:
        if inside.suffix == ".md" and inside.name != "CHANGELOG.md":
            for name in re.findall(r"\btst_\w+\*?(?!\w*[-A-Z])", text):
                if not fnmatch.filter(tests, name + "*" if name.endswith("_") else name):
                    yield f"{inside}: there is no test program {name}"
    page = dict(texts)[pathlib.Path("CONTRIBUTING.md")]
    patterns = re.findall(r"\btst_[\w-]+\*?", page.partition("## Where a test belongs")[2].partition("\n## ")[0])
    for name in sorted(tests):
        if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
            yield f'CONTRIBUTING.md: {name} is not in "Where a test belongs"'


TEXTS = list(files(pathlib.Path(sys.argv[1])))
FAILURES = [*long_lines(TEXTS), *unknown_tests(TEXTS)]
print("\n".join(FAILURES))
sys.exit(1 if FAILURES else 0)
