#!/usr/bin/env python3
"""Turns models/<service>.json into the C++ of one service: plain structs, the API class, error constructors, tables.

Rule: standard library only, and the same input gives the same bytes. What the C++ side cannot carry is refused here
by name, so that it cannot be dropped silently.

    codegen/generate.py MODEL OUTPUT_FOLDER     writes types.h errors.h api.h api.cc tables.cc
"""
import json
import pathlib
import re
import sys

SCALARS = {
    "boolean": ("Boolean", "bool", " = false"),
    "integer": ("Integer", "std::int32_t", " = 0"),
    "long": ("Long", "std::int64_t", " = 0"),
    "float": ("Float", "float", " = 0"),
    "double": ("Double", "double", " = 0"),
    "string": ("String", "std::string", ""),
    "blob": ("Blob", "std::string", ""),
    "timestamp": ("Timestamp", "::meridian::SystemTime", "{}"),
}
PROTOCOLS = {"rest-xml": "RestXml", "rest-json": "RestJson", "json": "Json", "query": "Query", "ec2": "Ec2",
             "smithy-rpc-v2-cbor": "RpcCbor"}
LOCATIONS = {None: "Body", "uri": "Uri", "querystring": "QueryString", "header": "Header", "headers": "Headers",
             "statusCode": "StatusCode"}
TIMESTAMPS = {None: "Default", "iso8601": "Iso8601", "rfc822": "Rfc822", "unixTimestamp": "Unix"}
# C++ keywords and macros of the C library that AWS uses as names.
RESERVED = set("""alignas alignof and asm auto bitand bitor bool break case catch char class compl concept const
    continue co_await co_return co_yield decltype default delete do double else enum explicit export extern false
    float for friend goto if inline int long mutable namespace new noexcept not nullptr operator or private protected
    public register requires return short signed sizeof static struct switch template this throw true try typedef
    typeid typename union unsigned using virtual void volatile wchar_t while xor linux unix NULL EOF TRUE FALSE
    OVERFLOW UNDERFLOW DOMAIN SIGTERM SIGKILL SIGINT NAN INFINITY BUFSIZ RAND_MAX errno assert stdin stdout
    stderr""".split())


class Unsupported(Exception):
    pass


def quoted(text):
    """A C++ literal, or null."""
    if text is None:
        return "nullptr"
    out = []
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\':
            out.append("\\" + char)
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out).replace("??", "?\\?") + '"'


def identifier(name):
    name = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not name or name[0].isdigit():
        name = "_" + name if name else "empty"
    return name + "_" if name in RESERVED else name


def pcre(pattern):
    """The model's pattern (Java's syntax, roughly) as PCRE2 reads it."""
    # Coral's models write code points above the basic plane as \u10000; Java would read four digits.
    pattern = re.sub(r"\\u(10000|10FFFF)", r"\\x{\1}", pattern)
    pattern = re.sub(r"\\u([0-9A-Fa-f]{4})", r"\\x{\1}", pattern)
    return pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]")


def capitalised(name):
    return name[:1].upper() + name[1:]


def flag(value):
    return "true" if value else "false"


