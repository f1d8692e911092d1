/** What the command line ends with; documented in every command's help. */
export const ExitCode = {
  OK: 0,
  /** `check` found an error, `explain` found no route, `status` an Envoy that refuses something. */
  PROBLEMS: 1,
  /** The command was called wrongly. */
  USAGE: 2,
  /** It was called well and could not do it: no Envoy, an address in use. */
  FAILURE: 3,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export const EXIT_CODE_HELP = `
Exit codes: 0 all is well, 1 problems were found, 2 called wrongly, 3 could not be done.`;
