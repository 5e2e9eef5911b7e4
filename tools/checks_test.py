#!/usr/bin/env python3
"""check_layers and check_tree must find what they are there to find."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent


def run(tool: str, root: pathlib.Path):
    done = subprocess.run([sys.executable, TOOLS / tool, root], capture_output=True, text=True)
    return done.returncode, done.stdout


class Checks(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.root = pathlib.Path(self.temporary.name)
        subprocess.run(["git", "init", "-q", self.root], check=True)

    def write(self, name: str, text: str):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        subprocess.run(["git", "-C", self.root, "add", name], check=True)

    def test_layers_point_down_only(self):
        self.write("src/engines/dns/answer.cc", '#include "snapshots/dns/snapshot.h"\n#include "base/check.h"\n')
        self.write("src/compilers/dns/compile.cc", '#include "services/route53/resources.h"\n')
        self.assertEqual(run("check_layers", self.root), (0, ""))
        bad = {
            "src/base/a.cc": "net/loop.h",
            "src/engines/dns/b.cc": "store/store.h",
            "src/engines/cdn/c.cc": "engines/dns/answer.h",
            "src/services/iam/d.cc": "services/route53/service.h",
            "src/compilers/dns/e.cc": "services/route53/validate.h",
            "src/novel/f.cc": "base/check.h",
        }
        for name, target in bad.items():
            self.write(name, f'#include "{target}"\n')
        status, out = run("check_layers", self.root)
        self.assertEqual(status, 1)
        self.assertEqual([line.split(":")[0] for line in out.splitlines()], sorted(bad))

    def test_tree_finds_each_kind_once(self):
        self.write("src/README.md", "x\n")
        self.write("src/good/README.md", "x\n")
        self.write("src/good/thing.h", "// What it is for.\n#pragma once\n")
        self.assertEqual(run("check_tree", self.root), (0, ""))
        self.write("src/good/util.h", "#pragma once\n")
        self.write("src/bare/a.cc", "// " + "TO" + "DO later\n")
        status, out = run("check_tree", self.root)
        self.assertEqual(status, 1)
        for wanted in ("src/bare: has no README", "util.h: the name", "util.h: opens", "a.cc:1: a leftover"):
            self.assertIn(wanted, out)


if __name__ == "__main__":
    unittest.main()
