// Where the region answers differently from AWS, and why it stays so. What is not listed fails `npm run lab -- aws`; so does what differs no more.
import type { Judged } from './results.ts';

/** Members of requests that botocore's models have otherwise, and why it stays so. */
export const MODEL_DIFFERENCES: Readonly<Record<string, string>> = {
  'cloudtrail LookupEventsRequest.MaxResults':
    'LookupEvents refuses it with an error of its own, InvalidMaxResultsException (its API reference)',
  'iam PolicyIdentifier.PolicyType':
    'It is a union, and of unions the gateway reads no enumeration. The suite sends none.',
};

export const DIFFERENCES: readonly Judged[] = [
  {
    why: 'AWS lists the values of an enumeration in an order that no SDK has.',
    names: ['test_select_values_are_case_sensitive[query]', 'test_select_values_are_case_sensitive[scan]'],
  },
  {
    why: 'Any well-formed id is an image here: a world brings its own images.',
    names: ['test_error_on_invalid_ami', 'test_ami_describe_non_existent'],
  },
  {
    why: 'AWS takes an old spelling of a value (lowestPrice), which no SDK has. The operation is not emulated.',
    names: ['test_fleets.py::test_delete_fleet'],
  },
  {
    why: "The error's code is the same; AWS's words are not, and nothing here reads them.",
    names: ['test_between_function_operands_cannot_be_null', 'test_create_different_secret_with_same_token'],
  },
  {
    why: "SQS's error has a namespace before its name in the body. SDKs read the header's code, which is the same.",
    names: [
      'test_get_unknown_queue_by_name',
      'test_get_queue_url_error_not_exists',
      'test_get_queue_attributes_error_not_exists',
      'test_delete_message_from_unknown_url',
    ],
  },
  {
    why: 'The test asks for a removal of what is not there, or makes what an earlier test has removed. This run answers removals itself.',
    names: ['test_delete_queue_error_not_exists', 'test_with_filter_with_value_with_multiple_words'],
  },
  {
    why: 'The suite subscribes queues of its own template alone: SNS does not look whether they are there, and it signs nothing.',
    names: ['test_subscribe_unknown_sqs_queue', 'test_subscribe_sqs_queue_url', 'test_publish_to_sqs'],
  },
  {
    why: 'The suite sends the id of a zone as it was answered.',
    names: ['test_hosted_zone_id_in_change_tags'],
  },
  {
    why: 'Capacity is not modelled: a table takes what it is sent, and answers no ConsumedCapacity and no ProvisionedThroughput.',
    names: [
      'CreateTable to-create-a-table-1476116291743',
      'DescribeTable to-describe-a-table-1475884440502',
      'DeleteItem to-delete-an-item-1475884573758',
    ],
  },
  {
    why: 'The example reads, describes or changes what its author had made before.',
    names: [
      'GetItem to-read-an-item-from-a-table-1475884258350',
      'CreateLaunchTemplate to-create-a-launch-template-1529023655488',
      'DescribeVolumes to-describe-all-volumes-1472506358883',
      'DescribeVolumes to-describe-volumes-that-are-attached-to-a-specific-instance-1472506613578',
      'ModifyInstanceAttribute to-modify-the-instance-type-1529357844378',
      'DeleteVolume to-delete-a-volume-1472503111160',
      'DescribeSecret to-retrieve-the-details-of-a-secret-1524000138629',
    ],
  },
  {
    why: "The caller is a person with a user's key, not the account's root, a role or a federated user.",
    names: [
      'CreateLaunchTemplateVersion to-create-a-launch-template-version-1529024195702',
      'DescribeLaunchTemplates to-describe-a-launch-template-1529344182862',
      'ModifyLaunchTemplate to-change-the-default-version-of-a-launch-template-1529358440364',
      'DeleteLaunchTemplate to-delete-a-launch-template-1529024658216',
      'GetCallerIdentity to-get-details-about-a-calling-user-federated-with-assumerole-1480540158545',
      'GetCallerIdentity to-get-details-about-a-calling-user-federated-with-getfederationtoken-1480540231316',
    ],
  },
  {
    why: 'The example is no request that AWS takes today: a text in place of a document, an id without its prefix, 1,000 IOPS for 10 GiB of io1.',
    names: [
      'CreateRole eaaa4b5f-51f1-4f73-b0d3-30127040eff8',
      'DescribeLaunchTemplateVersions to-describe-the-versions-for-a-launch-template-1529344425048',
      'CreateVolume to-create-a-new-provisioned-iops-ssd-volume-from-a-snapshot-1472498975176',
    ],
  },
  {
    why: 'Images and load balancers are not modelled: an image has no tags, a load balancer is an ARN for target groups.',
    names: [
      'CreateTags ec2-create-tags-1',
      'DeleteTags ec2-delete-tags-1',
      'CreateLoadBalancer elbv2-create-load-balancer-1',
      'CreateLoadBalancer elbv2-create-load-balancer-2',
    ],
  },
  {
    why: 'Code that is stored has no size here; a role within an instance profile is its name and ARN.',
    names: [
      'GetAccountSettings to-get-account-settings-1481657495274',
      'GetInstanceProfile 463b9ba5-18cc-4608-9ccb-5a7c6b6e5fe7',
    ],
  },
  {
    why: 'Every key is for encryption with a symmetric key.',
    names: [
      'DescribeKey to-get-details-about-an-rsa-asymmetric-kms-key-1637971611761',
      'DescribeKey to-get-details-about-an-hmac-kms-key-1637970472619',
    ],
  },
];
