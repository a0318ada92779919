"""A policy for `npm run storm -- --policy "python3 docs/policy-boto3.py"`: it reboots what does not answer, carefully.

Each minute of a storm is one line of JSON on standard input, and one line on standard output says that this program is done with it.
Everything else is boto3 with the variables that are set for it; pip install boto3. docs/policies.md says what is in a line.
"""

import json
import os
import sys
from datetime import datetime, timedelta

import boto3
from botocore.exceptions import ClientError

ONCE_IN = timedelta(hours=1)
AT_ONCE = 1

ec2 = boto3.client("ec2")
sns = boto3.client("sns")
rebooted = {}
told = set()


def tell(sentence):
    """A page for people, once."""
    if sentence in told or "PAGES_TOPIC_ARN" not in os.environ:
        return
    told.add(sentence)
    sns.publish(TopicArn=os.environ["PAGES_TOPIC_ARN"], Subject="policy", Message=sentence)


def is_running(instance_id):
    """Truth is read again right before the act: an alarm is older than that."""
    found = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    return any(one["State"]["Name"] == "running" for reservation in found for one in reservation["Instances"])


def minute(now, alarms):
    begun = 0
    for alarm in alarms:
        instance_id = alarm["instanceId"]
        if alarm["kind"] not in ("answers", "status") or begun == AT_ONCE:
            continue
        if now - rebooted.get(instance_id, datetime.min.replace(tzinfo=now.tzinfo)) < ONCE_IN:
            continue
        if instance_id in rebooted:
            tell(f"{instance_id} was rebooted and does not answer")
            continue
        if not is_running(instance_id):
            continue
        ec2.reboot_instances(InstanceIds=[instance_id])
        rebooted[instance_id] = now
        begun += 1


for line in sys.stdin:
    said = json.loads(line)
    try:
        minute(datetime.fromisoformat(said["now"].replace("Z", "+00:00")), said["alarms"])
    except ClientError as error:
        print(f"AWS refused: {error}", file=sys.stderr)
    print("done", flush=True)
