#!/usr/bin/env python3
"""class_memory.py: the runner's peak memory for a small class and a huge one, whose records are made
here and not by grading. `make bench-class-memory` calls it; COUNT=100000.

usage: class_memory.py GRADE_CLASS REPOSITORY SCRATCH COUNT
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys


def run(program, repository, scratch, name):
    build = os.path.dirname(os.path.dirname(program))
    done = subprocess.run([program, "--root", repository, "--build", build, "--submissions",
                           f"{scratch}/{name}", "--out", f"{scratch}/{name}.out", "--lab", "01"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"grade-class ended with {done.returncode}: {done.stderr[-1000:]}")
    return json.load(open(f"{scratch}/{name}.out/run.json"))


def submit(scratch, name, number, text):
    folder = f"{scratch}/{name}/student-{number:06}"
    os.makedirs(folder)
    with open(f"{folder}/server.cpp", "w") as file:
        file.write(text)


def one_record(program, repository, scratch):
    """What cannot be compiled is graded soonest."""
    submit(scratch, "one", 0, "nothing that compiles")
    run(program, repository, scratch, "one")
    folder = f"{scratch}/one.out/records/01-iterative"
    name = os.listdir(folder)[0]
    return name[name.index("-"):], json.load(open(f"{folder}/{name}"))


def simulate(scratch, name, count, ending, record):
    folder = f"{scratch}/{name}.out/records/01-iterative"
    os.makedirs(folder)
    for number in range(count):
        text = f"// {number}\n"
        submit(scratch, name, number, text)
        record["hashes"]["submission"] = hashlib.sha256(text.encode()).hexdigest()
        with open(f"{folder}/{record['hashes']['submission'][:32]}{ending}", "w") as file:
            json.dump(record, file)


def main():
    program, repository, scratch, count = sys.argv[1:4] + [int(sys.argv[4])]
    shutil.rmtree(scratch, ignore_errors=True)
    ending, record = one_record(program, repository, scratch)
    peaks = []
    for number in (100, count):
        simulate(scratch, str(number), number, ending, record)
        result = run(program, repository, scratch, str(number))
        assert result["graded"] == 0, "a record was not found by its key"
        peaks.append(result["peak_kilobytes"] / 1024)
        print(f"{number:7} records: {peaks[-1]:6.1f} MiB, {result['seconds']:.1f} s", flush=True)
    print(f"{count} records take {peaks[1] - peaks[0]:.1f} MiB more than 100 (target: at most 16)")
    shutil.rmtree(scratch)
    return 0 if peaks[1] - peaks[0] <= 16 else 1


sys.exit(main())
