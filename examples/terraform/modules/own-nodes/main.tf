# What nodes of this configuration's own need so that chainmend may heal them: a role that Systems Manager and the CloudWatch agent work with, and the
# fleet's tags.

variable "fleet_file" {
  description = "Path of the fleet file."
  type        = string
}

locals {
  fleet = yamldecode(file(var.fleet_file))
}

data "aws_iam_policy_document" "assumed_by_ec2" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "node" {
  name_prefix        = "${local.fleet.fleet}-node-"
  assume_role_policy = data.aws_iam_policy_document.assumed_by_ec2.json
}

resource "aws_iam_role_policy_attachment" "agents" {
  for_each   = toset(["AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"])
  role       = aws_iam_role.node.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_iam_instance_profile" "node" {
  name_prefix = "${local.fleet.fleet}-node-"
  role        = aws_iam_role.node.name
}

output "role_arn" {
  description = "For npm run deploy -- -c nodeRoles=…: only these may be passed on to another instance."
  value       = aws_iam_role.node.arn
}

output "instance_profile" {
  description = "For iam_instance_profile of aws_instance or aws_launch_template."
  value       = aws_iam_instance_profile.node.name
}

output "tags" {
  description = "For instances, their data volumes, launch templates, Auto Scaling groups, elastic addresses and target groups."
  value       = local.fleet.nodes.tag
}
