/** Thrown while a request is put together when what the workflow gives cannot be sent. Becomes `bad_input`. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
}
