"""tests_for.py all|visible LAB NEW: the lab's rubric and tests into the tree NEW.

visible leaves out each test whose rubric row says any other visibility: its row, its code, and its
name where another test depends on it. The build then compares rubric and tests, as always.
"""
import pathlib
import re
import sys


def rows_of(rubric):
    """The rubric in pieces: each row under `tests:` is one, the rest comes line by line."""
    pieces, inside = [], False
    for line in rubric.splitlines(keepends=True):
        if re.match(r"\S", line) and not line.startswith("#"):
            inside = line.startswith("tests:")
        goes_on = inside and pieces and pieces[-1][0] and re.match(r"    +\S", line)
        if goes_on:
            pieces[-1] = (True, pieces[-1][1] + line)
        else:
            pieces.append((inside and line.startswith("  - "), line))
    return pieces


def name_in(row):
    return re.search(r"\btest:\s*([A-Za-z0-9_]+)", row).group(1)


def is_visible(row):
    found = re.search(r"\bvisibility:\s*([a-z_]+)", row)
    return found is None or found.group(1) == "visible"


def without_names(row, hidden):
    """The row without the hidden tests among those that it depends on."""
    def kept(match):
        names = [name for name in re.findall(r"\w+", match.group(2)) if name not in hidden]
        return match.group(1) + "[" + ", ".join(names) + "]"
    return re.sub(r"(depends_on:\s*)\[([^\]]*)\]", kept, row)


def without_tests(source, hidden):
    """The C++ without those tests and the comments right above them."""
    result, skipping = [], False
    for line in source.splitlines(keepends=True):
        start = re.match(r"TEST(?:_F|_P)?\(\w+, (\w+)\)", line)
        if start and start.group(1) in hidden:
            skipping = True
            while result and result[-1].startswith("//"):
                result.pop()
        if not skipping:
            result.append(line)
        elif line.startswith("}"):
            skipping = False
    return "".join(result)


def main():
    which, lab, new = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    rubric_file = pathlib.Path(f"grading/rubrics/{lab}.yaml")
    test_file = pathlib.Path(f"tests/labs/{lab}_test.cpp")
    pieces = rows_of(rubric_file.read_text(encoding="utf-8"))
    source = test_file.read_text(encoding="utf-8")
    hidden = {name_in(text) for is_row, text in pieces if is_row and not is_visible(text)}
    if which == "visible" and hidden:
        pieces = [(is_row, without_names(text, hidden)) for is_row, text in pieces
                  if not is_row or name_in(text) not in hidden]
        source = without_tests(source, hidden)
        left = [name for name in sorted(hidden) if re.search(rf"\b{name}\b", source)]
        if left:
            sys.exit(f"{test_file}: still names what the rubric hides: {' '.join(left)}; "
                     "take that out by hand")
    (new / rubric_file).write_text("".join(text for _, text in pieces), encoding="utf-8")
    (new / test_file).write_text(source, encoding="utf-8")


main()
