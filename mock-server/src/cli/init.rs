//! `init`: writes a commented configuration file.

use std::{io::ErrorKind, path::Path, process::ExitCode};

/// The configuration file.
pub(super) const TEMPLATE: &str = include_str!("init.toml");

/// Writes the file, unless it exists.
pub(super) fn init(path: &Path) -> Result<ExitCode, String> {
    let shown = path.display();
    let mut file = std::fs::File::create_new(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            format!("{shown} already exists; remove it, or choose another file")
        }
        _ => format!("cannot write {shown}: {error}"),
    })?;
    std::io::Write::write_all(&mut file, TEMPLATE.as_bytes())
        .map_err(|error| format!("cannot write {shown}: {error}"))?;
    println!("Wrote {shown}. Try it: runtype-mock serve --config {shown}");
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use runtype_mock::{
        Answer, Capability, Case, Config, Fault, HeaderValues, KeyConfig, Script, Step, SurfaceConfig, When,
    };
    use serde::{Deserialize, Deserializer, de::Visitor};

    use super::*;

    #[test]
    fn what_it_writes_is_a_configuration() {
        let config = Config::from_toml(TEMPLATE).unwrap();
        assert_eq!(config.surfaces[0].capabilities.len(), 9);
    }

    /// The file with its settings that are commented out.
    fn uncommented() -> String {
        let is_setting = |line: &str| {
            let text = line.trim_start_matches("# ");
            text.starts_with("[[") || text.split_once(" = ").is_some_and(|(name, _)| !name.contains([' ', ':', '{']))
        };
        let lines = TEMPLATE.lines().map(|line| line.strip_prefix("# ").filter(|_| is_setting(line)).unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_it_comments_out_is_one_too() {
        let text = uncommented();
        let config = Config::from_toml(&text).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
        assert_eq!(config.surfaces[0].capabilities.len(), 10, "the callback too");
        assert_eq!(config.surfaces[0].faults.len(), 7);
    }

    /// Reads the names of a type's fields from what its derived `Deserialize` asks for.
    struct Names<'n>(&'n mut BTreeSet<&'static str>);

    impl<'de> Deserializer<'de> for Names<'_> {
        type Error = serde::de::value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(serde::de::Error::custom("only structs have fields"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Self::Error> {
            self.0.extend(fields);
            Err(serde::de::Error::custom("only the names are of interest"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    fn fields<'de, T: Deserialize<'de>>() -> BTreeSet<&'static str> {
        let mut names = BTreeSet::new();
        let _ = T::deserialize(Names(&mut names));
        assert!(!names.is_empty());
        names
    }

    /// The names in all tables at a path; `*` is each item of a list.
    fn names_at(value: &toml::Value, path: &[&str], names: &mut BTreeSet<String>) {
        match (path, value) {
            ([], toml::Value::Table(table)) => names.extend(table.keys().cloned()),
            (["*", rest @ ..], toml::Value::Array(items)) => items.iter().for_each(|item| names_at(item, rest, names)),
            ([name, rest @ ..], toml::Value::Table(table)) => {
                table.get(*name).into_iter().for_each(|inner| names_at(inner, rest, names));
            }
            _ => {}
        }
    }

    #[test]
    fn it_has_every_setting_of_every_type() {
        let file: toml::Value = toml::from_str(&uncommented()).unwrap();
        let answer = ["surfaces", "*", "capabilities", "*", "answer"];
        let case = [&answer[..], &["cases", "*"]].concat();
        for (wanted, places) in [
            (fields::<Config>(), vec![vec![]]),
            (fields::<SurfaceConfig>(), vec![vec!["surfaces", "*"]]),
            (fields::<Capability>(), vec![vec!["surfaces", "*", "capabilities", "*"]]),
            (fields::<KeyConfig>(), vec![vec!["surfaces", "*", "keys", "*"]]),
            (fields::<Fault>(), vec![vec!["surfaces", "*", "faults", "*"]]),
            (fields::<Script>(), vec![answer.to_vec()]),
            (fields::<Step>(), vec![[&answer[..], &["steps", "*"]].concat()]),
            (fields::<When>(), vec![[&case[..], &["when"]].concat()]),
            (fields::<Case>(), vec![case.clone()]),
        ] {
            let mut names = BTreeSet::new();
            places.iter().for_each(|place| names_at(&file, place, &mut names));
            let missing: Vec<_> = wanted.iter().filter(|name| !names.contains(**name)).collect();
            assert!(missing.is_empty(), "{places:?} has no {missing:?}");
        }
        let text = uncommented();
        for answer in kinds() {
            let answer = serde_json::to_value(answer).unwrap();
            let kind = format!("kind = \"{}\"", answer["kind"].as_str().unwrap());
            assert!(text.contains(&kind) || kind.contains("echo"), "{kind}");
            for field in answer.as_object().unwrap().keys() {
                assert!(text.contains(&format!("{field} = ")), "{kind} has {field}");
            }
        }
    }

    /// An answer of each kind with all fields. A new kind does not compile until it is here.
    fn kinds() -> Vec<Answer> {
        let header = || BTreeMap::from([("X-A".to_owned(), HeaderValues::One("b".to_owned()))]);
        let all = vec![
            Answer::Echo,
            Answer::Agent,
            Answer::Summarize { sentences: 1 },
            Answer::Fail { status: 500, error: "e".to_owned(), code: Some("c".to_owned()) },
            Answer::Fixed { output: 1.into(), status: 200, headers: header() },
            Answer::Template { output: 1.into(), status: 200, headers: header() },
            Answer::stream([]),
            Answer::Callback { url: "http://a".to_owned(), timeout_ms: 1 },
            Answer::Sequence { answers: vec![], repeat: true },
            Answer::matched([]),
        ];
        for answer in &all {
            match answer {
                Answer::Echo
                | Answer::Agent
                | Answer::Summarize { .. }
                | Answer::Fail { .. }
                | Answer::Fixed { .. }
                | Answer::Template { .. }
                | Answer::Stream(_)
                | Answer::Callback { .. }
                | Answer::Sequence { .. }
                | Answer::Matched { .. }
                | Answer::Closure(_) => {}
            }
        }
        all
    }
}