class Model:
    def __init__(self, path):
        raw = json.loads(pathlib.Path(path).read_text())
        self.service = raw["service"]
        self.cpp_service = identifier(self.service.replace("-", "_"))
        self.namespace = f"meridian::gen::{self.cpp_service}"
        self.metadata = raw["metadata"]
        self.operations = dict(sorted(raw["operations"].items()))
        self.name_namespace()
        self.shapes = raw["shapes"]
        self.drop_event_streams()
        self.mark_streams()
        self.add_missing_structures()
        self.errors = sorted({error for operation in self.operations.values() for error in operation.get("errors", [])}
                             | {name for name, shape in self.shapes.items() if shape.get("exception")})
        self.top = self.top_structures()
        self.order = self.reachable()
        self.structures = [name for name in self.order
                           if self.shapes[name]["type"] == "structure" and not self.is_message_only(name)]
        self.boxed = self.recursive_edges()
        self.optional = {member["shape"] for name in self.structures
                         for member_name, member in self.shapes[name].get("members", {}).items()
                         if self.holder(name, member_name) == "Optional"}
        self.sort_structures()

    def name_namespace(self):
        """A rest-xml model gives the namespace of its answers only on its inputs."""
        for operation in self.operations.values():
            namespace = operation.get("input", {}).get("xmlNamespace")
            if namespace:
                self.metadata.setdefault("xmlNamespace",
                                         namespace["uri"] if isinstance(namespace, dict) else namespace)

    def drop_event_streams(self):
        """No protocol here carries them: an operation that answers with one has no way to, and can only stay absent."""
        for shape in self.shapes.values():
            members = shape.get("members", {})
            for name in [name for name, member in members.items() if self.shapes[member["shape"]].get("eventstream")]:
                del members[name]
                if shape.get("payload") == name:
                    del shape["payload"]

    def mark_streams(self):
        """Models say it of a member or of its shape; the tables have it at the shape."""
        for shape in self.shapes.values():
            for member in shape.get("members", {}).values():
                if member.get("streaming"):
                    self.shapes[member["shape"]]["streaming"] = True

    def add_missing_structures(self):
        """Every operation gets an input and an output of its own, empty where the model has none."""
        for name, operation in self.operations.items():
            for part, suffix in (("input", "Request"), ("output", "Response")):
                if part not in operation:
                    shape = name + suffix
                    if self.shapes.get(shape, {"members": {}}).get("members"):
                        shape += "Empty"
                    self.shapes.setdefault(shape, {"type": "structure", "members": {}})
                    operation[part] = {"shape": shape}

    def top_structures(self):
        top = {operation[part]["shape"] for operation in self.operations.values() for part in ("input", "output")}
        return top | {error for error in self.errors if not self.is_message_only(error)}

    def is_message_only(self, name):
        shape = self.shapes[name]
        return bool(shape.get("exception")) and all(member.lower() == "message" for member in shape.get("members", {}))

    def references(self, name):
        shape = self.shapes[name]
        if self.is_message_only(name):
            return []
        found = [member["shape"] for member in shape.get("members", {}).values()]
        return found + [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]

    def reachable(self):
        roots = [operation[part]["shape"] for operation in self.operations.values() for part in ("input", "output")]
        order, seen = [], set()

        def visit(name):
            if name in seen:
                return
            seen.add(name)
            self.check(name)
            for reference in self.references(name):
                visit(reference)
            order.append(name)
        for root in roots + self.errors:
            visit(root)
        return order

    def check(self, name):
        shape = self.shapes[name]
        if shape["type"] not in SCALARS and shape["type"] not in ("structure", "list", "map"):
            raise Unsupported(f"{name}: type {shape['type']}")
        for trait in ("document", "eventstream", "event", "sparse"):
            if shape.get(trait):
                raise Unsupported(f"{name}: {trait}")
        for member_name, member in shape.get("members", {}).items():
            for trait in ("jsonvalue", "eventpayload"):
                if member.get(trait):
                    raise Unsupported(f"{name}.{member_name}: {trait}")
        if shape["type"] == "list" and self.shapes[shape["member"]["shape"]]["type"] == "boolean":
            raise Unsupported(f"{name}: list of booleans (std::vector<bool> has no addressable elements)")

    def recursive_edges(self):
        """Members whose structure holds, by value, the structure it stands in."""
        edges = {name: [member["shape"] for member in self.shapes[name].get("members", {}).values()
                        if self.shapes[member["shape"]]["type"] == "structure"] for name in self.structures}

        def reaches(start, goal):
            stack, seen = [start], set()
            while stack:
                name = stack.pop()
                if name == goal:
                    return True
                if name not in seen:
                    seen.add(name)
                    stack.extend(edges.get(name, []))
            return False
        return {(name, target) for name, targets in edges.items() for target in targets if reaches(target, name)}

    def sort_structures(self):
        """Structures held by value come first; the others are declared ahead."""
        order, seen = [], set()

        def visit(name):
            if name in seen:
                return
            seen.add(name)
            for member in self.shapes[name].get("members", {}).values():
                if self.shapes[member["shape"]]["type"] == "structure" and (name, member["shape"]) not in self.boxed:
                    visit(member["shape"])
            order.append(name)
        for name in self.structures:
            visit(name)
        self.structures = order

    def cpp_type(self, name):
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            return f"::{self.namespace}::{identifier(name)}"
        if kind == "list":
            return f"std::vector<{self.cpp_type(shape['member']['shape'])}>"
        if kind == "map":
            return f"std::map<std::string, {self.cpp_type(shape['value']['shape'])}>"
        return SCALARS[kind][1]

    def holder(self, structure, member_name):
        member = self.shapes[structure]["members"][member_name]
        if (structure, member["shape"]) in self.boxed:
            return "Boxed"
        return "Plain" if member_name in self.shapes[structure].get("required", []) else "Optional"


