// What cloud-init makes of user data, as far as worlds need it: their parts in order, and what masks a client. Sources: "User-data formats" of its
// documentation; cloudinit/user_data.py; cloudinit/handlers/cloud_config.py, for what a second cloud-config does to the first.

export interface UserDataPart {
  /** As its header says; text/plain where cloud-init itself looks at how it begins. */
  readonly type: string;
  readonly text: string;
}

/** The parts of a message, or the whole as one part. A message within a message is taken apart as well. */
export function partsOf(userData: string): readonly UserDataPart[] {
  const { headers, body } = split(userData);
  if (!/^mime-version:/im.test(headers)) return userData === '' ? [] : [{ type: 'text/plain', text: userData }];
  return entity(headers, body);
}

/** Whether a client is kept from starting: a boothook runs when it is met, of several cloud-configs the last word on `bootcmd` counts. */
export function isMaskedBy(parts: readonly UserDataPart[], maskFile: string): boolean {
  const isMask = ({ text }: UserDataPart): boolean => text.includes(maskFile);
  const boothook = parts.find(({ type, text }) => type === 'text/cloud-boothook' || text.startsWith('#cloud-boothook'));
  const configs = parts.filter(({ text }) => text.startsWith('#cloud-config'));
  const isOfBootcmd = ({ text }: UserDataPart): boolean => text.includes('bootcmd');
  const isLast = (at: number): boolean => !configs.slice(at + 1).some(isOfBootcmd);
  return (
    (boothook !== undefined && isMask(boothook)) ||
    configs.some((config, at) => isMask(config) && (!isOfBootcmd(config) || isLast(at)))
  );
}

function entity(headers: string, body: string): readonly UserDataPart[] {
  const type = /^content-type:\s*([^;\s]+)/im.exec(headers)?.[1]?.toLowerCase() ?? 'text/plain';
  const boundary = /boundary="?([^"\n;]+)"?/i.exec(headers)?.[1];
  if (!type.startsWith('multipart/') || boundary === undefined) {
    const isBase64 = /^content-transfer-encoding:\s*base64/im.test(headers);
    return [{ type, text: isBase64 ? Buffer.from(body, 'base64').toString() : body }];
  }
  const [, ...sections] = `\n${body}`.split(`\n--${boundary}`);
  return sections
    .filter((section) => !section.startsWith('--'))
    .flatMap((section) => {
      const inner = split(section.replace(/^[^\n]*\n/, ''));
      return entity(inner.headers, inner.body);
    });
}

function split(text: string): { readonly headers: string; readonly body: string } {
  const at = text.search(/\r?\n\r?\n/);
  return at < 0
    ? { headers: text, body: '' }
    : { headers: text.slice(0, at), body: text.slice(at).replace(/^\r?\n\r?\n/, '') };
}
