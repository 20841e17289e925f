"""leaks.py TREE: does a tree for students tell how? Exit 1, with file and line, when it does.

It must hold no line or part of a line that only a region of a solution has. A lab's given code may
be an earlier lab's region (the next lab starts where this one ended): what the skeletons of this tree
show is no secret in it, and neither are the hints of a rubric, which students are given one by one.
"""
import pathlib
import re
import subprocess
import sys

SHORTEST = 30  # characters without blanks: what is shorter, anybody would write

# What the tools in common/clients and the harness do as well at their end of a connection, and what
# is anybody's C++.
COMMONPLACE = {
    "bytes.remove_prefix(static_cast<std::size_t>(count));",
    'UniqueFdsocket(check(::socket(address.family(),SOCK_DGRAM|SOCK_CLOEXEC,0),"socket"));',
    'check(::bind(socket.get(),address.get(),address.length),"bind"+to_string(address));',
    "conststd::lock_guardlock(mutex_);",
    "}catch(conststd::exception&error){",
}


def squeezed(text):
    return re.sub(r"\s+", "", text)


def region_lines(solution):
    inside = False
    for line in solution.read_text(encoding="utf-8").splitlines():
        if re.match(r" *// \[\d+\] ", line):
            inside = True
        elif re.match(r" *// \[/\]", line):
            inside = False
        elif inside and not line.strip().startswith("//"):
            code = squeezed(line.split("//")[0])
            if len(code) >= SHORTEST:
                yield code


def skeleton(solution):
    return subprocess.run(["grading/make_skeleton.sh", solution], check=True, capture_output=True,
                          text=True).stdout


def main():
    tree = pathlib.Path(sys.argv[1])
    solutions = sorted(pathlib.Path("solutions").glob("*/server.cpp"))
    assert solutions, "no solutions to look for"
    shown = squeezed("".join(skeleton(solution) for solution in solutions
                             if any(tree.rglob(f"labs/{solution.parent.name}"))))
    secrets = {code for solution in solutions for code in region_lines(solution)
               if code not in shown and code not in COMMONPLACE}
    assert len(secrets) > 50, f"only {len(secrets)} lines to look for"
    found = []
    for file in sorted(path for path in tree.rglob("*") if path.is_file()):
        if "rubrics" in file.parts or "build" in file.relative_to(tree).parts:
            continue
        text = squeezed(file.read_text(encoding="utf-8", errors="replace"))
        found += [f"{file.relative_to(tree)}: {code}" for code in sorted(secrets) if code in text]
        if "solutions" in file.relative_to(tree).parts:
            found.append(f"{file.relative_to(tree)}: a solution by its path")
        if "specimens" in file.parts and re.search(r"(?m)^(\+\+\+|---|@@) ", file.read_text()):
            found.append(f"{file.relative_to(tree)}: a patch")
    print("\n".join(found) or f"none of {len(secrets)} lines")
    return 1 if found else 0


sys.exit(main())
