"""Sends the requests that AWS publishes as examples (botocore's examples-1.json) to a served region, and compares the answers in members, types, forms and enumerations.

Reads {"botocore's name of a service": [operations that the region has]} on standard input, and prints a line of JSON for each example:
{"service", "operation", "id", "outcome": "same" | "differs" | "absent" | "lacking", "said"}. `absent`: the example names what only its author's
account had. What every account has is put in its place first: an id of a volume becomes that of a volume of the region.
"""
import json
import os
import re
import sys
from datetime import datetime

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

URL = next(iter(json.loads(os.environ["CHAINMEND_ENDPOINTS"]).values()))
REGION = os.environ["AWS_DEFAULT_REGION"]
CONFIG = Config(retries={"total_max_attempts": 10, "mode": "standard"})
ABSENT = re.compile(r"NotFound|NoSuch|DoesNotExist|NotExist|does not exist|not found", re.I)
ID = re.compile(r"^[a-z]+-[0-9a-f]{8,17}$")
session = botocore.session.get_session()


def client_of(service):
    return boto3.client(service, region_name=REGION, endpoint_url=URL, config=CONFIG)


def prepared():
    """What an id or a name in an example stands for, as pairs of a pattern and its replacement."""
    ec2 = client_of("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    zone = subnet["AvailabilityZone"]
    volume = ec2.create_volume(AvailabilityZone=zone, Size=10, VolumeType="gp3")["VolumeId"]
    ec2.get_waiter("volume_available").wait(VolumeIds=[volume])
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    [instance] = ec2.run_instances(
        ImageId="ami-0a12023a12023a120", InstanceType="t3.small", MinCount=1, MaxCount=1, SubnetId=subnet["SubnetId"]
    )["Instances"]
    address = ec2.allocate_address(Domain="vpc")
    template = ec2.create_launch_template(
        LaunchTemplateName="my-template", LaunchTemplateData={"InstanceType": "t3.small", "ImageId": "ami-0a12023a12023a120"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    account = client_of("sts").get_caller_identity()["Account"]
    return [
        (r"\bvol-[0-9a-f]{8,17}\b", volume),
        (r"\bsnap-[0-9a-f]{8,17}\b", snapshot),
        (r"\bi-[0-9a-f]{8,17}\b", instance["InstanceId"]),
        (r"\bsubnet-[0-9a-f]{8,17}\b", subnet["SubnetId"]),
        (r"\bvpc-[0-9a-f]{8,17}\b", subnet["VpcId"]),
        (r"\beipalloc-[0-9a-f]{8,17}\b", address["AllocationId"]),
        (r"\blt-[0-9a-f]{8,17}\b", template),
        (r"\b(123456789012|111122223333|444455556666)\b", account),
        (r"\b[a-z]{2}-[a-z]+-\d[a-z]\b", zone),
        (r"\b[a-z]{2}-(east|west|central)-\d\b", REGION),
    ]


def placed(value, places):
    if isinstance(value, dict):
        return {placed(key, places): placed(inner, places) for key, inner in value.items()}
    if isinstance(value, list):
        return [placed(inner, places) for inner in value]
    if isinstance(value, str):
        for pattern, replacement in places:
            value = re.sub(pattern, replacement, value)
    return value


def form(text):
    """What can be compared of two texts: the kind of an id, the service and the kind of an ARN."""
    if ID.match(text):
        return text.split("-")[0]
    if text.startswith("arn:") and text.count(":") >= 5:
        return ":".join([*text.split(":")[:3], re.split(r"[/:]", text.split(":", 5)[5])[0]])
    return ""


def differences(shape, example, ours, path):
    kind = shape.type_name
    if example is None or example == "" or example == [] or example == {}:
        return
    if kind == "structure":
        for name, inner in example.items():
            if name not in shape.members or inner in (None, "", [], {}):
                continue
            if name not in ours:
                yield f"no {path}{name}"
            else:
                yield from differences(shape.members[name], inner, ours[name], f"{path}{name}.")
    elif kind == "list":
        if ours and isinstance(example, list):
            yield from differences(shape.member, example[0], ours[0], path)
    elif kind == "string":
        if shape.enum and ours not in shape.enum:
            yield f"{path[:-1]} is {ours}, which AWS does not know"
        elif isinstance(example, str) and not shape.enum and form(example) and form(example) != form(ours):
            yield f"{path[:-1]} is {ours}, not like {example}"
    elif kind == "timestamp" and not isinstance(ours, datetime):
        yield f"{path[:-1]} is {ours}, no time"


def played(client, model, operation, example, places):
    try:
        answer = client._make_api_call(operation, placed(example.get("input", {}), places))
    except ParamValidationError as error:
        return "absent", f"the example is no request: {error}"
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code == "NotImplemented":
            return "lacking", message
        return "absent" if ABSENT.search(f"{code} {message}") else "differs", f"{code}: {message}"
    shape = model.operation_model(operation).output_shape
    found = [] if shape is None else sorted(set(differences(shape, example.get("output") or {}, answer, "")))
    return ("differs", ", ".join(found)) if found else ("same", "")


RANKS = ("Create", "Put", "Run", "Allocate", "Register", "Add", "Attach")
LAST = ("Detach", "Remove", "Delete", "Deregister", "Release", "Terminate", "Schedule")


def rank(operation):
    return 0 if operation.startswith(RANKS) else 2 if operation.startswith(LAST) else 1


places = prepared()
for service, operations in json.load(sys.stdin).items():
    try:
        examples = session.get_component("data_loader").load_service_model(service, "examples-1")["examples"]
    except botocore.exceptions.UnknownServiceError:
        continue
    client, model = client_of(service), session.get_service_model(service)
    for operation in sorted(set(operations) & set(examples), key=lambda name: (rank(name), name)):
        for example in examples[operation]:
            outcome, said = played(client, model, operation, example, places)
            line = {"service": service, "operation": operation, "id": example["id"], "outcome": outcome, "said": said[:400]}
            print(json.dumps(line))
