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
  const isDeno = xml.includes('<testsuites name="deno test"');
  const cases: TestCase[] = [];
  const suites: string[] = [];
  for (const [, slash, tag = "", attributes = "", isSelfClosed] of xml.matchAll(ELEMENT)) {
    const isClosing = slash !== "";
    if (tag === "testsuite" && isClosing) suites.pop();
    else if (isClosing) continue;
    else if (tag === "testsuite" && !isSelfClosed) suites.push(suiteName(attributes));
    else if (tag === "testcase") cases.push(startCase(isDeno ? [] : suites, attributes));
    else if (tag !== "testsuite") settleLast(cases, tag, attributes);
  }
  return isDeno ? cases.filter(({ name }) => !cases.some((other) => other.name.startsWith(`${name} > `))) : cases;
}

function startCase(suites: readonly string[], attributes: string): TestCase {
  const names = [...suites.filter((name) => name !== ""), attribute(attributes, "name") ?? ""];
  return { name: names.join(" > "), status: "passed", reason: undefined };
}

/** Applies a `<failure>`, `<error>` or `<skipped>` to the test that it stands in. */
function settleLast(cases: TestCase[], tag: string, attributes: string): void {
  const last = cases.pop();
  if (last === undefined) return;
  if (tag === "skipped") cases.push({ ...last, status: "skipped", reason: skipReason(attributes) });
  else cases.push({ ...last, status: "failed" });
}

/** An opening or closing tag of the elements that matter. A `>` may stand in an attribute's value. */
const ELEMENT = /<(\/?)(testsuite|testcase|failure|error|skipped)\b((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>/g;

/** The name of a suite; empty for the one that Bun wraps around all tests of a file. */
function suiteName(attributes: string): string {
  const name = attribute(attributes, "name") ?? "";
  return name === attribute(attributes, "file") ? "" : name;
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
