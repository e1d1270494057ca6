//! The arguments of the command.

use std::ffi::OsString;

use super::{
    input::Given,
    option::{Option as CommandOption, options_of, spell_as_written},
    terminal::{Form, Stopped},
    topic::Topic,
};
use crate::{
    bindings::{misspelling::meant, nearest::nearest},
    error::{Error, spelling::spell},
    redact,
};

/// What the command is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arguments {
    pub(super) task: Task,
    /// Options of the client, by their names in the core, in the order given.
    pub(super) options: Vec<(&'static str, String)>,
    pub(super) form: Option<Form>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task {
    Help(Topic),
    Version,
    Call { capability: String, input: Given, is_stream: bool, is_dispatch: bool },
    OpenApi,
    Doctor { capability: Option<String>, contract: Option<(String, Given)>, is_agreed: bool },
}

/// Options that belong to a task, and not to the client.
const OF_TASKS: [&str; 7] = ["json", "text", "stream", "via_dispatch", "capability", "contract", "yes"];

/// Parses the arguments. `program` is how the user starts the command.
pub(super) fn parse(arguments: Vec<OsString>, program: &str) -> Result<Arguments, Stopped> {
    let mut texts = Vec::with_capacity(arguments.len());
    for argument in arguments {
        texts.push(argument.into_string().map_err(|argument| {
            let shown = redact::quote(&argument.to_string_lossy());
            usage("arguments", &format!("{shown} is not valid UTF-8"), program, None)
        })?);
    }
    let mut texts = texts.into_iter().peekable();
    // Before the subcommand there may be `--help` and `--version` only.
    let topic = match texts.next().as_deref() {
        None | Some("--help" | "-h" | "help") => {
            let topic = texts.next().map(|name| Topic::of(&name).ok_or_else(|| unknown_command(&name, program)));
            return Ok(alone(Task::Help(topic.transpose()?.unwrap_or(Topic::Command))));
        }
        Some("--version" | "-V") => return Ok(alone(Task::Version)),
        Some(name) => Topic::of(name).ok_or_else(|| unknown_command(name, program))?,
    };
    let mut found = Found::default();
    while let Some(text) = texts.next() {
        match text.strip_prefix("--") {
            Some("") => found.positional.extend(texts.by_ref()),
            Some("help") => return Ok(alone(Task::Help(topic))),
            Some(written) => {
                let (name, value) = match written.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (written, None),
                };
                let known = known(name, topic, program)?;
                let value = match (known.value.is_empty(), value) {
                    (true, None) => String::new(),
                    (true, Some(_)) => {
                        return Err(usage(&spell_as_written(known), "takes no value", program, Some(topic)).into());
                    }
                    (false, Some(value)) => value,
                    (false, None) => texts.next().ok_or_else(|| {
                        let problem = format!("needs a value ({})", known.value);
                        usage(&spell_as_written(known), &problem, program, Some(topic))
                    })?,
                };
                if redact::holds_key(&value) {
                    return Err(key_refused(program, topic).into());
                }
                found.options.push((known.name, value));
            }
            None if text == "-h" => return Ok(alone(Task::Help(topic))),
            None if text.len() > 1 && text.starts_with('-') => return Err(unknown_option(&text, topic, program).into()),
            None => found.positional.push(text),
        }
    }
    found.into_arguments(topic, program)
}

fn alone(task: Task) -> Arguments {
    Arguments { task, options: Vec::new(), form: None }
}

