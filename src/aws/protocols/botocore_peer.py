#!/usr/bin/env python3
"""botocore's own serializers and parsers on a throwaway model, for the tests of our codecs.

    botocore_peer.py available
    botocore_peer.py MODEL PROTOCOL OPERATION request  < parameters as JSON
        writes the request: method, path, query, headers, body (base64)
    botocore_peer.py MODEL PROTOCOL OPERATION response < answer as JSON: status, headers, body (base64)
        writes what botocore parses, as JSON with sorted keys: bytes as base64, times as seconds
"""
import base64
import datetime
import json
import sys
import urllib.parse


def service_model(path):
    from botocore.model import ServiceModel
    with open(path) as file:
        model = json.load(file)
    for name, operation in model["operations"].items():
        operation["name"] = name
        operation["errors"] = [{"shape": error} for error in operation.get("errors", [])]
    return ServiceModel(model, model["service"])


def request(operation, protocol):
    import botocore.awsrequest
    import botocore.serialize
    serializer = botocore.serialize.create_serializer(protocol, include_validation=True)
    made = serializer.serialize_to_request(json.load(sys.stdin), operation)
    botocore.awsrequest.prepare_request_dict(made, endpoint_url="http://toy")
    sent = botocore.awsrequest.create_request_object(made).prepare()
    url = urllib.parse.urlsplit(sent.url)
    body = sent.body or b""
    body = body.encode() if isinstance(body, str) else bytes(body)
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in sent.headers.items()}
    return {"method": sent.method, "path": url.path, "query": url.query, "headers": headers,
            "body": base64.b64encode(body).decode()}


def response(model, operation, protocol):
    import botocore.parsers
    from botocore.awsrequest import HeadersDict
    given = json.load(sys.stdin)
    answer = {"status_code": given["status"], "headers": HeadersDict(given["headers"]),
              "body": base64.b64decode(given["body"])}
    parser = botocore.parsers.create_parser(protocol)
    parsed = parser.parse(answer, operation.output_shape)
    if given["status"] >= 300:
        error = model.shape_for_error_code(parsed["Error"]["Code"])
        if error is not None:
            parsed.update(parser.parse(answer, error))
    parsed.pop("ResponseMetadata", None)
    return parsed


def plain(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    raise TypeError(type(value))


def main():
    import botocore  # noqa: F401  its absence is what "available" reports
    if sys.argv[1] == "available":
        return
    path, protocol, name, what = sys.argv[1:]
    model = service_model(path)
    operation = model.operation_model(name)
    result = request(operation, protocol) if what == "request" else response(model, operation, protocol)
    print(json.dumps(result, default=plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


if __name__ == "__main__":
    main()
