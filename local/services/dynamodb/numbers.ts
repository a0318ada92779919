// DynamoDB numbers: exact decimals of up to 38 digits, unlike JavaScript's doubles.
import { AwsError } from '../../simulator/service.ts';

/** coefficient × 10^exponent, without trailing zeros in the coefficient; zero is 0 × 10^0. */
export interface Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
}

// "Naming rules and data types": 38 digits, magnitudes from 1E-130 to 9.9999999999999999999999999999999999999E+125.
const DIGITS_MAX = 38;
const MAGNITUDE_MAX = 125;
const MAGNITUDE_MIN = -130;
const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Parses a number of a client; throws `ValidationException` for text that is not a number or is out of range. */
export function parseDecimal(text: string): Decimal {
  const match = FORM.exec(text);
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (!match || whole + fraction === '') {
    throw invalid(`The parameter cannot be converted to a numeric value: ${text}`);
  }
  const coefficient = BigInt(`${match[1] === '-' ? '-' : ''}${whole}${fraction}`);
  return normalized(coefficient, Number(match[4] ?? 0) - fraction.length);
}

/** Plain decimal notation, as DynamoDB returns numbers: "0.5", "-12", "1000". */
export function formatDecimal({ coefficient, exponent }: Decimal): string {
  const sign = coefficient < 0n ? '-' : '';
  const digits = magnitude(coefficient).toString();
  if (exponent >= 0) return sign + digits + '0'.repeat(exponent);
  const point = digits.length + exponent;
  return point > 0
    ? `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
    : `${sign}0.${'0'.repeat(-point)}${digits}`;
}

export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const exponent = Math.min(left.exponent, right.exponent);
  return normalized(scaled(left, exponent) + scaled(right, exponent), exponent);
}

export const negated = (value: Decimal): Decimal => ({ coefficient: -value.coefficient, exponent: value.exponent });

/** Negative, zero or positive, as for `Array.sort`. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const exponent = Math.min(left.exponent, right.exponent);
  const a = scaled(left, exponent);
  const b = scaled(right, exponent);
  return a < b ? -1 : a > b ? 1 : 0;
}

function normalized(coefficient: bigint, exponent: number): Decimal {
  if (coefficient === 0n) return { coefficient: 0n, exponent: 0 };
  const digits = magnitude(coefficient).toString();
  const significant = digits.replace(/0+$/, '');
  if (significant.length > DIGITS_MAX) throw invalid('Attempting to store more than 38 significant digits in a Number');
  const order = digits.length - 1 + exponent;
  if (order > MAGNITUDE_MAX) {
    throw invalid('Number overflow. Attempting to store a number with magnitude larger than supported range');
  }
  if (order < MAGNITUDE_MIN) {
    throw invalid('Number underflow. Attempting to store a number with magnitude smaller than supported range');
  }
  const sign = coefficient < 0n ? -1n : 1n;
  return { coefficient: sign * BigInt(significant), exponent: exponent + digits.length - significant.length };
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const scaled = (value: Decimal, exponent: number): bigint =>
  value.coefficient * 10n ** BigInt(value.exponent - exponent);
const invalid = (message: string): AwsError => new AwsError('ValidationException', message);
