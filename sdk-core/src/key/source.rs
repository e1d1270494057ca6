//! Sources of the key: a value, an environment variable, a file, or a function of the application.

use std::{fmt, path::PathBuf, pin::Pin, sync::Arc};

use zeroize::Zeroizing;

use super::ApiKey;
use crate::{
    config::environment::Environment,
    error::{Error, cause::Cause, explain::one_line, spelling::spell},
    redact,
};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type KeyFuture = Pin<Box<dyn Future<Output = Result<String, BoxError>> + Send>>;

/// Source of the client's key, asked again after a 401.
///
/// ```no_run
/// # fn main() -> Result<(), runtype_surface::Error> {
/// use runtype_surface::{Client, KeySource};
///
/// let client = Client::builder()
///     .api_key_source(KeySource::file("/run/secrets/runtype"))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct KeySource(Kind);

#[derive(Clone)]
enum Kind {
    Value(ApiKey),
    /// A fixed key, not yet checked.
    Text(Arc<Zeroizing<String>>),
    Variable(String),
    File(PathBuf),
    Function(Arc<dyn Fn() -> KeyFuture + Send + Sync>),
    /// The default: the key's variable, or the file that the other variable names.
    Environment,
}

/// The environment, and the required prefix of a key.
#[derive(Debug, Clone)]
pub(crate) struct KeyRules {
    pub(crate) environment: Environment,
    pub(crate) prefix: String,
}

impl KeyRules {
    fn parse(&self, key: impl Into<String>) -> Result<ApiKey, Error> {
        ApiKey::parse_with_prefix(key, &self.prefix)
    }
}

impl KeySource {
    /// A fixed key. A 401 fails at once, since there is no source to ask.
    #[must_use]
    pub fn value(key: ApiKey) -> Self {
        Self(Kind::Value(key))
    }

    /// A fixed key as text, checked when the client is built.
    pub(crate) fn text(key: impl Into<String>) -> Self {
        Self(Kind::Text(Arc::new(Zeroizing::new(key.into()))))
    }

    /// An environment variable, read when the client is built and again after a 401.
    pub fn variable(name: impl Into<String>) -> Self {
        Self(Kind::Variable(name.into()))
    }

    /// A file that contains only the key, read when the client is built, whenever it has changed, and after a 401. A mounted
    /// secret can be rotated without a restart.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Kind::File(path.into()))
    }

    /// A function of the application, for example one that reads a secret manager. It is called before the first call and after
    /// a 401; its key is cached in between. Calls in flight share one request.
    pub fn function<F, R, E>(ask: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self(Kind::Function(Arc::new(move || {
            let response = ask();
            Box::pin(async move { response.await.map_err(Into::into) })
        })))
    }

    pub(crate) fn environment() -> Self {
        Self(Kind::Environment)
    }

    /// Whether the source does not block, so that an invalid key is rejected when the client is built.
    pub(crate) fn is_immediate(&self) -> bool {
        !matches!(self.0, Kind::Function(_))
    }

    /// Whether the key can change.
    pub(crate) fn can_change(&self) -> bool {
        !matches!(self.0, Kind::Value(_) | Kind::Text(_))
    }

    /// The file behind the source, if there is one at the moment.
    pub(crate) fn path(&self, environment: &Environment) -> Option<PathBuf> {
        match &self.0 {
            Kind::File(path) => Some(path.clone()),
            Kind::Environment if environment.key().is_none() => environment.key_file().map(PathBuf::from),
            _ => None,
        }
    }

    /// Asks the source for the key.
    pub(crate) async fn ask(&self, rules: &KeyRules) -> Result<ApiKey, Error> {
        match &self.0 {
            Kind::Function(ask) => {
                let key = ask().await.map_err(|source| {
                    let text = one_line(&source.to_string());
                    Error::configuration("api_key", format!("the application's key function failed: {text}"))
                        .with_key_function_error(text)
                })?;
                rules.parse(key)
            }
            _ => self.ask_now(rules),
        }
    }

    /// Asks a source that does not block.
    pub(crate) fn ask_now(&self, rules: &KeyRules) -> Result<ApiKey, Error> {
        let environment = &rules.environment;
        match &self.0 {
            Kind::Value(key) => Ok(key.clone()),
            Kind::Text(key) => rules.parse(key.as_str()),
            Kind::Variable(name) => match environment.read(name)? {
                Some(key) => {
                    rules.parse(key).map_err(|error| error.found_in(format!("the variable {}", redact::quote(name))))
                }
                None => Err(Error::configuration(
                    "api_key",
                    format!(
                        "the environment variable {} is not set: set it to a product key (papi_…)",
                        redact::quote(name)
                    ),
                )),
            },
            Kind::File(path) => read_file("api_key_file", "pass", path, rules),
            Kind::Environment => match (environment.key(), environment.key_file()) {
                (Some(key), _) => {
                    rules.parse(key).map_err(|error| error.found_in(format!("the variable {}", environment.key_name())))
                }
                (None, Some(path)) => read_file(&environment.key_file_name(), "set it to", &PathBuf::from(path), rules),
                (None, None) => Err(Error::configuration(
                    "api_key",
                    format!(
                        "missing
Set {} to a product key (papi_…), or {} to the path of a file that contains one, or pass {}.",
                        environment.key_name(),
                        environment.key_file_name(),
                        spell("api_key"),
                    ),
                )),
            },
            Kind::Function(_) => Err(Error::configuration("api_key", "the key function has not been asked yet")),
        }
    }
}