def header(model, what):
    return f"// {what} Generated from models/{model.service}.json by codegen/generate.py; not to be edited.\n"


def types_h(model):
    out = [header(model, "Plain structs of the service's shapes."), "#pragma once\n",
           "#include <cstdint>\n#include <map>\n#include <optional>\n#include <string>\n#include <vector>\n",
           '#include "aws/shape.h"\n', f"namespace {model.namespace} {{\n"]
    for name in model.order:
        shape = model.shapes[name]
        if shape["type"] == "string" and shape.get("enum"):
            values = "".join(f"inline constexpr const char* {identifier(value)} = {quoted(value)};\n"
                             for value in dict.fromkeys(shape["enum"]))
            out.append(f"namespace {identifier(name)} {{\n{values}}}\n")
    out += [f"struct {identifier(name)};" for name in model.structures]
    out.append("")
    for name in model.structures:
        out.append(f"struct {identifier(name)} {{")
        for member_name, member in model.shapes[name].get("members", {}).items():
            type_name = model.cpp_type(member["shape"])
            holder = model.holder(name, member_name)
            start = ""
            if holder == "Plain":
                start = SCALARS.get(model.shapes[member["shape"]]["type"], ("", "", ""))[2]
            elif holder == "Optional":
                type_name, start = f"std::optional<{type_name}>", "{}"  # so that designated initializers may leave it out
            else:
                type_name = f"::meridian::aws::Boxed<{type_name}>"
            out.append(f"  {type_name} {identifier(member_name)}{start};")
        out.append(f"  bool operator==(const {model.cpp_type(name)}&) const = default;\n}};\n")
    out += [f"const ::meridian::aws::Shape& shape_of(const {identifier(name)}*);" for name in sorted(model.top)]
    out.append(f"\n}}  // namespace {model.namespace}\n")
    return "\n".join(out)


def errors_h(model):
    out = [header(model, "One constructor an error of the model, with its code and status."), "#pragma once\n",
           '#include <string>\n\n#include "aws/error.h"\n', f"namespace {model.namespace} {{"]
    rich = [name for name in model.errors if not model.is_message_only(name)]
    out += [f"struct {identifier(name)};" for name in rich]
    out.append("\nnamespace errors {")
    for name in model.errors:
        argument = "std::string message"
        if name in rich:
            argument = f"const ::{model.namespace}::{identifier(name)}& details"
        out.append(f"::meridian::aws::Failure {identifier(name)}({argument});")
    out.append(f"}}  // namespace errors\n\n}}  // namespace {model.namespace}\n")
    return "\n".join(out)


