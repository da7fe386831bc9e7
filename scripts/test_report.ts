/** One test as one runtime saw it. */
export interface TestCase {
  /** The names of its suites and its own, joined by ` > `. */
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Why it was skipped, where the runtime tells. */
  readonly reason: string | undefined;
}

/**
 * Reads the tests out of a JUnit report of Node, Bun or Deno.
 *
 * Suites do not count as tests. Deno's report is flat and lists suites too: there, what other names begin with is a suite.
 */
export function parseJunit(xml: string): TestCase[] {
  const cases: { name: string; status: TestCase["status"]; reason: string | undefined }[] = [];
  const suites: string[] = [];
  const isDeno = xml.includes('<testsuites name="deno test"');
  for (const [, closing, tag = "", attributes = "", isSelfClosed] of xml.matchAll(ELEMENT)) {
    const last = cases.at(-1);
    if (tag === "testsuite") {
      if (closing) suites.pop();
      else if (!isSelfClosed) suites.push(isFileSuite(attributes) ? "" : attribute(attributes, "name") ?? "");
    } else if (tag === "testcase" && !closing) {
      const path = isDeno ? [] : suites.filter((name) => name !== "");
      const name = [...path, attribute(attributes, "name") ?? ""].join(" > ");
      cases.push({ name, status: "passed", reason: undefined });
    } else if (closing === "" && last !== undefined) {
      if (tag === "skipped") Object.assign(last, { status: "skipped", reason: skipReason(attributes) });
      else last.status = "failed";
    }
  }
  return isDeno ? cases.filter(({ name }) => !cases.some((other) => other.name.startsWith(`${name} > `))) : cases;
}

/** An opening or closing tag of the elements that matter. A `>` may stand in an attribute's value. */
const ELEMENT = /<(\/?)(testsuite|testcase|failure|error|skipped)\b((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>/g;

/** Bun wraps the tests of a file in a suite named after the file. */
function isFileSuite(attributes: string): boolean {
  const file = attribute(attributes, "file");
  return file !== undefined && file === attribute(attributes, "name");
}

function skipReason(attributes: string): string | undefined {
  const message = attribute(attributes, "message");
  return attribute(attributes, "type") === "todo" || message === "TODO" || message === "true" ? undefined : message;
}

function attribute(attributes: string, name: string): string | undefined {
  const text = new RegExp(`\\s${name}="([^"]*)"`).exec(attributes)?.[1];
  // Node escapes quotes twice.
  return text === undefined ? undefined : unescapeXml(unescapeXml(text));
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name] ?? whole;
  });
}
