//! Reads the code blocks of a Markdown page.

use serde::Serialize;

/// A fenced block of code.
#[derive(Clone, Debug, Serialize)]
pub struct Block {
    /// The page, relative to the repository's root.
    pub page: String,
    /// The line of the opening fence, from 1.
    pub line: usize,
    /// What follows the fence: `python`, `ts`, `rust`, `sh`, `text` and the like.
    pub language: String,
    /// The code.
    pub code: String,
    /// Blocks with nothing but empty lines between them have the same number.
    pub group: usize,
    /// How the tests set up the group: `<!-- block: {…} -->` before it.
    pub setup: serde_json::Value,
}

/// Why a page cannot be read.
#[derive(Debug)]
pub struct Unreadable(pub String);

/// Returns the blocks of a page, in order.
///
/// # Errors
///
/// A fence is not closed, or a set-up is no JSON object.
pub fn blocks(page: &str, text: &str) -> Result<Vec<Block>, Unreadable> {
    let mut found = Vec::new();
    let mut group = 0;
    let mut setup = serde_json::Value::Null;
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let problem = |what: &str| Unreadable(format!("{page}:{}: {what}", index + 1));
        if let Some(language) = line.strip_prefix("```") {
            let mut code = String::new();
            loop {
                let Some((_, line)) = lines.next() else {
                    return Err(problem("the code block has no end: close it with ```"));
                };
                if line == "```" {
                    break;
                }
                code.push_str(line);
                code.push('\n');
            }
            let (page, language, setup) = (page.to_owned(), language.trim().to_owned(), setup.clone());
            found.push(Block { page, line: index + 1, language, code, group, setup });
        } else if let Some(json) = line.strip_prefix("<!-- block:") {
            let mut json = json.to_owned();
            while !json.ends_with("-->") {
                let Some((_, line)) = lines.next() else {
                    return Err(problem("the set-up has no end: close it with -->"));
                };
                json.push_str(line);
            }
            group += 1;
            setup = serde_json::from_str(json.trim_end_matches("-->"))
                .map_err(|error| problem(&format!("the set-up is not JSON: {error}")))?;
            if !setup.is_object() {
                return Err(problem("the set-up is not a JSON object"));
            }
        } else if !line.trim().is_empty() {
            group += 1;
            setup = serde_json::Value::Null;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Block> {
        blocks("page.md", text).map_err(|error| error.0).unwrap()
    }

    #[test]
    fn blocks_with_only_empty_lines_between_them_are_a_group() {
        let found = of("Words.\n\n```python\na\n\nb\n```\n\n```ts\nc\n```\nWords.\n```sh\nd\n```\n");
        let seen: Vec<_> =
            found.iter().map(|block| (block.line, block.language.as_str(), block.code.as_str())).collect();
        assert_eq!(seen, [(3, "python", "a\n\nb\n"), (9, "ts", "c\n"), (13, "sh", "d\n")]);
        assert!(found[0].group == found[1].group && found[1].group != found[2].group);
    }

    #[test]
    fn a_set_up_is_that_of_one_group() {
        let found = of("<!-- block: {\n\"exits\": 1} -->\n```sh\na\n```\n\n```sh\nb\n```\nWords.\n```sh\nc\n```\n");
        let exits: Vec<_> = found.iter().map(|block| block.setup.get("exits").is_some()).collect();
        assert_eq!(exits, [true, true, false]);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        for (text, problem) in [
            ("\n```sh\na\n", "page.md:2: the code block has no end: close it with ```"),
            ("<!-- block: {\n", "page.md:1: the set-up has no end: close it with -->"),
            ("<!-- block: [1] -->\n", "page.md:1: the set-up is not a JSON object"),
        ] {
            assert_eq!(blocks("page.md", text).unwrap_err().0, problem);
        }
        assert!(
            blocks("page.md", "<!-- block: { -->\n").unwrap_err().0.starts_with("page.md:1: the set-up is not JSON")
        );
    }
}