def signature(model, name, owner=""):
    operation = model.operations[name]
    return (f"::meridian::aws::Outcome<{model.cpp_type(operation['output']['shape'])}> {owner}{identifier(name)}("
            f"::meridian::aws::Call& call, const {model.cpp_type(operation['input']['shape'])}& input)")


def api_h(model):
    out = [header(model, "One virtual function an operation; what a service does not override answers NotImplemented."),
           "#pragma once\n", '#include <array>\n#include <type_traits>\n\n#include "aws/service.h"',
           f'#include "gen/{model.service}/types.h"\n', f"namespace {model.namespace} {{\n",
           "const ::meridian::aws::ServiceModel& service_model();\n",
           "class Api : public ::meridian::aws::Service {\n public:",
           "  const ::meridian::aws::ServiceModel& model() const final { return service_model(); }",
           "  ::meridian::aws::Outcome<::meridian::aws::Value> invoke(::meridian::aws::Call& call,\n"
           "      const ::meridian::aws::Operation& operation, const ::meridian::aws::Value& input) override;\n"]
    out += [f"  virtual {signature(model, name)};" for name in model.operations]
    out.append("};\n")
    out.append(f"inline constexpr std::size_t kOperationCount = {len(model.operations)};\n")
    out.append("// Which operations T overrides, in the order of ServiceModel::operations: the support matrix counts "
               "the code itself.\ntemplate <typename T>\nconstexpr std::array<bool, kOperationCount> implemented() {"
               "\n  return {")
    out += [f"      !std::is_same_v<decltype(&T::{identifier(name)}), decltype(&Api::{identifier(name)})>,"
            for name in model.operations]
    out.append(f"  }};\n}}\n\n}}  // namespace {model.namespace}\n")
    return "\n".join(out)


def api_cc(model):
    out = [header(model, "Dispatch by operation number, and the defaults."), f'#include "gen/{model.service}/api.h"\n',
           f"namespace {model.namespace} {{\n\nusing ::meridian::aws::Outcome;\nusing ::meridian::aws::Value;\n",
           "namespace {\ntemplate <typename T>\nOutcome<Value> boxed(Outcome<T> outcome) {\n"
           "  if (!outcome) return std::unexpected(std::move(outcome).error());\n  return Value::of(*outcome);\n}\n"
           "}  // namespace\n",
           "Outcome<Value> Api::invoke(::meridian::aws::Call& call, const ::meridian::aws::Operation& operation, "
           "const Value& input) {\n  switch (operation.index) {"]
    for index, (name, operation) in enumerate(model.operations.items()):
        out.append(f"    case {index}: return boxed({identifier(name)}(call, "
                   f"input.as<{model.cpp_type(operation['input']['shape'])}>()));")
    out.append("  }\n  return ::meridian::aws::not_implemented(service_model(), operation.name);\n}\n")
    for name in model.operations:
        definition = signature(model, name, "Api::").replace("& call,", "&,").replace("& input)", "&)")
        out.append(f"{definition} {{\n  return ::meridian::aws::not_implemented(service_model(), {quoted(name)});\n}}")
    out.append(f"\n}}  // namespace {model.namespace}\n")
    return "\n".join(out)


