import { MaestroError } from "../base/errors.ts";

/**
 * What a run can be found by: a few plain values by name, an order's number or a customer's region.
 *
 * Stores keep them as clear text, also those that encrypt everything else: nothing secret belongs here.
 */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** The value of one attribute. */
export type AttributeValue = string | number | boolean;

const MOST_ATTRIBUTES = 64;
const MOST_CHARACTERS = 256;
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/**
 * Gives attributes back, as a copy that nobody changes any more, where they keep the limits: at most 64, names of letters, digits, `_`,
 * `.` and `-` that begin with a letter or `_` and have at most 64 characters, texts of at most 256, and finite numbers.
 *
 * @throws {MaestroError} `invalid_input`.
 */
export function checkAttributes(attributes: Readonly<Record<string, unknown>>): Attributes {
  const entries = Object.entries(attributes);
  if (entries.length > MOST_ATTRIBUTES) {
    throw invalid(`A run has at most ${MOST_ATTRIBUTES} attributes, and these are ${entries.length}`);
  }
  return Object.fromEntries(entries.map(([name, value]) => {
    if (!NAME.test(name)) {
      throw invalid(`"${name}" is no name of an attribute`, {
        hint: "a name has 1 to 64 letters, digits, _, . and -, and begins with a letter or _",
      });
    }
    return [name, checkValue(name, value)];
  }));
}

function checkValue(name: string, value: unknown): AttributeValue {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw invalid(`Attribute "${name}" is ${value}: only finite numbers can be kept`);
  }
  if (typeof value !== "string") {
    throw invalid(`Attribute "${name}" is neither text nor a number nor true or false`, {
      hint: "leave out what is not known; what is larger belongs into the run's input",
    });
  }
  const { length } = value;
  if (length <= MOST_CHARACTERS) return value;
  throw invalid(`Attribute "${name}" has ${length} characters, and at most ${MOST_CHARACTERS} are allowed`);
}

function invalid(message: string, options: { readonly hint?: string } = {}): MaestroError {
  return new MaestroError("invalid_input", message, options);
}
