import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { evaluate, failureOf } from "./workflow_scope.ts";

type Table = readonly (readonly [expression: string, value: unknown])[];

function check(table: Table): void {
  for (const [expression, value] of table) {
    it(`${expression} is ${JSON.stringify(value)}`, () => assert.deepEqual(evaluate(expression), value));
  }
}

function checkErrors(table: readonly (readonly [expression: string, message: RegExp])[]): void {
  for (const [expression, message] of table) {
    it(`${expression} is an error`, () => assert.match(failureOf(expression) ?? "none", message));
  }
}

describe("text functions", () => {
  check([
    ["'abc'.contains('b') && 'abc'.startsWith('a') && 'abc'.endsWith('c')", true],
    ["'abc'.matches('^a.c$')", true],
    ["matches('xabcx', 'b')", true],
    ["'a\\nb'.matches('a.b')", false],
    ["'ABC'.matches('(?i)abc')", true],
    ["' a '.trim()", "a"],
    ["'aBÄ'.lowerAscii() + 'aBä'.upperAscii()", "abÄABä"],
    ["'aXbX'.replace('X', '$&')", "a$&b$&"],
    ["'aXbX'.replace('X', 'y', 1)", "aybX"],
    ["'aXbX'.replace('X', 'y', 0)", "aXbX"],
    ["'ab'.replace('', '-')", "-a-b-"],
    ["'a,b,c'.split(',')", ["a", "b", "c"]],
    ["'a,b,c'.split(',', 2)", ["a", "b,c"]],
    ["'a😀'.split('')", ["a", "😀"]],
    ["['a', 'b'].join('-') + ['a', 'b'].join()", "a-bab"],
    ["'hello'.substring(1, 3) + 'hello'.substring(3)", "ello"],
    ["'😀é😀x'.substring(1, 3)", "é😀"],
    ["'😀é'.charAt(0) + '😀é'.charAt(1) + '😀é'.charAt(2)", "😀é"],
    ["'😀lol'.indexOf('l')", 1],
    ["'😀lol'.lastIndexOf('l')", 3],
    ["'lol'.indexOf('l', 1)", 2],
    ["'lol'.lastIndexOf('l', 1)", 0],
    ["'lol'.indexOf('x')", -1],
    ["'abc'.reverse()", "cba"],
    ["size('a😀é')", 3],
    ["'a😀é'.size()", 3],
  ]);
  checkErrors([
    [".input.nothing.trim()", /input\.nothing is null/],
    ["'abc'.substring(2, 1)", /ends before it starts/],
    ["'abc'.substring(9)", /from 0 to 3/],
    ["'abc'.charAt(-1)", /from 0 to 3/],
    ["[1].join(',')", /needs texts/],
    ["'a'.matches('(?=a)')", /regular expression/],
    ["'a'.matches('(' + .input.text)", /regular expression/],
  ]);
});

describe("functions of lists, maps and numbers", () => {
  check([
    ["min([3, 1, 2]) + max([3, 1, 2])", 4],
    ["min(['b', 'a'])", "a"],
    ["max([timestamp(0), timestamp(5)])", "1970-01-01T00:00:05Z"],
    ["sum([1, 2.5])", 3.5],
    ["sum([])", 0],
    ["round(2.5)", 3],
    ["round(-2.5)", -3],
    ["round(1.005, 2)", 1.01],
    ["round(1234.5, -2)", 1200],
    ["round(-0.2)", 0],
    ["range(1, 4)", [1, 2, 3]],
    ["range(3, 1)", []],
    ["flatten([[1], [2, [3]], 4])", [1, 2, [3], 4]],
    ["[1, 2].reverse()", [2, 1]],
    ["size([1, 2]) + size({'a': 1}) + size(b'abc')", 6],
    ["[1, 'a', null, [true], {'k': 1}]", [1, "a", null, [true], { k: 1 }]],
    ["{'a': 1, 2: 'b', true: null}", { a: 1, 2: "b", true: null }],
    ["'a' in {'a': null}", true],
    ["1 in [2, 3]", false],
    ["{'a': [1]} == {'a': [1.0]}", true],
    ["{'a': 1} == {'b': 1}", false],
  ]);
  checkErrors([
    ["min([])", /not empty/],
    ["min([1, 'a'])", /number and text/],
    ["min([{}])", /map/],
    ["sum([1, null])", /null/],
    ["range(0, 1.5)", /whole numbers/],
    ["range(0, 100000000)", /at most/],
    ["round(1, 99)", /digits/],
    ["1 in null", /"in" needs/],
    ["flatten(null)", /flatten\(\) needs/],
  ]);
});

describe("macros", () => {
  check([
    ["[1, 2].all(x, x > 0)", true],
    ["[1, 2].exists(x, x > 1)", true],
    ["[1, 2].exists_one(x, x > 1)", true],
    ["[1, 2].exists_one(x, x > 0)", false],
    ["[].all(x, false)", true],
    ["[].exists(x, true)", false],
    ["[1, 2, 3].filter(x, x != 2)", [1, 3]],
    ["[1, 2].map(x, x * 2)", [2, 4]],
    ["[1, 2, 3].map(x, x > 1, x * 2)", [4, 6]],
    [".input.items.filter(i, i.ok).map(i, i.id)", ["a"]],
    ["{'b': 1, 'a': 2}.map(k, k)", ["b", "a"]],
    ["{'b': 1, 'a': 2}.exists(k, k == 'a')", true],
    ["[[1, 2], [3]].map(x, x.map(y, y + size(x)))", [[3, 4], [4]]],
    ["[1, 2].map(x, [3].map(x, x)[0] + x)", [4, 5]],
    ["cel.bind(x, 5, x * x)", 25],
    ["[1].map(index, .input.n + index)", [8]],
    ["[{'a': 1}, {}].map(x, default(x.a, 0))", [1, 0]],
  ]);
  checkErrors([
    [".input.text.map(x, x)", /map\(\) needs a list or a map, but input\.text is text/],
    [".input.nothing.exists(x, x)", /input\.nothing is null/],
    ["[1].filter(x, x)", /needs a boolean/],
  ]);
});