class Tables:
    def __init__(self, model):
        self.model = model
        self.index = {name: number for number, name in enumerate(model.order)}
        self.storages = {}
        self.members = []
        self.constraints = []
        self.values = []
        self.error_facts = []

    def shape_at(self, name):
        return f"&kShapes[{self.index[name]}]"

    def storage(self, expression):
        number = self.storages.setdefault(expression, len(self.storages))
        return f"&kStorages[{number}]"

    def storage_of(self, name):
        """Only what is used: every part of a Storage is a template instance."""
        shape = self.model.shapes[name]
        cpp_type = self.model.cpp_type(name)
        parts = "{}"
        if name in self.model.top:
            parts = f"storage::whole<{cpp_type}>({parts})"
        if name in self.model.optional:
            parts = f"storage::optional<{cpp_type}>({parts})"
        if any(target == name for _, target in self.model.boxed):
            parts = f"storage::boxed<{cpp_type}>({parts})"
        if shape["type"] == "list":
            parts = f"storage::list<{self.model.cpp_type(shape['member']['shape'])}>({parts})"
        if shape["type"] == "map":
            parts = f"storage::map<{self.model.cpp_type(shape['value']['shape'])}>({parts})"
        return None if parts == "{}" else self.storage(parts)

    def constraints_of(self, shape):
        facts = []
        if "min" in shape:
            facts.append(f".min = {float(shape['min'])}")
        if "max" in shape:
            facts.append(f".max = {float(shape['max'])}")
        if shape.get("pattern") and shape["type"] == "string":
            facts.append(f".pattern = {quoted(pcre(shape['pattern']))}")
            facts.append(f".model_pattern = {quoted(shape['pattern'])}")
        if shape.get("enum"):
            start = len(self.values)
            self.values += [quoted(value) for value in shape["enum"]]
            facts.append(f".values = {{kValues + {start}, {len(shape['enum'])}}}")
        if not facts:
            return None
        entry = "{" + ", ".join(facts) + "}"
        if entry not in self.constraints:
            self.constraints.append(entry)
        return f"&kConstraints[{self.constraints.index(entry)}]"

    def error_of(self, name):
        shape = self.model.shapes[name]
        if not shape.get("exception"):
            return None
        error = shape.get("error", {})
        status = error.get("httpStatusCode", 500 if shape.get("fault") else 0)
        sender = error.get("senderFault", not shape.get("fault") and status < 500)
        self.error_facts.append(f"{{{quoted(error.get('code', name))}, {status}, {flag(sender)}, "
                                f"{flag(self.model.is_message_only(name))}}}")
        return f"&kErrors[{len(self.error_facts) - 1}]"

    def member(self, structure, name):
        member = self.model.shapes[structure]["members"][name]
        target = self.model.shapes[member["shape"]]
        wire = member.get("locationName", name)
        namespace = member.get("xmlNamespace")
        if isinstance(namespace, str):
            namespace = {"uri": namespace}
        facts = [quoted(name), quoted(wire),
                 quoted(member.get("queryName") or capitalised(wire)),
                 quoted(namespace["uri"] if namespace else None),
                 quoted(namespace.get("prefix") if namespace else None),
                 self.shape_at(member["shape"]),
                 f"offsetof({self.model.cpp_type(structure)}, {identifier(name)})",
                 f"Location::{LOCATIONS[member.get('location')]}",
                 f"Holder::{self.model.holder(structure, name)}",
                 f"TimestampFormat::{TIMESTAMPS[member.get('timestampFormat', target.get('timestampFormat'))]}",
                 flag(name in self.model.shapes[structure].get("required", [])),
                 flag(member.get("flattened") or target.get("flattened")),
                 flag(member.get("xmlAttribute")), flag(member.get("idempotencyToken")),
                 flag(member.get("hostLabel"))]
        return "{" + ", ".join(facts) + "}"

    def shape(self, name):
        shape = self.model.shapes[name]
        kind = shape["type"]
        facts = [f".kind = Kind::{SCALARS[kind][0] if kind in SCALARS else kind.capitalize()}",
                 f".name = {quoted(name)}"]
        if kind in ("structure", "list", "map") and not self.model.is_message_only(name):
            storage = self.storage_of(name)
            if storage:
                facts.append(f".storage = {storage}")
        if kind == "structure" and not self.model.is_message_only(name):
            start = len(self.members)
            self.members += [self.member(name, member) for member in shape.get("members", {})]
            if len(self.members) > start:
                facts.append(f".members = {{kMembers + {start}, {len(self.members) - start}}}")
        element = shape.get("member") or shape.get("value")
        if element:
            facts.append(f".element = {self.shape_at(element['shape'])}")
        if kind == "map":
            facts.append(f".key = {self.shape_at(shape['key']['shape'])}")
        if element:
            facts.append(f".element_wire = {quoted(element.get('locationName', 'member' if kind == 'list' else 'value'))}")
        if kind == "map":
            facts.append(f".key_wire = {quoted(shape['key'].get('locationName', 'key'))}")
        if shape.get("payload"):
            facts.append(f".payload = {quoted(shape['payload'])}")
        if shape.get("locationName"):
            facts.append(f".xml_name = {quoted(shape['locationName'])}")
        for field, value in (("constraints", self.constraints_of(shape)), ("error", self.error_of(name))):
            if value:
                facts.append(f".{field} = {value}")
        if kind == "structure" and not self.model.is_message_only(name):
            facts.append(f".size = sizeof({self.model.cpp_type(name)})")
        if shape.get("timestampFormat"):
            facts.append(f".timestamp = TimestampFormat::{TIMESTAMPS[shape['timestampFormat']]}")
        for field, value in (("flattened", shape.get("flattened")),
                             ("element_named", element and "locationName" in element),
                             ("is_union", shape.get("union")), ("sensitive", shape.get("sensitive")),
                             ("streaming", shape.get("streaming")), ("unwrapped", shape.get("unwrapped"))):
            if value:
                facts.append(f".{field} = true")
        return "{" + ", ".join(facts) + "}"


