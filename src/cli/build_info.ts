declare const MAESTRO_BUILD_VERSION: string | undefined;
declare const MAESTRO_BUILD_COMMIT: string | undefined;

/** The version that the build put in; `development` when run from source. */
export const VERSION: string = typeof MAESTRO_BUILD_VERSION === "string" ? MAESTRO_BUILD_VERSION : "development";

/** The commit that was built, if this is a build of one. */
export const COMMIT: string | null = typeof MAESTRO_BUILD_COMMIT === "string" ? MAESTRO_BUILD_COMMIT : null;
