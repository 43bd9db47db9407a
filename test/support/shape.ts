/** Checks a value against a description of its shape: exact keys, exact types. Yields one line a deviation. */
export type Shape = (value: unknown, path: string) => string[];

const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? String(value);

function must(what: string, holds: (value: unknown) => boolean): Shape {
  return (value, path) => (holds(value) ? [] : [`${path}: ${show(value)} is not ${what}`]);
}

export const text = must('a text', (value) => typeof value === 'string' && value.length > 0);
export const bool = must('true or false', (value) => typeof value === 'boolean');
export const count = must('a count', (value) => Number.isInteger(value) && (value as number) >= 0);
export const frame = must('a frame number', (value) => Number.isInteger(value) && (value as number) >= 1);
export const port = must('a port', (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff);
export const uint32 = must(
  'an unsigned 32-bit number',
  (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff_ffff,
);
export const seconds = must('a duration in seconds', (value) => typeof value === 'number' && Number.isFinite(value));
/** RFC 3339 in UTC with nanoseconds. */
export const time = matching('a time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);

export function matching(what: string, pattern: RegExp): Shape {
  return must(what, (value) => typeof value === 'string' && pattern.test(value));
}

export function oneOf(...words: readonly (string | number)[]): Shape {
  return must(`one of ${words.join(' | ')}`, (value) => words.includes(value as string | number));
}

export function orNull(shape: Shape): Shape {
  return (value, path) => (value === null ? [] : shape(value, path));
}

export function listOf(shape: Shape): Shape {
  return (value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => shape(item, `${path}[${index}]`))
      : [`${path}: ${show(value)} is not a list`];
}

/** An object with any keys that fit, all of one shape. */
export function mapOf(key: Shape, shape: Shape): Shape {
  return (value, path) =>
    isObject(value)
      ? Object.entries(value).flatMap(([name, item]) => [...key(name, `${path}.`), ...shape(item, `${path}.${name}`)])
      : [`${path}: ${show(value)} is not an object`];
}

/** An object with exactly these keys; those that end in `?` may be absent. */
export function object(fields: Readonly<Record<string, Shape>>): Shape {
  const names = Object.keys(fields);
  const plain = names.map((name) => name.replace(/\?$/, ''));
  return (value, path) => {
    if (!isObject(value)) return [`${path}: ${show(value)} is not an object`];
    const faults = Object.keys(value)
      .filter((name) => !plain.includes(name))
      .map((name) => `${path}.${name}: not in the contract`);
    for (const [index, name] of plain.entries()) {
      if (name in value) faults.push(...fields[names[index]](value[name], `${path}.${name}`));
      else if (!names[index].endsWith('?')) faults.push(`${path}.${name}: missing`);
    }
    return faults;
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
