#!/usr/bin/env python3
"""The generator against its golden service, and what it refuses.

usage: generate_test.py             compare     generate_test.py --accept    take today's output as golden
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import generate

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = ("types.h", "errors.h", "api.h")


def generate_into(model, folder):
    return subprocess.run([sys.executable, HERE / "generate.py", model, folder], capture_output=True, text=True)


class Golden(unittest.TestCase):
    def test_headers(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(generate_into(HERE / "testdata/small.json", folder).returncode, 0)
            for name in GOLDEN:
                made = (pathlib.Path(folder) / name).read_text()
                self.assertEqual(made, (HERE / "testdata" / f"small_{name}.golden").read_text(), name)

    def test_two_runs_are_equal(self):
        made = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                generate_into(HERE / "testdata/small.json", folder)
                made.append({path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()})
        self.assertEqual(made[0], made[1])
        self.assertIn("tables.cc", made[0])


class Refusals(unittest.TestCase):
    def refused(self, **shapes):
        model = json.loads((HERE / "testdata/small.json").read_text())
        for name, facts in shapes.items():
            model["shapes"][name] = facts
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "model.json"
            path.write_text(json.dumps(model))
            run = generate_into(path, folder)
        self.assertNotEqual(run.returncode, 0)
        return run.stderr

    def test_what_cannot_be_carried_is_named(self):
        self.assertIn("When: document", self.refused(When={"type": "structure", "members": {}, "document": True}))
        self.assertIn("Things: sparse", self.refused(
            Things={"type": "list", "member": {"shape": "Thing"}, "sparse": True}))
        self.assertIn("When: type bigDecimal", self.refused(When={"type": "bigDecimal"}))
        self.assertIn("GetThingRequest.Id: jsonvalue", self.refused(
            GetThingRequest={"type": "structure", "members": {"Id": {"shape": "Id", "jsonvalue": True}}}))


class EventStreams(unittest.TestCase):
    def test_an_operation_stays_without_its_stream(self):
        model = json.loads((HERE / "testdata/small.json").read_text())
        model["shapes"]["Stream"] = {"type": "structure", "members": {}, "eventstream": True}
        model["shapes"]["Thing"]["members"]["Follow"] = {"shape": "Stream"}
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "model.json"
            path.write_text(json.dumps(model))
            self.assertEqual(generate_into(path, folder).returncode, 0)
            self.assertIn("GetThing", (pathlib.Path(folder) / "api.h").read_text())
            self.assertNotIn("Follow", (pathlib.Path(folder) / "types.h").read_text())


class Names(unittest.TestCase):
    def test_identifiers(self):
        self.assertEqual(generate.identifier("us-east-1"), "us_east_1")
        self.assertEqual(generate.identifier("default"), "default_")
        self.assertEqual(generate.identifier("NULL"), "NULL_")
        self.assertEqual(generate.identifier("2d"), "_2d")

    def test_patterns(self):
        self.assertEqual(generate.pcre(r"[\u0020-\uD7FF\u10000-\u10FFFF]+"),
                         r"[\x{0020}-\x{D7FF}\x{10000}-\x{10FFFF}]+")
        self.assertEqual(generate.pcre(r"\p{ASCII}+"), r"[\x00-\x7f]+")

    def test_literals(self):
        self.assertEqual(generate.quoted('a"\\\n?é'), r'"a\"\\\012?\303\251"')
        self.assertEqual(generate.quoted(None), "nullptr")


if __name__ == "__main__":
    if sys.argv[1:] == ["--accept"]:
        with tempfile.TemporaryDirectory() as made:
            generate_into(HERE / "testdata/small.json", made)
            for header in GOLDEN:
                (HERE / "testdata" / f"small_{header}.golden").write_text((pathlib.Path(made) / header).read_text())
    else:
        unittest.main()
