import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { FleetsStack, nodeRole } from '../lib/fleets-stack';

const stack = new FleetsStack(new App(), 'Fleets', {});
const template = Template.fromStack(stack);

/** The properties of all resources of these types. */
const propertiesOf = (...types: string[]): any[] =>
  types.flatMap((type) => Object.values(template.findResources(type)).map(({ Properties }) => Properties));

test('both fleets are watched', () => {
  for (const fleet of ['bitcoin', 'litecoin'])
    template.hasResourceProperties('AWS::SSM::Parameter', { Name: `/chainmend/fleets/${fleet}` });
});

test('nothing is done without a person', () => {
  const files = propertiesOf('AWS::SSM::Parameter').filter(({ Name }) => Name.startsWith('/chainmend/fleets/'));
  const modes = files.map(({ Value }) => JSON.parse(Value).mode);
  assert.deepEqual(modes, ['plan', 'ask']);
});

test('only our own role may be passed on to another instance', () => {
  const documents = [
    ...propertiesOf('AWS::IAM::ManagedPolicy').map(({ PolicyDocument }) => PolicyDocument),
    ...propertiesOf('AWS::IAM::Role').flatMap(({ Policies = [] }) => Policies.map((policy: any) => policy.PolicyDocument)),
  ];
  const passing = documents.flatMap(({ Statement }) => Statement).filter(({ Action }) => Action === 'iam:PassRole');
  assert.deepEqual(passing.map(({ Resource }) => Resource), [nodeRole]);
});

test('people are paged by mail and by the pager', () => {
  template.resourcePropertiesCountIs('AWS::SNS::Subscription', { Protocol: 'email' }, 1);
  template.resourcePropertiesCountIs('AWS::SNS::Subscription', { Protocol: 'https' }, 1);
});

test('there is nothing to warn of', () => {
  assert.deepEqual(Annotations.fromStack(stack).findWarning('*', Match.anyValue()), []);
});
