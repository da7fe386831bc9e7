import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { textToBase64 } from "../../src/base/base64.ts";
import { Redactor } from "../../src/base/redact.ts";

describe("Redactor", () => {
  it("text() blots out a secret in the forms in which it travels", () => {
    const redactor = new Redactor();
    redactor.add('p"ä/ss');
    const forms = [
      'p"ä/ss',
      encodeURIComponent('p"ä/ss'),
      JSON.stringify('p"ä/ss').slice(1, -1),
      btoa('p"\xc3\xa4/ss'),
    ];
    assert.equal(redactor.text(forms.join(" ")), "[secret] [secret] [secret] [secret]");
  });

  it("add() takes a secret of any length and any characters", () => {
    const redactor = new Redactor();
    const long = "secret! ".repeat(40_000);
    redactor.add(long);
    redactor.add("half a \ud83d pair");
    assert.equal(redactor.text(`<${textToBase64(long)}>`), "<[secret]>");
    assert.equal(redactor.text("half a \ud83d pair"), "[secret]");
  });
});
