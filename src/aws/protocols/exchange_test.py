#!/usr/bin/env python3
"""botocore's own serializers and parsers against our codecs, over the toy service, in every protocol.

usage: exchange_test.py EXCHANGE_PROGRAM TOY_MODEL PROTOCOL...      exit 77 (skipped) without botocore
"""
import base64
import datetime
import json
import subprocess
import sys
import unittest

try:
    import botocore.parsers
    import botocore.serialize
    from botocore.model import ServiceModel
except ImportError:
    print("skipped: botocore is not installed")
    sys.exit(77)

UTC = datetime.timezone.utc
WHEN = datetime.datetime(2026, 11, 21, 4, 38, 9, tzinfo=UTC)
EVERYTHING = {
    "Flag": False, "Count": -7, "Big": -2**63, "Ratio": 0.1, "Small": 0.5, "Text": "a<b>&\"c\" ü%+=;, 𝄞 end",
    "Marker": "m", "Data": b"\0\xff bytes", "When": WHEN, "WhenUnix": WHEN, "WhenHttp": WHEN, "WhenIso": WHEN,
    "Color": "dark-green", "Inner": {"Id": "in", "Weight": 5}, "Names": ["a", "b", "b"],
    "Numbers": list(range(12)), "Inners": [{"Id": "x"}, {"Id": "y", "Weight": 1}], "FlatNames": ["one"],
    "FlatNamed": ["two", "three"], "FlatLabels": {"flat": "map", "x": "y"},
    "Nested": [["a", "b"], ["c"]], "Labels": {"k": "v", "other key": ""},
    "InnerByName": {"n": {"Id": "m", "Weight": 9}}, "NamesByName": {"list": ["p", "q"]}, "Choice": {"Word": "w"},
    "Tree": {"Name": "root", "Left": {"Name": "leaf"}, "Children": [{"Name": "c"}]},
    "default": "keyword", "Everything": "own name",
}
# What botocore does not do for a protocol: maps, and the capital letter that Smithy gives every name.
LEFT_OUT = {"ec2": ["Labels", "InnerByName", "NamesByName", "FlatLabels", "default"]}


class Exchange(unittest.TestCase):
    program = model = protocol = None

    def setUp(self):
        metadata = dict(self.model["metadata"], protocol=self.protocol)
        model = dict(self.model, metadata=metadata)
        if self.protocol == "ec2":  # only the query protocol wraps its results
            model = json.loads(json.dumps(model))
            for operation in model["operations"].values():
                operation.get("output", {}).pop("resultWrapper", None)
        self.service = ServiceModel(model, "toy")
        self.process = subprocess.Popen([self.program, self.protocol], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def tearDown(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def call(self, name, params, headers=None):
        operation = self.service.operation_model(name)
        serializer = botocore.serialize.create_serializer(self.protocol, include_validation=False)
        request = serializer.serialize_to_request(params, operation)
        body = request["body"]
        if isinstance(body, dict):
            body = botocore.compat.urlencode(body, doseq=True)
        if isinstance(body, str):
            body = body.encode()
        query = request.get("query_string") or ""
        if isinstance(query, (dict, list)):
            query = botocore.compat.urlencode(query, doseq=True)
        path, _, own = request["url_path"].partition("?")
        line = {"method": request["method"], "path": path, "query": "&".join(filter(None, [own, query])),
                "headers": {**request["headers"], **(headers or {})}, "body": base64.b64encode(body or b"").decode()}
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        response = {"status_code": answer["status"], "body": base64.b64decode(answer["body"]),
                    "headers": botocore.awsrequest.HeadersDict(answer["headers"])}
        parser = botocore.parsers.create_parser(self.protocol)
        parsed = parser.parse(response, operation.output_shape)
        if "Error" in parsed and operation.error_shapes:
            for shape in operation.error_shapes:
                if shape.name == parsed["Error"]["Code"]:
                    parsed.update(parser.parse(response, shape))
        return parsed

    def test_everything_comes_back(self):
        params = {key: value for key, value in EVERYTHING.items() if key not in LEFT_OUT.get(self.protocol, [])}
        back = self.call("Echo", params)
        metadata = back.pop("ResponseMetadata")
        self.assertEqual(metadata["HTTPStatusCode"], 202 if self.protocol.startswith("rest") else 200)
        self.assertEqual(metadata.get("RequestId"), "r-1")
        for name, value in params.items():
            self.assertEqual(back.get(name), value, name)
        self.assertEqual(set(back), set(params))

    def test_errors_have_code_message_and_members(self):
        back = self.call("Echo", {}, {"X-Answer": "error"})
        self.assertEqual(back["Error"]["Code"], "Rich")
        self.assertEqual(back["Error"]["Message"], "two reasons")
        self.assertEqual(back.get("Reasons"), ["a", "b"])

    def test_violations_are_told(self):
        back = self.call("Check", {"ThingName": "toolong", "Size": 1, "Inner": {"Id": "a"}})
        self.assertIn(back["Error"]["Code"], ("ValidationError", "ValidationException"))
        self.assertIn("at 'thingName' failed to satisfy constraint: Member must have length less than or equal to 5",
                      back["Error"]["Message"])

    def test_bindings(self):
        if not self.protocol.startswith("rest"):
            return
        back = self.call("Bind", {"Name": "a/b", "Rest": "x/y", "Token": "t", "Since": WHEN, "Ids": ["p", "q"],
                                  "At": WHEN, "Meta": {"k": "v"}, "Body": {"Id": "in"}})
        self.assertNotIn("Error", back)


if __name__ == "__main__":
    Exchange.program = sys.argv[1]
    with open(sys.argv[2]) as file:
        Exchange.model = json.load(file)
    for operation in Exchange.model["operations"].values():
        operation["errors"] = [{"shape": error} for error in operation.get("errors", [])]
    for name, operation in Exchange.model["operations"].items():
        operation["name"] = name
    failed = False
    for Exchange.protocol in sys.argv[3:]:
        print(Exchange.protocol)
        result = unittest.TextTestRunner(verbosity=0).run(unittest.defaultTestLoader.loadTestsFromTestCase(Exchange))
        failed = failed or not result.wasSuccessful()
    sys.exit(failed)
