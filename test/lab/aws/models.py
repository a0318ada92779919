"""Prints what botocore's models ask of the members of requests, a line of JSON for each service.

Reads {"botocore's name of a service": [operations]} on standard input. A line: {"service", "operations": [those that botocore has], "members":
{"Structure.Member": {"required", "least", "most", "pattern", "enum"}}}; "Structure.Member[]" is an element of a list.
"""
import json
import sys

import botocore.session

session = botocore.session.get_session()


def asked(shape, required):
    enum = shape.enum if shape.type_name == "string" else []
    found = {"required": required, "least": shape.metadata.get("min"), "most": shape.metadata.get("max"), "pattern": shape.metadata.get("pattern")}
    return {**{name: value for name, value in found.items() if value is not None}, **({"enum": list(enum)} if enum else {})}


def read(shape, members, seen):
    if shape.type_name in ("list", "map"):
        read(shape.member if shape.type_name == "list" else shape.value, members, seen)
    if shape.type_name != "structure" or shape.name in seen:
        return
    seen.add(shape.name)
    for name, member in shape.members.items():
        members[f"{shape.name}.{name}"] = asked(member, name in shape.required_members)
        if member.type_name == "list":
            members[f"{shape.name}.{name}[]"] = asked(member.member, False)
        read(member, members, seen)


for service, operations in json.load(sys.stdin).items():
    model = session.get_service_model(service)
    known = [operation for operation in operations if operation in model.operation_names]
    members = {}
    for operation in known:
        shape = model.operation_model(operation).input_shape
        if shape is not None:
            read(shape, members, set())
    print(json.dumps({"service": service, "operations": known, "members": members}))
