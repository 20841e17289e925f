"""Each export, read by an independent reader. Called by formats_test.sh, which sets BUILD and GRADED."""
import csv
import functools
import io
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as xml

import jsonschema
import yaml

HERE = pathlib.Path(__file__).resolve().parent
GRADE = pathlib.Path(os.environ["BUILD"]).resolve() / "grading/grade"
EXPORT_CLASS = GRADE.with_name("export-class")
CLASSROOM50 = {"CLASSROOM": "cs", "ASSIGNMENT": "02-fork", "ASSIGNMENT_TYPE": "individual",
               "OWNER": "alice", "SUBMISSION_TAG": "submit/2026-09-01T08-15-00Z-abc",
               "COMMIT_URL": "https://x/c", "RELEASE_URL": "https://x/r", "REVIEW_URL": "https://x/d",
               "SUBMITTED_AT": "2026-09-01T08:15:00Z"}
FOR_STUDENTS = ["classroom50", "github", "github-summary", "prairielearn", "autolab", "exercism",
                "junit", "html", "tap"]

# What ends or starts something in one of the formats, or in a terminal.
HOSTILE = ("]]> <script>&amp; \u0000\u0001\u001b[31m\u007f\u0085\u2028\u202eRTL\u2066 \ufffe "
           "\"quoted\" 'too' \\ back|pipe `tick` ```` # hash % 100 {word: 1}\r\n"
           "::error::forged\n  ::warning file=x::forged\n##[error]forged\n::stop-commands::x\n"
           "=cmd()\n+1\n-1\n@x\n1..9\nok 9\nnot ok 8\nBail out! forged\n...\n---\n"
           "{\"scores\": {\"02-fork\": 1000}}\n{\"_presentation\": \"semantic\"}\n")


def test_of(name, verdict="pass", **more):
    failure = {"expected": "\"Ugly.\"", "got": "no room", "cause": "The parent waits."}
    result = {"name": name, "title": "it " + name, "task": 1, "points": 5 if verdict == "pass" else 0,
              "max_points": 5, "verdict": verdict, "seconds": 0.1, "steps": ["alice connected"],
              "wire": [], "failure": None if verdict == "pass" else failure, "log": "a line\n",
              "reproduce": "make grade LAB=02 ONLY=" + name, "chaff": None, "visibility": "visible",
              "detail": "full"}
    result.update(more)
    return result


def record_of(tests, **more):
    counting = [test for test in tests if test["verdict"] not in ("skipped", "inconclusive")]
    record = {"schema": 1, "lab": "02-fork", "title": "A process for each client",
              "submission": "class/alice", "verdict": "graded", "sentence": "", "complete": True,
              "tier": "B", "started": "2026-09-01T08:15:00Z", "finished": "2026-09-01T08:15:09Z",
              "seconds": 9.0, "compiler_output": "", "chaff": None, "tests": tests,
              "hashes": {"submission": "0" * 64, "suite": "1" * 64, "toolchain": "2" * 64},
              "score": sum(test["points"] for test in counting),
              "max_score": sum(test["max_points"] for test in counting)}
    record.update(more)
    return record


def every_verdict():
    words = ["pass", "fail", "unstable", "inconclusive", "skipped", "not_run"]
    return record_of([test_of(word.title().replace("_", ""), word) for word in words])


def hostile():
    record = every_verdict()
    text = HOSTILE + "x" * 20_000 + HOSTILE
    for key in ("title", "submission", "compiler_output", "tier"):
        record[key] = text
    record["sentence"] = HOSTILE
    record["chaff"] = {"name": text, "sentence": text, "test": text}
    for test in record["tests"]:
        test.update(name=HOSTILE, title=text, log=text, reproduce=HOSTILE, steps=[text, HOSTILE],
                    failure={"expected": text, "got": text, "cause": text}, chaff=record["chaff"])
    return record


def very_many():
    long = "\u00e4\u4e2d" * 1_200
    return record_of([test_of(f"Test{i}", "fail", log=long, steps=[long] * 2) for i in range(200)])


def not_graded(verdict):
    return record_of([test_of("Answers", "not_run", failure=None)], verdict=verdict,
                     sentence="server.cpp does not compile.", compiler_output=HOSTILE)


def interrupted():
    record = every_verdict()
    record.update(complete=False, sentence="The grading was interrupted.")
    return record


