// The least that a compiled program can do: what `maestro version` is measured against.
console.log("bare 0.1.0");
