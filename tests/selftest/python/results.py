# SPDX-License-Identifier: BSD-2-Clause
"""Results of `python3 -m test -v`: results.py STATUS MODULE... < output.

One line for each module, by regrtest's verdict, and one for each test method,
as unittest's verbose output names it.  What a test prints may stand between
its name and its result, so that a failure is taken from the list that unittest
prints at the end of a module; when there is none because the interpreter
ended, the last test that had begun is what failed.
"""
import re
import sys

BEGIN = re.compile(r"^(\w+) \(((?:test|__main__)[\w.]*)\)")
FAILED = re.compile(r"^(?:FAIL|ERROR): (\w+) \(([\w.]+)\)")
SKIP = re.compile(r"\.\.\. skipped ['\"]")
MODULE = re.compile(
    r"^\d+:\d\d:\d\d load avg: [\d.]+ \[[ \d/]+\] (test_\w+)", re.M)


def identity(m):
    """test_x (test.test_m.Class) or, later, test_x (test.test_m.Class.test_x)"""
    where = m[2].removeprefix("test.")
    return where if where.endswith("." + m[1]) else where + "." + m[1]


def methods(text):
    tests, last, listed = {}, None, False
    for line in text.splitlines():
        if m := FAILED.match(line):
            tests[identity(m)] = "FAIL"
            listed = True
        elif m := None if listed else BEGIN.match(line):
            last = identity(m)
            tests.setdefault(last, "ok")
        if last and not listed and SKIP.search(line) and tests[last] == "ok":
            tests[last] = "skip"
    if last and not re.search(r"^Ran \d+ tests? in", text, re.M):
        tests[last] = "FAIL"
    return tests


def verdict(module, text, complete):
    if re.search(rf"^{module} skipped", text, re.M):
        return "skip"
    bad = not complete or re.search(
        rf"^(test )?{module} (failed(?! .env changed)|crashed)", text, re.M)
    return "FAIL" if bad else "ok"


status, modules = int(sys.argv[1]), sys.argv[2:]
output = sys.stdin.buffer.read().decode("utf-8", "replace")
end = re.search(r"^== Tests result: (.*) ==$", output, re.M)
# [before, name, text, name, text...]
parts = MODULE.split(output[:end.start()] if end else output)
texts = dict(zip(parts[1::2], parts[2::2]))
# Status and verdict go together, or nothing here is to be believed.
believed = end and (status == 0) == (end[1] in ("SUCCESS", "ENV CHANGED"))
for module in modules:
    text = texts.get(module, "")
    complete = believed or (text != "" and module != parts[-2])
    print(verdict(module, text, complete), module)
    for where, result in sorted(methods(text).items()):
        print(result, where)
