"""pages_class.py OUT LAB: a gradebook of the records in OUT/records/LAB, under hostile names."""
import json
import pathlib
import sys

out, lab = pathlib.Path(sys.argv[1]), sys.argv[2]
names = {
    "right": "Anna Right",
    "skeleton": "<script>document.title='pwned'</script>",
    "broken": "\"><img src=x onerror=\"document.title='pwned'\">",
    "noisy": "\u202eevil\u2066 </title>]]>&lt;" + "W" * 300,
}
students = []
for number, (name, shown) in enumerate(names.items()):
    path = f"records/{lab}/{name}.json"
    record = json.loads((out / path).read_text())
    mark = {"mark": record["score"] - 0.5 * number if record["score"] else 0, "score": record["score"],
            "max_score": 100, "late_days": number, "penalty": 0.5 * number, "extra": 0,
            "attempt": 1, "attempts": 1 + number, "outcome": record["verdict"],
            "sentence": record["sentence"], "tier": "A", "inconclusive": [], "record": path}
    students.append({"id": f"{name}/../<{number}>", "name": shown, "email": "", "folder": name,
                     "marks": {lab: mark}})
labs = [{"name": lab, "title": "One client <b>at a time</b>", "max_score": 100}]
(out / "gradebook.json").write_text(
    json.dumps({"schema": "gradebook/v1", "labs": labs, "students": students}))
