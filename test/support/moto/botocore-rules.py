"""What botocore's models demand of the inputs of some operations: required members, enums, lengths, ranges and patterns.

Reads {"signing name": {"client": "botocore's name", "operations": […]}} on stdin, and prints
{"signing name": {"Operation": {"Path.Of[].Member": {"type", "required", "enum", "min", "max", "pattern"}}}}.
In a path, [] is an element of a list, {key} a key of a map and {} its value. A structure within itself is not entered again.
"""
import json
import sys

import botocore.session

session = botocore.session.get_session()


def rules_of(shape):
    found = {"type": shape.type_name}
    for name in ("enum", "min", "max", "pattern"):
        value = shape.metadata.get(name)
        if value is not None and value != []:
            found[name] = value
    return found


def walk(shape, path, required, within, into):
    found = rules_of(shape)
    if required:
        found["required"] = True
    if len(found) > 1:
        into[path] = found
    if shape.type_name == "structure":
        if shape.name in within:
            return
        for name, member in shape.members.items():
            inner = f"{path}.{name}" if path else name
            walk(member, inner, name in shape.required_members, within | {shape.name}, into)
    elif shape.type_name == "list":
        walk(shape.member, f"{path}[]", False, within, into)
    elif shape.type_name == "map":
        walk(shape.key, f"{path}{{key}}", False, within, into)
        walk(shape.value, f"{path}{{}}", False, within, into)


answer = {}
for service, wanted in json.load(sys.stdin).items():
    model = session.get_service_model(wanted["client"])
    answer[service] = {}
    for operation in wanted["operations"]:
        into = {}
        shape = model.operation_model(operation).input_shape
        if shape is not None:
            walk(shape, "", False, frozenset(), into)
        answer[service][operation] = into
json.dump(answer, sys.stdout)
