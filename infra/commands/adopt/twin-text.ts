// Verdicts of a twin, as a person reads them. Pure.
import { plainText } from '../../../shared/text/plain-text.ts';
import type { Drill, DrillVerdict, TwinLine } from './twin-form.ts';

const TROUBLES: Readonly<Record<Drill, (node: string) => string>> = {
  'full-disk': (node) => `a full disk on ${node}`,
  stuck: (node) => `a stuck client on ${node}`,
  'corrupt-data': (node) => `broken data on ${node}`,
  loss: (node) => `the loss of ${node}`,
};

const CURES: Readonly<Record<string, string>> = {
  grow: 'the volume is grown',
  restart: 'its client is restarted',
  'stop-start': 'its instance is stopped and started',
  swap: 'its data come from a snapshot',
  replace: 'another instance takes its place',
};

/** One line, and one more for each broken promise. */
export function twinText(line: TwinLine): readonly string[] {
  switch (line.kind) {
    case 'remark':
      return [plainText(`${line.fleet}: ${line.text}`)];
    case 'drill':
      return [
        plainText(`${line.fleet}: ${TROUBLES[line.drill](line.node)} (${line.role}): ${verdictText(line)}`),
        ...brokenText(line.broken),
      ];
    case 'storm':
      return [
        plainText(
          `${line.fleet}: storm ${line.seed}, ${line.hours} h, ${line.faults.join(', ') || 'nothing that had an effect'}: ${line.broken.length === 0 ? 'every promise is kept' : `${line.broken.length} broken`}`,
        ),
        ...brokenText(line.broken),
      ];
  }
}

const verdictText = ({ healed, by, seconds, why, codes }: DrillVerdict): string =>
  healed
    ? `healed${seconds === null ? '' : ` in ${duration(seconds)}`}, ${CURES[by ?? ''] ?? by}`
    : `not healed. ${why}${codes.length > 0 ? ` (${codes.slice(0, 4).join(', ')})` : ''}`;

const brokenText = (broken: readonly string[]): readonly string[] =>
  broken.map((text) => `  ${plainText(`broken: ${text}`)}`);

const duration = (seconds: number): string =>
  seconds < 180 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