def with_secrets():
    """Whatever stands in these must not be seen by a student: SECRET."""
    secret = {"expected": "SECRET", "got": "SECRET", "cause": "SECRET"}
    hidden = dict(title="SECRET", failure=secret, log="SECRET", steps=["SECRET"])
    bug = {"name": "SECRET", "sentence": "SECRET", "test": "SECRETTest"}
    tests = [test_of("Seen", "pass"), test_of("Failed", "fail", chaff=bug)]
    for visibility in ("hidden", "after_due_date", "after_published"):
        tests.append(test_of("SECRET" + visibility, "fail", visibility=visibility, **hidden))
    tests.append(test_of("OnGround", "not_run", failure={
        "expected": "", "got": "SECREThidden, on which it stands, has failed", "cause": ""}))
    tests.append(test_of("NameOnly", "fail", detail="name_only", failure=secret, log="SECRET",
                         steps=["SECRET"]))
    tests.append(test_of("TwoLines", "fail", detail="expected_and_actual", log="SECRET",
                         steps=["SECRET"], failure=dict(expected="this", got="that", cause="SECRET")))
    return record_of(tests, chaff=bug)


def graded():
    return json.loads(pathlib.Path(os.environ["GRADED"]).read_text(encoding="utf-8"))


RECORDS = {"every verdict": every_verdict, "hostile": hostile, "very many": very_many,
           "did not compile": lambda: not_graded("did_not_compile"),
           "no submission": lambda: not_graded("no_submission"),
           "rejected": lambda: not_graded("rejected"),
           "the grader broke": lambda: not_graded("infrastructure_error"),
           "interrupted": interrupted, "secrets": with_secrets, "graded": graded,
           "only hidden": lambda: record_of([test_of("SECRET", "fail", visibility="hidden")])}


def run(command, status=0, **environment):
    result = subprocess.run(command, env={**os.environ, **environment}, capture_output=True,
                            check=False)
    if result.returncode != status:
        raise AssertionError(f"{command} ended with {result.returncode}:\n{result.stderr.decode()}")
    return result


def exported(record, form):
    return exported_text(json.dumps(record, ensure_ascii=False), form)


@functools.cache
def exported_text(record, form):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "record.json"
        file.write_text(record, encoding="utf-8")
        output = run([GRADE, "export", "--record", file, "--format", form], **CLASSROOM50).stdout
    return output.decode("utf-8")  # strictly: bad UTF-8 is a failure


def schema(name):
    return json.loads((HERE / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))


def strictly_json(text):
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")
    return json.loads(text, parse_constant=refuse)


def checked(record, form):
    """As JSON that keeps to the schema."""
    result = strictly_json(exported(record, form))
    jsonschema.Draft7Validator(schema(form)).validate(result)
    return result


class OfEachRecord(unittest.TestCase):
    """What holds for whatever record."""

    def test_no_text_has_control_characters(self):
        names = run([GRADE, "--list-formats"]).stdout.decode().splitlines()
        forms = [line.split()[0] for line in names]
        self.assertGreaterEqual(set(forms), {*FOR_STUDENTS, "text", "json", "gradescope"})
        for name, make in RECORDS.items():
            with self.subTest(name):
                record = make()
                for form in forms:
                    bad = re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e\u2066-\u2069\ufffe]",
                                    exported(record, form))
                    self.assertIsNone(bad, form)

    def test_nothing_leaks_to_students(self):
        for record in (with_secrets(), RECORDS["only hidden"]()):
            for form in FOR_STUDENTS:
                self.assertNotIn("SECRET", exported(record, form), form)

    def test_gradescope(self):
        for name, make in RECORDS.items():
            with self.subTest(name):
                record = make()
                result = checked(record, "gradescope")
                self.assertLess(len(json.dumps(result)), 3_000_000)

    def test_classroom50_adds_up(self):
        for name, make in RECORDS.items():
            with self.subTest(name):
                record = make()
                result = checked(record, "classroom50")
                self.assertEqual(result["score"], sum(test["score"] for test in result["tests"]))
                self.assertEqual(result["max-score"], sum(test["max-score"] for test in result["tests"]))

    def test_prairielearn_is_small_enough(self):
        for name, make in RECORDS.items():
            with self.subTest(name):
                record = make()
                checked(record, "prairielearn")
                self.assertLessEqual(len(exported(record, "prairielearn").encode()), 1_000_000)

    def test_exercism(self):
        for name, make in RECORDS.items():
            with self.subTest(name):
                record = make()
                checked(record, "exercism")

    def test_junit(self):
        for name, make in RECORDS.items():
            with self.subTest(name):
                record = make()
                text = exported(record, "junit")
                with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".xml") as file:
                    file.write(text)
                    file.flush()
                    run(["xmllint", "--noout", "--huge", "--schema", HERE / "schemas/junit.xsd",
                         file.name])
                suite = xml.fromstring(text)[0]
                for tag, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
                    self.assertEqual(int(suite.get(count)), len(suite.findall(f"testcase/{tag}")))
                self.assertEqual(int(suite.get("tests")), len(suite.findall("testcase")))

    def test_autolab_last_lines(self):
        for name, make in RECORDS.items():
            with self.subTest(name):
                record = make()
                lines = exported(record, "autolab").rstrip("\n").split("\n")
                broke = record["verdict"] == "infrastructure_error" or not record["complete"]
                scores = strictly_json(lines[-1])
                jsonschema.validate(scores, schema("autolab"))
                self.assertEqual(list(scores["scores"]), ["02-fork"])
                if broke:  # without a score it sets and releases a 0
                    self.assertEqual(scores, {"scores": {"02-fork": None}})
                    self.assertIn("no mark. Autolab may show 0", lines[-2])
                    continue
                most = sum(test["max_points"] for test in record["tests"])
                self.assertLessEqual(scores["scores"]["02-fork"], most)
                if record["verdict"] == "graded":
                    jsonschema.validate(strictly_json(lines[-2]), schema("autolab-feedback"))
                for line in lines[-2:] if record["verdict"] == "graded" else lines[-1:]:
                    # Its parser, which puts quotes around any word before a colon.
                    self.assertEqual(re.sub(r'(?<!["\w])(\w+):', r'"\1":', line), line)

    def test_tap(self):
        for name, make in RECORDS.items():
            with self.subTest(name):
                record = make()
                read_tap(self, record, exported(record, "tap"))

    def test_github_runs_only_our_commands(self):
        for name, make in RECORDS.items():
            with self.subTest(name):
                record = make()
                commands = github_commands(exported(record, "github"))
                self.assertLessEqual({command[0] for command in commands}, {"error", "notice"})
                self.assertTrue(1 <= len(commands) <= 10)
                for _, properties, message in commands:
                    self.assertLessEqual(set(properties), {"file", "title"})
                    self.assertLessEqual(len(message.encode()), 5_000)

    def test_github_summary_is_small_enough(self):
        for name, make in RECORDS.items():
            with self.subTest(name):
                record = make()
                text = exported(record, "github-summary")
                self.assertLess(len(text.encode()), 1024 * 1024)
                outside = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", text)
                self.assertNotRegex(outside, r"(?<!\\)<script")  # markup is escaped


