import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { textToBase64 } from "../../src/base/base64.ts";
import { Redactor } from "../../src/base/redact.ts";
import { truncate } from "../../src/base/text.ts";

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

  it("text() blots out what is left of a secret where a text was shortened", () => {
    const redactor = new Redactor();
    redactor.add("hunter2-hunter2");
    redactor.add("hunt-other");
    assert.equal(
      redactor.text("it said hunter2-hun…, then hun… and hunter2-hun"),
      "it said [secret]…, then hun… and hunter2-hun",
    );
    assert.equal(
      redactor.text(truncate(`HTTP 400: ${"x".repeat(20)}hunter2-hunter2`, 40)),
      `HTTP 400: ${"x".repeat(20)}[secret]…`,
    );
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
