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
    use super::*;
    use runtype_mock::Config;

    #[test]
    fn what_it_writes_is_a_configuration() {
        let config = Config::from_toml(TEMPLATE).unwrap();
        assert_eq!(config.surfaces[0].capabilities.len(), 8);
    }

    #[test]
    fn what_it_comments_out_is_one_too() {
        let is_setting = |line: &str| {
            let text = line.trim_start_matches("# ");
            text.starts_with("[[") || text.split_once(" = ").is_some_and(|(name, _)| !name.contains([' ', ':', '{']))
        };
        let uncommented: Vec<_> =
            TEMPLATE.lines().map(|line| line.strip_prefix("# ").filter(|_| is_setting(line)).unwrap_or(line)).collect();
        let text = uncommented.join("\n");
        let config = Config::from_toml(&text).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
        assert_eq!(config.surfaces[0].capabilities.len(), 9, "the callback too");
        assert_eq!(config.surfaces[0].faults.len(), 2);
    }
}
