import { Argument, Command } from "commander";
import { build, PROGRAM_NAMES, type Program, programPath } from "./tools.js";

const EXAMPLES = `
Examples:
  npm run tools                     all of them: a quarter of an hour on two cores, the first time
  npm run tools -- helm func-e      these alone

It takes Go 1.26 or later. What is there already is not built again; the versions stand in the go.mod files of test/mesh/tools.
Each path is printed on stdout, progress on stderr. They are kept in ~/.cache/meltemi/tools ($XDG_CACHE_HOME).`;

const program = new Command("tools")
  .description("builds the infrastructure that tests run against: a Kubernetes API server, istiod and others")
  .addArgument(new Argument("[names...]", "which").choices(PROGRAM_NAMES))
  .addHelpText("after", EXAMPLES)
  .parse();

const names = program.args as Program[];
const chosen = names.length > 0 ? names : PROGRAM_NAMES;
try {
  await build(chosen);
  for (const name of chosen) console.log(programPath(name));
} catch (error) {
  console.error(`✗ ${(error as Error).message}`);
  process.exitCode = 1;
}