describe("times", () => {
  check([
    ["now()", "2026-11-20T09:00:00Z"],
    ["timestamp", "2026-11-20T09:00:00Z"],
    ["timestamp('2026-01-31T12:00:00.5+02:00')", "2026-01-31T10:00:00.500Z"],
    ["timestamp('2026-01-31T12:00:00.123456Z')", "2026-01-31T12:00:00.123456Z"],
    ["timestamp(timestamp) == now()", true],
    ["now() + duration('1h30m')", "2026-11-20T10:30:00Z"],
    ["now() - duration('90m')", "2026-11-20T07:30:00Z"],
    ["now() - timestamp('2026-11-20T08:30:00Z')", "30m0s"],
    ["duration('1h') + duration('30m') == duration('90m')", true],
    ["duration('-1.5h')", "-1h30m0s"],
    ["duration('1500ms')", "1.5s"],
    ["duration('1ns') + duration('1ns')", "2ns"],
    ["duration('-1.5µs')", "-1.5µs"],
    ["duration('1.000001s')", "1.000001s"],
    ["duration('1h0.000001s')", "1h0m0.000001s"],
    ["timestamp('2026-01-01T00:00:00.123456Z') - timestamp('2026-01-01T00:00:00Z')", "123.456ms"],
    ["duration('1h').getMinutes()", 60],
    ["now().getFullYear() + now().getMonth() + now().getDate()", 2026 + 10 + 20],
    ["now().getDayOfWeek()", 5],
    ["timestamp('2026-02-01T00:00:00Z').getDayOfYear()", 31],
    ["timestamp('2026-01-31T23:30:00Z').getHours('Europe/Berlin')", 0],
    ["timestamp('2026-07-01T12:00:00Z').getHours('Europe/Berlin')", 14],
    ["timestamp('2026-01-31T23:30:00Z').getDate('+02:00')", 1],
    ["format(now(), 'yyyy-MM-dd')", "2026-11-20"],
    ["format(now(), \"d.M.yy HH:mm:ss.SSS EEE MMM 'at' a\")", "20.11.26 09:00:00.000 Fri Nov at AM"],
    ["format('2026-01-31T23:30:00Z', 'yyyy-MM-dd HH:mm xxx', 'Europe/Berlin')", "2026-02-01 00:30 +01:00"],
    ["string(timestamp(0)) + string(duration('1m'))", "1970-01-01T00:00:00Z1m0s"],
    ["[timestamp(0), duration('1s'), b'a', .input.?nope]", ["1970-01-01T00:00:00Z", "1s", "YQ==", null]],
  ]);
  checkErrors([
    ["timestamp('2026-02-30T00:00:00Z')", /RFC 3339/],
    ["timestamp('yesterday')", /RFC 3339/],
    ["timestamp(1e15)", /out of range/],
    ["duration('90')", /duration\(\)/],
    ["format(now(), 'QQ')", /does not know "QQ"/],
    ["format(now(), 'yyyy', 'Nowhere/Land')", /no such time zone/],
    ["now() + 1", /Cannot add timestamp and number/],
    ["now() + now()", /Cannot add/],
  ]);
});

describe("conversions", () => {
  check([
    ["string(true) + string(1.5) + string(b'abc')", "true1.5abc"],
    ["bool('true') && !bool('false')", true],
    ["bytes('é')", "w6k="],
    ["json({'a': [1, null, now()]})", '{"a":[1,null,"2026-11-20T09:00:00Z"]}'],
    ["json('x')", '"x"'],
    ["parse_json('{\"a\": [1, 2.5]}').a[1]", 2.5],
    ["parse_json('[12345678901234567890, 9007199254740992, \"12345678901234567890\", 1e20]')", [
      "12345678901234567890",
      9007199254740992,
      "12345678901234567890",
      1e20,
    ]],
    ["base64('é') + base64(b'abc')", "w6k=YWJj"],
    ["base64({'a': 1})", "eyJhIjoxfQ=="],
    ["path('a/b')", "a/b"],
    ["path('a') + '/b' == 'a/b'", true],
    ["type(1) == int && type(1) == double && type('') == string && type([]) == list && type(null) == null_type", true],
    ["dyn(1)", 1],
    ["uuid() != uuid()", true],
    ["uuid().matches('^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$')", true],
    ["optional.of(1).hasValue() && !optional.none().hasValue()", true],
    ["optional.of(5)", 5],
    ["\"\\u00e9\\n\" + r'\\n' + '''a'b'''", "é\n\\na'b"],
  ]);
  checkErrors([
    ["string(null)", /string\(\) needs/],
    ["string([1])", /string\(\) needs/],
    ["string(b'\\xff')", /UTF-8/],
    ["bool('maybe')", /bool\(\)/],
    ["parse_json('{')", /parse_json\(\)/],
    ["path(.input.n)", /path\(\) needs text/],
  ]);
});
