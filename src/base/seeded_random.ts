/** The state that a generator starts from: four numbers of 32 bits. */
export type Seed = readonly [number, number, number, number];

/**
 * A series of numbers from 0 to 1 that depends on nothing but a text: the same run and key give the same series at every replay.
 *
 * Not for secrets.
 */
export function seededRandom(text: string): () => number {
  return sfc32(hash128(text));
}

/** The generator `sfc32` by Chris Doty-Humphrey. It does not mix its seed: one that is not a hash takes some rounds to spread. */
export function sfc32(seed: Seed): () => number {
  let [a, b, c, counter] = seed;
  return () => {
    const sum = (a + b | 0) + counter | 0;
    counter = counter + 1 | 0;
    a = b ^ (b >>> 9);
    b = c + (c << 3) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}

function hash128(text: string): Seed {
  const lanes: [number, number, number, number] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    lanes[0] = Math.imul(lanes[0] ^ code, 0x85ebca6b) ^ lanes[3];
    lanes[1] = Math.imul(lanes[1] ^ code, 0xc2b2ae35) ^ lanes[0];
    lanes[2] = Math.imul(lanes[2] ^ code, 0x27d4eb2f) ^ lanes[1];
    lanes[3] = Math.imul(lanes[3] ^ code, 0x165667b1) ^ lanes[2];
  }
  for (let round = 0; round < 8; round++) {
    for (let lane = 0; lane < 4; lane++) {
      const mixed = lanes[lane]! ^ (lanes[(lane + 3) % 4]! >>> 15);
      lanes[lane] = Math.imul(mixed, 0x2c1b3c6d) ^ (mixed >>> 13);
    }
  }
  return lanes;
}