#[derive(Default)]
struct Found {
    options: Vec<(&'static str, String)>,
    positional: Vec<String>,
}

impl Found {
    fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(given, _)| *given == name)
    }

    fn into_arguments(self, topic: Topic, program: &str) -> Result<Arguments, Stopped> {
        let form = match (self.has("json"), self.has("text")) {
            (true, true) => return Err(usage("--json", "and --text exclude each other", program, Some(topic)).into()),
            (true, false) => Some(Form::Json),
            (false, true) => Some(Form::Text),
            (false, false) => None,
        };
        let (is_stream, is_dispatch) = (self.has("stream"), self.has("via_dispatch"));
        let is_agreed = self.has("yes");
        let mut positional = self.positional.into_iter();
        let mut next = || positional.next();
        let task = match topic {
            Topic::Command => Task::Help(topic),
            Topic::OpenApi => Task::OpenApi,
            Topic::Doctor => {
                let value =
                    |name: &str| self.options.iter().find(|(given, _)| *given == name).map(|(_, slug)| slug.clone());
                let contract = value("contract").map(|slug| (slug, next().map_or(Given::Nothing, Given::from)));
                Task::Doctor { capability: value("capability"), contract, is_agreed }
            }
            Topic::Call => {
                let Some(capability) = next() else {
                    return Err(usage("SLUG", "missing: name the capability to call", program, Some(topic)).into());
                };
                if redact::holds_key(&capability) {
                    return Err(key_refused(program, topic).into());
                }
                Task::Call { capability, input: next().map_or(Given::Nothing, Given::from), is_stream, is_dispatch }
            }
        };
        if let Some(extra) = next() {
            let problem =
                format!("{} is one argument too many; quote a JSON object for the shell", redact::quote(&extra));
            return Err(usage("arguments", &problem, program, Some(topic)).into());
        }
        let options = self.options.into_iter().filter(|(name, _)| !OF_TASKS.contains(name)).collect();
        Ok(Arguments { task, options, form })
    }
}

fn known(name: &str, topic: Topic, program: &str) -> Result<&'static CommandOption, Error> {
    // A key in an argument is in the shell's history, and in the list of processes that every user of the machine sees.
    if matches!(name, "api-key" | "key" | "token" | "api-token") || redact::holds_key(name) {
        return Err(key_refused(program, topic));
    }
    options_of(topic)
        .find(|option| !name.contains('_') && option.name.replace('_', "-") == name)
        .ok_or_else(|| unknown_option(&format!("--{name}"), topic, program))
}

fn unknown_option(written: &str, topic: Topic, program: &str) -> Error {
    let names: Vec<String> = options_of(topic).map(spell_as_written).collect();
    let names = || names.iter().map(String::as_str);
    let given = written.trim_start_matches('-');
    let other = meant(given).map(spell).find(|option| names().any(|name| name == option));
    let near = nearest(written, names()).map(|(_, name)| name);
    let problem = match other.as_deref().or(near) {
        Some(name) => format!("unknown option; did you mean {name}?"),
        None => "unknown option".to_owned(),
    };
    usage(&redact::hide_credentials(written), &problem, program, Some(topic))
}

fn unknown_command(written: &str, program: &str) -> Error {
    let near = nearest(written, Topic::NAMES.into_iter());
    let names = Topic::NAMES.join(", ");
    let problem = match near {
        Some((_, name)) => format!("{} is no subcommand; did you mean {name}?", redact::quote(written)),
        None => format!("{} is no subcommand; there are {names}", redact::quote(written)),
    };
    usage("arguments", &problem, program, None)
}

fn key_refused(program: &str, topic: Topic) -> Error {
    let problem = "a key is never an argument: other users of the machine and the shell's history would show it\n\
                   Set RUNTYPE_PRODUCT_API_KEY, or pass --api-key-file with the path of a file that contains only the key.";
    Error::configuration_text("api key".into(), format!("{}: {problem}", called(program, Some(topic))))
}

fn usage(what: &str, problem: &str, program: &str, topic: Option<Topic>) -> Error {
    let text = format!("{what}: {problem}\nSee {} --help.", called(program, topic));
    Error::configuration_text(what.to_owned(), redact::visible_lines(&text))
}

fn called(program: &str, topic: Option<Topic>) -> String {
    match topic.and_then(Topic::name) {
        Some(name) => format!("{program} {name}"),
        None => program.to_owned(),
    }
}
