"""A plugin of pytest (`-p verified`) for moto's own tests that were verified against AWS: here a served region answers them.

Clients ask the region of their name, waits take virtual time, and each test ends in a line of JSON in the file CHAINMEND_RESULTS:
{"test", "outcome": "passed" | "failed" | "skipped", "lacking": what the region has said that it does not emulate, "said": the last error}.
What a test only removes at its end is not asked for: a served region ends with the run.
"""
import json
import os
import time

import botocore.client
import botocore.session
import pytest
from botocore.exceptions import ClientError

ENDPOINTS = json.loads(os.environ["CHAINMEND_ENDPOINTS"])
SPEED = float(os.environ["CHAINMEND_SPEED"])
RESULTS = os.environ["CHAINMEND_RESULTS"]
REMOVES = {"DeleteHostedZone", "DeleteQueue", "DeleteSecret", "DeleteTable", "DeleteTopic"}
lacking = []

create_client = botocore.session.Session.create_client
make_api_call = botocore.client.BaseClient._make_api_call
sleep = time.sleep


def create_served(self, service_name, region_name=None, *words, **options):
    region = region_name or os.environ["AWS_DEFAULT_REGION"]
    url = ENDPOINTS.get(region) or next(iter(ENDPOINTS.values()))
    return create_client(self, service_name, region, *words, **{**options, "endpoint_url": url})


def call(self, operation_name, api_params):
    try:
        return make_api_call(self, operation_name, api_params)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotImplemented":
            raise
        if operation_name in REMOVES:
            return {}
        lacking.append(error.response["Error"]["Message"])
        raise


time.sleep = lambda seconds: sleep(seconds / SPEED)
botocore.session.Session.create_client = create_served
botocore.client.BaseClient._make_api_call = call


def is_verified(function):
    """Whether moto's own decorator `aws_verified` stands above a test: most of its verified tests have no mark beside it."""
    while function is not None:
        if getattr(getattr(function, "__code__", None), "co_name", "") == "pagination_wrapper":
            return True
        function = getattr(function, "__wrapped__", None)
    return False


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if is_verified(getattr(item, "function", None)):
            item.add_marker("aws_verified")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    lacking.clear()
    item.chainmend = {}
    yield
    with open(RESULTS, "a", encoding="utf8") as results:
        results.write(json.dumps({"test": item.nodeid, "lacking": list(lacking), **item.chainmend}) + "\n")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call" or report.outcome != "passed":
        said = str(call.excinfo.value) if call.excinfo else ""
        item.chainmend = {"outcome": report.outcome, "said": said[:600]}
