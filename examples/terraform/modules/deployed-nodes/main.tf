# The stack of a fleet's nodes, from the template that chainmend synthesizes: the same that npm run deploy:nodes deploys.

variable "fleet_file" {
  description = "Path of a fleet file that says deploy."
  type        = string
}

variable "assembly" {
  description = "The folder that npm run synth has written for this fleet file."
  type        = string
}

variable "template_bucket" {
  description = "A private S3 bucket of the same region."
  type        = string
}

variable "data" {
  description = "What new nodes begin with, by the names that the template's parameters have: npm run chainmend -- check --account names the snapshot. Leave a value as it is once its volume is there."
  type        = map(string)
  default     = {}
}

locals {
  fleet    = yamldecode(file(var.fleet_file))
  stack    = "ChainmendNodes-${local.fleet.fleet}"
  template = "${var.assembly}/${local.stack}.template.json"
}

data "aws_region" "current" {}

data "aws_s3_bucket" "templates" {
  bucket = var.template_bucket
}

# A key for each content: with the same address CloudFormation would be told of no change.
resource "aws_s3_object" "template" {
  bucket = data.aws_s3_bucket.templates.id
  key    = "chainmend/${local.stack}/${filesha256(local.template)}.json"
  source = local.template

  lifecycle {
    create_before_destroy = true
  }
}

# The region has to be bootstrapped for CDK, as for npm run deploy: the template looks for its version.
resource "aws_cloudformation_stack" "nodes" {
  name         = local.stack
  template_url = "https://${data.aws_s3_bucket.templates.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_NAMED_IAM"]
  tags         = local.fleet.nodes.tag
  parameters   = var.data

  lifecycle {
    prevent_destroy = true
  }
}

output "outputs" {
  description = "What the stack tells: ids of data volumes, or the address of a load balancer."
  value       = aws_cloudformation_stack.nodes.outputs
}

output "role" {
  description = "The name of the nodes' role, for aws_iam_role_policy_attachment: what your own lines need."
  value       = "chainmend-node-${local.fleet.fleet}-${data.aws_region.current.id}"
  depends_on  = [aws_cloudformation_stack.nodes]
}