/// Reads the file that an option or a variable names. `verb` begins the remedy.
fn read_file(option: &str, verb: &str, path: &PathBuf, rules: &KeyRules) -> Result<ApiKey, Error> {
    let place = || format!("the file {}", redact::quote(&path.display().to_string()));
    let bytes = Zeroizing::new(std::fs::read(path).map_err(|error| {
        let reason = Cause::of(&error).reason();
        let problem = format!(
            "{} cannot be read: {reason}; {verb} the path of a file that contains only a product key (papi_…)",
            place()
        );
        Error::configuration(option, problem).with_source(error)
    })?);
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        Error::configuration(option, format!("{} is not text: it must contain only a product key (papi_…)", place()))
    })?;
    rules.parse(text).map_err(|error| error.found_in(place()))
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Value(key) => write!(f, "value {key}"),
            Kind::Text(_) => f.write_str("value"),
            Kind::Variable(name) => write!(f, "variable {name}"),
            Kind::File(path) => write!(f, "file {}", path.display()),
            Kind::Function(_) => f.write_str("function"),
            Kind::Environment => f.write_str("environment"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "papi_first_key_aaaa";

    fn variables(pairs: &[(&str, &str)]) -> KeyRules {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let environment = Environment::new(Environment::DEFAULT_PREFIX)
            .with_lookup(move |name| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.into()));
        KeyRules { environment, prefix: crate::key::PREFIX.to_owned() }
    }

    #[test]
    fn the_variable_comes_before_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "papi_from_a_file_bbbb\n").unwrap();
        let path = file.path().to_str().unwrap();
        let both = variables(&[("RUNTYPE_PRODUCT_API_KEY", FIRST), ("RUNTYPE_PRODUCT_API_KEY_FILE", path)]);
        let only_file = variables(&[("RUNTYPE_PRODUCT_API_KEY", ""), ("RUNTYPE_PRODUCT_API_KEY_FILE", path)]);
        assert_eq!(KeySource::environment().ask_now(&both).unwrap().hint(), "papi_…aaaa");
        assert_eq!(KeySource::environment().ask_now(&only_file).unwrap().hint(), "papi_…bbbb");
    }

    #[test]
    fn a_missing_key_names_both_variables() {
        let text = KeySource::environment().ask_now(&variables(&[])).unwrap_err().to_string();
        assert!(text.contains("RUNTYPE_PRODUCT_API_KEY ") && text.contains("RUNTYPE_PRODUCT_API_KEY_FILE"), "{text}");
    }

    #[test]
    fn a_wrong_key_says_where_it_came_from() {
        let wrong = variables(&[("RUNTYPE_PRODUCT_API_KEY", "rt_live_secret00")]);
        let text = KeySource::environment().ask_now(&wrong).unwrap_err().to_string();
        assert!(text.contains("RUNTYPE_PRODUCT_API_KEY") && text.contains("platform key"), "{text}");
        assert!(!text.contains("secret00"), "{text}");
    }

    #[test]
    fn an_unreadable_file_is_named_with_its_option_or_its_variable() {
        let rest = "the file \"/nowhere/key\" cannot be read: no such file or directory;";
        let error = KeySource::file("/nowhere/key").ask_now(&variables(&[])).unwrap_err();
        assert_eq!(error.option(), Some("api_key_file"));
        assert!(error.to_string().starts_with(&format!("api_key_file: {rest} pass the path of a file")), "{error}");
        let environment = variables(&[("RUNTYPE_PRODUCT_API_KEY_FILE", "/nowhere/key")]);
        let error = KeySource::environment().ask_now(&environment).unwrap_err();
        assert_eq!(error.option(), Some("RUNTYPE_PRODUCT_API_KEY_FILE"));
        assert!(
            error
                .to_string()
                .starts_with(&format!("RUNTYPE_PRODUCT_API_KEY_FILE: {rest} set it to the path of a file")),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_function_that_fails_is_a_configuration_error_without_the_key() {
        let source = KeySource::function(|| async { Err::<String, _>("vault: papi_leaked_secret is sealed") });
        let error = source.ask(&variables(&[])).await.unwrap_err();
        assert_eq!(error.kind(), crate::error::kind::ErrorKind::Configuration);
        assert!(error.to_string().contains("vault") && !error.to_string().contains("leaked"), "{error}");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("vault") && !source.contains("leaked"), "{source}");
        assert_eq!(error.key_function_error(), Some("vault: papi_… is sealed"));
    }

    #[tokio::test]
    async fn a_function_that_fails_with_many_lines_takes_one() {
        let source = KeySource::function(|| async { Err::<String, _>("l1\nl2\nl3\u{1b}[2J\nl4\nl5") });
        let text = source.ask(&variables(&[])).await.unwrap_err().to_string();
        assert_eq!(text, "api_key: the application's key function failed: l1\\nl2\\nl3\\u{1b}[2J\\nl4\\nl5");
        let source = KeySource::function(|| async { Err::<String, _>("x".repeat(10_000)) });
        assert!(source.ask(&variables(&[])).await.unwrap_err().to_string().len() < 400);
    }

    #[test]
    fn the_file_of_the_environment_counts_only_without_the_variable() {
        let path = Some(PathBuf::from("/run/key"));
        let only_file = variables(&[("RUNTYPE_PRODUCT_API_KEY_FILE", "/run/key")]);
        let both = variables(&[("RUNTYPE_PRODUCT_API_KEY", FIRST), ("RUNTYPE_PRODUCT_API_KEY_FILE", "/run/key")]);
        assert_eq!(KeySource::environment().path(&only_file.environment), path);
        assert_eq!(KeySource::environment().path(&both.environment), None);
        assert_eq!(KeySource::file("/run/key").path(&both.environment), path);
        assert_eq!(KeySource::variable("KEY").path(&only_file.environment), None);
    }

    #[test]
    fn a_source_prints_what_it_is_and_no_key() {
        let value = KeySource::value(ApiKey::parse(FIRST).unwrap());
        let function = KeySource::function(|| async { Ok::<_, std::io::Error>(String::new()) });
        let sources = [
            (value, "value papi_…aaaa", true, false),
            (KeySource::text(FIRST), "value", true, false),
            (KeySource::variable("KEY"), "variable KEY", true, true),
            (KeySource::file("/run/key"), "file /run/key", true, true),
            (KeySource::environment(), "environment", true, true),
            (function, "function", false, true),
        ];
        for (source, shown, is_immediate, can_change) in sources {
            assert_eq!(format!("{source:?}"), shown);
            assert_eq!((source.is_immediate(), source.can_change()), (is_immediate, can_change), "{shown}");
        }
    }
}
