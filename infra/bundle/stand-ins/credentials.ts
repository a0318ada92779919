// In the place of @aws-sdk/credential-provider-node, whose chain goes on to profiles, SSO, web identity and instance metadata, and reads files.
//
// On Lambda credentials are in the environment: the service puts the role's keys into AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of
// each sandbox ("Defined runtime environment variables", Lambda guide), and replaces the sandbox before they expire. The whole chain ends there, too.
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