def read_tap(case, record, text):
    """By Perl's consumer, which knows version 13: of the same stream, but for that number."""
    case.assertTrue(text.startswith("TAP version 14\n"))
    script = ("use TAP::Parser; local $/; my $p = TAP::Parser->new({tap => <STDIN>}); $p->run;"
              "print join ',', scalar $p->passed, scalar $p->failed, scalar $p->skipped,"
              "scalar $p->parse_errors, scalar $p->tests_run;")
    result = subprocess.run(["perl", "-e", script], input=text.replace("14", "13", 1).encode(),
                            capture_output=True, check=False)
    broke = record["verdict"] == "infrastructure_error" or not record["complete"]
    if broke:
        case.assertTrue(text.split("\n")[1].startswith("Bail out! "))
        case.assertEqual(text.count("\n"), 2)
        return
    passed, failed, skipped, errors, tests = map(int, result.stdout.decode().split(","))
    case.assertEqual(errors, 0, text[:400])
    verdicts = [test["verdict"] for test in record["tests"] if test["visibility"] == "visible"]
    if record["verdict"] != "graded":
        case.assertEqual((passed, failed, tests), (0, 1, 1))
    else:
        left_out = verdicts.count("skipped") + verdicts.count("inconclusive")
        case.assertEqual((passed, skipped), (verdicts.count("pass") + left_out, left_out))
        case.assertEqual(tests, len(verdicts))
    for block in re.findall(r"(?m)^  ---\n((?:  .*\n)*?)  \.\.\.\n", text):
        case.assertIsInstance(yaml.safe_load(block), dict)


def github_commands(text):
    """As the runner reads a log: (command, properties, message) of each that it would obey."""
    commands, token = [], None
    for line in text.split("\n"):
        if token is not None:
            if line.strip() == f"::{token}::":
                token = None
            continue
        found = re.match(r"\s*::([a-z-]+)(?: ([^:]*))?::(.*)$", line)
        if not found:
            if "##[" in line:
                raise AssertionError("a command of the old kind: " + line)
            continue
        name, parameters, message = found.groups()
        if name == "stop-commands":
            token = message
            continue
        pairs = [pair.split("=", 1) for pair in (parameters or "").split(",") if pair]
        commands.append((name, dict(pairs), message))
    if token is not None:
        raise AssertionError("commands stay switched off")
    return commands


