//! The help.

use super::{
    exit,
    option::{Option as CommandOption, options_of, spell_as_written},
    topic::Topic,
};

const COMMAND: &str = "Call the API surface of a Runtype product. Unofficial, not affiliated with Runtype.

Usage: {program} SUBCOMMAND [ARGUMENT...] [OPTION...]

  call SLUG [INPUT|@FILE|-]   call a capability, and write its output
  openapi                     write the surface's OpenAPI document
  doctor                      find out what is wrong with a set-up
  help SUBCOMMAND             list the options of a subcommand

The key comes from RUNTYPE_PRODUCT_API_KEY, or from the file that RUNTYPE_PRODUCT_API_KEY_FILE names; it is never an argument.
The surface comes from RUNTYPE_PRODUCT_ID and RUNTYPE_SURFACE_ID, or from RUNTYPE_ENDPOINT_URL.

On a terminal the output is for people; in a pipe it is JSON on one line. Errors go to standard error.
";

const CALL: &str = "Call a capability, and write its output.

Usage: {program} call SLUG [INPUT|@FILE|-] [OPTION...]

SLUG is the capability's slug, or its full URL. INPUT is a JSON object, such as '{\"input\": \"Your input here\"}'; @FILE reads it from a
file, - from standard input. Default: {}.
";

const OPENAPI: &str = "Write the surface's OpenAPI document, which describes its capabilities.

Usage: {program} openapi [OPTION...]
";

const DOCTOR: &str = "Find out what is wrong with a set-up, and what to do about it: the variables, the key's form, the server's name, a connection, TLS,
and the surface's answer to the key. Runs no capability: it fetches the surface's OpenAPI document, once with the key and
once with a wrong one.

Usage: {program} doctor [OPTION...]
       {program} doctor --contract SLUG [INPUT|@FILE|-] [--yes] [OPTION...]

With --contract it also makes one call and one stream of the capability, and says of each fact that this SDK assumes about API surfaces
whether it is confirmed, refuted or not seen.
";

/// The text of a help page.
pub(super) fn text(topic: Topic, program: &str) -> String {
    let mut text = match topic {
        Topic::Command => COMMAND,
        Topic::Call => CALL,
        Topic::OpenApi => OPENAPI,
        Topic::Doctor => DOCTOR,
    }
    .replace("{program}", program);
    if topic == Topic::Command {
        text.push_str("\nExit codes:\n");
        for (code, meaning) in exit::MEANINGS {
            text.push_str(&format!("  {code:<4} {meaning}\n"));
        }
        text.push_str("\n  -h, --help     show this\n  -V, --version  show the version\n");
        return text;
    }
    text.push_str("\nOptions:\n");
    for option in options_of(topic) {
        text.push_str(&format!("  {:<30} {}\n", written(option), option.help));
    }
    text
}

/// `--timeout SECONDS`
fn written(option: &CommandOption) -> String {
    let name = spell_as_written(option);
    if option.value.is_empty() { name } else { format!("{name} {}", option.value) }
}