def text_list(value):
    return [value] if isinstance(value, str) else list(value or [])


def operation_tables(model, tables):
    """The operations and the small arrays they point to."""
    texts, errors, paginations, operations = [], [], [], []

    def texts_span(value):
        values = text_list(value)
        if not values:
            return "{}"
        texts.extend(quoted(text) for text in values)
        return f"{{kTexts + {len(texts) - len(values)}, {len(values)}}}"

    for index, (name, operation) in enumerate(model.operations.items()):
        http = operation.get("http", {})
        facts = [f".name = {quoted(name)}", f".index = {index}", f".method = {quoted(http.get('method', 'POST'))}",
                 f".uri = {quoted(http.get('requestUri', '/'))}", f".status = {http.get('responseCode', 200)}",
                 f".input = {tables.shape_at(operation['input']['shape'])}",
                 f".output = {tables.shape_at(operation['output']['shape'])}"]
        namespace = operation["input"].get("xmlNamespace")
        optional = [("input_xml_name", operation["input"].get("locationName")),
                    ("input_xml_namespace", namespace["uri"] if isinstance(namespace, dict) else namespace),
                    ("result_wrapper", operation["output"].get("resultWrapper")),
                    ("host_prefix", operation.get("endpoint", {}).get("hostPrefix"))]
        facts += [f".{field} = {quoted(value)}" for field, value in optional if value]
        if operation.get("errors"):
            start = len(errors)
            errors.extend(tables.shape_at(error) for error in operation["errors"])
            facts.append(f".errors = {{kOperationErrors + {start}, {len(errors) - start}}}")
        if operation.get("pagination"):
            pages = operation["pagination"]
            fields = [f".{field} = {texts_span(pages.get(key))}" for field, key in
                      (("input_tokens", "input_token"), ("output_tokens", "output_token"),
                       ("result_keys", "result_key"))]
            fields += [f".{key} = {quoted(pages[key])}" for key in ("limit_key", "more_results") if pages.get(key)]
            paginations.append("{" + ", ".join(fields) + "}")
            facts.append(f".pagination = &kPaginations[{len(paginations) - 1}]")
        operations.append("{" + ", ".join(facts) + "}")
    return texts, errors, paginations, operations


def array(type_name, name, entries):
    # C++ has no empty arrays; nothing refers to the one entry of such a table.
    unused = "" if entries else "[[maybe_unused]] "
    return f"{unused}constinit const {type_name} {name}[] = {{\n" + ",\n".join(entries or ["{}"]) + "};\n"


