// The variables that Lambda sets in each sandbox, and those that keep the SDK from using the machine's files and clock.

/**
 * As on Lambda. The AWS_* settings are the SDK's defaults: if they are set, it reads no file. Compression is off because it uses the thread pool,
 * which runs in real time.
 */
export const LAMBDA_ENVIRONMENT: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: 'ASIALOCALREGION',
  AWS_ACCOUNT_ID_ENDPOINT_MODE: 'preferred',
  AWS_AUTH_SCHEME_PREFERENCE: 'sigv4',
  AWS_DEFAULT_REGION: 'eu-west-1',
  AWS_DEFAULTS_MODE: 'legacy',
  AWS_DISABLE_REQUEST_COMPRESSION: 'true',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ENDPOINT_DISCOVERY_ENABLED: 'false',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
  AWS_MAX_ATTEMPTS: '3',
  AWS_REGION: 'eu-west-1',
  AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES: '10240',
  AWS_RETRY_MODE: 'standard',
  AWS_SDK_UA_APP_ID: 'chainmend',
  AWS_SECRET_ACCESS_KEY: 'local-region',
  AWS_SESSION_TOKEN: 'local-region',
  AWS_USE_DUALSTACK_ENDPOINT: 'false',
  AWS_USE_FIPS_ENDPOINT: 'false',
  TZ: 'UTC',
};
