// Who would find what a heal has changed, and put it back: the tool that made a node. The fleet file says it, a stack's own tag proves it, and a word in
// a tag of people lets us guess. Pure.
import type { Fleet } from '../fleet/model.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import { plainText } from '../text/plain-text.ts';

type Tags = Readonly<Record<string, string>>;
/** What the fleet file says of the owner. */
export type OwnerWords = { readonly [Word in 'by' | 'acceptDrift']?: Fleet['owner'][Word] | undefined };
/** Tools that keep a template or a state. OpenTofu counts as Terraform: its resources have the same names. */
export type OwnerTool = Exclude<NonNullable<OwnerWords['by']>, 'nobody'>;

export type Owner =
  /** The fleet file says it (`owner.by`). `stack`: the stack that the tags name, if they do. */
  | { readonly from: 'file'; readonly tool: OwnerTool; readonly stack: string | null }
  /** CloudFormation's own tag, though the file says nothing or something else. */
  | {
      readonly from: 'stack-tag';
      readonly tool: 'cloudformation';
      readonly stack: string;
      readonly fileSays: 'terraform' | 'pulumi' | 'nobody' | null;
    }
  /** A tag has the word: a person wrote it, and it may mean something else. */
  | { readonly from: 'guess'; readonly tool: 'terraform'; readonly tag: string };

const PERSON_MS = 60 * 60_000;
const AGAIN_MS = 60_000;

/** "aws:cloudformation:stack-name": CloudFormation sets it, and nobody else can: tag keys with aws: are reserved ("Resource tag", CloudFormation). */
const STACK_TAG = 'aws:cloudformation:stack-name';
/** Terraform sets no tag of its own: people do, with `default_tags` for example. */
const TERRAFORM = /terraform|opentofu/i;
const TOOLS = /terraform|opentofu|terragrunt|pulumi/i;
/** A tag's key has up to 128 characters, and its value up to 256 ("Tag restrictions", EC2 user guide): a sentence needs less. */
const TAG_CHARACTERS = 120;

/**
 * The owner of what carries these tags; null where nobody is known. The tag of a stack is a fact, whatever the file says. What the file says comes
 * before a guess.
 *
 * @param by `owner.by` of the fleet file; undefined where it does not say it
 */
export function ownerOf(by: OwnerWords['by'], tags: Tags): Owner | null {
  const stack = tags[STACK_TAG] === undefined ? null : plainText(tags[STACK_TAG], TAG_CHARACTERS);
  switch (by) {
    case 'cloudformation':
    case 'cdk':
      return { from: 'file', tool: by, stack };
    case 'terraform':
    case 'pulumi':
      return stack === null
        ? { from: 'file', tool: by, stack }
        : { from: 'stack-tag', tool: 'cloudformation', stack, fileSays: by };
    case 'nobody':
      return stack === null ? null : { from: 'stack-tag', tool: 'cloudformation', stack, fileSays: by };
    case undefined: {
      if (stack !== null) return { from: 'stack-tag', tool: 'cloudformation', stack, fileSays: null };
      const tag = tagWith(TERRAFORM, tags);
      return tag === null ? null : { from: 'guess', tool: 'terraform', tag };
    }
  }
}

/** A tag that has the word of a tool in it, for the check before an incident: it looks for more tools than a heal guesses. */
export const toolTagOf = (tags: Tags): string | null => tagWith(TOOLS, tags);

function tagWith(word: RegExp, tags: Tags): string | null {
  const found = Object.entries(tags).find((tag) => tag.some((text) => word.test(text)));
  return found === undefined ? null : plainText(found.join('='), TAG_CHARACTERS);
}

const NAMES: Readonly<Record<OwnerTool, string>> = {
  terraform: 'Terraform',
  cloudformation: 'CloudFormation',
  cdk: 'CDK',
  pulumi: 'Pulumi',
};

/** The tool and its stack, as the subject of a sentence. */
export const nameOf = (owner: Owner): string =>
  owner.from !== 'guess' && owner.stack !== null ? `${NAMES[owner.tool]} stack ${owner.stack}` : NAMES[owner.tool];

/** How the owner is known where the file does not say it, or where tags say otherwise: the end of a sentence; else empty. */
function howKnown(owner: Owner): string {
  if (owner.from === 'guess')
    return `. That ${nameOf(owner)} owns it is a guess from the tag ${owner.tag}: owner.by says who does, terraform or nobody`;
  if (owner.from === 'stack-tag' && owner.fileSays !== null)
    return `. The fleet file says owner.by: ${owner.fileSays}, but the tag ${STACK_TAG} names this stack, and AWS alone writes it`;
  return '';
}

/**
 * Whether a rung may change what somebody owns. Other volumes or another instance want the owner's word: the next deployment would put back
 * what was broken, or make the node again.
 *
 * @param change what the owner would find changed
 */
export function judgeDrift(owner: Owner | null, { acceptDrift }: OwnerWords, change: string): Refusal | null {
  if (owner === null || acceptDrift === true) return null;
  const reason = `${nameOf(owner)} owns the instance and would find ${change} changed; with owner.acceptDrift: true it is done, and what to change in the template is told${howKnown(owner)}`;
  return { refuse: 'drift-refused', reason, page: true, retryAfterMs: PERSON_MS };
}

/**
 * Whether a volume may grow that somebody owns. Growing harms no owner: a later deployment asks for the old size, and EC2 refuses a smaller one
 * ("You can't decrease the volume size", EBS user guide). A disk that stays full ends the client. So only an express `false` refuses it.
 *
 * @param use how full the volume is, in words
 */
export function judgeGrowthDrift(owner: Owner | null, { acceptDrift }: OwnerWords, use: string): Refusal | null {
  if (owner === null || acceptDrift !== false) return null;
  const reason = `${use}, and ${nameOf(owner)}, which owns it, would find its size changed: the fleet file says owner.acceptDrift: false. Let ${NAMES[owner.tool]} make the volume larger, and its filesystem is grown; or take that word away, and the volume is grown, too${howKnown(owner)}`;
  return { refuse: 'drift-refused', reason, page: true, retryAfterMs: PERSON_MS };
}

/**
 * Right before a volume is grown: whether the file says since the decision that its owner must not find that. The next attempt reads the tags, too.
 *
 * @param planned what the file said when it was decided
 */
export function judgeOwnerWords(planned: OwnerWords, now: OwnerWords): Refusal | null {
  if (now.acceptDrift !== false || (planned.acceptDrift === false && planned.by === now.by)) return null;
  const reason =
    'the fleet file says owner.acceptDrift: false now, and said something else of the owner when this was decided: it is decided again';
  return { refuse: 'drift-refused', reason, page: false, retryAfterMs: AGAIN_MS };
}
