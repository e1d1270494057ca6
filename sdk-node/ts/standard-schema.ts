// What validators have in common (https://standardschema.dev, version 1).

/** A schema of zod, valibot, arktype and others, which all have `~standard`. */
export interface StandardSchema<Output = unknown> {
  /** Its part that validators have in common. */
  readonly '~standard': {
    readonly version: 1;
    /** The validator's name. */
    readonly vendor: string;
    /** Checks a value, at once or later. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** For the type alone. */
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What a schema makes of a value: the value as it has it, or why it refuses it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** Why a schema refuses a value. */
export interface SchemaIssue {
  /** The validator's words, which may repeat the value. */
  readonly message: string;
  /** The way to the value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The type of the values that a schema gives. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output'];
