// Command documents: their versions, their parameters and the rules for both. Sources: doc comments in @aws-sdk/client-ssm; "Data elements and
// parameters", "Schemas, features, and examples" (Systems Manager user guide).
import { createHash } from 'node:crypto';
import type {
  CreateDocumentRequest,
  CreateDocumentResult,
  DeleteDocumentRequest,
  DescribeDocumentRequest,
  DescribeDocumentResult,
  DocumentDescription,
  DocumentIdentifier,
  DocumentKeyValuesFilter,
  GetDocumentRequest,
  GetDocumentResult,
  ListDocumentsRequest,
  ListDocumentsResult,
  UpdateDocumentDefaultVersionRequest,
  UpdateDocumentDefaultVersionResult,
  UpdateDocumentRequest,
  UpdateDocumentResult,
} from '@aws-sdk/client-ssm';
import type { Kernel } from '../../simulator/kernel.ts';
import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError, notEmulated, type Operation } from '../../simulator/service.ts';
import type { DocumentVersion, StoredDocument } from './document-content.ts';
import { parsedDocument } from './document-content.ts';
import { paged } from './paging.ts';
import { PUBLIC_DOCUMENTS } from './public-documents.ts';

export type DocumentStore = Map<string, StoredDocument>;

/** Versions of one document ("AWS Systems Manager endpoints and quotas"). */
const VERSIONS_MAX = 1_000;
/** Of every document here. */
const TARGET_TYPE = '/AWS::EC2::Instance';

export function documentOperations(kernel: Kernel, store: DocumentStore): Record<string, Operation> {
  const identified = (document: StoredDocument, version: DocumentVersion): DocumentIdentifier => ({
    Name: document.name,
    Owner: kernel.accountId,
    DocumentVersion: String(version.version),
    DocumentType: 'Command',
    DocumentFormat: version.format,
    SchemaVersion: version.content.schemaVersion,
    PlatformTypes: ['Linux'],
    CreatedDate: new Date(version.createdAtMs),
    TargetType: TARGET_TYPE,
    Tags: Object.entries(document.tags).map(([Key, Value]) => ({ Key, Value })),
  });

  const described = (
    document: StoredDocument,
    version: DocumentVersion,
    Status: 'Active' | 'Creating' | 'Updating',
  ): DocumentDescription => ({
    ...identified(document, version),
    Status,
    LatestVersion: String(document.versions.at(-1)?.version ?? 1),
    DefaultVersion: String(document.defaultVersion),
    Description: version.content.description ?? '',
    Parameters: Object.entries(version.content.parameters).map(([Name, parameter]) => ({
      Name,
      Type: parameter.type,
      Description: parameter.description ?? '',
      ...(parameter.default === undefined ? {} : { DefaultValue: String(parameter.default) }),
    })),
    Hash: version.hash,
    HashType: 'Sha256',
  });

  return {
    CreateDocument: (input: CreateDocumentRequest): CreateDocumentResult => {
      const name = input.Name ?? '';
      checkDocumentName(name);
      checkTargetType(input.TargetType);
      if (store.has(name)) throw new AwsError('DocumentAlreadyExists', 'The specified document already exists.');
      if ((input.DocumentType ?? 'Command') !== 'Command')
        throw new AwsError('InvalidDocumentType', 'The SSM document type is not valid here: expected Command.');
      const version = newVersion(kernel, 1, input.Content ?? '', input.DocumentFormat ?? 'JSON');
      const tags = Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
      const document = { name, defaultVersion: 1, versions: [version], tags };
      store.set(name, document);
      return { DocumentDescription: described(document, version, 'Creating') };
    },

    UpdateDocument: (input: UpdateDocumentRequest): UpdateDocumentResult => {
      const document = ownDocument(store, input.Name ?? '');
      checkTargetType(input.TargetType);
      const latest = versionOf(document, '$LATEST');
      // "Currently, Systems Manager supports updating only the latest version of the document. You can specify … $LATEST."
      if (versionOf(document, input.DocumentVersion ?? '$LATEST') !== latest) {
        throw new AwsError(
          'InvalidDocumentVersion',
          'The document version is not valid: only the latest version can be updated.',
        );
      }
      const next = newVersion(kernel, latest.version + 1, input.Content ?? '', input.DocumentFormat ?? 'JSON');
      if (document.versions.some(({ hash }) => hash === next.hash)) {
        throw new AwsError(
          'DuplicateDocumentContent',
          'The content of the association document matches another document. Change the content of the document and try again.',
        );
      }
      if (document.versions.length >= VERSIONS_MAX)
        throw new AwsError('DocumentVersionLimitExceeded', `The document has too many versions: ${VERSIONS_MAX}.`);
      const updated = { ...document, versions: [...document.versions, next] };
      store.set(document.name, updated);
      return { DocumentDescription: described(updated, next, 'Updating') };
    },

    UpdateDocumentDefaultVersion: (input: UpdateDocumentDefaultVersionRequest): UpdateDocumentDefaultVersionResult => {
      const document = ownDocument(store, input.Name ?? '');
      const { version } = versionOf(document, input.DocumentVersion);
      store.set(document.name, { ...document, defaultVersion: version });
      return { Description: { Name: document.name, DefaultVersion: String(version) } };
    },

    DescribeDocument: (input: DescribeDocumentRequest): DescribeDocumentResult => {
      const document = documentOf(store, input.Name ?? '');
      return { Document: described(document, versionOf(document, input.DocumentVersion), 'Active') };
    },

    GetDocument: (input: GetDocumentRequest): GetDocumentResult => {
      const document = documentOf(store, input.Name ?? '');
      const version = versionOf(document, input.DocumentVersion);
      return {
        Name: document.name,
        Content: version.text,
        DocumentVersion: String(version.version),
        DocumentType: 'Command',
        DocumentFormat: version.format,
        Status: 'Active',
        CreatedDate: new Date(version.createdAtMs),
      };
    },

    DeleteDocument: (input: DeleteDocumentRequest): object => {
      store.delete(ownDocument(store, input.Name ?? '').name);
      return {};
    },

    ListDocuments: (input: ListDocumentsRequest): ListDocumentsResult => {
      const tests = (input.Filters ?? []).map((filter) => documentFilter(filter, kernel.accountId));
      const matching = [...store.values()].filter((document) => tests.every((test) => test(document)));
      const { items, ...rest } = paged(matching, input, { min: 1, max: 50 });
      return {
        DocumentIdentifiers: items.map((document) => identified(document, versionOf(document, undefined))),
        ...rest,
      };
    },
  };
}