def service_model_cc(model):
    metadata = model.metadata
    # Qualified: S3 has a shape of that name.
    protocols = ["::meridian::aws::Protocol::" + PROTOCOLS[name] for name in metadata.get("protocols") or [metadata["protocol"]] if name in PROTOCOLS]
    facts = [f".name = {quoted(model.service)}", f".service_id = {quoted(metadata.get('serviceId', model.service))}",
             f".endpoint_prefix = {quoted(metadata['endpointPrefix'])}",
             f".signing_name = {quoted(metadata.get('signingName', metadata['endpointPrefix']))}",
             f".api_version = {quoted(metadata['apiVersion'])}"]
    facts += [f".{field} = {quoted(metadata[key])}" for field, key in
              (("json_version", "jsonVersion"), ("target_prefix", "targetPrefix"), ("xml_namespace", "xmlNamespace"))
              if metadata.get(key)]
    if metadata.get("noErrorWrapping"):
        facts.append(".error_wrapper = false")
    facts += [".protocols = kProtocols", ".operations = kOperations",
              f".errors = {{kServiceErrors, {len(model.errors)}}}"]
    return (array("::meridian::aws::Protocol", "kProtocols", protocols)
            + "constinit const ServiceModel kModel = {" + ", ".join(facts) + "};\n")


def tables_cc(model):
    tables = Tables(model)
    shapes = [tables.shape(name) for name in model.order]
    texts, errors, paginations, operations = operation_tables(model, tables)
    out = [header(model, "The shape tables, the service's model and the error constructors."),
           '#include <cstddef>\n\n#include "aws/storage.h"\n' + f'#include "gen/{model.service}/api.h"\n'
           f'#include "gen/{model.service}/errors.h"\n',
           "// Maps make a struct non-standard-layout; both compilers still lay it out as offsetof says.\n"
           '#pragma GCC diagnostic ignored "-Winvalid-offsetof"\n',
           f"namespace {model.namespace} {{\n\nusing namespace ::meridian::aws;\n\nnamespace tables {{\n",
           f"extern const Shape kShapes[{len(shapes)}];\n",
           array("Storage", "kStorages", tables.storages), array("char* const", "kValues", tables.values),
           array("Constraints", "kConstraints", tables.constraints), array("ErrorFacts", "kErrors", tables.error_facts),
           array("Member", "kMembers", tables.members), array("Shape", "kShapes", shapes),
           array("char* const", "kTexts", texts), array("Shape* const", "kOperationErrors", errors),
           array("Pagination", "kPaginations", paginations), array("Operation", "kOperations", operations),
           array("Shape* const", "kServiceErrors", [tables.shape_at(name) for name in model.errors]),
           service_model_cc(model), "}  // namespace tables\n",
           "const ServiceModel& service_model() { return tables::kModel; }\n"]
    out += [f"const ::meridian::aws::Shape& shape_of(const {identifier(name)}*) "
            f"{{ return tables::kShapes[{tables.index[name]}]; }}" for name in sorted(model.top)]
    out.append("\nnamespace errors {")
    for name in model.errors:
        if model.is_message_only(name):
            out.append(f"Failure {identifier(name)}(std::string message) {{ return modelled_error("
                       f"tables::kShapes[{tables.index[name]}], std::move(message)); }}")
        else:
            out.append(f"Failure {identifier(name)}(const ::{model.namespace}::{identifier(name)}& details) "
                       "{ return modelled_error(Value::of(details)); }")
    out.append(f"}}  // namespace errors\n\n}}  // namespace {model.namespace}\n")
    return "\n".join(out)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    model = Model(sys.argv[1])
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in (("types.h", types_h), ("errors.h", errors_h), ("api.h", api_h), ("api.cc", api_cc),
                       ("tables.cc", tables_cc)):
        (folder / name).write_text(make(model))


if __name__ == "__main__":
    try:
        main()
    except Unsupported as reason:
        sys.exit(f"{sys.argv[1]}: cannot be carried yet: {reason}")
