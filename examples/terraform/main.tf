# Two fleets of a Terraform owner: nodes that chainmend's template makes, and nodes of this configuration's own that chainmend heals. docs/deploy.md

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "template_bucket" {
  description = "A private S3 bucket of this region: CloudFormation reads the template there."
  type        = string
}

# npm run synth -- -c fleets=examples/deploy -o examples/terraform/cdk.out
module "deployed" {
  source          = "./modules/deployed-nodes"
  fleet_file      = "${path.module}/../deploy/bitcoin.yaml"
  assembly        = "${path.module}/cdk.out"
  template_bucket = var.template_bucket
}

module "own" {
  source     = "./modules/own-nodes"
  fleet_file = "${path.module}/../app/fleets/litecoin.yaml"
}

# For npm run deploy -- -c nodeRoles=…: the role of nodes that chainmend deploys itself need not be named.
output "node_roles" {
  value = module.own.role_arn
}