/** The account's own document, or one of AWS. Throws InvalidDocument, as SendCommand does, for an unknown name. */
export const documentOf = (store: DocumentStore, nameOrArn: string): StoredDocument =>
  PUBLIC_DOCUMENTS.get(nameOrArn) ?? ownDocument(store, nameOrArn);

function ownDocument(store: DocumentStore, nameOrArn: string): StoredDocument {
  const name = nameOrArn.startsWith('arn:') ? nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1) : nameOrArn;
  const document = store.get(name);
  if (!document) throw new AwsError('InvalidDocument', `Document with name ${name} does not exist.`);
  return document;
}

/** `$DEFAULT` (also when absent), `$LATEST` or a number. */
export function versionOf(document: StoredDocument, asked: string | undefined): DocumentVersion {
  const latest = document.versions.at(-1)?.version;
  const wanted =
    asked === '$LATEST'
      ? latest
      : asked === undefined || asked === '$DEFAULT'
        ? document.defaultVersion
        : Number(asked);
  const found = document.versions.find(({ version }) => version === wanted);
  if (!found)
    throw new AwsError(
      'InvalidDocumentVersion',
      `Document version ${asked} of ${document.name} is not valid or does not exist.`,
    );
  return found;
}

function newVersion(kernel: Kernel, version: number, text: string, format: string): DocumentVersion {
  if (format !== 'JSON' && format !== 'YAML')
    throw new AwsError('InvalidDocumentContent', `Document format ${format}: expected JSON or YAML.`);
  const hash = createHash('sha256').update(text).digest('hex');
  return { version, text, format, content: parsedDocument(text), hash, createdAtMs: kernel.clock.now() };
}

/** CreateDocumentRequest.Name: reserved prefixes; pattern of the API reference. */
function checkDocumentName(name: string): void {
  if (!/^[a-zA-Z0-9_\-.]{3,128}$/.test(name)) {
    throw new AwsError(
      'ValidationException',
      `Document name ${name.slice(0, 200)}: expected 3 to 128 of [a-zA-Z0-9_-.]`,
    );
  }
  if (/^(aws|amazon|amzn)/i.test(name)) {
    throw new AwsError(
      'InvalidDocumentContent',
      `Document name ${name}: the prefixes aws, amazon and amzn are reserved.`,
    );
  }
}

function checkTargetType(given: string | undefined): void {
  if (given !== undefined && given !== TARGET_TYPE) throw notEmulated(`documents of the target type ${given}`);
}

function documentFilter(
  { Key, Values = [] }: DocumentKeyValuesFilter,
  accountId: string,
): (document: StoredDocument) => boolean {
  switch (Key) {
    case 'Name': // "Prefix of the document name" (DocumentKeyValuesFilter)
      return ({ name }) => Values.some((value) => name.startsWith(value));
    case 'Owner':
      return () => Values.some((value) => ['Self', 'Private', 'All', accountId].includes(value));
    case 'DocumentType':
      return () => Values.includes('Command');
    case 'PlatformTypes':
      return () => Values.includes('Linux');
    case 'TargetType':
      return () => Values.includes(TARGET_TYPE);
    default:
      if (Key?.startsWith('tag:')) return ({ tags }) => Values.includes(ownValue(tags, Key.slice('tag:'.length)) ?? '');
      throw new AwsError(
        'InvalidFilterKey',
        `The filter key ${Key} is not valid. Valid keys: Name, Owner, DocumentType, PlatformTypes, TargetType, tag:<key>`,
      );
  }
}
