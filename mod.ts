/**
 * Maestro glues existing services into workflows that survive failure.
 *
 * @module
 */
export { type ErrorCode, MaestroError, type MaestroErrorOptions } from "./src/base/errors.ts";
export { formatDuration, parseDuration } from "./src/base/duration.ts";
