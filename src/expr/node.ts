/** The value of a literal. Whole numbers keep every digit. */
export type Literal = string | number | bigint | boolean | null | Uint8Array;

/** An operator between two operands. */
export type BinaryOperator = "||" | "&&" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "+" | "-" | "*" | "/" | "%";

type Operands = readonly [left: Node, right: Node];

/** What each kind of node is made of. */
interface Parts {
  readonly value: Literal;
  readonly id: string;
  readonly ".": readonly [receiver: Node, name: string];
  readonly ".?": readonly [receiver: Node, name: string];
  readonly "[]": readonly [receiver: Node, index: Node];
  readonly "[?]": readonly [receiver: Node, index: Node];
  readonly call: readonly [name: string, args: readonly Node[]];
  readonly rcall: readonly [name: string, receiver: Node, args: readonly Node[]];
  readonly list: readonly Node[];
  readonly map: readonly (readonly [key: Node, value: Node])[];
  readonly "?:": readonly [test: Node, then: Node, otherwise: Node];
  readonly "!_": Node;
  readonly "-_": Node;
  readonly "||": Operands;
  readonly "&&": Operands;
  readonly "==": Operands;
  readonly "!=": Operands;
  readonly "<": Operands;
  readonly "<=": Operands;
  readonly ">": Operands;
  readonly ">=": Operands;
  readonly "in": Operands;
  readonly "+": Operands;
  readonly "-": Operands;
  readonly "*": Operands;
  readonly "/": Operands;
  readonly "%": Operands;
}

interface NodeOf<Op extends keyof Parts> {
  readonly op: Op;
  readonly args: Parts[Op];
  /** Where a member's name stands; for all other nodes where they begin. */
  readonly pos: number;
  readonly start: number;
  readonly end: number;
}

/** A node of the syntax tree, with offsets into the expression. */
export type Node = { readonly [Op in keyof Parts]: NodeOf<Op> }[keyof Parts];