class OfOneRecord(unittest.TestCase):
    """What a format says of what happened."""

    def test_gradescope_keeps_its_secrets_in_hidden_tests(self):
        result = checked(with_secrets(), "gradescope")
        for test in result["tests"]:
            if test["visibility"] == "visible":
                self.assertNotIn("SECRET", json.dumps(test), test["name"])
        # One that stays hidden would not keep the total back, which tells what became of it.
        seen = [test["visibility"] for test in result["tests"]]
        self.assertNotIn("hidden", seen)
        hidden = result["tests"][2]
        self.assertEqual((hidden["name"], hidden["output"]), ("SECREThidden", ""))
        self.assertEqual(hidden["visibility"], "after_published")
        result["tests"] = []
        self.assertNotIn("SECRET", json.dumps(result))

    def test_gradescope_hides_for_good_what_has_no_points(self):
        test = test_of("Watched", "fail", visibility="hidden", max_points=0)
        result = checked(record_of([test_of("Seen"), test]), "gradescope")
        self.assertEqual([test["visibility"] for test in result["tests"]], ["visible", "hidden"])

    def test_what_does_not_count_costs_no_points(self):
        words = ["pass", "pass", "fail", "skipped", "inconclusive"]
        record = record_of([test_of(f"Test{i}", word) for i, word in enumerate(words)])
        result = checked(record, "gradescope")
        self.assertEqual(result["score"], 16.67)  # 10 of 15, and there are 25
        self.assertEqual(result["leaderboard"][0]["value"], 16.67)
        self.assertIn("the others stand for all 25 points", result["output"])
        lines = exported(record, "autolab").rstrip("\n").split("\n")
        self.assertEqual(strictly_json(lines[-1]), {"scores": {"02-fork": 16.67}, "scoreboard": [16.67]})
        self.assertIn("the others stand for all 25 points", lines[-3])
        self.assertAlmostEqual(checked(record, "prairielearn")["score"], 10 / 15)

    def test_a_partial_result_says_so(self):
        result = checked(interrupted(), "gradescope")
        self.assertIn("Not every test has run", result["output"])
        self.assertEqual(result["leaderboard"], [])
        self.assertFalse(checked(interrupted(), "prairielearn")["gradable"])
        self.assertEqual(checked(interrupted(), "exercism")["status"], "error")

    def test_what_could_not_be_graded_is_no_bare_nought(self):
        record = not_graded("infrastructure_error")
        test = checked(record, "gradescope")["tests"][0]
        self.assertEqual((test["max_score"], test["status"]), (0, "failed"))
        self.assertEqual(checked(record, "classroom50")["max-score"], 0)
        self.assertFalse(checked(record, "prairielearn")["gradable"])
        self.assertIn("does not compile", checked(record, "prairielearn")["format_errors"][0])

    def test_annotations_are_counted(self):
        commands = github_commands(exported(very_many(), "github"))
        self.assertEqual([command[0] for command in commands], ["error"] * 9 + ["notice"])
        self.assertIn("191 more tests", commands[-1][2])

    def test_two_logs_have_two_tokens(self):
        texts = (exported(record, "github") for record in (every_verdict(), with_secrets()))
        first, second = (text.split("\n")[0] for text in texts)
        self.assertNotEqual(first, second)

    def test_what_is_no_record_is_refused(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            for text in ("", "{", "[]", "{\"schema\": 99}", "\\ud800"):
                file.seek(0)
                file.truncate()
                file.write(text)
                file.flush()
                error = run([GRADE, "export", "--record", file.name, "--format", "tap"], 2).stderr
                self.assertEqual(error.count(b"\n"), 1)
                self.assertIn(file.name.encode(), error)

    def test_a_file_is_replaced_whole_or_not_at_all(self):
        with tempfile.TemporaryDirectory() as folder:
            record = pathlib.Path(folder) / "r.json"
            record.write_text(json.dumps(every_verdict()))
            out = pathlib.Path(folder) / "out.xml"
            out.write_text("before")
            run([GRADE, "export", "--record", record, "--format", "nonsense", "--out", out], 2)
            self.assertEqual(out.read_text(), "before")
            run([GRADE, "export", "--record", record, "--format", "junit", "--out", out])
            self.assertTrue(out.read_text().startswith("<?xml"))


def mark(value, **more):
    result = {"mark": value, "score": 10, "max_score": 20, "late_days": 0, "penalty": 0, "extra": 0,
              "attempt": 1, "attempts": 1, "outcome": "graded", "sentence": "", "tier": "B",
              "inconclusive": [], "record": ""}
    result.update(more)
    return result


def student(name, identity, value, email="", **more):
    return {"id": identity, "name": name, "email": email, "folder": identity,
            "marks": {"02-fork": mark(value, **more)}}


STUDENTS = [student("Ada Lovelace", "11", 12.5, "ada@x.org"),
            student("=cmd('x')", "zoe", 20, "zoe@x.org"),
            student("Zoë Ä", "z\u00e4", 3),
            student("Nobody \u202e", "99", 7),
            student("Broken", "14", 0, outcome="infrastructure_error")]


class OfAClass(unittest.TestCase):
    """Marks filled into a platform's own file."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.write_gradebook(STUDENTS)

    def write_gradebook(self, students, *labs):
        gradebook = {"schema": "gradebook/v1", "students": students,
                     "labs": [{"name": name, "title": "Forks", "max_score": 20}
                              for name in labs or ["02-fork"]]}
        (self.folder / "gradebook.json").write_text(json.dumps(gradebook), encoding="utf-8")

    def fill(self, form, content, *options, status=0):
        """The new file's bytes and what was said."""
        into, out = self.folder / "in.csv", self.folder / "out.csv"
        into.write_bytes(content)
        out.unlink(missing_ok=True)
        result = run([EXPORT_CLASS, "--gradebook", self.folder, "--format", form, "--into", into,
                      "--out", out, *options], status)
        self.assertEqual(into.read_bytes(), content)
        return (out.read_bytes() if status < 2 else b""), result.stderr.decode()

    CANVAS = ('\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,"Lab 02: Fork, and more (4711)",'
              'Final (4712),Current Score\r\n'
              '"    Points Possible",,,,,100,10,(read only)\r\n'
              '"Lovelace, Ada",11,s11,ada@x.org,"A ""1""",,5,\r\n'
              '"=cmd(\'x\')",12,zoe,zoe@x.org,B,"1",,=1+1\r\n'
              '"Ä, Zoë",13,s13,x,"two\r\nlines",,,\r\n'
              'Broken,14,s14,b,B,9,,\r\n'
              '"Student, Test",15,,,B,,,').encode()

    def test_canvas(self):
        out, said = self.fill("canvas", self.CANVAS, status=1)
        before = list(csv.reader(io.StringIO(self.CANVAS.decode("utf-8-sig"), newline="")))
        after = list(csv.reader(io.StringIO(out.decode("utf-8-sig"), newline="")))
        for row, value in ((2, "12.5"), (3, "20"), (4, "3")):
            self.assertEqual(after[row][5], value)
            after[row][5] = before[row][5]
        self.assertEqual(after, before)
        self.assertIn("Nobody", said)
        self.assertIn("Broken", said)
        self.assertIn("lab 02-fork has 20 points here, and 100 in Canvas", said)
        self.assertNotIn("\u202e", said)

    def test_canvas_changes_no_other_byte(self):
        out, _ = self.fill("canvas", self.CANVAS, status=1)
        expected = self.CANVAS.replace(b'"A ""1""",,5', b'"A ""1""",12.5,5').replace(
            b'B,"1",', b'B,"20",').replace(b'two\r\nlines",,,', b'two\r\nlines",3,,')
        self.assertEqual(out, expected)

    def test_canvas_columns_are_named_when_unclear(self):
        two = self.CANVAS.replace(b"Final (4712)", b"Lab 2 (4712)")
        _, said = self.fill("canvas", two, status=2)
        self.assertIn("several columns", said)
        self.assertIn("Lab 2 (4712)", said)
        out, _ = self.fill("canvas", two, "--column", "Lab 2 (4712)", status=1)
        self.assertIn(b",,12.5,", out)
        _, said = self.fill("canvas", self.CANVAS, "--column", "Lab 9 (1)", status=2)
        self.assertIn("Final (4712)", said)
        _, said = self.fill("canvas", b"Name,Mark\nA,1\n", status=2)
        self.assertIn("no gradebook of Canvas", said)

    def test_canvas_says_which_column_takes_which_lab(self):
        _, said = self.fill("canvas", self.CANVAS, status=1)
        self.assertIn("lab 02-fork goes into the column 'Lab 02: Fork, and more (4711)'", said)

    def test_canvas_takes_no_column_that_only_starts_alike(self):
        for title in ("Lab 2 report", "02 quiz", "Forks and threads", "02-fork bonus", "Lab 20"):
            other = self.CANVAS.replace(b"Lab 02: Fork, and more", title.encode())
            _, said = self.fill("canvas", other, status=2)
            self.assertIn("no column is for lab 02-fork", said, title)
        for title in ("lab 2", "LAB 02", "02", "forks", "02-Fork", "Lab 2: report", "02: x"):
            self.fill("canvas", self.CANVAS.replace(b"Lab 02: Fork, and more", title.encode()),
                      status=1)

    def test_canvas_puts_no_two_labs_into_one_column(self):
        self.write_gradebook(STUDENTS[:1], "02-fork", "02-forks")
        _, said = self.fill("canvas", self.CANVAS, status=2)
        self.assertIn("would take lab 02-fork and lab 02-forks", said)

    def test_canvas_keeps_what_somebody_has_decided(self):
        for word in ("EX", "ex", "N/A", "n/a"):
            decided = self.CANVAS.replace(b'""1""",,5', f'""1""",{word},5'.encode())
            self.write_gradebook(STUDENTS[:1])
            out, said = self.fill("canvas", decided)
            self.assertEqual(out, decided)
            self.assertIn(f"Ada Lovelace (ada@x.org) has '{word}' in lab 02-fork: what stands", said)

    def test_canvas_tells_of_marks_that_it_overwrites(self):
        _, said = self.fill("canvas", self.CANVAS, status=1)
        self.assertIn("overwritten in the column 'Lab 02: Fork, and more (4711)': 1 mark: "
                      "=cmd('x') (zoe@x.org) had 1, now 20\n", said)
        _, said = self.fill("canvas", self.CANVAS.replace(b'B,"1",', b'B,"20.00",'), status=1)
        self.assertNotIn("overwritten", said)  # the same is no other

    def test_canvas_with_names_in_two_columns(self):
        split = ("LastName,FirstName,ID,Section,Lab 2 (4711)\r\n    Points Possible,,,,20\r\n"
                 "Lovelace,Ada,1,A,\r\nDoe,Jane,22,A,\r\n").encode()
        self.write_gradebook([student("Ada Lovelace", "a", 1), student("doejane", "22", 2)])
        out, _ = self.fill("canvas", split)
        self.assertEqual(out, split.replace(b"1,A,", b"1,A,1").replace(b"22,A,", b"22,A,2"))
        _, said = self.fill("canvas", split.replace(b"ID", b"Id"), status=2)
        self.assertIn("no column 'ID'", said)

    def test_canvas_takes_no_name_of_a_file_for_another(self):
        self.write_gradebook([student("lovelaceada", "11", 1), student("the-group", "13", 2),
                              student("Some Body", "14", 3)])
        out, said = self.fill("canvas", self.CANVAS, status=1)
        self.assertIn(b'""1""",1,5', out)
        self.assertIn(b'lines",2,', out)
        self.assertIn("Some Body (14) has no row in the file: line 7 has that id, not that name", said)

    MOODLE = ('Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be '
              'changed","Last modified (grade)","Feedback comments"\n'
              '"Participant 11","Ada Lovelace",a@other,"Submitted",,20.00,Yes,-,"=x,\ny"\n'
              '"Participant 99","Zoë Ä",q@x,"No submission",3.00,20.00,Yes,-,\n'
              '"Participant 5",Someone,zoe@x.org,,-,20.00,Yes,-,\n').encode()

    def test_moodle(self):
        out, said = self.fill("moodle", self.MOODLE, status=1)
        expected = self.MOODLE.replace(b'"Submitted",,', b'"Submitted",12.5,').replace(
            b"zoe@x.org,,-,", b"zoe@x.org,,20,")
        self.assertEqual(out, expected)  # 3 is 3.00: the row stays as it was, and is skipped there
        self.assertIn("Nobody", said)  # who is 99 elsewhere, and not Zoë
        self.assertIn("Broken", said)

    def test_moodle_keeps_a_grade_that_cannot_be_changed(self):
        for heading, word in (("Grade can be changed", "No"), ("Mutabile", "No"),
                              ("Bewertung kann geändert werden", "Nein")):
            locked = self.MOODLE.replace(b"-,20.00,Yes,", f"7,20.00,{word},".encode()).replace(
                b"Grade can be changed", heading.encode())
            self.write_gradebook([student("Zoë", "zoe@x.org", 20)])
            out, said = self.fill("moodle", locked)
            self.assertEqual(out, locked)
            self.assertIn("Zoë (zoe@x.org) has 20, and in Moodle a grade that cannot be changed: "
                          "what stands in the file is left\n", said)
            self.write_gradebook([student("Zoë", "zoe@x.org", 7)])
            self.assertNotIn("cannot be changed", self.fill("moodle", locked)[1])

    def test_moodle_tells_of_marks_that_it_overwrites(self):
        rows = "".join(f"Participant {n},S {n},,{n},20.00,Yes\n" for n in range(1, 8))
        content = ("Identifier,Full name,Status,Grade,Maximum Grade,Grade can be changed\n"
                   + rows).encode()
        self.write_gradebook([student(f"S {n}", str(n), 7) for n in range(1, 8)])
        _, said = self.fill("moodle", content)
        self.assertIn("overwritten in the column 'Grade': 6 marks: S 1 (1) had 1, now 7; ", said)
        self.assertIn("S 5 (5) had 5, now 7; and 1 more\n", said)

    NUMBERS = (b"Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade\n"
               b"Participant 11,Ada Lovelace,52,a@x,,,20\n"
               b"Participant 12,Bob Roe,11,b@x,,,20\n")

    def test_moodle_takes_no_number_for_another(self):
        ada, bob = b"a@x,,", b"b@x,,"
        for students, given, status in (
                ([student("Ada Lovelace", "11", 5)], {ada: b"5"}, 0),  # as its folder is numbered
                ([student("Bob Roe", "11", 6)], {bob: b"6"}, 0),  # as the university numbers him
                ([student("Ada Lovelace", "11", 5), student("Bob Roe", "12", 6)],
                 {ada: b"5", bob: b"6"}, 0),
                ([student("Carl Doe", "11", 7)], {}, 1),  # neither of the two
                ([student("Carl Doe", "12", 7)], {}, 1),
                ([student("", "11", 7)], {}, 1)):  # either of the two
            self.write_gradebook(students)
            out, said = self.fill("moodle", self.NUMBERS, status=status)
            expected = self.NUMBERS
            for row, value in given.items():
                expected = expected.replace(row, row + value)
            self.assertEqual(out, expected, said)

    def test_moodle_knows_names_as_it_writes_them_into_files(self):
        names = (b"Identifier,Full name,Status,Grade\nParticipant 1,Conan O'Brien,,\n"
                 b"Participant 2,\"Ann_Lee: <a>  & \"\"b/c\"\" \",,\n")
        self.write_gradebook([student("Conan OBrien", "1", 5), student("Ann Lee a bc", "7", 6)])
        out, _ = self.fill("moodle", names)
        self.assertEqual(out, names.replace(b"O'Brien,,", b"O'Brien,,5").replace(b'"" ",,', b'"" ",,6'))

    def test_moodle_with_blind_marking(self):
        self.write_gradebook([student("Participant", "12", 5)])
        for head, ada, bob in (("Status", "", ""), ("Status,Group", "", ""),
                               ("Full name,Status", "Ada,", "Bob,")):  # who may see names has them
            content = (f"Identifier,{head},Grade,Maximum Grade\nParticipant 11,{ada}done,,20\n"
                       f"Participant 12,{bob}done,,20\n").replace("done,", "done,," if "Group" in head
                                                                 else "done,").encode()
            out, _ = self.fill("moodle", content)
            self.assertEqual(out, content[:-len(b",20\n")] + b"5,20\n")
        self.write_gradebook([student("Ada Lovelace", "11", 5)])  # whose number is all there is
        for head, done in ((b"Status", b"Submitted"), (b"Status,Group", b"Submitted,")):
            content = b"Identifier," + head + b",Grade\nParticipant 11," + done + b",\n"
            out, _ = self.fill("moodle", content)
            self.assertEqual(out, content[:-1] + b"5\n")

    def test_moodle_in_a_language_that_nobody_knows(self):
        known = b"Numerus,Nomen,Conditio,Gradum\nParticeps 11,Ada,,\nParticeps 12,Bob,,\n"
        self.write_gradebook([student("Bob", "11", 5)])  # what follows the identifier is a name
        out, _ = self.fill("moodle", known, "--column", "Gradum")
        self.assertEqual(out, known.replace(b"Bob,,", b"Bob,,5"))
        blind = b"Numerus,Conditio,Gradum\nParticeps 11,Missum,\n"
        out, _ = self.fill("moodle", blind, "--column", "Gradum")  # unless that is the last
        self.assertEqual(out, blind.replace(b"Missum,", b"Missum,5"))

    def test_moodle_with_groups(self):
        groups = (b"Identifier,Full name,Status,Group,Grade\nParticipant 5,Ada,,The Group: 1,\n"
                  b"Participant 6,Bob,,The Group: 1,\nParticipant 7,Cid,,Other,3\n")
        self.write_gradebook([student("The Group 1", "7", 5)])
        out, _ = self.fill("moodle", groups)
        self.assertEqual(out, groups.replace(b"Group: 1,", b"Group: 1,5"))
        none = groups.replace(b"Group,Grade", b"Team,Grade")
        self.write_gradebook([student("The Group 1", "5", 5), student("Third", "8", 5)])
        out, said = self.fill("moodle", none, status=1)
        self.assertEqual(out, none)
        self.assertIn("these are groups, and no column says who is in which", said)

    def test_moodle_tells_of_another_maximum(self):
        _, said = self.fill("moodle", self.MOODLE.replace(b"20.00", b"30.00"), status=1)
        self.assertIn("lab 02-fork has 20 points here, and 30 in Moodle", said)

    def test_moodle_fills_no_column_of_words(self):
        _, said = self.fill("moodle", self.MOODLE, "--column", "Email address", status=2)
        self.assertIn("'Email address' is not for marks: in line 2 it holds 'a@other'", said)

    def test_moodle_in_german(self):
        german = ('ID;"Vollständiger Name";E-Mail-Adresse;Status;Bewertung;Bestwertung\r\n'
                  'Teilnehmer/in11;Ada Lovelace;;;;20,00\r\n'
                  'Teilnehmer/in5;X;zoe@x.org;;;15,00\r\n').encode()
        out, said = self.fill("moodle", german, status=1)
        self.assertEqual(out, german.replace(b"Ada Lovelace;;;;", b"Ada Lovelace;;;12,5;"))
        self.assertIn("takes no more than 15,00", said)

    def test_moodle_in_any_language(self):
        other = self.MOODLE.replace(b",Grade,", b",Gradum,")
        _, said = self.fill("moodle", other, status=2)
        self.assertIn("--column", said)
        self.assertIn("Gradum", said)
        out, _ = self.fill("moodle", other, "--column", "Gradum", status=1)
        self.assertIn(b"12.5", out)

    def test_nobody_gets_a_mark_of_somebody_else(self):
        twins = [student("Ada Lovelace", "a1", 1), student("Ada Lovelace", "a2", 2)]
        self.write_gradebook(twins)
        out, said = self.fill("canvas", self.CANVAS, status=1)
        self.assertEqual(out, self.CANVAS)
        self.assertEqual(said.count("would share the row"), 2)
        self.write_gradebook([student("", "zoe", 1), student("Ada Lovelace", "n", 2)])
        out, _ = self.fill("canvas", self.CANVAS)  # by id first, and a name only for who is left
        self.assertIn(b'"A ""1""",2,5', out)
        self.assertIn(b'B,"1",', out)
        self.write_gradebook([student("Ada Lovelace", "zoe", 9)])  # an id of hers elsewhere
        out, _ = self.fill("canvas", self.CANVAS)
        self.assertIn(b'"A ""1""",9,5', out)
        self.assertIn(b'B,"1",', out)

    def test_files_that_are_none_are_refused(self):
        for content, words in ((b"", "empty"), (b"\xff\xfeS\0t\0", "NUL"),
                               (b'Student,ID\n"open', "never closed")):
            _, said = self.fill("canvas", content, status=2)
            self.assertIn(words, said)
            self.assertIn("in.csv", said)
        run([EXPORT_CLASS, "--gradebook", self.folder, "--format", "xls"], 2)
        run([EXPORT_CLASS, "--gradebook", self.folder, "--format", "canvas"], 2)
        run([EXPORT_CLASS, "--gradebook", "/nonexistent", "--format", "csv"], 2)
        (self.folder / "there.csv").write_text("x")
        run([EXPORT_CLASS, "--gradebook", self.folder, "--format", "csv", "--out",
             self.folder / "there.csv"], 2)
        self.assertEqual((self.folder / "there.csv").read_text(), "x")

    def test_csv_holds_no_formula(self):
        names = ["=cmd()", "+1", "-1", "@x", " =1", "\t=1", "a,b", 'q"q', "l\nl", "\r=1",
                 "x;=1+1", "x\t=1+1", 'x; "@y', "x\n+1", "x;y"]
        self.write_gradebook([student(name, name + "i", 1.005) for name in names])
        text = run([EXPORT_CLASS, "--gradebook", self.folder, "--format", "csv"]).stdout.decode()
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        self.assertEqual(rows[0], ["id", "name", "email", "02-fork", "02-fork outcome", "sum"])
        self.assertEqual(len(rows), len(names) + 1)
        for row in rows:
            self.assertEqual(len(row), 6)
            for cell in row[:3]:
                self.assertNotRegex(cell, r"^\s*[=+@-]")
        for delimiter in ";\t":  # by a spreadsheet that parts cells there
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                for cell in row:
                    self.assertNotRegex(cell, r'^[\s"]*[=+@-]')

    def test_csv_sums_up_no_open_mark(self):
        self.write_gradebook([student("Ada", "a", 0, outcome="infrastructure_error"),
                              student("Bob", "b", 0)])
        text = run([EXPORT_CLASS, "--gradebook", self.folder, "--format", "csv"]).stdout.decode()
        self.assertIn("a,Ada,,,infrastructure_error,\r\n", text)
        self.assertIn("b,Bob,,0,graded,0\r\n", text)

    def test_help_says_what_formats_are_for(self):
        said = run([EXPORT_CLASS, "--help"]).stdout.decode()
        self.assertRegex(said, r"(?m)^moodle +Moodle's grading worksheet of one assignment, filled in$")

    def test_json_is_the_gradebook(self):
        text = run([EXPORT_CLASS, "--gradebook", self.folder, "--format", "json"]).stdout.decode()
        self.assertEqual(len(strictly_json(text)["students"]), len(STUDENTS))


if __name__ == "__main__":
    unittest.main()
