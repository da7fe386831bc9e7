import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isScalar, parseDocument, stringify } from "yaml";
import { scalarOffsets, type ScalarStyle } from "../../src/yaml/scalar_offsets.ts";

/** The source offsets of the text below the key `k`. */
function offsetsOf(source: string): { readonly decoded: string; readonly offsets: readonly number[] | undefined } {
  const node = parseDocument(source, { prettyErrors: false }).get("k", true);
  assert.ok(isScalar(node) && typeof node.value === "string" && node.range != null, source);
  const [start, end] = node.range;
  const offsets = scalarOffsets(source, start, end, node.type as ScalarStyle, node.value);
  return { decoded: node.value, offsets };
}

/** Where in the source the first `X` of the text stands, by the offsets. */
function placeOfX(source: string): number | undefined {
  const { decoded, offsets } = offsetsOf(source);
  return offsets?.[decoded.indexOf("X")];
}

describe("scalarOffsets()", () => {
  const sources: Readonly<Record<string, string>> = {
    "plain text": "k: abc X d\n",
    "plain text over lines": "k: abc\n  def\n\n  ghi X\n",
    "single quotes": "k: 'it''s X'\n",
    "single quotes over lines": "k: 'it''s\n   so\n\n   X'\n",
    "double quotes with escapes": 'k: "\\u00e4\\x41\\n\\t\\"\\U0001F600 X"\n',
    "double quotes over lines": 'k: "a \\\n   b   \n   c\n\n   d X"\n',
    "a literal block": "k: |\n  one\n    two X\n",
    "a literal block with an indicator": "k: |2-\n    one\n  two X\n",
    "a folded block": "k: >\n  one\n  two\n\n  three\n    more\n  X\n",
    "a folded block that keeps its end": "k: >+\n  one X\n\n\n",
    "a literal block that begins with empty lines": "k: |\n\n\n  one X\n",
    "CRLF in a literal block": "k: |\r\n  one\r\n  two X\r\n",
    "CRLF in quotes": 'k: "one\r\n  two X"\r\n',
    "CRLF in a folded block": "k: >\r\n  one\r\n  two X\r\n",
    "a block with a comment in its header": "k: | # X comes below\n  one X\n",
  };
  for (const [name, source] of Object.entries(sources)) {
    it(`finds a character in ${name}`, () => assert.equal(placeOfX(source), source.lastIndexOf("X")));
  }

  const texts = fc.array(
    fc.constantFrom("a", "b c", "X", " ", "\n", "\n\n", "  ", "'", '"', "\\", ": ", "ä", "😀", "\t", "#"),
  )
    .map((parts) => parts.join(""));
  const styles = fc.constantFrom("BLOCK_LITERAL", "BLOCK_FOLDED", "QUOTE_DOUBLE", "QUOTE_SINGLE", "PLAIN");

  it("decodes whatever the library writes, character by character", () => {
    fc.assert(fc.property(texts, styles, fc.constantFrom(20, 80), (text, defaultStringType, lineWidth) => {
      const source = stringify({ k: text }, { defaultStringType, lineWidth });
      const { decoded, offsets } = offsetsOf(source);
      assert.ok(offsets !== undefined, JSON.stringify(source));
      assert.equal(offsets.length, decoded.length + 1);
      offsets.slice(0, -1).forEach((offset, index) => {
        const char = decoded[index]!;
        // What is neither escaped nor folded stands in the source as it is.
        if (/[a-cX:#]/.test(char) && source[offset] !== "\\") {
          assert.equal(source[offset], char, JSON.stringify(source));
        }
        assert.ok(index === 0 || offset >= offsets[index - 1]!);
      });
    }));
  });
});
