#!/usr/bin/env python3
"""Classroom 50 runs this in a student's checkout; it leaves result.json there.

Exit status 0: it was graded, whatever the marks. Any other: the grader could not do its work, and
Classroom 50 shows an error instead of marks.
"""
import os
import pathlib
import subprocess
import sys

LAB = "@LAB@"
GRADER = pathlib.Path(__file__).resolve().parent / "grader"
GRADE = GRADER / "build/debug/grading/grade"


def submission():
    """Where the server.cpp is: in a copy of the template, or in a repository of its own."""
    checkout = pathlib.Path.cwd()
    folder = checkout / "labs" / LAB
    return folder if folder.is_dir() else checkout


def environment():
    """What the runner sets, and the instant of the submission: that of the commit."""
    commit = subprocess.run(["git", "log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ",
                             "--format=%cd"], env={**os.environ, "TZ": "UTC"}, check=True,
                            capture_output=True, text=True)
    settings = dict(os.environ, SUBMITTED_AT=commit.stdout.strip())
    settings["OWNER"] = os.environ.get("OWNER") or os.environ.get("USERNAME", "")
    settings["ASSIGNMENT_TYPE"] = os.environ.get("ASSIGNMENT_TYPE") or "individual"
    settings["REVIEW_URL"] = os.environ.get("REVIEW_URL") or os.environ.get("COMMIT_URL", "")
    return settings


def export(record, form, to):
    subprocess.run([GRADE, "export", "--record", record, "--format", form], cwd=GRADER, stdout=to,
                   check=True)


def main():
    checkout = pathlib.Path.cwd()
    record = GRADER / "record.json"
    for script in GRADER.glob("grading/*.sh"):
        script.chmod(0o755)
    subprocess.run(["make", "-s", "grader", f"LAB={LAB}"], cwd=GRADER, check=True)
    graded = subprocess.run([GRADE, "--lab", LAB, "--submission", submission(), "--record", record,
                             "--format", "classroom50", "--out", checkout / "result.json"],
                            cwd=GRADER, env=environment(), check=False)
    if graded.returncode == 0:
        sys.stdout.flush()
        export(record, "github", sys.stdout)
        if os.environ.get("GITHUB_STEP_SUMMARY"):
            with open(os.environ["GITHUB_STEP_SUMMARY"], "ab") as summary:
                export(record, "github-summary", summary)
    return graded.returncode


if __name__ == "__main__":
    sys.exit(main())
